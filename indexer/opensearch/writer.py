"""Sends a finished generation's folder to a cluster, index by index. A killed run can continue."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import orjson

from indexer.errors import BulkFailed, ClusterMismatch
from indexer.opensearch.bulk import BulkReport, BulkWriter
from indexer.opensearch.cluster_generation import create_index, finish_index
from indexer.opensearch.cluster_sources import ClusterSources
from indexer.opensearch.connection import Cluster
from indexer.progress import ProgressCallback
from indexer.snapshot.manifest import GenerationMeta
from languages.durable import replace_file

log = logging.getLogger(__name__)

_BLOCK = 4_096  # documents between two checkpoints
_SHOWN = 3  # rejections in a message


@dataclass(frozen=True, slots=True)
class SendReport:
    """What was written to one index. `already_there` counts what an earlier run had written."""

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
) -> list[SendReport]:
    """Write every index of a generation, verify its count, and make it ready for searches.

    `work` keeps a checkpoint of each index, from which a killed run continues. Nothing is served
    before `point_aliases`.

    Raises:
        BulkFailed: documents were refused; `rejected-KIND.jsonl` in `work` says which and why.
        IndexUnavailable: the cluster was unreachable or busy for too long; the build can continue.
    """
    return [_send(cluster, meta, kind, sources, work, progress) for kind in kinds]


def _send(
    cluster: Cluster, meta: GenerationMeta, kind: str, sources: ClusterSources, work: Path, progress: ProgressCallback
) -> SendReport:
    checkpoint = work / f"sent-{kind}.json"
    if create_index(cluster, kind, meta, sources.properties(kind), sources.index_settings(kind)):
        checkpoint.unlink(missing_ok=True)
    report = _write(cluster, meta, kind, sources, work, progress)
    try:
        finish_index(cluster, kind, meta, sources.count(kind))
    except ClusterMismatch as error:  # a node that died lost documents it had acknowledged
        log.warning("%s; sending all documents once more, those in the index stay", error)
        checkpoint.unlink(missing_ok=True)
        report = _write(cluster, meta, kind, sources, work, progress)
        finish_index(cluster, kind, meta, sources.count(kind))
    total = sources.count(kind)
    progress(f"merge {kind}", total, total, total)
    return SendReport(meta.index(kind), total, report.already_there, report.retried, report.seconds)


def _write(
    cluster: Cluster,
    meta: GenerationMeta,
    kind: str,
    sources: ClusterSources,
    work: Path,
    progress: ProgressCallback,
) -> BulkReport:
    """Write the documents after the checkpoint."""
    index = meta.index(kind)
    total = sources.count(kind)
    checkpoint = work / f"sent-{kind}.json"
    done = int(orjson.loads(checkpoint.read_bytes())["acknowledged"]) if checkpoint.exists() else 0
    pending = sources.read(kind, done)
    with BulkWriter(cluster, index) as writer:
        while block := list(islice(pending, _BLOCK)):
            for doc_id, source in block:
                writer.create(doc_id, source)
            writer.flush()
            _stop_if_rejected(writer, index, work / f"rejected-{kind}.jsonl")
            done += len(block)
            replace_file(checkpoint, orjson.dumps({"acknowledged": done}))
            progress(f"send {kind}", done, total, done)
    progress(f"merge {kind}", 0, total, 0)
    return writer.report


def _stop_if_rejected(writer: BulkWriter, index: str, path: Path) -> None:
    report = writer.report
    if not report.rejected_count:
        return
    path.write_bytes(b"".join(orjson.dumps(rejection) + b"\n" for rejection in report.rejected))
    shown = "; ".join(f"{rejection.id!r}: {rejection.reason}" for rejection in report.rejected[:_SHOWN])
    raise BulkFailed(
        f"{index} refused {report.rejected_count:,} documents, and it must hold all of them: {shown}. The reasons are "
        f"in {path}. Nothing was published; correct what they say, and the same command continues"
    )
