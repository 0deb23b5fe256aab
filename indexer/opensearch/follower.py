"""Reads what changed since the build from the facts index, and sets it in the columns in memory.

Every process follows for itself, by the numbers that writers give their changes (microseconds since
1970). Clocks differ and requests overtake each other. So each poll begins a little before the
newest number seen, and every few seconds further back. Behind the newest number it reads numbers
alone, and then only the documents whose number it does not know yet.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.errors import FondacoError
from indexer.opensearch.facts import BY_NUMBER
from indexer.stores.fact_fields import UPDATABLE_FIELDS, FactField, FactValue
from indexer.stores.facts import Array, Facts, Rows
from indexer.stores.tables import Tables

if TYPE_CHECKING:
    from indexer.opensearch.cluster_generation import ClusterIndex
    from indexer.opensearch.connection import Cluster
    from indexer.snapshot.snapshot import Snapshot

log = logging.getLogger(__name__)

LOOKBACK_SHORT_US = 2_000_000  # at each poll: covers requests that overtake each other, and one refresh
LOOKBACK_LONG_US = 10_000_000  # now and then: covers writers that waited for a busy cluster, and slow replicas
_LONG_LOOKBACK_EVERY_S = 3.0
_PAGE = 5_000  # documents of one response: half of OpenSearch's maximum, about a megabyte

_RECENT_MAX = 500_000  # 50 MB; at the highest measured rate, 20 s of changes are fewer
_NO_ROW = 2**31 - 1  # sort value of a document without a row

Source = Mapping[str, Any]


class FactFollower:
    """Follows the changes of a generation. One thread at a time calls `poll`; others may search."""

    def __init__(self, index: ClusterIndex, facts: Facts, tables: Tables) -> None:
        self._index = index
        self._facts = facts
        self._tables = tables
        self._codes = {
            field.name: _positions(field.table(tables)) for field in UPDATABLE_FIELDS if field.table is not None
        }
        self._sellers = _positions(tables.sellers.ids)
        self._seen = 0  # the largest number seen
        self._recent_numbers: dict[int | str, int] = {}  # of recent changes, by row or seller id
        self._last_long_lookback = -np.inf
        self._is_stale = False

    @property
    def seen(self) -> int:
        """The number of the newest change that was set; 0 before the first."""
        return self._seen

    @property
    def is_stale(self) -> bool:
        """Whether the last poll failed, so that facts may be older than the cluster's."""
        return self._is_stale

    @classmethod
    def of(cls, snapshot: Snapshot, cluster: Cluster | None) -> FactFollower | None:
        """The follower of an open snapshot; None if it is embedded."""
        if snapshot.manifest.cluster is None or cluster is None:
            return None
        from indexer.opensearch.cluster_generation import ClusterIndex

        index = ClusterIndex(cluster, "facts", snapshot.manifest.cluster)
        return cls(index, snapshot.facts, snapshot.tables)

    @property
    def interval_s(self) -> float:
        """The index's refresh interval. Polling more often finds nothing more."""
        return self._index.cluster.settings.facts_refresh_ms / 1e3

    def poll(self) -> int:
        """Set what changed since the last poll, or since the build at the first one.

        Returns how many listings and sellers really changed. After an error, what was set stays set
        and the next call continues from there.

        Raises:
            IndexUnavailable: the cluster does not answer in time.
            ClusterMismatch, SnapshotMismatch, ClusterRefused: it holds no such index, or another's.
        """
        now = time.monotonic()
        is_long = now - self._last_long_lookback >= _LONG_LOOKBACK_EVERY_S
        newest = self._seen
        changed = 0
        if newest:
            changed += self._apply_late(newest - (LOOKBACK_LONG_US if is_long else LOOKBACK_SHORT_US), newest)
        for hits in self._pages({"gt": newest}):
            changed += self._apply([hit["_source"] for hit in hits])
        if is_long:
            self._forget_old_numbers()
            self._last_long_lookback = now
        return changed

    def poll_quietly(self) -> int:
        """`poll` that raises nothing. A failure is logged once, and its end once."""
        try:
            changed = self.poll()
        except Exception as error:  # whatever it is, searches go on with the facts there are
            if not self._is_stale:
                unexpected = None if isinstance(error, FondacoError) else error
                log.warning("live facts of %s are stale: %s", self._index.name, error, exc_info=unexpected)
            self._is_stale = True
            return 0
        if self._is_stale:
            log.info("live facts of %s are current again, %d changed meanwhile", self._index.name, changed)
        self._is_stale = False
        return changed

    def _apply_late(self, since: int, upto: int) -> int:
        """Set changes numbered in (since, upto] that became visible after newer ones."""
        late = []
        for hits in self._pages({"gt": since, "lte": upto}, _source=False, stored_fields="_none_"):
            for number, row, seller_id in (hit["sort"] for hit in hits):
                if self._recent_numbers.get(row if row < _NO_ROW else seller_id) != number:
                    late.append(number)
        changed = 0
        for start in range(0, len(late), _PAGE):
            numbers = late[start : start + _PAGE]
            body = {"size": 2 * _PAGE, "query": {"terms": {"changed": numbers}}, "track_total_hits": False}
            changed += self._apply([hit["_source"] for hit in self._index.search(body)["hits"]["hits"]])
        return changed

    def _forget_old_numbers(self) -> None:
        """Drop numbers that are further back than any poll looks."""
        oldest = self._seen - 2 * LOOKBACK_LONG_US
        self._recent_numbers = {key: number for key, number in self._recent_numbers.items() if number > oldest}

    def _pages(self, numbers: dict[str, int], **options: Any) -> Iterator[list[dict[str, Any]]]:
        """Hits whose number lies in a range, page by page, by number."""
        body: dict[str, Any] = {"size": _PAGE, "sort": BY_NUMBER, "track_total_hits": False, **options}
        while hits := self._index.search({**body, "query": {"range": {"changed": numbers}}})["hits"]["hits"]:
            yield hits
            if len(hits) < _PAGE:
                return
            body["search_after"] = hits[-1]["sort"]
            numbers = {**numbers, "gte": hits[-1]["sort"][0]}  # a page need not skip those before it
            numbers.pop("gt", None)

    def _apply(self, page: list[dict[str, Any]]) -> int:
        """Set one page of documents; returns how many listings and sellers really changed."""
        valid = [source for source in page if self._fits(source)]
        listings = [source for source in valid if "row" in source]
        sellers = [source for source in valid if "row" not in source]
        changed = self._apply_listings(listings) + self._apply_sellers(sellers)
        for source in page:
            self._recent_numbers[source.get("row", source["seller_id"])] = source["changed"]
            self._seen = max(self._seen, source["changed"])
        if len(self._recent_numbers) > _RECENT_MAX:  # a long replay
            self._forget_old_numbers()
        return changed

    def _apply_listings(self, sources: Sequence[Source]) -> int:
        rows: Rows = np.array([source["row"] for source in sources], np.int64)
        return len(self._facts.apply(rows, {field.name: self._column(field, sources) for field in UPDATABLE_FIELDS}))

    def _column(self, field: FactField, sources: Sequence[Source]) -> Array:
        """The documents' values of a fact, as its column stores them.  # (len(sources),) int64"""
        values = [source.get(field.document_key) for source in sources]
        if field.is_coded:
            codes = self._codes[field.name]
            values = [None if value is None else codes[value] for value in values]
        return np.array([field.absent if value is None else value for value in values], np.int64)

    def _apply_sellers(self, sources: Sequence[Source]) -> int:
        positions: Rows = np.array([self._sellers[source["seller_id"]] for source in sources], np.int64)
        active = np.array([source["active"] for source in sources], np.bool_)
        return len(self._facts.apply_sellers(self._tables.sellers, positions, active))

    def _fits(self, source: Source) -> bool:
        """Whether a document has the form that our updates write. Others are skipped and logged."""
        if "row" in source:
            fits = 0 <= source["row"] < len(self._facts) and all(
                self._is_valid(field, source.get(field.document_key)) for field in UPDATABLE_FIELDS
            )
        else:
            fits = source.get("seller_id") in self._sellers and type(source.get("active")) is bool
        if not fits and source["changed"] > self._seen:  # logged once: later polls read it again
            log.warning("%s: a changed document does not fit generation %d: %s", self._index.name,
                        self._index.meta.generation, dict(source))  # fmt: skip
        return fits

    def _is_valid(self, field: FactField, value: Any) -> bool:
        """Whether a document may have this value of a fact; None is a missing one."""
        if value is None:
            return not field.is_required
        if field.is_coded:
            return value in self._codes[field.name]
        return type(value) is int and value >= 0


def _positions(table: Sequence[FactValue]) -> dict[FactValue, int]:
    """The code of each value of a table."""
    return {value: position for position, value in enumerate(table)}
