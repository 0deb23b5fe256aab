"""The finished parts of a build, as an assembly reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from indexer.stores.documents import read_batches


@dataclass(frozen=True, slots=True)
class Parts:
    """The finished parts of a build, in order."""

    folders: Sequence[Path]
    count: int  # listings in all
    dim: int

    def text_batches(self) -> Iterator[pa.RecordBatch]:
        """The texts of all listings, at most one batch for a part."""
        for folder in self.folders:
            yield from read_batches(folder / "texts.arrow")

    def document_batches(self) -> Iterator[pa.RecordBatch]:
        """The documents of all listings, one batch for a part."""
        for folder in self.folders:
            yield from read_batches(folder / "documents.arrow")
