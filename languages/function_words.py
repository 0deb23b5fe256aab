"""Function words: those that a sentence needs and that say nothing about a product.

``words/function_words.tsv`` has a row for each language: its words for *for*, after which stands
what a thing is made for, and its others, separated by spaces, as `languages.normalise` writes them.
Scripts without spaces have none here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from languages.locale import LANGUAGES
from languages.normalise import normalise

_FILE = Path(__file__).parent / "words" / "function_words.tsv"
_COLUMNS = "language\tfor\tothers"


@dataclass(frozen=True, slots=True)
class FunctionWords:
    """The function words of a language, normalised. `purpose` are its words for *for*."""

    purpose: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()

    def __contains__(self, word: str) -> bool:
        return word in self.purpose or word in self.others


def function_words(language: str) -> FunctionWords:
    """Those of a language; none for a language without a row."""
    return _by_language().get(language, FunctionWords())


@cache
def _by_language() -> dict[str, FunctionWords]:
    """The table.

    Raises:
        ValueError: for other columns, or a language that is not ours.
    """
    head, *lines = _FILE.read_text("utf-8").splitlines()
    if head != _COLUMNS:
        raise ValueError(f"{_FILE.name}, line 1: must be the column names {_COLUMNS.split()}, separated by tabs")
    table: dict[str, FunctionWords] = {}
    for number, line in enumerate(lines, 2):
        language, purpose, others = line.split("\t")
        if language not in LANGUAGES:
            raise ValueError(f"{_FILE.name}, line {number}: {language!r} is not one of our languages")
        table[language] = FunctionWords(_words(purpose), _words(others))
    return table


def _words(cell: str) -> frozenset[str]:
    return frozenset(normalise(word) for word in cell.split())
