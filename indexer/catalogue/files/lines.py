"""Splits pieces of bytes into lines, in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

LINE_MAX = 1 << 20  # bytes of one record; a valid one has 100,000 characters of text at most, far below
BOM = b"\xef\xbb\xbf"
SEPARATOR_LINE = re.compile(rb'\s*"?sep=.?"?[ \t]*(?:\r?\n|$)', re.IGNORECASE)
"""The first line of a table that Excel wrote: ``sep=;``. It is no header."""


class TooLong:
    """Stands for a line over LINE_MAX bytes; only its beginning is kept."""

    __slots__ = ("start",)

    def __init__(self, start: bytes) -> None:
        self.start = start


def with_line_feeds(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """`pieces` of a text; where its lines end with CR alone, as old spreadsheets write, with LF."""
    pieces = iter(pieces)
    first = next(pieces, b"")
    if b"\r" in first and b"\n" not in first:
        yield from (piece.replace(b"\r", b"\n") for piece in chain([first], pieces))
        return
    if first:
        yield first
    yield from pieces


def split_lines(pieces: Iterable[bytes]) -> Iterator[bytes | TooLong]:
    """Lines without their end (LF or CRLF); blank lines and a byte order mark are left out.

    Memory holds one piece and at most LINE_MAX bytes more. When `pieces` raises, the unfinished
    line is dropped: half a line is not a record.
    """
    tail = b""
    long: TooLong | None = None
    first = True
    for piece in pieces:
        if first:
            piece = piece.removeprefix(BOM)
            first = False
        lines = piece.split(b"\n")
        if len(lines) == 1:
            if long is None:
                tail += piece
                long, tail = _cut(tail)
            continue
        if long is None:
            lines[0] = tail + lines[0]
        tail = lines.pop()
        for position, line in enumerate(lines):
            if position == 0 and long is not None:
                yield long
                long = None
            elif len(line) > LINE_MAX:
                yield TooLong(line[:200])
            elif line and not line.isspace():
                yield line[:-1] if line.endswith(b"\r") else line
        long, tail = _cut(tail)
    if long is not None:
        yield long
    elif tail and not tail.isspace():
        yield tail


def _cut(tail: bytes) -> tuple[TooLong | None, bytes]:
    return (TooLong(tail[:200]), b"") if len(tail) > LINE_MAX else (None, tail)
