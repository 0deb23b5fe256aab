"""Here is a table in text, CSV or TSV with a header: give me its rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from indexer.catalogue.jsonl import cut_file, too_long
from indexer.catalogue.lines import TooLong, split_lines
from indexer.catalogue.records import refuse
from indexer.catalogue.source import DamagedFile, Source
from indexer.listing import InvalidRecord, Rejected

Cells = list[str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written: the delimiter, and an encoding in which a line end is the byte 0x0A.

    Raises:
        ValueError: on construction.
    """

    delimiter: str = ","
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            raise ValueError(f"csv.delimiter {self.delimiter!r} is not one character such as ',' ';' or '\\t'")
        try:
            plain = "\n,".encode(self.encoding.lower().replace("utf-8-sig", "utf-8"))
        except LookupError:
            raise ValueError(f"csv.encoding {self.encoding!r} is not known; write for instance 'cp1252'") from None
        if plain != b"\n,":
            raise ValueError(f"csv.encoding {self.encoding!r} cannot be read in lines: convert the file to UTF-8 first")


def read_header(source: Source, dialect: Dialect) -> Cells:
    """The cells of the first line that is not blank; empty for a file without one."""
    for _, cells in _rows(source, dialect):
        return [] if isinstance(cells, Rejected) else cells
    return []


def read_csv(source: Source, skip: int, dialect: Dialect) -> Iterator[tuple[int, dict[str, object] | Rejected]]:
    """Rows after the first `skip` as {column: text}, numbered from 1 below the header. Quoted cells may hold line ends.

    Skipped rows are split (a quoted line end must not count) but not looked at. A row with another number of cells
    than the header is rejected: a quote that is never closed shows itself so.
    """
    header: Cells = []
    for number, cells in _rows(source, dialect):
        if number == 0:
            header = [] if isinstance(cells, Rejected) else [cell.strip() for cell in cells]
        elif number > skip:
            yield number, cells if isinstance(cells, Rejected) else _named(number, header, cells)


def read_tsv(source: Source, skip: int) -> Iterator[tuple[int, Cells | Rejected]]:
    """The header as row 0, then rows after the first `skip`. One line is one row, whatever quotes it holds."""
    number = -1
    try:
        for number, line in enumerate(split_lines(source.pieces())):
            if number == 0 or number > skip:
                yield number, _tsv_row(number, line)
    except DamagedFile as error:
        if number + 1 > skip:
            yield number + 1, cut_file(number + 1, error)


def _tsv_row(number: int, line: bytes | TooLong) -> Cells | Rejected:
    if isinstance(line, TooLong):
        return too_long(number, line)
    try:
        text = line.decode()
    except UnicodeDecodeError as wrong:
        return refuse(number, InvalidRecord("record", line, f"is not valid UTF-8 at byte {wrong.start}"))
    return [_unquoted(cell) for cell in text.split("\t")]


def _unquoted(cell: str) -> str:
    """A cell that a spreadsheet wrapped in quotes, as it was typed. An inch sign (`17"`) is no quote."""
    if len(cell) >= 2 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell


def _rows(source: Source, dialect: Dialect) -> Iterator[tuple[int, Cells | Rejected]]:
    """All rows, the header as row 0."""
    lines = _Lines(source, dialect.encoding.lower().replace("utf-8-sig", "utf-8"))
    # The csv module's own limit, 131,072 characters a cell, bounds what an unclosed quote can swallow.
    reader = csv.reader(lines, delimiter=dialect.delimiter)
    number = 0
    while True:
        lines.broken = None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            why = f"cannot be split into cells ({error}): is a quote never closed?"
            yield number, refuse(number, InvalidRecord("record", lines.last, why))
        except DamagedFile as error:
            yield number, cut_file(number, error)
            return
        else:
            if not cells:
                continue
            yield number, cells if lines.broken is None else refuse(number, lines.broken)
        number += 1


class _Lines:
    """The decoded lines of a source; remembers what was wrong with one, since the csv module stands in between."""

    def __init__(self, source: Source, encoding: str) -> None:
        self._lines = split_lines(source.pieces())
        self._encoding = encoding
        self.broken: InvalidRecord | None = None
        self.last = b""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if isinstance(line, TooLong):
            self.last, self.broken = line.start, InvalidRecord("record", line.start, "is longer than a record may be")
            return "-\n"
        self.last = line
        try:
            return line.decode(self._encoding) + "\n"
        except UnicodeDecodeError as wrong:
            why = f"is not valid {self._encoding} at byte {wrong.start}"
            self.broken = InvalidRecord("record", line, why)
            return line.decode(self._encoding, "replace") + "\n"


def _named(number: int, header: Cells, cells: Cells) -> dict[str, object] | Rejected:
    if len(cells) != len(header):
        why = f"has {len(cells)} cells where the header has {len(header)}"
        return refuse(number, InvalidRecord("record", ",".join(cells[:50]), why))
    return {name: cell for name, cell in zip(header, cells, strict=True) if cell != ""}
