"""FactFollower: what changed since the build, read from the facts index and set in the columns that searches read.

Every process follows for itself, by the numbers that writers give their changes (microseconds since 1970). Clocks
differ and requests overtake each other, so each look begins a little before the newest number seen, and now and then
further back. Of what lies before, only the numbers are read, and the documents whose number is not known yet.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.errors import FondacoError
from indexer.opensearch.facts import BY_NUMBER
from indexer.stores.fact_fields import UPDATABLE_FIELDS, FactField, FactValue, code_tables
from indexer.stores.facts import Array, Facts, Rows
from indexer.stores.tables import Tables

if TYPE_CHECKING:
    from indexer.opensearch.cluster_generation import ClusterIndex
    from indexer.opensearch.connection import Cluster
    from indexer.snapshot.snapshot import Snapshot

log = logging.getLogger(__name__)

NEAR = 2_000_000  # microseconds looked back each time: requests that overtake each other, a refresh between
FAR = 10_000_000  # looked back every `_FAR_S`: writers that waited for a busy cluster, copies that lag
_FAR_S = 3.0
_PAGE = 5_000  # documents of one answer: half of what OpenSearch gives at most, about a megabyte

_KNOWN_MAX = 500_000  # 50 MB; 20 s of changes at the fastest that was measured are fewer
_NO_ROW = 2**31 - 1  # how OpenSearch sorts a document without one

Source = Mapping[str, Any]


class FactFollower:
    """The changes of one generation in a cluster. One thread at a time calls `poll`; searches go on meanwhile."""

    def __init__(self, index: ClusterIndex, facts: Facts, tables: Tables) -> None:
        self._index, self._facts, self._tables = index, facts, tables
        self._seen = 0  # the largest number seen
        self._known_at: dict[int | str, int] = {}  # the number of each row, and seller, that changed of late
        self._looked_far = -np.inf
        self._codes = {name: _positions(table) for name, table in code_tables(tables).items()}
        self._is_away = False

    @property
    def seen(self) -> int:
        """The number of the newest change that was set; 0 before the first."""
        return self._seen

    @property
    def is_away(self) -> bool:
        """Whether the last look failed: facts may be older than what is known elsewhere."""
        return self._is_away

    @classmethod
    def of(cls, snapshot: Snapshot, cluster: Cluster | None) -> FactFollower | None:
        """Those of an open snapshot; None where it is embedded."""
        if snapshot.manifest.cluster is None or cluster is None:
            return None
        from indexer.opensearch.cluster_generation import ClusterIndex

        index = ClusterIndex(cluster, "facts", snapshot.manifest.cluster)
        return cls(index, snapshot.facts, snapshot.tables)

    @property
    def interval_s(self) -> float:
        """How long a change takes at most to be there to be read: to ask more often finds nothing more."""
        return self._index.cluster.settings.facts_refresh_ms / 1e3

    def poll(self) -> int:
        """Set what changed since the last time, the first time since the build; returns how many listings and sellers
        really changed. What was set before an error stays, and the next call goes on from there.

        Raises:
            IndexUnavailable: the cluster does not answer in time.
            ClusterMismatch, SnapshotMismatch, ClusterRefused: it holds no such index, or another's.
        """
        now = time.monotonic()
        far, upto = now - self._looked_far >= _FAR_S, self._seen
        changed = self._set_late(upto - (FAR if far else NEAR), upto) if upto else 0
        changed += sum(self._apply([hit["_source"] for hit in hits]) for hits in self._pages({"gt": upto}))
        if far:
            self._forget()
            self._looked_far = now
        return changed

    def follow(self) -> int:
        """`poll` that raises nothing: what keeps it from reading is logged once, and again when it has ended."""
        try:
            changed = self.poll()
        except Exception as error:  # whatever it is, searches go on with the facts there are
            if not self._is_away:
                strange = None if isinstance(error, FondacoError) else error
                log.warning("live facts of %s stand still: %s", self._index.name, error, exc_info=strange)
            self._is_away = True
            return 0
        if self._is_away:
            log.info("live facts of %s go on, %d changed meanwhile", self._index.name, changed)
        self._is_away = False
        return changed

    def _set_late(self, since: int, upto: int) -> int:
        """Set what has come up behind the newest number seen."""
        late = [
            number
            for hits in self._pages({"gt": since, "lte": upto}, _source=False, stored_fields="_none_")
            for number, row, seller_id in (hit["sort"] for hit in hits)
            if self._known_at.get(row if row < _NO_ROW else seller_id) != number
        ]
        changed = 0
        for start in range(0, len(late), _PAGE):
            numbers = late[start : start + _PAGE]
            body = {"size": 2 * _PAGE, "query": {"terms": {"changed": numbers}}, "track_total_hits": False}
            changed += self._apply([hit["_source"] for hit in self._index.search(body)["hits"]["hits"]])
        return changed

    def _forget(self) -> None:
        """Numbers that no look goes back to any more."""
        self._known_at = {key: at for key, at in self._known_at.items() if at > self._seen - 2 * FAR}

    def _pages(self, numbers: dict[str, int], **asked: Any) -> Iterator[list[dict[str, Any]]]:
        """Documents whose number lies in a range, by number."""
        body: dict[str, Any] = {"size": _PAGE, "sort": BY_NUMBER, "track_total_hits": False, **asked}
        while hits := self._index.search({**body, "query": {"range": {"changed": numbers}}})["hits"]["hits"]:
            yield hits
            if len(hits) < _PAGE:
                return
            body["search_after"] = hits[-1]["sort"]
            numbers = {**numbers, "gte": hits[-1]["sort"][0]}  # so that no page has to step over those before it
            numbers.pop("gt", None)

    def _apply(self, page: list[dict[str, Any]]) -> int:
        """Set one page of documents; returns how many listings and sellers really changed."""
        known = [source for source in page if self._fits(source)]
        listings = [source for source in known if "row" in source]
        sellers = [source for source in known if "row" not in source]
        changed = self._apply_listings(listings) + self._apply_sellers(sellers)
        self._known_at.update((source.get("row", source["seller_id"]), source["changed"]) for source in page)
        self._seen = max(self._seen, *(source["changed"] for source in page)) if page else self._seen
        if len(self._known_at) > _KNOWN_MAX:  # a long replay
            self._forget()
        return changed

    def _apply_listings(self, sources: Sequence[Source]) -> int:
        rows: Rows = np.array([source["row"] for source in sources], np.int64)
        return len(self._facts.apply(rows, {field.name: self._column(field, sources) for field in UPDATABLE_FIELDS}))

    def _column(self, field: FactField, sources: Sequence[Source]) -> Array:
        """What the documents say of a fact, as its column stores it.  # (len(sources),) int64"""
        values = [source.get(field.document_key) for source in sources]
        codes = self._codes.get(field.name)
        if codes is not None:
            values = [None if value is None else codes[value] for value in values]
        return np.array([field.absent if value is None else value for value in values], np.int64)

    def _apply_sellers(self, sources: Sequence[Source]) -> int:
        sellers = self._codes["seller"]
        positions: Rows = np.array([sellers[source["seller_id"]] for source in sources], np.int64)
        active = np.array([source["active"] for source in sources], np.bool_)
        return len(self._facts.apply_sellers(self._tables.sellers, positions, active))

    def _fits(self, source: Source) -> bool:
        """Whether a document is as updates of ours write it; any other is left alone, and the log says so."""
        if "row" in source:
            fits = 0 <= source["row"] < len(self._facts) and all(
                self._is_valid(field, source.get(field.document_key)) for field in UPDATABLE_FIELDS
            )
        else:
            fits = source.get("seller_id") in self._codes["seller"] and type(source.get("active")) is bool
        if not fits and source["changed"] > self._seen:  # told once
            log.warning("%s: a changed document does not fit generation %d: %s", self._index.name,
                        self._index.meta.generation, dict(source))  # fmt: skip
        return fits

    def _is_valid(self, field: FactField, value: Any) -> bool:
        """Whether a document may have this value of a fact; None stands for a missing one."""
        if value is None:
            return not field.is_required
        if field.is_coded:
            return value in self._codes[field.name]
        return type(value) is int and value >= 0


def _positions(table: Sequence[FactValue]) -> dict[FactValue, int]:
    """The code of each value of a table."""
    return {value: position for position, value in enumerate(table)}
