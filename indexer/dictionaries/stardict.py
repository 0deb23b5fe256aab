"""Reads StarDict's form: ``NAME.ifo`` beside ``NAME.idx`` (or ``.idx.gz``) and ``NAME.dict.dz``.

An entry of the index is the word, a NUL, then offset and size as big-endian numbers.
"""

from __future__ import annotations

import gzip
import zlib
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from indexer.catalogue.html_text import html_text
from indexer.dictionaries.blocks import Places, body_beside
from indexer.dictionaries.entry_text import LanguagePair
from indexer.dictionaries.indexed_entries import senses_of_index
from indexer.dictionaries.licence import licence_in
from indexer.dictionaries.sense import Sense
from indexer.errors import DictionaryRefused
from indexer.progress import ProgressCallback

_MAGIC = "StarDict's dict ifo file"
_TEXT = frozenset("mlghx")  # fields with translations; t and y are sounds, the others are media
_MARKED_UP = frozenset("ghx")  # pango, HTML, XDXF
_OFFSET_MAX = 1 << 40  # a terabyte: the file ends before, which is refused where it is read


class StarDictFile:
    """A dictionary of StarDict, by its ``.ifo``."""

    form = "stardict"

    def __init__(self, path: Path, pair: LanguagePair) -> None:
        self._pair = pair
        self._info = read_ifo(path)
        self._index = _index_beside(path)
        self._body = body_beside(path)
        self.files = (path, self._index, self._body)
        self.licence = licence_in("\n\n".join(self._info.values()))

    def senses(self, progress: ProgressCallback) -> Iterator[Sense]:
        is_wide = self._info.get("idxoffsetbits") == "64"
        words, places = read_idx(self._index, offset_bytes=8 if is_wide else 4)
        types = self._info.get("sametypesequence", "")
        yield from senses_of_index(
            words, places, self._body, self._pair, progress, lambda data: entry_text(data, types)
        )


def read_ifo(path: Path) -> Mapping[str, str]:
    """The lines ``key=value`` of an ``.ifo`` file.

    Raises:
        DictionaryRefused: it is none.
    """
    lines = path.read_text("utf-8", "replace").removeprefix("\ufeff").splitlines()
    if not lines or lines[0].strip() != _MAGIC:
        raise DictionaryRefused(f'{path}:1: is not "{_MAGIC}"; give the .ifo file of a StarDict dictionary')
    pairs = (line.partition("=") for line in lines[1:])
    return {key.strip(): value.strip() for key, _, value in pairs}


def read_idx(path: Path, *, offset_bytes: int) -> tuple[list[bytes], Places]:
    """The words of an index and where their entries are. Memory grows with the index.

    Raises:
        DictionaryRefused: the file ends within an entry, or is damaged.
    """
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DictionaryRefused(f"{path}: is cut or damaged ({error}); get the file again") from error
    words: list[bytes] = []
    places = array("q")
    position = 0
    while position < len(data):
        end = data.find(b"\0", position)
        after = end + 1 + offset_bytes + 4
        if end < 0 or after > len(data):
            raise DictionaryRefused(f"{path}: ends within entry {len(words) + 1:,}; get the file again")
        words.append(data[position:end])
        places.append(min(_OFFSET_MAX, int.from_bytes(data[end + 1 : end + 1 + offset_bytes], "big")))
        places.append(int.from_bytes(data[after - 4 : after], "big"))
        position = after
    return words, np.array(places, np.int64).reshape(-1, 2)


def entry_text(data: bytes, types: str) -> str:
    """The readable fields of an entry, one after another, as plain lines.

    `types` has a letter for each field; "" where each field begins with its own.
    """
    return "\n".join(
        html_text(text) if kind in _MARKED_UP else text
        for kind, text in ((kind, field.decode("utf-8", "replace")) for kind, field in _fields(data, types))
        if kind in _TEXT
    )


def _fields(data: bytes, types: str) -> Iterator[tuple[str, bytes]]:
    """Each field with its type.

    A field of a small letter ends with a NUL, one of a capital letter begins with its size; the
    last field of `types` has neither.
    """
    position, number = 0, 0
    while position < len(data):
        if types and number >= len(types):
            return
        kind = types[number] if types else chr(data[position])
        position += not types
        number += 1
        if types and number == len(types):
            end = after = len(data)
        elif kind.isupper():
            position, size = position + 4, int.from_bytes(data[position : position + 4], "big")
            end = after = position + size
        else:
            end = data.find(b"\0", position)
            end = len(data) if end < 0 else end
            after = end + 1
        yield kind, data[position:end]
        position = after


def _index_beside(path: Path) -> Path:
    for suffix in (".idx", ".idx.gz"):
        index = path.with_suffix(suffix)
        if index.is_file():
            return index
    raise DictionaryRefused(f"{path}: no .idx or .idx.gz file of the same name is beside it; put it there")
