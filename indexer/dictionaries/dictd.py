"""Reads dictd's form, in which FreeDict publishes: ``NAME.index`` beside ``NAME.dict.dz``.

A line of the index has the word, offset and size, in base 64, separated by tabs.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from indexer.dictionaries.blocks import Places, body_beside, read_blocks
from indexer.dictionaries.entry_text import LanguagePair
from indexer.dictionaries.indexed_entries import is_about, senses_of_index
from indexer.dictionaries.licence import licence_in
from indexer.dictionaries.sense import Sense
from indexer.errors import DictionaryRefused
from indexer.progress import ProgressCallback

_DIGITS = {
    digit: value for value, digit in enumerate(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
}
_DIGITS_MAX = 10  # 60 bits


class DictdFile:
    """A dictionary of dictd, by its ``.index``."""

    form = "dictd"

    def __init__(self, path: Path, pair: LanguagePair) -> None:
        self._pair = pair
        self._body = body_beside(path)
        self.files = (path, self._body)
        self.licence = self._read_licence()

    def senses(self, progress: ProgressCallback) -> Iterator[Sense]:
        words, places = read_index(self.files[0])
        yield from senses_of_index(words, places, self._body, self._pair, progress)

    def _read_licence(self) -> str | None:
        """What the entry ``00-database-info`` says of the licence."""
        words, places = read_index(self.files[0], about=True)
        for number, word in enumerate(words):
            if word.replace(b"-", b"").startswith(b"00databaseinfo"):
                (text,) = read_blocks(self._body, places, [number])
                return licence_in(text.decode("utf-8", "replace"))
        return None


def read_index(path: Path, *, about: bool = False) -> tuple[list[bytes], Places]:
    """The words of an index and where their entries are; with `about`, those about the dictionary.

    Memory grows with the index: some 100 bytes a line.

    Raises:
        DictionaryRefused: a line is none of an index.
    """
    words: list[bytes] = []
    places = array("q")
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            cells = line.rstrip(b"\r\n").split(b"\t")
            try:
                word, offset, size = cells[0], _number(cells[1]), _number(cells[2])
            except (IndexError, KeyError):
                raise DictionaryRefused(
                    f"{path}:{number}: is no line of a dictd index (word, offset and size between tabs); "
                    "give the .index file of a dictd dictionary, whole"
                ) from None
            if is_about(word) == about:
                words.append(cells[3] if len(cells) > 3 else word)
                places.extend((offset, size))
    return words, np.array(places, np.int64).reshape(-1, 2)


def _number(text: bytes) -> int:
    """A number in dictd's base 64, the highest digit first.

    Raises:
        KeyError: a character is no digit, or there are more than a file can need.
    """
    if len(text) > _DIGITS_MAX:
        raise KeyError(text)
    value = 0
    for digit in text:
        value = value * 64 + _DIGITS[digit]
    return value
