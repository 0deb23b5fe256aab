"""The analysis of text into tokens, the same for listings, queries and every search engine.

Two analyses that almost agree lose matches, and nobody sees which.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from languages.analysis.numbers import (
    is_quantity,
    model_parts,
    needs_neighbours,
    number_form,
    read_number,
    with_neighbours,
)
from languages.analysis.token import AnalysedText, Token
from languages.normalise import fold, looks_across_spaces, may_need_context, normal_form, normalise
from languages.segment import TOKEN_MAX, bigrams, dimensions, identifiers, strip_marks, words
from languages.stem import stem

__all__ = ["VERSION", "AnalysedText", "Token", "analyse"]

VERSION = "5"
"""Stored in every snapshot.

Raise it when the same text gives other tokens: snapshots must then be built again.
"""

_CHUNK_MAX = 32  # characters; a longer one is a phrase without spaces, which seldom comes again

_DIGITS = frozenset("0123456789")
_ELIDED = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)+")
_LATIN = re.compile("[a-z\u00df-\u024f\u1e00-\u1eff]+")
_SPACED_AND = re.compile(r"(?<!\S)([^\W\d_])\s+&\s+([^\W\d_])(?!\w)")


class _Rest(NamedTuple):
    """What a text without spaces says beside its tokens."""

    added: tuple[Token, ...]
    numbers: tuple[int, ...]  # which tokens may be read with their neighbours
    is_open: bool  # what stands beyond its spaces may say more of it


_Chunk = tuple[tuple[Token, ...], _Rest | None]
"""The tokens of a text without spaces and the rest; None where there is nothing."""


def analyse(text: str, language: str | None) -> AnalysedText:
    """The tokens of `text`, stemmed as `language` inflects; none for empty text. Never raises.

    A run of an unspaced script (zh ja th ko) gives its bigrams as lemmas and its characters as
    surfaces, whatever `language` is, because a wrong guess of the language must not lose a match.
    The run's last character has no lemma. Numbers have one lemma however they are written
    (`languages.analysis.numbers`); what else they and model numbers are found by is added at the
    end. How many tokens have a lemma does not depend on `language`.
    """
    return _analyse(text, text, language)


def _analyse(text: str, read_as: str, language: str | None) -> AnalysedText:
    tokens: list[Token] = []
    added: list[Token] = []
    numbers: list[int] = []
    is_open = may_need_context(read_as)
    for chunk in read_as.split():
        chunk_tokens, rest = _frequent_chunk(chunk, language) if len(chunk) <= _CHUNK_MAX else _chunk(chunk, language)
        if rest is not None:
            chunk_added, places, chunk_is_open = rest
            if chunk_added:
                added += chunk_added
            if places:
                start = len(tokens)
                for place in places:
                    numbers.append(start + place)  # noqa: PERF401  most chunks have one: no list for it
            is_open = is_open or chunk_is_open
        tokens += chunk_tokens
    if is_open and read_as is text and (normalised := normalise(text)) != text:
        return _analyse(text, normalised, language)
    if numbers:
        added += with_neighbours(tokens, numbers, added, language)
    if " & " in read_as:
        added += (Token(f"{one}&{other}", f"{one}&{other}") for one, other in _SPACED_AND.findall(normal_form(text)))
    return AnalysedText(text, language, (*tokens, *added), len(added))


def _chunk(chunk: str, language: str | None) -> _Chunk:
    chunk = strip_marks(chunk)
    if chunk.isascii() and chunk.isalpha():  # one word: the rest would find the same
        word = chunk.lower()[:TOKEN_MAX]
        return (Token(word, stem(word, language or "")),), _Rest((), (0,), False) if needs_neighbours(word) else None
    normalised = normal_form(chunk)
    is_open = looks_across_spaces(chunk) or looks_across_spaces(normalised)
    if " " in normalised:  # as of ½, which is written as a word of its own
        return _joined([_chunk(piece, language) for piece in normalised.split()], is_open)
    normalised = strip_marks(normalised)
    tokens: list[Token] = []
    added: list[Token] = []
    numbers: list[int] = []
    for word, unspaced in words(normalised):
        if unspaced and len(word) > 1:
            tokens += map(_pair, bigrams(word))
            tokens.append(Token(word[-1], ""))
            continue
        if needs_neighbours(word):
            numbers.append(len(tokens))
        if unspaced:
            tokens.append(Token(word, word))
        elif _DIGITS.isdisjoint(word):
            tokens.append(Token(word, stem(word, language or "")))
        else:
            of_word, of_end = read_number(word, language)
            tokens += of_word
            added += of_end
    if "'" in normalised:
        tokens = _elided(normalised, tokens, language or "")
    if not _DIGITS.isdisjoint(normalised):
        added += _sizes_and_models(normalised, tokens, language)
    rest = _Rest(tuple(added), tuple(numbers), is_open)
    return tuple(tokens), rest if any(rest) else None


def _joined(chunks: Iterable[_Chunk], is_open: bool) -> _Chunk:
    """What several chunks give as one."""
    tokens: list[Token] = []
    added: list[Token] = []
    numbers: list[int] = []
    for chunk_tokens, rest in chunks:
        if rest is not None:
            added += rest.added
            numbers += [len(tokens) + place for place in rest.numbers]
            is_open = is_open or rest.is_open
        tokens += chunk_tokens
    return tuple(tokens), _Rest(tuple(added), tuple(numbers), is_open)


def _sizes_and_models(text: str, tokens: Collection[Token], language: str | None) -> Iterator[Token]:
    """The sizes and the joined model numbers of a text without spaces, with their parts that are
    not written apart.
    """
    for size in dimensions(text):
        yield Token(size, "x".join(number_form(number, language) for number in size.split("x")))
    for joined in identifiers(text):
        if not is_quantity(joined):
            written = {fold(token.surface) for token in tokens}
            yield Token(joined, joined)
            yield from (part for part in model_parts(joined) if part.lemma not in written)


def _elided(text: str, tokens: list[Token], language: str) -> list[Token]:
    """The tokens, of Latin words joined by an apostrophe the shortest with the lemma of the whole:
    the *l* of *l'oréal* is found by ``loreal``.
    """
    for run in _ELIDED.findall(text):
        pieces = run.split("'")
        if all(map(_LATIN.fullmatch, pieces)):
            short = min(pieces, key=len)
            place = next((at for at, token in enumerate(tokens) if token.surface == short), None)
            if place is not None:
                tokens[place] = Token(short, stem("".join(pieces)[:TOKEN_MAX], language))
    return tokens


_frequent_chunk = lru_cache(maxsize=50_000)(_chunk)  # 20 MB; titles and descriptions repeat their words


@lru_cache(maxsize=20_000)  # 4 MB
def _pair(pair: str) -> Token:
    return Token(pair[0], pair)
