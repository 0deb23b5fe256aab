"""Writes the parts of a build: reads, checks, analyses and embeds records, a part at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain, islice
from pathlib import Path

import numpy as np

from indexer.build.embed import embed_passages, replace_known
from indexer.build.part import PartSummary, read_summary, write_part
from indexer.build.parts import Parts
from indexer.build.prepare import PreparedPart, prepare
from indexer.build.settings import BuildSettings, CatalogueSource
from indexer.build.state import WorkingFolder
from indexer.build.task import PartTask, RecordRules, encoder_for_workers, part_tasks
from indexer.build.vector_reuse import VectorReuse
from indexer.build.worker_pool import WorkerPool
from indexer.catalogue.catalogue import Catalogue
from indexer.catalogue.reference_data import read_shipping, write_shipping
from indexer.encoders.encoder import Encoder
from indexer.errors import TooManyRejected
from indexer.market import ShippingTemplate
from indexer.progress import ProgressCallback, report_while
from indexer.stores.hashes import Hashes, HashRuns
from languages.durable import replacing


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
            BuildWorkerFailed: a worker process died or failed.
        """
        if self._work.has_all_parts:
            return
        catalogue = self._source.open(sum(summary.records for summary in self._summaries))
        bytes_read = 0

        def report(encoded: int = 0) -> None:
            progress("read and embed", bytes_read, catalogue.bytes_total, self.listings + encoded)

        for task, part in self._prepared(catalogue, report):
            self._write_part(part, report)
            self._store_templates({**catalogue.templates, **part.templates})
            bytes_read = task.bytes_read
            report()
        self._work.mark_parts_done()

    def write_rejected(self, path: Path) -> None:
        """Write every rejected record so far, JSON Lines."""
        with path.open("wb") as out:
            for folder in self.folders:
                out.write((folder / "rejected.jsonl").read_bytes())

    def _prepared(self, catalogue: Catalogue, report: Callable[[], None]) -> Iterator[tuple[PartTask, PreparedPart]]:
        """The contents of each part that is missing, in order; `report` is called meanwhile.

        A catalogue of one part is not worth the start of a process.
        """
        tasks = part_tasks(catalogue, self._settings.part_size)
        first = list(islice(tasks, 2))
        workers = self._settings.workers if len(first) > 1 else 1
        if workers < 2:
            prepare_part = partial(prepare, rules=RecordRules.of(catalogue, self._source, None))
            for task in chain(first, tasks):
                yield task, report_while(partial(prepare_part, task), report)
            return
        rules = RecordRules.of(catalogue, self._source, encoder_for_workers(self._encoder))
        with WorkerPool(workers, partial(prepare, rules=rules)) as pool:
            yield from pool.map(chain(first, tasks), report)

    def _write_part(self, prepared: PreparedPart, report: Callable[[int], None]) -> None:
        part = prepared.without_duplicates(self._ids.find(prepared.id_hashes) < 0)
        if part.vectors is None:
            passages = part.passages.to_pylist()
            vectors, embedded = embed_passages(self._encoder, passages, part.text_hashes, self._reuse, report)
        else:
            vectors, embedded = replace_known(part.vectors, part.text_hashes, self._reuse)
        self._add(write_part(part, vectors, embedded, self._work.part(len(self._summaries))))
        self._stop_if_too_many_rejected()

    def _add(self, summary: PartSummary) -> None:
        """Remember the ids and texts of the next finished part."""
        number = len(self._summaries)
        folder = self._work.part(number)
        ids: Hashes = np.load(folder / "ids.npy")
        self._ids.add(ids, np.full(len(ids), number))
        self._reuse.add(folder)
        self._summaries.append(summary)

    def _store_templates(self, templates: Mapping[str, ShippingTemplate]) -> None:
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
