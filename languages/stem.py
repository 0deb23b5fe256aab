"""Stems: Snowball where there is one. The table is the design: a language and its algorithm."""

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
"""he uk vi: Snowball has none. ja ko th zh: cut into bigrams instead (`languages.segment`)."""


_DIGITS = frozenset("0123456789")  # `isalpha` would not do: a Devanagari vowel sign is a mark, not a letter


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802  snowballstemmer's own name


class _Stemmers(threading.local):
    """Stemmers of one thread, by language: a Snowball stemmer keeps the word it works on in itself."""

    def __init__(self) -> None:
        self.held: dict[str, _Stemmer] = {}

    def of(self, language: str) -> _Stemmer:
        if language not in self.held:
            self.held[language] = snowballstemmer.stemmer(SNOWBALL[language])
        return self.held[language]


_stemmers = _Stemmers()


def stem(word: str, language: str) -> str:
    """The folded stem of a normalised word; the folded word itself where it has a digit or there is no algorithm."""
    if language not in SNOWBALL or not _DIGITS.isdisjoint(word):
        return fold(word)
    return _stem(word, language)


@lru_cache(maxsize=100_000)  # 20 MB; words are Zipf-distributed, and model numbers do not come here
def _stem(word: str, language: str) -> str:
    return fold(_stemmers.of(language).stemWord(word)) or fold(word)
