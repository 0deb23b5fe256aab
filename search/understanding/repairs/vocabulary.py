"""The words that exist, for a buyer and a query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from languages.analysis.lemmas import LEMMATISED, find_lemma, is_in_dictionary
from languages.function_words import function_words
from languages.segment import words
from languages.spelling.cover import cover
from languages.spelling.word_table import NearWord, WordTable

FOREIGN_COST = 0.15
"""Of words of a language that the buyer does not read and the query is not likely in."""

LANGUAGELESS_COST = 0.03
"""Of a word of the catalogue of which only the letters are known, against one of the lexicon."""

WORD_MIN = 3
"""Letters of each of two words written as one; a function word may have less."""

_BEGINNING = 4  # letters by which a word of another layout is known to be one


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that exist: the lexicon's and the catalogue's; the language that the buyer reads,
    those that the query is likely in, and those whose words it was read with.
    """

    tables: tuple[WordTable, ...]
    home: str
    likely: frozenset[str]
    read: frozenset[str]

    @property
    def languages(self) -> frozenset[str]:
        """The buyer's and the query's."""
        return self.likely | {self.home}

    def __contains__(self, word: str) -> bool:
        return any(word in table for table in self.tables)

    def has_own(self, word: str) -> bool:
        """Whether a word exists in the languages that the query was read in, with or without its
        diacritics.
        """
        if any(is_in_dictionary(word, language) for language in self.likely & LEMMATISED):
            return True
        nearest = chain.from_iterable(table.misspelt(word) for table in self.tables)
        return any(not near.cost and not self.read.isdisjoint(near.word.languages) for near in nearest)

    def is_own(self, word: str) -> bool:
        """Whether a word is one of a language that the query is likely in, as it is written."""
        found = (table.find(word) for table in self.tables)
        return any(one is not None and not self.likely.isdisjoint(one.languages) for one in found)

    def are_two_words(self, one: str, other: str, *, with_function_words: bool) -> bool:
        """Whether two texts are words: each long enough and known, or a function word beside one
        that the buyer's or the query's languages have.
        """
        if min(len(one), len(other)) >= WORD_MIN and self._has(one) and self._has(other):
            return True
        return with_function_words and any(
            (word in functions and self._is_word_of(rest, language))
            for language in self.likely
            for functions in (function_words(language),)
            for word, rest in ((one, other), (other, one))
        )

    def _has(self, word: str) -> bool:
        """Whether a word is the catalogue's, or of the buyer's or the query's languages."""
        found = (table.find(word) for table in self.tables)
        return any(one is not None and not self.is_foreign(one.languages) for one in found)

    def _is_word_of(self, word: str, language: str) -> bool:
        """Whether a word, or the form that dictionaries have, is one of the language."""
        if len(word) < WORD_MIN:
            return False
        forms = {word, find_lemma(word, language) or word}
        found = (table.find(form) for table in self.tables for form in forms)
        return any(one is not None and language in one.languages for one in found)

    def is_covered(self, word: str) -> bool:
        """Whether a run of a script without spaces is words of the query's languages throughout."""
        if not any(is_unspaced for _, is_unspaced in words(word)):
            return False
        segments = cover(word, self.own_beginnings)
        return bool(segments) and all(segment.is_word for segment in segments)

    def own_beginnings(self, text: str) -> list[str]:
        """The words of the query's languages that a text begins with."""
        return [word for table in self.tables for word in table.beginnings(text, self.likely) if len(word) > 1]

    def own_misspelt(self, text: str) -> Iterator[NearWord]:
        """The other words of the query's languages that a text is a slip of."""
        for near in chain.from_iterable(table.misspelt(text) for table in self.tables):
            if near.word.text != text and not self.likely.isdisjoint(near.word.languages):
                yield near

    def spelled_beginnings(self, text: str, language: str) -> list[str]:
        """The words of a language in Latin letters that a text begins with."""
        return [word for table in self.tables for word in table.spelled_beginnings(text, language)]

    def spelled(self, text: str, language: str) -> list[str]:
        """The words of a language that are typed so in Latin letters, the heaviest first."""
        found = [word for table in self.tables for word in table.spelled(text, language)]
        return [word.text for word in sorted(found, key=lambda word: (-word.weight, word.text))]

    def begins_like(self, word: str) -> bool:
        """Whether a word begins as some existing one."""
        return any(table.has_beginning(word[:_BEGINNING]) for table in self.tables)

    def is_foreign(self, languages: Iterable[str]) -> bool:
        """Whether a word is of other languages than the buyer's and the query's."""
        known = frozenset(languages)
        return bool(known) and known.isdisjoint(self.languages)

    def foreign_cost(self, languages: Iterable[str]) -> float:
        """0 for a word of the buyer's or the query's languages, little for one of no language."""
        known = frozenset(languages)
        if not known:
            return LANGUAGELESS_COST
        return FOREIGN_COST if self.is_foreign(known) else 0.0
