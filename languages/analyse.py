"""The analysis of text into tokens, the same for listings, queries and every search engine.

Two analyses that almost agree lose matches, and nobody sees which.
"""

from __future__ import annotations

from dataclasses import dataclass

from languages.normalise import normalise
from languages.segment import bigrams, identifiers, words
from languages.stem import stem

VERSION = "1"
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


def analyse(text: str, language: str | None) -> AnalysedText:
    """The tokens of `text`, stemmed as `language` inflects; none for empty text. Never raises.

    A run of an unspaced script (zh ja th ko) gives its bigrams as lemmas and its characters as
    surfaces, whatever `language` is, because a wrong guess of the language must not lose a match.
    The run's last character has no lemma. A model number gives one more token, without its
    separators, at the end.
    """
    normalised = normalise(text)
    tokens: list[Token] = []
    for word, unspaced in words(normalised):
        if not unspaced:
            tokens.append(Token(word, stem(word, language or "")))
        elif len(word) == 1:
            tokens.append(Token(word, word))
        else:
            tokens.extend(Token(pair[0], pair) for pair in bigrams(word))
            tokens.append(Token(word[-1], ""))
    tokens.extend(Token(joined, joined) for joined in identifiers(normalised))
    return AnalysedText(text, language, tuple(tokens))
