"""Stemming: the Snowball algorithm of a language where there is one."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Protocol

import snowballstemmer

from languages.normalise import fold

SNOWBALL = {
    "ar": "arabic", "cs": "czech", "de": "german", "en": "english", "es": "spanish",
    "fr": "french", "hi": "hindi", "id": "indonesian", "it": "italian", "nl": "dutch",
    "pl": "polish", "pt": "portuguese", "ru": "russian", "sv": "swedish", "tr": "turkish",
}  # fmt: skip
"""Snowball has none for he, uk and vi. `languages.segment` cuts ja, ko, th and zh into bigrams."""


_STEM_MIN = {"tr": 3}
"""Letters of the shortest stem of a language. Snowball's Turkish one makes *ca* of çanta (bag) and
of çadır (tent); two letters are a stem in Portuguese (mão, mãos) or Arabic."""

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

    A word with a digit, or in a language without an algorithm, is only folded.
    """
    if language not in SNOWBALL or not _DIGITS.isdisjoint(word):
        return fold(word)
    return _stem(word, language)


@lru_cache(maxsize=100_000)  # 20 MB; words are Zipf-distributed, and model numbers do not come here
def _stem(word: str, language: str) -> str:
    stemmed = fold(_stemmers.stemmer(language).stemWord(word))
    return stemmed if len(stemmed) >= min(_STEM_MIN.get(language, 1), len(word)) else fold(word)
