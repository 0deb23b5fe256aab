"""Builds a snapshot's next generation from a catalogue and publishes it.

    records -> parts (read, analyse, embed) -> stores (assemble) -> published generation

A killed build resumes where it stopped. Texts that an earlier part or the served generation has
embedded with the same encoder are not embedded again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.arrangement import Arrangement
from indexer.build.assemble import assemble
from indexer.build.embed import embed_terms
from indexer.build.guard import FinishedParts, guard_publication
from indexer.build.lock import locked
from indexer.build.loss import Loss
from indexer.build.make_manifest import make_manifest
from indexer.build.part_writer import PartWriter
from indexer.build.settings import BuildReport, BuildSettings, CatalogueSource
from indexer.build.state import BuildIdentity, WorkingFolder
from indexer.build.vector_reuse import VectorReuse, current_vectors
from indexer.encoders.encoder import Encoder
from indexer.progress import ProgressCallback, Stage, no_progress
from indexer.snapshot.generations import commit_generation, generation_manifest, generations, prune, set_current
from indexer.snapshot.manifest import Manifest
from indexer.stores.vector import StoredVectors

if TYPE_CHECKING:
    from indexer.opensearch.connection import Cluster
    from indexer.opensearch.publish import ClusterPublisher


def build(
    source: CatalogueSource,
    out: Path,
    encoder: Encoder,
    settings: BuildSettings | None = None,
    progress: ProgressCallback = no_progress,
    cluster: Cluster | None = None,
) -> BuildReport:
    """Build and publish a generation from a catalogue, in the snapshot's folder `out`.

    `cluster` is needed where the settings' engines are in a cluster; see
    `indexer.open_snapshot.cluster_for`.

    Raises:
        TooManyRejected: more records were rejected than the settings allow; nothing is published.
        PublicationRefused: the generation would empty the shop; nothing is published.
        BuildRunning: another build works on `out`.
        ValueError: the settings need a cluster, and none was given.
    """
    settings = settings or BuildSettings()
    out.mkdir(parents=True, exist_ok=True)
    with locked(out):
        publisher = _publisher(settings.engines, cluster)
        return _Build(source, out, encoder, settings, progress, publisher).run()


def _publisher(engines: Arrangement, cluster: Cluster | None) -> ClusterPublisher | None:
    """The cluster's part in the build, once the cluster has answered; None where there is none."""
    if not engines.is_remote:
        return None
    if cluster is None:
        raise ValueError(f"engines {engines} need a cluster, and none was given")
    from indexer.opensearch.publish import ClusterPublisher

    return ClusterPublisher(cluster, engines)


class _Build:
    """One build from its first part to the publication."""

    def __init__(
        self,
        source: CatalogueSource,
        out: Path,
        encoder: Encoder,
        settings: BuildSettings,
        progress: ProgressCallback,
        publisher: ClusterPublisher | None,
    ) -> None:
        self._source = source
        self._out = out
        self._encoder = encoder
        self._settings = settings
        self._progress = progress
        self._publisher = publisher
        self._work = WorkingFolder(out)
        self._loss: Loss | None = None
        self._seconds: dict[str, float] = {}

    def run(self) -> BuildReport:
        generation = self._work.begin(BuildIdentity.of(self._source, self._encoder, self._settings))
        resumed = None
        left_out: dict[str, int] = {}
        if generation in generations(self._out):  # killed between the commit and the publication
            self._serve(generation)
        else:
            parts = self._resume_parts()
            resumed = parts.listings
            with self._timed("parts"):
                parts.write(self._progress)
            self._guard(parts)
            left_out = parts.left_out
            with self._timed("assemble"):
                self._assemble(parts)
            manifest = self._send(self._manifest(generation, parts))
            with self._timed("publish"):
                self._commit(replace(manifest, seconds=self._seconds))
                self._serve(generation)
        self._prune()
        self._work.remove()
        return self._report(generation, resumed, left_out)

    def _resume_parts(self) -> PartWriter:
        parts = PartWriter(self._work, self._source, self._encoder, self._settings)
        served = current_vectors(self._out, self._encoder.name, "vectors")
        parts.resume(chain(served, self._work.given_up_parts(self._encoder.name)))
        return parts

    def _guard(self, parts: PartWriter) -> None:
        finished = FinishedParts(
            folders=parts.folders,
            listings=parts.listings,
            rejected=parts.rejected,
            left_out=sum(parts.left_out.values()),
            sellers=self._source.reference_data.sellers,
            templates=tuple(parts.templates.values()),
        )
        self._loss = guard_publication(finished, self._work, self._out, self._settings, self._progress)

    def _assemble(self, parts: PartWriter) -> None:
        reference_data = replace(self._source.reference_data, templates=tuple(parts.templates.values()))

        def encode_terms(terms: Sequence[str]) -> StoredVectors:
            return self._encode_terms(terms, parts.listings)

        folder = self._work.generation
        assemble(parts.finished(), reference_data, folder, self._settings, self._progress, encode_terms)
        parts.write_rejected(self._work.generation / "rejected.jsonl")

    def _encode_terms(self, terms: Sequence[str], listings: int) -> StoredVectors:
        """Vectors of the catalogue's terms; those of the served generation are reused."""
        reuse = VectorReuse(self._work.runs / "terms")
        for folder in current_vectors(self._out, self._encoder.name, "bridge"):
            reuse.add(folder)

        def report(done: int, total: int) -> None:
            self._progress("embed terms", done, total, listings)

        return embed_terms(self._encoder, terms, reuse, report)

    def _manifest(self, generation: int, parts: PartWriter) -> Manifest:
        folder = self._work.generation
        return Stage("checksums", self._progress, parts.listings).during(
            lambda: make_manifest(generation, folder, parts, self._source, self._encoder, self._settings)
        )

    def _send(self, manifest: Manifest) -> Manifest:
        """Write the indexes in the cluster, if any; returns the manifest that names them."""
        if self._publisher is None:
            return manifest
        with self._timed("send"):
            return self._publisher.send(manifest, self._work.path, self._out, self._progress)

    def _commit(self, manifest: Manifest) -> None:
        stage = Stage("write to disk", self._progress, manifest.listings)
        stage.during(lambda: commit_generation(self._work.generation, self._out, manifest))

    def _serve(self, generation: int) -> None:
        """Serve a committed generation. Services follow the pointer, so it is set last."""
        if self._publisher is None:
            set_current(self._out, generation)
        else:
            written_us = self._settings.catalogue_written_us
            began_us = self._work.began_us
            since_us = began_us if written_us is None else min(began_us, written_us)
            self._publisher.serve(self._out, generation, since_us)

    def _prune(self) -> None:
        prune(self._out, self._settings.keep)
        if self._publisher is not None:
            self._publisher.prune(self._out)

    def _report(self, generation: int, resumed: int | None, left_out: dict[str, int]) -> BuildReport:
        """`resumed` None: everything was finished when this run began."""
        manifest = generation_manifest(self._out, generation)
        return BuildReport(
            generation=generation,
            listings=manifest.listings,
            rejected=manifest.rejected,
            embedded=manifest.embedded,
            reused=manifest.reused,
            resumed=manifest.listings if resumed is None else resumed,
            loss=self._loss,
            seconds=dict(self._seconds),
            left_out=left_out,
        )

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self._seconds[stage] = round(time.perf_counter() - started, 3)
