"""Publishes a generation that has indexes in a cluster: aliases and pointer change together."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from indexer.arrangement import Arrangement
from indexer.errors import ClusterMismatch, SnapshotMismatch, SnapshotMissing
from indexer.opensearch.carry_over import carry_over_facts
from indexer.opensearch.cluster_generation import ClusterIndex, point_aliases, prune
from indexer.opensearch.cluster_sources import ClusterSources
from indexer.opensearch.connection import Cluster
from indexer.opensearch.writer import send
from indexer.progress import ProgressCallback
from indexer.snapshot.generations import (
    generation_folder,
    generation_manifest,
    generations,
    set_current,
)
from indexer.snapshot.manifest import GenerationMeta, Manifest
from languages.durable import replace_file

log = logging.getLogger(__name__)


class ClusterPublisher:
    """The cluster's part in one build. The cluster is checked before the build begins.

    Raises:
        IndexUnavailable: it does not answer.
        ClusterRefused: it does not know this user, key or certificate.
        ClusterMismatch: it is too old.
    """

    def __init__(self, cluster: Cluster, engines: Arrangement) -> None:
        self.cluster = cluster
        self._engines = engines
        self.cluster.check_version()

    def send(self, manifest: Manifest, work: Path, out: Path, progress: ProgressCallback) -> Manifest:
        """Write the generation's indexes; returns the manifest that says so."""
        folder = work / "generation"
        meta = self._meta(manifest, _text_once(work / "build.id"), _text_once(out / "snapshot.id"))
        sources = ClusterSources(folder, manifest.dim, self.cluster.settings)
        send(self.cluster, meta, self._engines.kinds, sources, work, progress)
        return replace(manifest, cluster=meta)

    def serve(self, out: Path, generation: int, since_us: int) -> None:
        """Serve a committed generation, in the cluster and from the folder.

        Facts of the generation before that changed after `since_us` (microseconds since 1970) are
        carried over first, and once more after the swap: those that were written in between.
        """
        before = _served(out)
        self._carry_over(before, out, generation, since_us)
        set_current_aliases(out, generation, self.cluster)
        set_current(out, generation)
        self._carry_over(before, out, generation, since_us)

    def _carry_over(self, before: int | None, out: Path, generation: int, since_us: int) -> None:
        if before is None or before == generation:
            return
        old = generation_manifest(out, before).cluster
        new = generation_manifest(out, generation).cluster
        if old is None or new is None:
            return
        try:
            carry_over_facts(self.cluster, old, generation_folder(out, before), new, since_us)
        except ClusterMismatch as error:  # the old index is lost or in another cluster: no reason to stop a build
            log.warning("facts that changed since the build began stay behind, send them again: %s", error)

    def prune(self, out: Path) -> None:
        """Remove the indexes of generations that the folder or the settings no longer keep."""
        kept = generations(out)[-self.cluster.settings.keep :]
        meta = generation_manifest(out, kept[-1]).cluster
        if meta is not None:
            prune(self.cluster, meta, set(kept))

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


def set_current_aliases(path: Path, generation: int, cluster: Cluster | None) -> None:
    """Point the aliases at a generation, after its indexes are verified. Embedded: does nothing."""
    manifest = generation_manifest(path, generation)
    if manifest.cluster is None:
        return
    if cluster is None:
        raise ValueError(f"generation {generation} of {path} has indexes in a cluster, and no cluster was given")
    verify_in_cluster(manifest, cluster, alias_too=False)
    point_aliases(cluster, manifest.cluster, manifest.engines.kinds)


def verify_in_cluster(manifest: Manifest, cluster: Cluster, *, alias_too: bool = True) -> None:
    """Verify that a cluster has a generation's indexes, made from what the manifest says.

    Raises:
        ClusterMismatch: one is not there.
        SnapshotMismatch: one, or the index behind its alias, is of another encoder, build or
            snapshot.
        ClusterRefused: the cluster does not know this user, key or certificate.
        IndexUnavailable: it does not answer.
    """
    if manifest.cluster is not None:
        for kind in manifest.engines.kinds:
            ClusterIndex(cluster, kind, manifest.cluster).verify(alias_too=alias_too)


def _served(out: Path) -> int | None:
    """The served generation; None before the first, or where it has another format."""
    try:
        return generation_manifest(out).generation
    except (SnapshotMissing, SnapshotMismatch):
        return None


def _text_once(path: Path) -> str:
    """The content of a small file, which is written with a new unique id if it is missing."""
    if not path.exists():
        replace_file(path, uuid4().hex.encode())
    return path.read_text()
