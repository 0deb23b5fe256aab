"""Assembles the lexical index, in a process of its own where the build has workers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from pathlib import Path

from indexer.build.parts import Parts
from indexer.build.worker_pool import WorkerPool
from indexer.progress import REPORT_S, Stage
from indexer.stores.documents import read_batches
from indexer.stores.lexical_tantivy import TantivyWriter


class LexicalWriting:
    """Writes the index into the folder `out`: a part at each call, in order; None completes it.

    A call returns how many listings are written. It can be sent to another process before the first
    call.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._rows = 0
        self._writer: TantivyWriter | None = None

    def __call__(self, part: Path | None) -> int:
        self._writer = self._writer or TantivyWriter(self._out)
        if part is None:
            self._writer.close()
            return self._rows
        texts = read_batches(part / "texts.arrow")
        for documents in read_batches(part / "documents.arrow"):
            if documents.num_rows:  # a part without listings has no batch of texts
                self._writer.add_batch(self._rows, next(texts).column("listing_id"), documents)
            self._rows += documents.num_rows
        return self._rows


class LexicalAssembly:
    """The lexical index of a build. Where it has a process of its own, it is written meanwhile."""

    def __init__(self, parts: Parts, out: Path, pool: WorkerPool[Path | None, int] | None) -> None:
        self._parts = parts
        self._writing = LexicalWriting(out)
        self._calls: list[Future[int]] = [] if pool is None else [pool.submit(part) for part in (*parts.folders, None)]

    def finish(self, stage: Stage) -> None:
        """Wait until the index is complete, or write it here."""
        for rows in self._rows(stage):
            stage.report(rows, self._parts.count)

    def _rows(self, stage: Stage) -> Iterator[int]:
        """How many listings are written so far, after each part."""
        if not self._calls:
            yield from map(self._writing, self._parts.folders)
            yield stage.during(lambda: self._writing(None))
        rows = 0
        for call in self._calls:
            while not wait([call], REPORT_S).done:
                yield rows
            rows = call.result()
            yield rows


@contextmanager
def lexical_assembly(parts: Parts, out: Path, workers: int) -> Iterator[LexicalAssembly]:
    """Begins the lexical index in the folder `out`; leaving the block ends its process."""
    if workers < 2:
        yield LexicalAssembly(parts, out, None)
        return
    with WorkerPool(1, LexicalWriting(out)) as pool:
        yield LexicalAssembly(parts, out, pool)
