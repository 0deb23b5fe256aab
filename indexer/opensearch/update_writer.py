"""Writes updates to the facts index of the served generation, in bulk, and reports on each of them.

The other indexes are not touched. Running services find changes by their numbers (see
`indexer.opensearch.follower`).
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

from indexer.catalogue.records import printable
from indexer.errors import SnapshotMismatch
from indexer.listing import Rejected
from indexer.opensearch.bulk import BulkWriter, Rejection
from indexer.opensearch.cluster_generation import ClusterIndex
from indexer.opensearch.updates import FactUpdate, ListingUpdate, merged
from indexer.progress import ProgressCallback, no_progress
from indexer.snapshot.manifest import Manifest

if TYPE_CHECKING:
    from indexer.opensearch.connection import Cluster

NumberedUpdate = tuple[int, FactUpdate | Rejected]
"""A record's number from 1, and the update it holds."""

RejectedCallback = Callable[[Rejected], None]

_WINDOW = 2_000  # updates between two waits for the cluster; within a window, those of one listing are merged
_QUIET_S = 0.1  # a stream without updates for so long ends its window
_RENUMBER_AFTER_US = 5_000_000
"""A change that took longer to write is renumbered, because followers look back 10 s at most."""


@dataclass(slots=True)
class FactReport:
    """Counts of updates: ``read = written + rejected``. A merged update counts as written."""

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
            f"{path} is embedded: its facts are files that only a build changes. Build again with: fondaco index "
            f"{manifest.catalogue.splitlines()[0]} --out {path}; for live updates build with --engines opensearch+faiss"
        )
    index = ClusterIndex(cluster, "facts", manifest.cluster)
    index.verify()
    return index


def write_facts(
    served: Callable[[], ClusterIndex],
    updates: Iterable[NumberedUpdate],
    on_rejected: RejectedCallback = lambda rejected: None,
    progress: ProgressCallback = no_progress,
) -> FactReport:
    """Write updates in their order. For each field of a listing, the last update counts.

    Searches see an update after the index's refresh, `facts_refresh_ms`. `on_rejected` receives
    each update that could not be written; `progress` is called after every window.
    `served` returns the facts index of the generation that is served now. It is called before every
    window, because a stream may outlive a generation.

    Raises:
        IndexUnavailable: the cluster accepted nothing for `bulk_patience_s`; the same updates may
            be sent again.
        ClusterRefused: the user may not write there.
    """
    report = FactReport()
    started = time.monotonic()
    for window in _windows(updates):
        pending: dict[str, _Pending] = {}
        for number, update in window:
            report.read += 1
            if isinstance(update, Rejected):
                report.rejected += 1
                on_rejected(update)
                continue
            earlier = pending.pop(update.doc_id, None)  # a merged update takes its place at the end
            pending[update.doc_id] = _Pending(
                number,
                merged(earlier.update if earlier else None, update),
                1 + (earlier.merged_count if earlier else 0),
            )
        _write_window(served(), pending, report, on_rejected)
        report.seconds = time.monotonic() - started
        progress("write updates", report.read, 0, report.read)
    return report


@dataclass(frozen=True, slots=True)
class _Pending:
    number: int  # of the record of the latest update
    update: FactUpdate
    merged_count: int  # updates that became this one


def _write_window(
    index: ClusterIndex, pending: dict[str, _Pending], report: FactReport, on_rejected: RejectedCallback
) -> None:
    """Write the updates of a window, by document id, and count them in `report`."""
    if not pending:
        return
    first = next_number(index)
    with BulkWriter(index.cluster, index.name) as writer:
        for number, (doc_id, item) in enumerate(pending.items(), start=first):
            writer.update(doc_id, {**item.update.partial(), "changed": number})
    refused = {rejection.id for rejection in writer.report.rejected}
    without_reason = writer.report.rejected_count - len(refused)  # the writer keeps the first reasons only
    rejected_count = sum(pending[doc_id].merged_count for doc_id in refused) + without_reason
    report.rejected += rejected_count
    report.written += sum(item.merged_count for item in pending.values()) - rejected_count
    for rejection in writer.report.rejected:
        on_rejected(_rejected_record(index, pending[rejection.id], rejection))
    if next_number(index) - first > _RENUMBER_AFTER_US:
        _renumber(index, [doc_id for doc_id in pending if doc_id not in refused])


def _renumber(index: ClusterIndex, doc_ids: list[str]) -> None:
    """Give changes new numbers: followers may have passed the first ones. Values stay the same."""
    while True:
        first = next_number(index)
        with BulkWriter(index.cluster, index.name) as writer:
            for number, doc_id in enumerate(doc_ids, start=first):
                writer.update(doc_id, {"changed": number})
        if next_number(index) - first <= _RENUMBER_AFTER_US:
            return


def next_number(index: ClusterIndex) -> int:
    """The next change's number: microseconds since 1970, more if another writer's is ahead."""
    newest = {"size": 1, "_source": ["changed"], "sort": [{"changed": "desc"}], "track_total_hits": False}
    hits = index.search(newest)["hits"]["hits"]
    last = int(hits[0]["_source"]["changed"]) if hits else 0
    return max(time.time_ns() // 1_000, last + 1)


def _rejected_record(index: ClusterIndex, item: _Pending, rejection: Rejection) -> Rejected:
    """A document that the cluster refused, reported as the record that it came from."""
    field = "listing_id" if isinstance(item.update, ListingUpdate) else "seller_id"
    reason = f"was refused: {rejection.type}: {rejection.reason}"
    if rejection.status == 404:
        reason = f"is not in the served generation ({index.meta.generation}); build again to bring it in"
    return Rejected(item.number, field, printable(getattr(item.update, field)), reason)


def _windows(updates: Iterable[NumberedUpdate]) -> Iterator[list[NumberedUpdate]]:
    """Updates in lists; one ends when full or when nothing arrives for `_QUIET_S`. Reads ahead."""
    queue: Queue[NumberedUpdate | _End] = Queue(2 * _WINDOW)

    def read() -> None:
        end = _End()
        try:
            for update in updates:
                queue.put(update)
        except BaseException as error:  # raised again below, in the thread that takes the windows
            end = _End(error)
        queue.put(end)

    Thread(target=read, name="facts-read", daemon=True).start()
    end: _End | None = None
    while end is None:
        window = list[NumberedUpdate]()
        with suppress(Empty):
            while end is None and len(window) < _WINDOW:
                item = queue.get(timeout=_QUIET_S if window else None)
                if isinstance(item, _End):
                    end = item
                else:
                    window.append(item)
        if window:
            yield window
    if end.error is not None:
        raise end.error


@dataclass(frozen=True, slots=True)
class _End:
    """The end of the updates, and the error that ended them if there was one."""

    error: BaseException | None = None
