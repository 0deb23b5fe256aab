"""ClusterPublisher: a cluster's part in a build: written beside what is served, published with it, pruned with it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from uuid import uuid4

from indexer.arrangement import Arrangement
from indexer.errors import ClusterMismatch, SnapshotMismatch, SnapshotMissing
from indexer.opensearch.carry_over import carry_over_facts
from indexer.opensearch.cluster_generation import GenerationMeta, prune
from indexer.opensearch.cluster_sources import ClusterSources
from indexer.opensearch.connection import Cluster
from indexer.opensearch.writer import send
from indexer.snapshot.snapshot import (
    Manifest,
    current_generation,
    generation_folder,
    generations,
    read_manifest,
    set_current,
    set_current_aliases,
)

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]


class ClusterPublisher:
    """The cluster of one build. It answers, and is new enough, before the build begins.

    Raises:
        IndexUnavailable: it does not answer.
        ClusterRefused: it does not know this user, key or certificate.
        ClusterMismatch: it is too old.
        ValueError: the environment names none, or wrongly.
    """

    def __init__(self, cluster: Cluster | None, engines: Arrangement) -> None:
        self.cluster = cluster or Cluster.from_environment()
        self._engines = engines
        self.cluster.check_version()

    def send(self, manifest: Manifest, work: Path, out: Path, progress: Progress) -> Manifest:
        """Write the generation's indexes; returns the manifest that says so."""
        folder = work / "generation"
        meta = self._meta(manifest, _text_once(work / "build.id"), _text_once(out / "snapshot.id"))
        sources = ClusterSources(folder, manifest.dim, self.cluster.settings)
        send(self.cluster, meta, self._engines.kinds, sources, work, progress)
        return replace(manifest, cluster=asdict(meta))

    def serve(self, out: Path, generation: int, since: int) -> None:
        """Make a settled generation the one that is served, here and in the cluster.

        Facts that changed in the one before since a moment (microseconds since 1970) go over to it first, and once
        more after the swap: what was written meanwhile.
        """
        before = _served(out)
        self._carry(before, out, generation, since)
        set_current_aliases(out, generation, self.cluster)
        set_current(out, generation)
        self._carry(before, out, generation, since)

    def _carry(self, before: int | None, out: Path, generation: int, since: int) -> None:
        if before is None or before == generation:
            return
        folder = generation_folder(out, before)
        old, new = read_manifest(folder).cluster, read_manifest(generation_folder(out, generation)).cluster
        if old is not None and new is not None:
            try:
                carry_over_facts(self.cluster, GenerationMeta(**old), folder, GenerationMeta(**new), since)
            except ClusterMismatch as error:  # lost, or in another cluster: a reason to build, not one against it
                log.warning("facts that changed since the build began stay behind, send them again: %s", error)

    def prune(self, out: Path) -> None:
        """Remove the indexes of generations that are no longer in the folder, or beyond what the settings keep."""
        kept = generations(out)[-self.cluster.settings.keep :]
        manifest = read_manifest(generation_folder(out, kept[-1]))
        if manifest.cluster is not None:
            prune(self.cluster, GenerationMeta(**manifest.cluster), set(kept))

    def _meta(self, manifest: Manifest, build: str, snapshot: str) -> GenerationMeta:
        settings = self.cluster.settings
        return GenerationMeta(
            snapshot=snapshot,
            build=build,
            prefix=settings.prefix,
            generation=manifest.generation,
            encoder=manifest.encoder,
            dim=manifest.dim,
            analysis=manifest.analysis,
            listings=manifest.listings,
            ids_checksum=manifest.ids_checksum,
            shards=settings.shards,
            quantisation=settings.quantisation,
        )


def _served(out: Path) -> int | None:
    """The served generation; None before the first, or where it has another format."""
    try:
        generation = current_generation(out)
        read_manifest(generation_folder(out, generation))
    except (SnapshotMissing, SnapshotMismatch):
        return None
    return generation


def _text_once(path: Path) -> str:
    """What a small file holds; a name nobody else has, where it is not there yet."""
    if not path.exists():
        new = path.with_suffix(".tmp")
        new.write_text(uuid4().hex)
        new.replace(path)
    return path.read_text()
