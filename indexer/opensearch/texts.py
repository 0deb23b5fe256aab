"""Texts to show, from a cluster: what `indexer.stores.texts` keeps in a file, by row.

They have an index of their own, so that a page can still be shown when the words index is lost, or the vectors.
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
from indexer.stores.texts import ListingText

PROPERTIES: dict[str, Any] = {
    "row": {"type": "integer"},
    "text": {"type": "object", "enabled": False},  # kept in `_source`, not indexed
}


def source(row: int, text: ListingText) -> dict[str, Any]:
    """A listing as the index holds it."""
    return {"row": row, "text": {**asdict(text), "category": list(text.category)}}  # as JSON gives it back


class OpenSearchTexts:
    """The texts of one generation in a cluster. Safe to share between threads."""

    def __init__(self, index: ClusterIndex) -> None:
        self._index = index

    def __len__(self) -> int:
        return self._index.meta.listings

    def take(self, rows: Sequence[int] | npt.NDArray[np.int64]) -> list[ListingText]:
        """The texts of some rows, in that order.

        Raises:
            IndexUnavailable: the cluster did not answer in time, or lacks a row.
        """
        if not len(rows):
            return []
        wanted = np.unique(np.asarray(rows, np.int64))
        body = {
            "size": len(wanted),
            "_source": ["row", "text"],
            "query": {"bool": {"filter": [rows_condition(roaring(wanted))]}},
        }
        hits = self._index.search(body)["hits"]["hits"]
        found = {int(hit["_source"]["row"]): listing_text(hit["_source"]["text"]) for hit in hits}
        missing = [int(row) for row in wanted if int(row) not in found]
        if missing:
            raise IndexUnavailable(f"{self._index.name} has no row {missing[0]}; prove it with: fondaco audit")
        return [found[int(row)] for row in rows]


def listing_text(plain: Mapping[str, Any]) -> ListingText:
    """What an index holds of a listing's text, read back."""
    return ListingText(**{**plain, "category": tuple(plain["category"])})
