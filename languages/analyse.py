"""One analysis for listings and queries, and for every engine: two that almost agree are the classic search bug."""

from __future__ import annotations

from dataclasses import dataclass

from languages.normalise import normalise
from languages.segment import bigrams, identifiers, words
from languages.stem import stem

VERSION = "1"
"""Stored in every snapshot. Change it when the same text would give other tokens; then catalogues are indexed anew."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word as written (normalised) and its lemma: the folded stem, or a bigram of an unspaced script."""

    surface: str
    lemma: str


@dataclass(frozen=True, slots=True)
class AnalysedText:
    """A text's tokens in order. `language` is None where only Unicode rules were used."""

    text: str
    language: str | None
    tokens: tuple[Token, ...]


def analyse(text: str, language: str | None) -> AnalysedText:
    """Tokens of `text` as `language` inflects; never raises, empty text gives no tokens.

    A run of an unspaced script (zh ja th ko) gives its bigrams, and its characters as surfaces, whatever the
    language is said to be: a guess must not lose a match.
    """
    plain = normalise(text)
    tokens: list[Token] = []
    for word, unspaced in words(plain):
        if not unspaced:
            tokens.append(Token(word, stem(word, language or "")))
        elif len(word) == 1:
            tokens.append(Token(word, word))
        else:
            tokens.extend(Token(pair[0], pair) for pair in bigrams(word))
            tokens.append(Token(word[-1], ""))
    tokens.extend(Token(joined, joined) for joined in identifiers(plain))
    return AnalysedText(text, language, tuple(tokens))
