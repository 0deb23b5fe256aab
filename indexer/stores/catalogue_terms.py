"""The words and word pairs of a catalogue's titles, and how many listings have each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from languages.normalise import normalise
from languages.segment import split_chunks, words
from languages.stem import stem

TERMS_MAX = 50_000
"""How many terms are kept, the most frequent. 384 half floats each: 38 MB, scanned in 3 ms."""

LISTINGS_MIN = 3
"""A term with fewer listings is a name or a misspelling, and would find almost nothing."""

COUNTERS = 500_000
"""Terms counted at once, some 80 MB; with more, the rarer half is dropped (`TermCounts`)."""

RUN_MAX = 8
"""The longest run of an unspaced script that is a term, in characters; longer ones are phrases."""

Key = tuple[str, str]
"""A term's normalised text and its lemmas: in each, words separated by single spaces."""


@dataclass(frozen=True, slots=True)
class CatalogueTerm:
    """A word, or two adjacent words, of the catalogue's titles.

    `lemmas` are the lexical index's tokens for it; `listings` is how many listings have it.
    """

    text: str
    lemmas: str
    listings: int


def title_terms(title: str, language: str) -> set[Key]:
    """The words and adjacent pairs of a title, analysed in its language.

    Words with a digit are left out: sizes and model numbers are spelt alike in every language.
    """
    terms: set[Key] = set()
    previous: Key | None = None
    for chunk in split_chunks(title):
        for term in _chunk_terms(chunk, language):
            if term is not None:
                terms.add(term)
                if previous is not None:
                    terms.add((f"{previous[0]} {term[0]}", f"{previous[1]} {term[1]}"))
            previous = term
    return terms


@lru_cache(maxsize=50_000)  # 20 MB; titles repeat their words
def _chunk_terms(chunk: str, language: str) -> tuple[Key | None, ...]:
    """The term of each word in a text without spaces; None for a word that is none."""
    return tuple(_term(word, unspaced, language) for word, unspaced in words(normalise(chunk)))


def _term(word: str, unspaced: bool, language: str) -> Key | None:
    if any(character.isdigit() for character in word):
        return None
    if unspaced:
        pairs = (word[start : start + 2] for start in range(len(word) - 1))
        return (word, " ".join(pairs)) if 2 <= len(word) <= RUN_MAX else None
    return (word, stem(word, language)) if len(word) > 1 else None


class TermCounts:
    """Counts terms in bounded memory by lossy counting.

    It follows Manku & Motwani 2002, section 4.2, but prunes by size: with more than `counters`
    different terms the rarer half is dropped, of equals the first by text. A count is then too low
    by at most `lost`, and exact while `lost` is 0.
    """

    def __init__(self, counters: int = COUNTERS) -> None:
        if counters < 2:
            raise ValueError(f"counting needs at least 2 counters, got {counters}")
        self._counters = counters
        self._counts: Counter[Key] = Counter()
        self.lost = 0

    def add(self, terms: Iterable[Key] | Mapping[Key, int]) -> None:
        """Count the terms of one listing, or of several with how many listings have each."""
        self._counts.update(terms)
        if len(self._counts) > self._counters:
            self._prune()

    def most_common(self, limit: int = TERMS_MAX, at_least: int = LISTINGS_MIN) -> list[CatalogueTerm]:
        """At most `limit` terms with `at_least` listings, most frequent first, ties by text."""
        at_least = max(at_least, _nth_largest(self._counts.values(), limit))
        frequent = [(key, count) for key, count in self._counts.items() if count >= at_least]
        frequent.sort(key=lambda item: (-item[1], item[0]))
        return [CatalogueTerm(text, lemmas, count) for (text, lemmas), count in frequent[:limit]]

    def _prune(self) -> None:
        """Keep half of the counters: all above a count, and of those with it the last by key."""
        keep = self._counters // 2
        lowest = _nth_largest(self._counts.values(), keep)
        kept = {key: count for key, count in self._counts.items() if count > lowest}
        ties = sorted(key for key, count in self._counts.items() if count == lowest)
        kept |= dict.fromkeys(ties[len(ties) + len(kept) - keep :], lowest)
        self.lost += lowest
        self._counts = Counter(kept)


def _nth_largest(counts: Collection[int], n: int) -> int:
    """The n-th largest count; 0 where there are fewer."""
    return sorted(counts, reverse=True)[n - 1] if len(counts) >= n else 0


def catalogue_terms(titles: Iterable[tuple[str, str]], limit: int = TERMS_MAX) -> list[CatalogueTerm]:
    """The terms of a catalogue from its (title, language) pairs, most frequent first."""
    counts = TermCounts()
    for title, language in titles:
        counts.add(title_terms(title, language))
    return counts.most_common(limit)
