"""FactWrite: updates go to the facts index of the served generation, many at a time, and are answered for.

Words and vectors are not touched. Running services find what changed by its number (see `indexer.opensearch.follower`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING

from indexer.catalogue.records import show
from indexer.errors import SnapshotMismatch
from indexer.listing import Rejected
from indexer.opensearch.bulk import BulkWriter, Rejection
from indexer.opensearch.cluster_generation import ClusterIndex
from indexer.opensearch.updates import FactUpdate, ListingUpdate, merged
from indexer.progress import ProgressCallback, no_progress
from indexer.snapshot.manifest import Manifest

if TYPE_CHECKING:
    from indexer.opensearch.connection import Cluster

Numbered = tuple[int, FactUpdate | Rejected]

_WINDOW = 2_000  # updates between two waits for the cluster; those of one listing become one within
_QUIET_S = 0.1  # a stream that rests so long has said what it wanted to say for now
_LATE = 5_000_000
"""Microseconds after which a change that was slow to write is numbered anew: followers look 10 s back."""


@dataclass(slots=True)
class FactReport:
    """What became of updates: ``read = written + rejected``, those merged into a later one counted as written."""

    read: int = 0
    written: int = 0
    rejected: int = 0
    seconds: float = 0.0


def facts_index(manifest: Manifest, path: Path, cluster: Cluster | None) -> ClusterIndex:
    """The facts index of a generation, verified against it.

    Raises:
        SnapshotMismatch: the generation is embedded, or the index is another snapshot's.
        ClusterMismatch: the index is not there.
        IndexUnavailable: the cluster does not answer.
    """
    if manifest.cluster is None or cluster is None:
        raise SnapshotMismatch(
            f"{path} is embedded: its facts are files that change with a build alone. Build again with: fondaco index "
            f"{manifest.catalogue.splitlines()[0]} --out {path}; for live updates build with --engines opensearch+faiss"
        )
    index = ClusterIndex(cluster, "facts", manifest.cluster)
    index.verify()
    return index


def write_facts(
    served: Callable[[], ClusterIndex],
    updates: Iterable[Numbered],
    rejected: Callable[[Rejected], None] = lambda one: None,
    progress: ProgressCallback = no_progress,
) -> FactReport:
    """Write updates in their order; of several of one listing, what the last says of a field counts.

    Each is visible to searches after the index's refresh, `facts_refresh_ms`. `rejected` is told each update that
    could not be written, `progress` how far it is, after every window. `served` gives the facts index of the generation
    that is served now; it is asked before every window, for a stream may outlive a generation.

    Raises:
        IndexUnavailable: the cluster took nothing for its patience; the same updates may be sent again.
        ClusterRefused: the user may not write there.
    """
    report, started = FactReport(), time.monotonic()
    for window in _windows(updates):
        pending: dict[str, tuple[int, FactUpdate]] = {}
        counts = dict[str, int]()
        for number, update in window:
            report.read += 1
            if isinstance(update, Rejected):
                report.rejected += 1
                rejected(update)
                continue
            before = pending.pop(update.doc_id, None)
            pending[update.doc_id] = number, merged(before[1] if before else None, update)
            counts[update.doc_id] = counts.get(update.doc_id, 0) + 1
        _write_window(served(), pending, counts, report, rejected)
        report.seconds = time.monotonic() - started
        progress("write updates", report.read, 0, report.read)
    return report


def _write_window(
    index: ClusterIndex,
    pending: dict[str, tuple[int, FactUpdate]],
    counts: dict[str, int],  # updates that became one, by document
    report: FactReport,
    rejected: Callable[[Rejected], None],
) -> None:
    if not pending:
        return
    first = next_number(index)
    with BulkWriter(index.cluster, index.name) as writer:
        for at, (doc_id, (_, update)) in enumerate(pending.items()):
            writer.update(doc_id, {**update.partial(), "changed": first + at})
    refused = {one.id for one in writer.report.rejected}
    lost = writer.report.rejected_count - len(refused)  # beyond those whose reasons are kept
    report.rejected += sum(counts[doc_id] for doc_id in refused) + lost
    report.written += sum(counts.values()) - sum(counts[doc_id] for doc_id in refused) - lost
    for one in writer.report.rejected:
        rejected(_reason(index, *pending[one.id], one))
    if next_number(index) - first > _LATE:
        _number_again(index, [doc_id for doc_id in pending if doc_id not in refused])


def _number_again(index: ClusterIndex, names: list[str]) -> None:
    """New numbers for changes that took so long that followers may be past their first ones; no value is touched."""
    while True:
        first = next_number(index)
        with BulkWriter(index.cluster, index.name) as writer:
            for at, doc_id in enumerate(names):
                writer.update(doc_id, {"changed": first + at})
        if next_number(index) - first <= _LATE:
            return


def next_number(index: ClusterIndex) -> int:
    """The number of the next change: microseconds since 1970, or more where another writer's clock is ahead."""
    newest = {"size": 1, "_source": ["changed"], "sort": [{"changed": "desc"}], "track_total_hits": False}
    hits = index.search(newest)["hits"]["hits"]
    last = int(hits[0]["_source"]["changed"]) if hits else 0
    return max(time.time_ns() // 1_000, last + 1)


def _reason(index: ClusterIndex, number: int, update: FactUpdate, why: Rejection) -> Rejected:
    """A document that the cluster refused, as the record it came from."""
    field = "listing_id" if isinstance(update, ListingUpdate) else "seller_id"
    reason = f"was refused: {why.type}: {why.reason}"
    if why.status == 404:
        reason = f"is not in the served generation ({index.meta.generation}); build again to bring it in"
    return Rejected(number, field, show(getattr(update, field)), reason)


def _windows(updates: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    """Updates in lists: a full one, or what there is when nothing more comes for now. A thread reads ahead."""
    queue: Queue[Numbered | _End] = Queue(2 * _WINDOW)

    def read() -> None:
        end = _End()
        try:
            for one in updates:
                queue.put(one)
        except BaseException as error:  # raised again below, to whoever waits for the next list
            end = _End(error)
        queue.put(end)

    Thread(target=read, name="facts-read", daemon=True).start()
    end: _End | None = None
    while end is None:
        window = list[Numbered]()
        with suppress(Empty):
            while end is None and len(window) < _WINDOW:
                one = queue.get(timeout=_QUIET_S if window else None)
                if isinstance(one, _End):
                    end = one
                else:
                    window.append(one)
        if window:
            yield window
    if end.error is not None:
        raise end.error


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None = None
