"""The texts index: what a page shows of a listing; `indexer.stores.texts` has it in a file.

Texts have an index of their own, so that a page can be shown when the lexical index or the vector
index is unavailable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.errors import IndexUnavailable
from indexer.opensearch.cluster_generation import ClusterIndex
from indexer.opensearch.row_filter import rows_condition
from indexer.selection import roaring
from indexer.stores.listing_text import ListingText

PROPERTIES: dict[str, Any] = {
    "row": {"type": "integer"},
    "text": {"type": "object", "enabled": False},  # kept in `_source`, not indexed
}


def source(row: int, text: ListingText) -> dict[str, Any]:
    """The index's document of a listing, as it comes back from JSON."""
    return {"row": row, "text": {**asdict(text), "category": list(text.category)}}


class OpenSearchTexts:
    """The texts of one generation in a cluster. Threads may share it."""

    def __init__(self, index: ClusterIndex) -> None:
        self._index = index

    def __len__(self) -> int:
        return self._index.meta.listings

    def take(self, rows: Sequence[int] | npt.NDArray[np.int64]) -> list[ListingText]:
        """The texts of some rows, in that order.

        Raises:
            IndexUnavailable: the cluster did not answer in time, or does not have a row.
        """
        return [listing_text(stored) for stored in self._stored(rows, "text")]

    def group_ids(self, rows: npt.NDArray[np.int64]) -> list[str]:
        """The group of each row, else its own id.  # (rows,)

        Raises:
            IndexUnavailable: as `take`.
        """
        every = self._stored(rows, "text.group_id", "text.listing_id")
        return [stored.get("group_id") or stored["listing_id"] for stored in every]

    def _stored(self, rows: Sequence[int] | npt.NDArray[np.int64], *fields: str) -> list[Mapping[str, Any]]:
        """What some rows' documents have in ``text``, as far as `fields` name it."""
        if not len(rows):
            return []
        distinct = np.unique(np.asarray(rows, np.int64))
        body = {
            "size": len(distinct),
            "_source": ["row", *fields],
            "query": {"bool": {"filter": [rows_condition(roaring(distinct))]}},
        }
        hits = self._index.search(body)["hits"]["hits"]
        texts = {int(hit["_source"]["row"]): hit["_source"].get("text", {}) for hit in hits}
        missing = [int(row) for row in distinct if int(row) not in texts]
        if missing:
            raise IndexUnavailable(f"{self._index.name} has no row {missing[0]}; check it with: fondaco audit")
        return [texts[int(row)] for row in rows]


def listing_text(stored: Mapping[str, Any]) -> ListingText:
    """The text of a listing from the ``text`` of its document."""
    return ListingText(**{**stored, "category": tuple(stored["category"])})
