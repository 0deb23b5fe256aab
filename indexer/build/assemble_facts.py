"""Assembles the columns of facts: the codes of each part become positions in the shared tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from indexer.build.part import read_code_values
from indexer.build.parts import Parts
from indexer.progress import Stage
from indexer.stores.columns import write_column
from indexer.stores.fact_fields import ABSENT_ID, FACT_FIELDS, FactValue, code_tables
from indexer.stores.facts import Array
from indexer.stores.tables import read_tables


def assemble_facts(parts: Parts, tables_folder: Path, out: Path, stage: Stage) -> None:
    """Write the store `facts`, a column after another."""
    tables = code_tables(read_tables(tables_folder))
    n = parts.count
    column = _ColumnReader(parts, stage, len(FACT_FIELDS) + 3)
    for field in FACT_FIELDS:
        pieces = column.pieces(field.name)
        if field.name in tables:
            pieces = _generation_codes(parts, field.name, pieces, tables[field.name])
        write_column(out / f"{field.name}.npy", pieces, field.dtype, (n,))
    total = sum(int(counts.sum()) for counts in column.pieces("attribute_counts"))
    write_column(out / "attribute_offsets.npy", _offsets(column.pieces("attribute_counts")), "<u8", (n + 1,))
    write_column(out / "attribute_hashes.npy", column.pieces("attribute_hashes"), "<u8", (total,))


class _ColumnReader:
    """Reads columns part by part, and reports each piece."""

    def __init__(self, parts: Parts, stage: Stage, columns: int) -> None:
        self._folders = parts.folders
        self._stage = stage
        self._total = columns * len(parts.folders)
        self._done = 0

    def pieces(self, name: str) -> Iterator[Array]:
        for folder in self._folders:
            with np.load(folder / "facts.npz") as facts:
                yield facts[name]
            self._done += 1
            self._stage.report(self._done, self._total)


def _offsets(pieces: Iterator[Array]) -> Iterator[Array]:
    """Where each listing's attributes begin, and where the last one's end."""
    start = 0
    yield np.zeros(1, np.uint64)
    for counts in pieces:
        ends = start + np.cumsum(counts, dtype=np.uint64)
        yield ends
        start = int(ends[-1]) if len(ends) else start


def _generation_codes(parts: Parts, name: str, pieces: Iterator[Array], table: Sequence[FactValue]) -> Iterator[Array]:
    """A coded column part by part: the part's codes become positions in the generation's table."""
    positions = {value: position for position, value in enumerate(table)}
    for folder, piece in zip(parts.folders, pieces, strict=True):
        codes = [positions.get(value, ABSENT_ID) for value in read_code_values(folder, name)]
        codes.append(ABSENT_ID)  # for the part's own ABSENT_ID: -1 is the last of the array
        yield np.array(codes, np.int64)[piece]
