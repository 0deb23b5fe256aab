"""How words in Chinese characters are read: Japanese ones in kana, Chinese ones in pinyin.

``words/readings_ja.tsv`` and ``words/readings_zh.tsv`` have the lexicon's own words, one a line, so
that a speaker can mend a reading. They were drafted with SudachiPy and pypinyin.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import islice, product
from pathlib import Path

_WORDS = Path(__file__).parent.parent / "words"
_CHARACTERS_MAX = 8  # of a word
_SPOKEN_MAX = 16
_COLUMNS = "word\treading"


def reading(word: str, language: str) -> str | None:
    """The reading of a word, which is its own if it is in kana; None where it is not known."""
    if all("\u3040" <= letter <= "\u30ff" for letter in word):
        return word
    return readings(language).get(word)


def spoken(text: str, language: str) -> list[str]:
    """How a text in Chinese characters may be read, syllables together; () where one of its
    characters is in no word that we know. At most `_SPOKEN_MAX` ways.
    """
    if not text or len(text) > _CHARACTERS_MAX:
        return []
    syllables = [_syllables(language).get(character, ()) for character in text]
    return ["".join(way) for way in islice(product(*syllables), _SPOKEN_MAX)]


@cache
def _syllables(language: str) -> Mapping[str, tuple[str, ...]]:
    """The readings of each character, by the words that have as many syllables as characters."""
    found: dict[str, dict[str, None]] = {}
    for word, read in readings(language).items():
        syllables = read.split()
        if len(syllables) == len(word):
            for character, syllable in zip(word, syllables, strict=True):
                found.setdefault(character, {})[syllable] = None
    return {character: tuple(ways) for character, ways in found.items()}


@cache
def readings(language: str) -> Mapping[str, str]:
    """All readings of ``ja`` or ``zh``, by word.

    Raises:
        ValueError: with file and line, for other columns or an empty cell.
    """
    path = _WORDS / f"readings_{language}.tsv"
    head, *lines = path.read_text("utf-8").splitlines()
    if head != _COLUMNS:
        raise ValueError(f"{path.name}, line 1: must be the column names word and reading, separated by a tab")
    known: dict[str, str] = {}
    for number, line in enumerate(lines, 2):
        word, _, read = line.partition("\t")
        if not word or not read:
            raise ValueError(f"{path.name}, line {number}: needs a word and its reading, separated by a tab")
        known[word] = read
    return known
