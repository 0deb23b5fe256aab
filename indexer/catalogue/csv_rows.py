"""Reads the rows of a CSV or TSV file with a header."""

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
    """How a table is written: the delimiter and the encoding.

    In the encoding a line must end with the byte 0x0A.

    Raises:
        ValueError: on construction.
    """

    delimiter: str = ","
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            raise ValueError(f"csv.delimiter {self.delimiter!r} is not one character such as ',' ';' or '\\t'")
        try:
            sample = "\n,".encode(self.encoding.lower().replace("utf-8-sig", "utf-8"))
        except LookupError:
            raise ValueError(f"csv.encoding {self.encoding!r} is not known; write for instance 'cp1252'") from None
        if sample != b"\n,":
            raise ValueError(f"csv.encoding {self.encoding!r} cannot be read in lines: convert the file to UTF-8 first")


def read_header(source: Source, dialect: Dialect) -> Cells:
    """The cells of the first line that is not blank; empty for a file without one."""
    for _, cells in _rows(source, dialect):
        return [] if isinstance(cells, Rejected) else cells
    return []


def read_csv(source: Source, skip: int, dialect: Dialect) -> Iterator[tuple[int, dict[str, object] | Rejected]]:
    """Rows after the first `skip` as {column: text}, numbered from 1 below the header.

    Quoted cells may contain line ends; skipped rows are split too, so that these are not counted.
    A row with another number of cells than the header is rejected, which also catches a quote that
    is never closed.
    """
    header: Cells = []
    for number, cells in _rows(source, dialect):
        if number == 0:
            header = [] if isinstance(cells, Rejected) else [cell.strip() for cell in cells]
        elif number > skip:
            yield number, cells if isinstance(cells, Rejected) else _record(number, header, cells)


def read_tsv(source: Source, skip: int) -> Iterator[tuple[int, Cells | Rejected]]:
    """The header as row 0, then rows after the first `skip`. One line is always one row."""
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
    except UnicodeDecodeError as error:
        return refuse(number, InvalidRecord("record", line, f"is not valid UTF-8 at byte {error.start}"))
    return [_unquoted(cell) for cell in text.split("\t")]


def _unquoted(cell: str) -> str:
    """The text of a cell without a spreadsheet's quotes. An inch sign (`17"`) is not a quote."""
    if len(cell) >= 2 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell


def _rows(source: Source, dialect: Dialect) -> Iterator[tuple[int, Cells | Rejected]]:
    """All rows, the header as row 0."""
    lines = _Lines(source, dialect.encoding.lower().replace("utf-8-sig", "utf-8"))
    # The csv module limits a cell to 131,072 characters, and so the effect of an unclosed quote.
    reader = csv.reader(lines, delimiter=dialect.delimiter)
    number = 0
    while True:
        lines.error = None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = f"cannot be split into cells ({error}): is a quote never closed?"
            yield number, refuse(number, InvalidRecord("record", lines.last, reason))
        except DamagedFile as error:
            yield number, cut_file(number, error)
            return
        else:
            if not cells:
                continue
            yield number, cells if lines.error is None else refuse(number, lines.error)
        number += 1


class _Lines:
    """The decoded lines of a source.

    `error` is what is wrong with the lines since it was last reset: the csv module, which reads
    them, cannot pass it on.
    """

    def __init__(self, source: Source, encoding: str) -> None:
        self._lines = split_lines(source.pieces())
        self._encoding = encoding
        self.error: InvalidRecord | None = None
        self.last = b""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if isinstance(line, TooLong):
            self.last = line.start
            self.error = InvalidRecord("record", line.start, "is longer than a record may be")
            return "-\n"
        self.last = line
        try:
            return line.decode(self._encoding) + "\n"
        except UnicodeDecodeError as error:
            self.error = InvalidRecord("record", line, f"is not valid {self._encoding} at byte {error.start}")
            return line.decode(self._encoding, "replace") + "\n"


def _record(number: int, header: Cells, cells: Cells) -> dict[str, object] | Rejected:
    if len(cells) != len(header):
        reason = f"has {len(cells)} cells where the header has {len(header)}"
        return refuse(number, InvalidRecord("record", ",".join(cells[:50]), reason))
    return {name: cell for name, cell in zip(header, cells, strict=True) if cell != ""}
