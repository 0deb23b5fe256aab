"""TermIndex terms: the words and word pairs that a catalogue's titles are made of, and how many listings have each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nlargest, nsmallest

from languages.normalise import normalise
from languages.segment import words
from languages.stem import stem

TERMS_MAX = 50_000
"""Terms a catalogue keeps, the most frequent. 384 half floats each: 38 MB, scanned whole in some 3 ms."""

LISTINGS_MIN = 3
"""A term of fewer listings is a name or a slip of the pen, and would find next to nothing."""

COUNTERS = 500_000
"""Terms counted at once, some 80 MB; above, the rarer half is dropped (`TermCounts`)."""

RUN_MAX = 8
"""Characters of a run of an unspaced script that still is a term; a longer one is a phrase, and no two are alike."""

Key = tuple[str, str]
"""A term as written, normalised, and its lemmas: both words between single spaces."""


@dataclass(frozen=True, slots=True)
class BridgeTerm:
    """A word or two adjacent ones of the catalogue's titles; `lemmas` are what the lexical index knows them by."""

    text: str
    lemmas: str
    listings: int


def title_terms(title: str, language: str) -> set[Key]:
    """The words and adjacent pairs of a title, analysed in its language.

    What holds a digit is left out: a size or a model number is spelt alike in every language, so it needs no bridge.
    """
    found: set[Key] = set()
    before: Key | None = None
    for word, unspaced in words(normalise(title)):
        one = _term(word, unspaced, language)
        if one is not None:
            found.add(one)
            if before is not None:
                found.add((f"{before[0]} {one[0]}", f"{before[1]} {one[1]}"))
        before = one
    return found


def _term(word: str, unspaced: bool, language: str) -> Key | None:
    if any(character.isdigit() for character in word):
        return None
    if unspaced:
        pairs = (word[at : at + 2] for at in range(len(word) - 1))
        return (word, " ".join(pairs)) if 2 <= len(word) <= RUN_MAX else None
    return (word, stem(word, language)) if len(word) > 1 else None


class TermCounts:
    """Counts terms in bounded memory, by lossy counting (Manku & Motwani 2002, section 4.2, pruned by size).

    With more than `counters` different terms the rarer half is dropped, ties in no stated order. A count is then too
    low by at most `lost`, and exact while `lost` is 0.
    """

    def __init__(self, counters: int = COUNTERS) -> None:
        if counters < 2:
            raise ValueError(f"counting needs at least 2 counters, got {counters}")
        self._counters = counters
        self._counts: Counter[Key] = Counter()
        self.lost = 0

    def add(self, terms: Iterable[Key]) -> None:
        """Count the terms of one listing."""
        self._counts.update(terms)
        if len(self._counts) > self._counters:
            self._prune()

    def most_common(self, limit: int = TERMS_MAX, at_least: int = LISTINGS_MIN) -> list[BridgeTerm]:
        """Terms of `at_least` so many listings, most frequent first, ties by text; at most `limit`."""
        often = ((key, count) for key, count in self._counts.items() if count >= at_least)
        best = nsmallest(limit, often, key=lambda item: (-item[1], item[0]))
        return [BridgeTerm(text, lemmas, count) for (text, lemmas), count in best]

    def _prune(self) -> None:
        kept = nlargest(self._counters // 2, self._counts.items(), key=lambda item: item[1])
        self.lost += kept[-1][1]
        self._counts = Counter(dict(kept))


def catalogue_terms(titles: Iterable[tuple[str, str]], limit: int = TERMS_MAX) -> list[BridgeTerm]:
    """The terms of a catalogue from its (title, language) pairs, most frequent first."""
    counts = TermCounts()
    for title, language in titles:
        counts.add(title_terms(title, language))
    return counts.most_common(limit)
