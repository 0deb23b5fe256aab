"""Divides the bytes of a product feed in XML into its items, so that a broken one costs one item.

Nothing is parsed here: an item begins with ``<item>`` or ``<entry>`` and ends with its closing tag,
or where the next one begins. Tags inside comments and CDATA sections do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from indexer.catalogue.files.lines import LINE_MAX
from indexer.catalogue.files.source import DamagedFile, Source

HEAD_MAX = 1 << 16  # bytes before the first item that are kept for its declarations
_OVERLAP = 1024  # bytes at the end of a piece that are looked at again with the next: a tag may be divided
_SPECIAL = rb"!--|!\[CDATA\["
_FIRST = re.compile(rb"<(?:" + _SPECIAL + rb"|((?:[A-Za-z_][\w.-]*:)?(?:item|entry))(?=[\s/>]))|-->|\]\]>")
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)")
_HIDDEN = re.compile(rb"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>", re.DOTALL)
_CLOSING = {b"<!--": b"-->", b"<![CDATA[": b"]]>"}


@dataclass(frozen=True, slots=True)
class Segment:
    """The bytes of one item. `problem` says why they are no whole item; "" if they are one."""

    data: bytes
    problem: str = ""
    is_file_end: bool = False  # the file ends inside the item


class Segments:
    """The items of a feed, in bounded memory, to be iterated once.

    `head` holds what precedes the first item. `damage` says, after the last one, why the file is
    not whole; "" if it is.
    """

    def __init__(self, source: Source) -> None:
        self.head = b""
        self.damage = ""
        self._source = source
        self._marks = _FIRST
        self._name = b""
        self._buffer = b""
        self._position = 0  # of what was not looked at yet
        self._start: int | None = None  # of the current item; None between items
        self._hidden = b""  # the mark that began a comment or CDATA section
        self._outer: int | None = None  # after that mark, where it is between items
        self._inner_end: int | None = None  # after the first item's end inside that section
        self._long = b""  # the beginning of an item that is skipped
        self._tail = b""  # the last bytes that were read

    def __iter__(self) -> Iterator[Segment]:
        try:
            for piece in self._source.pieces():
                self._buffer += piece
                yield from self._scan(len(self._buffer) - _OVERLAP)
        except DamagedFile as error:
            self.damage = str(error)
        yield from self._scan(len(self._buffer))
        yield from self._finish()

    def _scan(self, limit: int) -> Iterator[Segment]:
        """The items that end before `limit`."""
        while match := self._marks.search(self._buffer, self._position):
            if match.start() >= limit:
                break
            self._position = match.end()
            segment = self._next(match)
            if segment is not None:
                yield segment
        self._position = max(self._position, limit, 0)
        if self._outer is not None and self._position - self._outer > LINE_MAX:
            self._reopen()
            yield from self._scan(limit)
            return
        start = self._start
        if start is not None and self._position - start > LINE_MAX:
            if self._inner_end is not None:  # the section has no end
                yield self._close_inside()
                yield from self._scan(limit)
                return
            self._long = self._buffer[start : start + 200]
            self._hidden = b""
        self._trim()

    def _next(self, match: re.Match[bytes]) -> Segment | None:
        """Take note of a mark; the item that it ends, if it ends one."""
        mark = match[0]
        if self._hidden:
            return self._inside_hidden(mark)
        if mark in _CLOSING and not self._long:
            self._hidden = mark
            self._outer = match.end() if self._start is None else None
            return None
        if mark in (b"-->", b"]]>") or mark in _CLOSING:
            return None
        if mark.startswith(b"</"):
            return self._end(match.end()) if self._start is not None else None
        if not self._name:
            self._begin_items(match)
        segment = None if self._start is None else self._end(match.start(), "has no end: the next item begins in it")
        self._start = match.start()
        return segment

    def _begin_items(self, match: re.Match[bytes]) -> None:
        self._name = match[1]
        self._keep_head(match.start())
        name = re.escape(self._name)
        self._marks = re.compile(rb"<(?:" + name + rb"(?=[\s/>])|/" + name + rb"\s*>|" + _SPECIAL + rb")|-->|\]\]>")

    def _inside_hidden(self, mark: bytes) -> Segment | None:
        if mark == _CLOSING[self._hidden]:
            self._hidden = b""
            self._inner_end = self._outer = None
        elif mark == self._hidden and self._outer is not None:
            self._reopen()
        elif mark.startswith(b"</") and self._start is not None:
            self._inner_end = self._inner_end or self._position
        elif mark == self._hidden and self._inner_end is not None:
            return self._close_inside()  # a section that begins in another one shows that it has no end
        return None

    def _reopen(self) -> None:
        """Go back to a section between items that is never closed, and look inside it."""
        self._position = self._outer if self._outer is not None else self._position
        self._outer = None
        self._hidden = b""

    def _close_inside(self) -> Segment:
        """End the item at the first end inside its section, which is never closed."""
        self._position = self._inner_end or self._position
        section = "comment" if self._hidden == b"<!--" else "CDATA section"
        self._hidden = b""
        return self._end(self._position, f"has a {section} without an end")

    def _end(self, end: int, problem: str = "") -> Segment:
        start = self._start or 0
        data = self._long or self._buffer[start:end]
        if self._long or len(data) > LINE_MAX:
            data, problem = data[:200], f"is longer than {LINE_MAX:,} bytes"
        self._start = self._inner_end = None
        self._long = b""
        return Segment(data, problem)

    def _trim(self) -> None:
        """Drop what was looked at, except the current item."""
        cut = self._position if self._start is None or self._long else self._start
        cut = cut if self._outer is None else self._outer
        if not self._name:
            self._keep_head(cut)
        self._tail = self._buffer[-_OVERLAP:] or self._tail
        self._buffer = self._buffer[cut:]
        self._position -= cut
        if self._start is not None:
            self._start = 0
        if self._outer is not None:
            self._outer = 0
        if self._inner_end is not None:
            self._inner_end -= cut

    def _keep_head(self, end: int) -> None:
        self.head += self._buffer[: max(0, min(end, HEAD_MAX - len(self.head)))]

    def _finish(self) -> Iterator[Segment]:
        """The item that the end of the file cuts, and the damage."""
        while self._inner_end is not None or self._outer is not None:
            if self._outer is not None:
                self._reopen()
            else:
                yield self._close_inside()
            yield from self._scan(len(self._buffer))
        cut = self.damage or "the XML is cut or broken: its last item has no end"
        if self._start is not None:
            self.damage = cut
            yield Segment(self._long or self._buffer[self._start :], cut, is_file_end=True)
        elif not self.damage:
            self.damage = self._root_problem()

    def _root_problem(self) -> str:
        root = _ROOT.search(_HIDDEN.sub(b"", self.head))
        if root is None:
            return "" if self._name or not self.head.strip() else "the file is not XML: it has no element"
        name = root[1].decode()
        is_closed = re.search(rb"</" + re.escape(root[1]) + rb"\s*>", self._tail) or root[0] + b"/>" in self.head
        return "" if is_closed else f"the XML is cut or broken: it ends before </{name}>"
