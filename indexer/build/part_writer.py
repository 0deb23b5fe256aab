"""Writes the parts of a build: reads, checks, analyses and embeds records, a part at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path

import numpy as np

from indexer.build.assemble import Parts
from indexer.build.embed import embed_passages
from indexer.build.part import Part, PartSummary, read_summary, write_part
from indexer.build.settings import BuildSettings, CatalogueSource
from indexer.build.state import WorkingFolder
from indexer.build.vector_reuse import VectorReuse
from indexer.catalogue.catalogue import Catalogue
from indexer.catalogue.reference_data import read_shipping, write_shipping
from indexer.durable import replacing
from indexer.encoders.encoder import Encoder
from indexer.errors import TooManyRejected
from indexer.listing import LeftOut, Listing, Rejected
from indexer.market import ShippingTemplate
from indexer.progress import ProgressCallback
from indexer.stores.hashes import Hashes, HashRuns, first_of_each, hash_texts
from indexer.stores.listing_text import to_document, to_passage


@dataclass(slots=True)
class _Batch:
    """Records on their way into one part."""

    records: int = 0
    listings: list[tuple[int, Listing]] = field(default_factory=list)  # each with the number of its record
    rejected: list[Rejected] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)  # how many, by reason


class PartWriter:
    """The parts of one build. They end up in the working folder, each finished or absent."""

    def __init__(self, work: WorkingFolder, source: CatalogueSource, encoder: Encoder, settings: BuildSettings) -> None:
        self._work = work
        self._source = source
        self._encoder = encoder
        self._settings = settings
        self._summaries: list[PartSummary] = []
        self._ids = HashRuns(work.runs / "ids")
        self._reuse = VectorReuse(work.runs / "texts")
        self._templates = {template.template_id: template for template in source.reference_data.templates}

    @property
    def folders(self) -> list[Path]:
        return [self._work.part(number) for number in range(len(self._summaries))]

    @property
    def listings(self) -> int:
        return sum(summary.listings for summary in self._summaries)

    @property
    def rejected(self) -> int:
        return sum(summary.rejected for summary in self._summaries)

    @property
    def left_out(self) -> dict[str, int]:
        """How many records were left out, by reason; the most frequent reason first."""
        total: Counter[str] = Counter()
        for summary in self._summaries:
            total.update(summary.left_out)
        return dict(total.most_common())

    @property
    def embedded(self) -> int:
        """Texts that the encoder read; the vectors of the others were reused."""
        return sum(summary.embedded for summary in self._summaries)

    @property
    def templates(self) -> dict[str, ShippingTemplate]:
        """The operator's shipping templates and those of a feed's listings, by id."""
        return self._templates

    def finished(self) -> Parts:
        return Parts(self.folders, self.listings, self._encoder.dim)

    def resume(self, vector_folders: Iterable[Path]) -> None:
        """Find the parts that are finished. Their vectors are reused, and those of the folders.

        Raises:
            TooManyRejected: the finished parts have more rejected records than the settings allow.
        """
        for folder in vector_folders:
            self._reuse.add(folder)
        while self._work.part(len(self._summaries)).exists():
            self._add(read_summary(self._work.part(len(self._summaries))))
        if self._work.templates.exists():
            stored = read_shipping(self._work.templates)
            self._templates |= {t.template_id: t for t in stored if isinstance(t, ShippingTemplate)}
        self._stop_if_too_many_rejected()

    def write(self, progress: ProgressCallback) -> None:
        """Write the parts that are missing.

        Raises:
            TooManyRejected: more records were rejected than the settings allow.
        """
        if self._work.has_all_parts:
            return
        catalogue = self._source.open(sum(summary.records for summary in self._summaries))
        for batch in self._batches(catalogue):
            self._write_part(batch)
            self._store_templates(catalogue.templates)
            progress("read and embed", catalogue.bytes_read, catalogue.bytes_total, self.listings)
        self._work.mark_parts_done()

    def write_rejected(self, path: Path) -> None:
        """Write every rejected record so far, JSON Lines."""
        with path.open("wb") as out:
            for folder in self.folders:
                out.write((folder / "rejected.jsonl").read_bytes())

    def _batches(self, catalogue: Catalogue) -> Iterator[_Batch]:
        """The catalogue's records, enough for one part at a time."""
        batch = _Batch()
        for number, outcome in catalogue:
            batch.records += 1
            if isinstance(outcome, LeftOut):
                batch.left_out[outcome.reason] += 1
            elif isinstance(outcome, Rejected):
                batch.rejected.append(outcome)
            elif problem := self._problem(number, outcome, catalogue):
                batch.rejected.append(problem)
            else:
                batch.listings.append((number, outcome))
            if len(batch.listings) == self._settings.part_size or batch.records == 4 * self._settings.part_size:
                yield batch
                batch = _Batch()
        if batch.records:
            yield batch

    def _problem(self, number: int, listing: Listing, catalogue: Catalogue) -> Rejected | None:
        """Why a listing does not fit the reference data; None where it does."""
        rates = self._source.reference_data.rates
        if not rates.knows(listing.currency):
            reason = f"has no exchange rate (rates of {rates.date}); add it with --rates"
            return Rejected(number, "currency", listing.currency, reason)
        template = listing.shipping_template
        if template is not None and template not in self._templates and template not in catalogue.templates:
            reason = "is not in the shipping templates; see --shipping"
            return Rejected(number, "shipping_template", template[:200], reason)
        return None

    def _write_part(self, batch: _Batch) -> None:
        ids = hash_texts(listing.listing_id for _, listing in batch.listings)
        is_new = first_of_each(ids) & (self._ids.find(ids) < 0)
        for number, listing in compress(batch.listings, ~is_new):
            reason = "was seen earlier in this catalogue; the first is kept"
            batch.rejected.append(Rejected(number, "listing_id", listing.listing_id, reason))
        listings = [listing for _, listing in compress(batch.listings, is_new)]
        passages = [to_passage(listing) for listing in listings]
        text_hashes = hash_texts(passages)
        vectors, embedded = embed_passages(self._encoder, passages, text_hashes, self._reuse)
        part = Part(
            records=batch.records,
            left_out=batch.left_out,
            listings=listings,
            documents=[to_document(listing) for listing in listings],
            vectors=vectors,
            embedded=embedded,
            id_hashes=ids[is_new],
            text_hashes=text_hashes,
            rejected=sorted(batch.rejected, key=lambda rejected: rejected.record),
        )
        self._add(write_part(part, self._work.part(len(self._summaries))))
        self._stop_if_too_many_rejected()

    def _add(self, summary: PartSummary) -> None:
        """Remember the ids and texts of the next finished part."""
        number = len(self._summaries)
        folder = self._work.part(number)
        ids: Hashes = np.load(folder / "ids.npy")
        self._ids.add(ids, np.full(len(ids), number))
        self._reuse.add(folder)
        self._summaries.append(summary)

    def _store_templates(self, templates: dict[str, ShippingTemplate]) -> None:
        """Store the templates of a feed: a resumed build does not read its first records again."""
        if templates.keys() - self._templates.keys():
            self._templates |= templates
            with replacing(self._work.templates) as temporary:
                write_shipping(temporary, self._templates.values())

    def _stop_if_too_many_rejected(self) -> None:
        limit = self._settings.max_rejected
        if limit is None or self.rejected <= limit:
            return
        path = self._work.path / "rejected.jsonl"
        self.write_rejected(path)
        raise TooManyRejected(
            f"{self.rejected:,} records rejected, --max-rejected allows {limit:,}; the reasons are in {path}. "
            "Nothing was published. Raise --max-rejected to resume this build, or correct the catalogue: "
            "it is then read from the start, and known vectors are reused"
        )
