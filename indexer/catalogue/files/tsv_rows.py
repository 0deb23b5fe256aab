"""Reads the rows of a product feed in TSV: one line is one row, unless a quoted cell goes on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from indexer.catalogue.files.jsonl import cut_file, not_utf_8, too_long
from indexer.catalogue.files.lines import LINE_MAX, SEPARATOR_LINE, TooLong, split_lines
from indexer.catalogue.files.source import DamagedFile, Source
from indexer.catalogue.records import refuse
from indexer.listing import InvalidRecord, Rejected

Cells = list[str]
CONTINUATION_MAX = 500  # lines of one cell


class Unclosed:
    """Stands for a line whose last cell begins with a quote that is never closed."""

    __slots__ = ("line",)

    def __init__(self, line: bytes) -> None:
        self.line = line


def read_tsv(source: Source, skip: int) -> Iterator[tuple[int, Cells | Rejected]]:
    """The header as row 0, then rows after the first `skip`.

    A quoted cell at the end of a line may go on in lines without tabs. Where it never ends, each of
    its lines is rejected: a text that is cut is not what the shop wrote.
    """
    number = -1
    try:
        for number, line in enumerate(join_lines(_without_separator(split_lines(source.pieces())))):
            if number == 0 or number > skip:
                yield number, _tsv_row(number, line)
    except DamagedFile as error:
        if number + 1 > skip:
            yield number + 1, cut_file(number + 1, error)


def _without_separator(lines: Iterator[bytes | TooLong]) -> Iterator[bytes | TooLong]:
    """`lines` without a first one such as ``sep=;``."""
    first = next(lines, None)
    if first is not None and (isinstance(first, TooLong) or not SEPARATOR_LINE.fullmatch(first)):
        yield first
    yield from lines


def join_lines(lines: Iterable[bytes | TooLong]) -> Iterator[bytes | TooLong | Unclosed]:
    """`lines` with those of one row joined.

    A cell goes on where it is the last one of its line and its quote is not closed there. It ends
    in the first cell of a later line; the lines between have no tabs.
    """
    ahead = _Ahead(lines)
    width: int | None = None
    while (line := ahead.take()) is not None:
        if width is None:
            width = 0 if isinstance(line, TooLong) else line.count(b"\t")
            yield line
        elif isinstance(line, TooLong) or b'"' not in line or not _opens(line):
            yield line
        else:
            yield _joined(line, ahead, width)
    ahead.raise_damage()


def _joined(line: bytes, ahead: _Ahead, width: int) -> bytes | Unclosed:
    """`line` with those that its last cell goes on in; `width` tabs at most."""
    following: list[bytes | TooLong] = []
    size = len(line)
    while len(following) < CONTINUATION_MAX and size < LINE_MAX:
        next_line = ahead.take()
        if next_line is None:
            break
        following.append(next_line)
        if isinstance(next_line, TooLong):
            break
        size += len(next_line)
        first = next_line.partition(b"\t")[0]
        if first.rstrip().endswith(b'"') and first.count(b'"') % 2:
            if line.count(b"\t") + next_line.count(b"\t") > width:
                break
            return b"\n".join([line, *(text for text in following if isinstance(text, bytes))])
        if b"\t" in next_line:
            break
    ahead.put_back(following)
    goes_on = width > 0 and following and isinstance(following[0], bytes) and b"\t" not in following[0]
    return Unclosed(line) if goes_on else line


def _opens(line: bytes) -> bool:
    """Whether the last cell begins with a quote that the line does not close."""
    cell = line.rpartition(b"\t")[2].strip()
    return cell.startswith(b'"') and cell.count(b'"') % 2 == 1


class _Ahead:
    """Lines that can be put back. Damage waits until the lines before it are taken."""

    def __init__(self, lines: Iterable[bytes | TooLong]) -> None:
        self._lines = iter(lines)
        self._again: deque[bytes | TooLong] = deque()
        self._damage: DamagedFile | None = None

    def take(self) -> bytes | TooLong | None:
        if self._again:
            return self._again.popleft()
        try:
            return next(self._lines, None)
        except DamagedFile as error:
            self._damage = error
            return None

    def put_back(self, lines: list[bytes | TooLong]) -> None:
        self._again.extendleft(reversed(lines))

    def raise_damage(self) -> None:
        if self._damage is not None:
            raise self._damage


def _tsv_row(number: int, line: bytes | TooLong | Unclosed) -> Cells | Rejected:
    if isinstance(line, TooLong):
        return too_long(number, line)
    if isinstance(line, Unclosed):
        reason = "begins a cell with a quote that is never closed, and the text goes on in the next line"
        return refuse(number, InvalidRecord("record", line.line, reason))
    try:
        text = line.decode(errors="strict" if number else "replace")  # a column's damaged name is unknown, no more
    except UnicodeDecodeError as error:
        return refuse(number, InvalidRecord("record", line, not_utf_8(error)))
    return [_unquoted(cell) for cell in text.split("\t")]


def _unquoted(cell: str) -> str:
    """The text of a cell without a spreadsheet's quotes. An inch sign (`17"`) is not a quote."""
    if len(cell) >= 2 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell
