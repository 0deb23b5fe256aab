"""Reads files in other encodings as UTF-8."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain

_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_WITHOUT_MARK = {
    "utf-16-le": re.compile(rb"(?:[^\x00]\x00){2}"),
    "utf-16-be": re.compile(rb"(?:\x00[^\x00]){2}"),
}
"""Two characters of ASCII, with which tables, JSON and XML begin, in UTF-16 without its mark."""
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_TEXT_ENCODINGS = re.compile(r"^(?:cp|windows|iso8859|iso2022|koi8|mac|big5|gb|hz|euc|shift|johab|tis|latin|kz|ptcp)")
_AS_UTF_8 = frozenset({"utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "ascii"})
"""UTF-16 is told by the bytes themselves, and ASCII is a part of UTF-8."""


def utf_8_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """`pieces` in UTF-8: UTF-16 is recognised by its first bytes, others by the XML declaration.

    Bytes that do not exist in the encoding stay invalid, so that their record is rejected.

    Raises:
        ValueError: the XML declaration names an encoding that is not known.
    """
    pieces = iter(pieces)
    first = next(pieces, b"")
    encoding, skip = _encoding(first)
    if encoding is None:
        if first:
            yield first
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder(encoding)("surrogateescape" if "16" not in encoding else "replace")
    for piece in chain([first[skip:]], pieces):
        yield from _non_empty(decoder.decode(piece))
    yield from _non_empty(decoder.decode(b"", final=True))


def _encoding(first: bytes) -> tuple[str | None, int]:
    """The encoding to decode from, None for UTF-8, and the length of the byte order mark."""
    if name := _UTF_16.get(first[:2]):
        return name, 2
    for name, beginning in _WITHOUT_MARK.items():
        if beginning.match(first):
            return name, 0
    declared = _DECLARED.match(first)
    if declared is None:  # or after a mark of UTF-8, which counts before what the declaration says
        return None, 0
    text = declared[1].decode()
    try:
        name = codecs.lookup(text).name
    except LookupError:
        name = ""
    if name in _AS_UTF_8:
        return None, 0
    if name == "iso8859-1":
        return "cp1252", 0  # what browsers do: the characters that Windows adds are controls in the other
    if not _TEXT_ENCODINGS.match(name):
        raise ValueError(f"the XML declaration names the encoding {text!r}, which is not known: save the file as UTF-8")
    return name, 0


def _non_empty(text: str) -> Iterator[bytes]:
    if text:
        yield text.encode("utf-8", "surrogatepass")
