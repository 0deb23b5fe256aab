"""Build: a catalogue becomes a published snapshot, in parts of bounded size.

    records -> parts (read, analyse, embed) -> stores (assemble) -> published generation

Killed at any moment it goes on where it was. Texts that an earlier part or the served generation has embedded
already, by the same encoder, are not embedded again.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain, compress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import orjson

from indexer.arrangement import Arrangement
from indexer.build.assemble import Parts, assemble
from indexer.build.lock import locked
from indexer.build.part import Part, PartSummary, read_summary, write_part
from indexer.build.settings import BuildReport, BuildSettings
from indexer.build.vector_reuse import VectorReuse, served
from indexer.catalogue.catalogue import Catalogue
from indexer.catalogue.reference_data import read_shipping, write_shipping
from indexer.encoders.encoder import Encoder
from indexer.errors import TooManyRejected
from indexer.listing import Listing, Rejected
from indexer.market import ReferenceData, ShippingTemplate
from indexer.snapshot.generations import (
    commit_generation,
    generation_manifest,
    generations,
    prune,
    set_current,
)
from indexer.snapshot.manifest import FORMAT, Manifest, checksums
from indexer.stores.hashes import Hashes, HashRuns, first_of_each, hash_texts
from indexer.stores.listing_text import document_of, passage
from indexer.stores.vector import STORED_DTYPE, Stored, cosine_spread, open_vectors
from indexer.stores.vector_faiss import factory_for
from languages.analyse import VERSION as ANALYSIS_VERSION

if TYPE_CHECKING:
    from indexer.opensearch.connection import Cluster
    from indexer.opensearch.publish import ClusterPublisher

_GIVEN_UP = "building.given-up"

OpenCatalogue = Callable[[int], Catalogue]
"""Opens the catalogue after so many records."""

Numbered = tuple[int, Listing]
"""A listing and the number of its record."""

Progress = Callable[[str, int, int, int], None]
"""Called with (stage, done, total, listings so far): bytes of the catalogue, then listings assembled."""


def build(
    open_catalogue: OpenCatalogue,
    source: str,
    out: Path,
    encoder: Encoder,
    companions: ReferenceData,
    settings: BuildSettings | None = None,
    progress: Progress = lambda *_: None,
    cluster: Cluster | None = None,
) -> BuildReport:
    """Build and publish a generation from a catalogue.

    `source` names the catalogue's content (path, size, time, mapping): a cut-off build goes on only with the same.
    `cluster` is needed where the settings' engines are in a cluster; see `indexer.open_snapshot.cluster_for`.

    Raises:
        TooManyRejected: the catalogue has more bad records than the settings allow; nothing is published.
        BuildRunning: another build works on `out`.
        ValueError: the settings need a cluster, and none was given.
    """
    out.mkdir(parents=True, exist_ok=True)
    with locked(out):
        chosen = settings or BuildSettings()
        part = _cluster_part(chosen, cluster)
        return _Build(open_catalogue, source, out, encoder, companions, chosen, progress, part).run()


def _cluster_part(settings: BuildSettings, cluster: Cluster | None) -> ClusterPublisher | None:
    """What a cluster has to do with it, once it has answered; None with engines that need none."""
    if settings.engines is Arrangement.EMBEDDED:
        return None
    if cluster is None:
        raise ValueError(f"engines {settings.engines} need a cluster, and none was given")
    from indexer.opensearch.publish import ClusterPublisher

    return ClusterPublisher(cluster, settings.engines)


class _Build:
    """One build from its first part to publication."""

    def __init__(
        self,
        open_catalogue: OpenCatalogue,
        source: str,
        out: Path,
        encoder: Encoder,
        companions: ReferenceData,
        settings: BuildSettings,
        progress: Progress,
        cluster: ClusterPublisher | None,
    ) -> None:
        self._open_catalogue, self._source, self._out, self._encoder = open_catalogue, source, out, encoder
        self._companions, self._settings, self._progress = companions, settings, progress
        self._cluster = cluster
        self._work = out / "building"
        self._summaries: list[PartSummary] = []
        self._seconds: dict[str, float] = {}

    def run(self) -> BuildReport:
        generation = self._begin()
        if generation in generations(self._out):  # killed while it was published
            self._serve(generation)
        else:
            self._resume_parts()
            with self._timed("parts"):
                self._write_parts()
            with self._timed("assemble"):
                self._assemble()
            manifest = self._manifest(generation)
            if self._cluster:
                with self._timed("send"):
                    manifest = self._cluster.send(manifest, self._work, self._out, self._progress_sent)
            with self._timed("publish"):
                commit_generation(self._work / "generation", self._out, replace(manifest, seconds=self._seconds))
                self._serve(generation)
        prune(self._out, self._settings.keep)
        if self._cluster:
            self._cluster.prune(self._out)
        shutil.rmtree(self._out / _GIVEN_UP, ignore_errors=True)
        shutil.rmtree(self._work)
        return self._report(generation)

    def _serve(self, generation: int) -> None:
        """The folder is there: the cluster's aliases next, the pointer last. Whoever follows it finds all in place."""
        if self._cluster is None:
            set_current(self._out, generation)
        else:
            began = int((self._work / "state.json").stat().st_mtime * 1e6)
            since = began if self._settings.as_of is None else min(began, self._settings.as_of)
            self._cluster.serve(self._out, generation, since)

    def _begin(self) -> int:
        """The number of the generation in the works. Of a build of another catalogue only the vectors are used."""
        state = {
            "source": self._source,
            "encoder": self._encoder.name,
            "analysis": ANALYSIS_VERSION,
            "format": FORMAT,
            "part_size": self._settings.part_size,
            "engines": str(self._settings.engines),
        }
        path = self._work / "state.json"
        if path.exists():
            known = _state(self._work)
            if {**state, "generation": known["generation"]} == known:
                return int(known["generation"])
            shutil.rmtree(self._out / _GIVEN_UP, ignore_errors=True)
            self._work.rename(self._out / _GIVEN_UP)
        shutil.rmtree(self._work, ignore_errors=True)
        (self._work / "parts").mkdir(parents=True)
        generation = max(generations(self._out), default=0) + 1
        whole = self._work / "state.tmp"
        whole.write_bytes(orjson.dumps({**state, "generation": generation}))
        whole.rename(path)
        return generation

    def _part(self, number: int) -> Path:
        return self._work / "parts" / f"{number:06d}"

    def _resume_parts(self) -> None:
        """Count the finished parts and remember their ids and texts."""
        for leftover in (self._work / "parts").glob("*.tmp"):
            shutil.rmtree(leftover)
        shutil.rmtree(self._work / "runs", ignore_errors=True)
        self._ids = HashRuns(self._work / "runs" / "ids")
        self._known = VectorReuse(self._work / "runs" / "texts")
        for folder in self._embedded_before():
            self._known.add(folder)
        while self._part(len(self._summaries)).exists():
            folder = self._part(len(self._summaries))
            self._remember(read_summary(folder))
        self._resumed = self._listings()
        self._stop_if_too_many_rejected()

    def _remember(self, summary: PartSummary) -> None:
        number = len(self._summaries)
        ids: Hashes = np.load(self._part(number) / "ids.npy")
        self._ids.add(ids, np.full(len(ids), number))
        self._known.add(self._part(number))
        self._summaries.append(summary)

    def _embedded_before(self) -> Iterator[Path]:
        """Folders of vectors by the same encoder: the served generation's, and a build's that was given up."""
        yield from served(self._out, self._encoder.name, "vectors")
        given_up = self._out / _GIVEN_UP
        if (given_up / "state.json").exists() and _state(given_up)["encoder"] == self._encoder.name:
            yield from sorted(p for p in (given_up / "parts").iterdir() if p.suffix != ".tmp")

    def _write_parts(self) -> None:
        if (self._work / "parts.done").exists():
            return
        catalogue = self._open_catalogue(sum(s.records for s in self._summaries))
        self._templates = dict.fromkeys(t.template_id for t in self._templates_so_far())
        for records, listings, rejected in self._batches(catalogue):
            self._write_part(records, listings, rejected)
            self._keep_templates(catalogue.templates)
            self._progress("read and embed", catalogue.bytes_read, catalogue.bytes_total, self._listings())
        (self._work / "parts.done").touch()

    def _batches(self, catalogue: Catalogue) -> Iterator[tuple[int, list[Numbered], list[Rejected]]]:
        """Records a part at a time: how many were read, the good ones, the bad ones."""
        records, listings, rejected = 0, list[Numbered](), list[Rejected]()
        for number, outcome in catalogue:
            records += 1
            problem = outcome if isinstance(outcome, Rejected) else self._misfit(number, outcome, catalogue)
            if problem is not None:
                rejected.append(problem)
            elif isinstance(outcome, Listing):
                listings.append((number, outcome))
            if len(listings) == self._settings.part_size or records == 4 * self._settings.part_size:
                yield records, listings, rejected
                records, listings, rejected = 0, [], []
        if records:
            yield records, listings, rejected

    def _misfit(self, number: int, listing: Listing, catalogue: Catalogue) -> Rejected | None:
        """What is wrong with a listing in the company of its sellers, templates and rates."""
        if not self._companions.rates.knows(listing.currency):
            why = f"has no exchange rate (rates of {self._companions.rates.date}); add it with --rates"
            return Rejected(number, "currency", listing.currency, why)
        template = listing.shipping_template
        if template is not None and template not in self._templates and template not in catalogue.templates:
            return Rejected(
                number, "shipping_template", template[:200], "is not in the shipping templates; see --shipping"
            )
        return None

    def _write_part(self, records: int, numbered: list[Numbered], rejected: list[Rejected]) -> None:
        ids = hash_texts(listing.listing_id for _, listing in numbered)
        new = first_of_each(ids) & (self._ids.find(ids) < 0)
        for number, listing in compress(numbered, ~new):
            why = "was seen earlier in this catalogue; the first is kept"
            rejected.append(Rejected(number, "listing_id", listing.listing_id, why))
        listings = [listing for _, listing in compress(numbered, new)]
        passages = [passage(listing) for listing in listings]
        texts = hash_texts(passages)
        vectors, embedded = self._embed(passages, texts)
        documents = [document_of(listing) for listing in listings]
        rejected.sort(key=lambda r: r.record)
        part = Part(records, listings, documents, vectors, embedded, ids[new], texts, rejected)
        self._remember(write_part(part, self._part(len(self._summaries))))
        self._stop_if_too_many_rejected()

    def _embed(self, passages: list[str], texts: Hashes) -> tuple[npt.NDArray[np.float16], int]:
        """A vector a passage; only what is not known is encoded. Also how many were."""
        vectors = np.zeros((len(passages), self._encoder.dim), STORED_DTYPE)
        missing = ~self._known.fill(texts, vectors)
        _, first, inverse = np.unique(texts[missing], return_index=True, return_inverse=True)
        rows = np.flatnonzero(missing)[first]
        if len(rows):
            vectors[missing] = self._encoder.encode_listings([passages[row] for row in rows]).astype(STORED_DTYPE)[
                inverse
            ]
        return vectors, len(rows)

    def _stop_if_too_many_rejected(self) -> None:
        limit, rejected = self._settings.max_rejected, sum(s.rejected for s in self._summaries)
        if limit is not None and rejected > limit:
            path = self._work / "rejected.jsonl"
            self._write_rejected(path)
            raise TooManyRejected(
                f"{rejected:,} records rejected, --max-rejected allows {limit:,}; the reasons are in {path}. "
                "Nothing was published. Mend the catalogue, or allow more: the build then goes on where it was"
            )

    def _assemble(self) -> None:
        folders = [self._part(number) for number in range(len(self._summaries))]
        parts = Parts(folders, self._listings(), self._encoder.dim)
        templates = {t.template_id: t for t in chain(self._companions.templates, self._templates_so_far())}
        companions = replace(self._companions, templates=tuple(templates.values()))
        folder = self._work / "generation"
        progress = partial(self._progress_of, "assemble")
        assemble(parts, companions, folder, self._settings.engines, progress, self._encode_terms)
        self._write_rejected(folder / "rejected.jsonl")

    def _progress_of(self, stage: str, done: int, total: int) -> None:
        self._progress(stage, done, total, self._listings())

    def _progress_sent(self, stage: str, done: int, total: int) -> None:
        self._progress(stage, done, total, done)

    def _encode_terms(self, texts: Sequence[str]) -> Stored:
        """Vectors of the bridge's terms; those that the served generation has are not encoded again."""
        known = VectorReuse(self._work / "runs" / "terms")
        for folder in served(self._out, self._encoder.name, "bridge"):
            known.add(folder)
        vectors = np.zeros((len(texts), self._encoder.dim), STORED_DTYPE)
        missing = np.flatnonzero(~known.fill(hash_texts(texts), vectors))
        for start in range(0, len(missing), self._settings.part_size):
            rows = missing[start : start + self._settings.part_size]
            vectors[rows] = self._encoder.encode_queries([texts[row] for row in rows]).astype(STORED_DTYPE)
            self._progress_of("embed terms", min(start + len(rows), len(missing)), len(missing))
        return vectors

    def _write_rejected(self, path: Path) -> None:
        with path.open("wb") as out:
            for number in range(len(self._summaries)):
                out.write((self._part(number) / "rejected.jsonl").read_bytes())

    def _templates_so_far(self) -> list[ShippingTemplate]:
        """The operator's templates, and those a feed's listings brought along."""
        path = self._work / "templates.jsonl"
        found = [t for t in read_shipping(path) if isinstance(t, ShippingTemplate)] if path.exists() else []
        return [*self._companions.templates, *found]

    def _keep_templates(self, templates: dict[str, ShippingTemplate]) -> None:
        if templates.keys() - self._templates.keys():
            merged = {t.template_id: t for t in self._templates_so_far()} | templates
            working = self._work / "templates.tmp"
            write_shipping(working, merged.values())
            working.rename(self._work / "templates.jsonl")
            self._templates = dict.fromkeys(merged)

    def _listings(self) -> int:
        return sum(s.listings for s in self._summaries)

    def _manifest(self, generation: int) -> Manifest:
        folder = self._work / "generation"
        embedded = sum(s.embedded for s in self._summaries)
        return Manifest(
            format=FORMAT,
            generation=generation,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            encoder=self._encoder.name,
            dim=self._encoder.dim,
            cosine_spread=cosine_spread(open_vectors(folder / "vectors" / "vectors.npy")),
            analysis=ANALYSIS_VERSION,
            catalogue=self._source.split("\n")[0],
            listings=self._listings(),
            rejected=sum(s.rejected for s in self._summaries),
            embedded=embedded,
            reused=self._listings() - embedded,
            vector_index=factory_for(self._listings()) if self._settings.engines.uses_faiss else "opensearch k-NN",
            ids_checksum=self._ids_checksum(),
            settings={"part_size": self._settings.part_size, "encoder": self._settings.encoder},
            seconds=self._seconds,
            files=checksums(folder),
            engines=self._settings.engines,
        )

    def _ids_checksum(self) -> str:
        """BLAKE2b over the hashes of all listing ids in order of rows."""
        digest = hashlib.blake2b(digest_size=16)
        for number in range(len(self._summaries)):
            digest.update(np.load(self._part(number) / "ids.npy").tobytes())
        return digest.hexdigest()

    def _report(self, generation: int) -> BuildReport:
        made = generation_manifest(self._out, generation)
        resumed = getattr(self, "_resumed", made.listings)
        return BuildReport(
            generation, made.listings, made.rejected, made.embedded, made.reused, resumed, dict(self._seconds)
        )

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self._seconds[stage] = round(time.perf_counter() - started, 3)


def _state(work: Path) -> dict[str, Any]:
    """What the build in a working folder is of."""
    state: dict[str, Any] = orjson.loads((work / "state.json").read_bytes())
    return state
