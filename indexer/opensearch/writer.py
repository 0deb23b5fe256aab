"""ClusterWrite: a finished generation's folder goes to a cluster, index by index. Killed, it goes on where it was."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import orjson

from indexer.durable import replace_file
from indexer.errors import BulkFailed, ClusterMismatch
from indexer.opensearch.bulk import BulkReport, BulkWriter
from indexer.opensearch.cluster_generation import create, finish
from indexer.opensearch.cluster_sources import ClusterSources
from indexer.opensearch.connection import Cluster
from indexer.progress import ProgressCallback
from indexer.snapshot.manifest import GenerationMeta

log = logging.getLogger(__name__)

_BLOCK = 4_096  # documents between two notes of how far it went
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Sent:
    """What a build wrote into one index. `already_there` counts what a run before this one had written."""

    index: str
    documents: int
    already_there: int
    retried: int
    seconds: float


def send(
    cluster: Cluster,
    meta: GenerationMeta,
    kinds: Sequence[str],
    sources: ClusterSources,
    work: Path,
    progress: ProgressCallback,
) -> list[Sent]:
    """Write every index of a generation, prove its count, and make it fit for searches.

    `work` keeps a note of how far each went, so that a killed run goes on. Nothing is served before
    `point_aliases`.

    Raises:
        BulkFailed: documents were refused; `rejected-KIND.jsonl` in `work` says which and why.
        IndexUnavailable: the cluster stayed away or busy for too long; the same build goes on later.
    """
    return [_send(cluster, meta, kind, sources, work, progress) for kind in kinds]


def _send(
    cluster: Cluster, meta: GenerationMeta, kind: str, sources: ClusterSources, work: Path, progress: ProgressCallback
) -> Sent:
    note = work / f"sent-{kind}.json"
    if create(cluster, kind, meta, sources.properties(kind), sources.index_settings(kind)):
        note.unlink(missing_ok=True)
    report = _write(cluster, meta, kind, sources, work, progress)
    try:
        finish(cluster, kind, meta, sources.count(kind))
    except ClusterMismatch as error:  # a node took documents with it that it had said were there already
        log.warning("%s; sending all once more: what is there stays", error)
        note.unlink(missing_ok=True)
        report = _write(cluster, meta, kind, sources, work, progress)
        finish(cluster, kind, meta, sources.count(kind))
    total = sources.count(kind)
    progress(f"merge {kind}", total, total, total)
    return Sent(meta.index(kind), total, report.already_there, report.retried, report.seconds)


def _write(
    cluster: Cluster, meta: GenerationMeta, kind: str, sources: ClusterSources, work: Path, progress: ProgressCallback
) -> BulkReport:
    """Write what the note does not say is written."""
    note, total, index = work / f"sent-{kind}.json", sources.count(kind), meta.index(kind)
    done = int(orjson.loads(note.read_bytes())["acknowledged"]) if note.exists() else 0
    pending = sources.read(kind, done)
    with BulkWriter(cluster, index) as writer:
        while block := list(islice(pending, _BLOCK)):
            for name, source in block:
                writer.create(name, source)
            writer.flush()
            _stop_if_rejected(writer, index, work / f"rejected-{kind}.jsonl")
            done += len(block)
            _note(note, done)
            progress(f"send {kind}", done, total, done)
    progress(f"merge {kind}", 0, total, 0)
    return writer.report


def _note(path: Path, acknowledged: int) -> None:
    replace_file(path, orjson.dumps({"acknowledged": acknowledged}))


def _stop_if_rejected(writer: BulkWriter, index: str, path: Path) -> None:
    report = writer.report
    if not report.rejected_count:
        return
    path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in report.rejected))
    shown = "; ".join(f"{one.id!r}: {one.reason}" for one in report.rejected[:_SHOWN])
    raise BulkFailed(
        f"{index} refused {report.rejected_count:,} documents, all of which must be there: {shown}. The reasons are in "
        f"{path}. Nothing was published; mend what they say, and the same command goes on"
    )
