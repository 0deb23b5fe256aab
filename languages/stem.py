"""Stemming: a word's dictionary form, then the Snowball algorithm of a language where there is one.

The dictionary knows the forms that no rule of endings reaches (*książka*, ``książek``); the
algorithm brings words that the dictionary lacks to the stems of those that it has.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Protocol

import snowballstemmer

from languages.analysis.language_rules import language_rules
from languages.analysis.lemmas import LEMMATISED, find_lemma
from languages.analysis.light_stem import light_stem
from languages.normalise import fold

SNOWBALL = {
    "ar": "arabic", "cs": "czech", "de": "german", "en": "english", "es": "spanish",
    "fr": "french", "hi": "hindi", "id": "indonesian", "it": "italian", "nl": "dutch",
    "pl": "polish", "pt": "portuguese", "ru": "russian", "sv": "swedish", "tr": "turkish",
}  # fmt: skip
"""Snowball has none for he and uk, which `languages.analysis.light_stem` reads, nor for vi, which
does not inflect. `languages.segment` cuts ja, ko, th and zh into bigrams."""

_STEMMED = LEMMATISED | frozenset(SNOWBALL)

_LEMMA_ALONE = frozenset(("tr",))
"""Where a word that the dictionary knows is not stemmed: of *koltuk* (armchair) Snowball leaves
*kol* (arm), and the dictionary of Turkish has most forms."""

_DIGITS = frozenset("0123456789")  # `isalpha` would not do: a Devanagari vowel sign is a mark, not a letter


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802  snowballstemmer's own name


class _Stemmers(threading.local):
    """One thread's stemmers by language.

    A Snowball stemmer keeps the word it works on as its state.
    """

    def __init__(self) -> None:
        self._by_language: dict[str, _Stemmer] = {}

    def stemmer(self, language: str) -> _Stemmer:
        if language not in self._by_language:
            self._by_language[language] = snowballstemmer.stemmer(SNOWBALL[language])
        return self._by_language[language]


_stemmers = _Stemmers()


def stem(word: str, language: str) -> str:
    """The folded stem of a normalised word.

    A word with a digit, or in a language with neither dictionary nor algorithm, is only folded.
    """
    if language not in _STEMMED or not _DIGITS.isdisjoint(word):
        return fold(word)
    return _stem(word, language)


@lru_cache(maxsize=100_000)  # 20 MB; words are Zipf-distributed, and model numbers do not come here
def _stem(word: str, language: str) -> str:
    if language not in SNOWBALL:
        return fold(light_stem(word, language))
    lemma = find_lemma(word, language)
    if lemma is not None and language in _LEMMA_ALONE:
        return fold(lemma)
    rules = language_rules(language)
    word = lemma or word
    stemmed = fold(_stemmers.stemmer(language).stemWord(fold(word) if rules.fold_first else word))
    shortest = max(min(rules.stem_min, len(word)), rules.stem_share * len(word))
    return stemmed if len(stemmed) >= shortest else fold(word)
