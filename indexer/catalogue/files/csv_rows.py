"""Reads the rows of a CSV file with a header.

A quoted cell may contain line ends. A quote that is never closed costs its own row, not the rest.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from indexer.catalogue.files.jsonl import cut_file, not_utf_8
from indexer.catalogue.files.lines import SEPARATOR_LINE, TooLong, split_lines
from indexer.catalogue.files.source import DamagedFile, Source
from indexer.catalogue.records import refuse
from indexer.listing import InvalidRecord, Rejected

Cells = list[str]
CELL_MAX = csv.field_size_limit()


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


def read_csv(source: Source, skip: int, dialect: Dialect) -> Iterator[tuple[int, dict[str, object] | Rejected]]:
    """Rows after the first `skip` as {column: text}, numbered from 1 below the header.

    Quoted cells may contain line ends; skipped rows are split too, so that these are not counted.
    A row with another number of cells than the header is rejected.
    """
    header: Cells = []
    for number, cells in read_cells(source, dialect):
        if number == 0:
            header = [] if isinstance(cells, Rejected) else cells
        elif number > skip:
            yield number, cells if isinstance(cells, Rejected) else _record(header, cells)


def read_cells(source: Source, dialect: Dialect) -> Iterator[tuple[int, Cells | Rejected]]:
    """All rows as cells, the header as row 0. Each row has as many cells as the header."""
    width = 0
    for number, cells in _rows(source, dialect):
        if isinstance(cells, Rejected):
            yield number, cells
        elif number == 0:
            width = len(cells)
            yield number, [cell.strip() for cell in cells]
        elif len(cells) != width:
            reason = f"has {len(cells)} cells where the header has {width}"
            yield number, refuse(number, InvalidRecord("record", ",".join(cells[:50]), reason))
        else:
            yield number, cells


def _rows(source: Source, dialect: Dialect) -> Iterator[tuple[int, Cells | Rejected]]:
    """All rows as they are, the header as row 0. A first line such as ``sep=;`` is no row."""
    lines = _Lines(source, dialect.encoding.lower().replace("utf-8-sig", "utf-8"))
    # The csv module limits a cell to 131,072 characters, and so the effect of an unclosed quote.
    reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True)
    number = 0
    width = 0
    while True:
        lines.begin_row()
        reason = "cannot be split into cells: is a quote never closed?"
        try:
            cells: Cells | None = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if "field limit" in str(error) and '"' not in lines.row[0]:
                reason = f"has a cell of more than {CELL_MAX:,} characters"
            cells = None if len(lines.row) > 1 or "end of data" in str(error) else _lenient(lines.row[0], dialect)
        if cells == [] or (number == 0 and SEPARATOR_LINE.fullmatch(lines.row[0].encode())):
            continue
        if len(lines.row) > 1 and _is_unclosed(lines.row, cells, dialect.delimiter, width):
            lines.push_back()
            cells = None
        problem = lines.error if number else None  # a column's damaged name is unknown, no more
        if cells is None and problem is None:
            problem = InvalidRecord("record", lines.row[0], reason)
        width = width or len(cells or ())
        yield number, refuse(number, problem) if problem is not None else cells or []
        number += 1
    if lines.damage is not None:
        yield number, cut_file(number, lines.damage)


def _lenient(line: str, dialect: Dialect) -> Cells | None:
    """The cells of one line with quotes inside its texts."""
    try:
        return next(csv.reader([line], delimiter=dialect.delimiter), None)
    except csv.Error:
        return None


def _is_unclosed(row: list[str], cells: Cells | None, delimiter: str, width: int) -> bool:
    """Whether lines that were read as one row are rows of their own: a quote was never closed.

    They are if they cannot be one row and one of them has the cells of a row, or all have.
    """
    has_cells = [line.count(delimiter) == width - 1 for line in row]
    if cells is None or len(cells) != width:
        return any(has_cells[1:])
    return width > 1 and all(has_cells)


class _Lines:
    """The decoded lines of a source, which the csv module reads.

    `row` has the lines that were read for the current row, `damage` says why the file is not whole.
    """

    def __init__(self, source: Source, encoding: str) -> None:
        self._lines = split_lines(source.pieces())
        self._encoding = encoding
        self._again: deque[tuple[str, InvalidRecord | None]] = deque()
        self._errors: list[InvalidRecord | None] = []
        self.row: list[str] = []
        self.damage: DamagedFile | None = None

    @property
    def error(self) -> InvalidRecord | None:
        """What is wrong with the lines of the row: the csv module cannot pass it on."""
        return next((error for error in self._errors if error is not None), None)

    def begin_row(self) -> None:
        self.row = []
        self._errors = []

    def push_back(self) -> None:
        """Leave the first line as the row, and give the others again."""
        self._again.extendleft(reversed(list(zip(self.row, self._errors, strict=True))[1:]))
        del self.row[1:], self._errors[1:]

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line, error = self._again.popleft() if self._again else self._next()
        self.row.append(line)
        self._errors.append(error)
        return line

    def _next(self) -> tuple[str, InvalidRecord | None]:
        try:
            line = next(self._lines)
        except DamagedFile as error:
            self.damage = error
            raise StopIteration from None
        if isinstance(line, TooLong):
            return "-\n", InvalidRecord("record", line.start, "is longer than a record may be")
        try:
            return line.decode(self._encoding) + "\n", None
        except UnicodeDecodeError as error:
            is_utf_8 = self._encoding == "utf-8"
            reason = not_utf_8(error) if is_utf_8 else f"is not valid {self._encoding} at byte {error.start}"
            return line.decode(self._encoding, "replace") + "\n", InvalidRecord("record", line, reason)


def _record(header: Cells, cells: Cells) -> dict[str, object]:
    """The cells with text, by column. Of columns with one name, the first that has text counts."""
    record: dict[str, object] = {}
    for name, cell in zip(header, cells, strict=True):
        if cell and name not in record:
            record[name] = cell
    return record
