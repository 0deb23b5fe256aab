"""The analysis of text into tokens, the same for listings, queries and every search engine.

Two analyses that almost agree lose matches, and nobody sees which.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from languages.normalise import normalise
from languages.segment import TOKEN_MAX, bigrams, identifiers, split_chunks, words
from languages.stem import stem

VERSION = "4"
"""Stored in every snapshot.

Raise it when the same text gives other tokens: snapshots must then be built again.
"""


@dataclass(frozen=True, slots=True)
class Token:
    """A normalised word and its lemma: the folded stem, or a bigram of an unspaced script."""

    surface: str
    lemma: str


@dataclass(frozen=True, slots=True)
class AnalysedText:
    """A text's tokens in order. `language` is None where only Unicode rules were used."""

    text: str
    language: str | None
    tokens: tuple[Token, ...]


_CHUNK_MAX = 32  # characters; a longer one is a phrase without spaces, which seldom comes again

_Chunk = tuple[tuple[Token, ...], tuple[Token, ...]]
"""The tokens of a text without spaces, and those of its model numbers."""


def analyse(text: str, language: str | None) -> AnalysedText:
    """The tokens of `text`, stemmed as `language` inflects; none for empty text. Never raises.

    A run of an unspaced script (zh ja th ko) gives its bigrams as lemmas and its characters as
    surfaces, whatever `language` is, because a wrong guess of the language must not lose a match.
    The run's last character has no lemma. A model number gives one more token, without its
    separators, at the end.
    """
    tokens: list[Token] = []
    model_numbers: list[Token] = []
    for chunk in split_chunks(text):
        read = _frequent_chunk if len(chunk) <= _CHUNK_MAX else _chunk
        chunk_tokens, chunk_model_numbers = read(chunk, language)
        tokens += chunk_tokens
        model_numbers += chunk_model_numbers
    return AnalysedText(text, language, (*tokens, *model_numbers))


def _chunk(chunk: str, language: str | None) -> _Chunk:
    if chunk.isascii() and chunk.isalnum():  # one word: the rest would find the same
        word = chunk.lower()[:TOKEN_MAX]
        return (Token(word, stem(word, language or "")),), ()
    normalised = normalise(chunk)
    tokens: list[Token] = []
    for word, unspaced in words(normalised):
        if not unspaced:
            tokens.append(Token(word, stem(word, language or "")))
        elif len(word) == 1:
            tokens.append(Token(word, word))
        else:
            tokens += map(_pair, bigrams(word))
            tokens.append(Token(word[-1], ""))
    return tuple(tokens), tuple(Token(joined, joined) for joined in identifiers(normalised))


_frequent_chunk = lru_cache(maxsize=50_000)(_chunk)  # 20 MB; titles and descriptions repeat their words


@lru_cache(maxsize=20_000)  # 4 MB
def _pair(pair: str) -> Token:
    return Token(pair[0], pair)
