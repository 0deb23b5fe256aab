"""A query's text in chunks between spaces, and which of them nobody knows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from indexer.stores.catalogue_terms import LISTINGS_MIN
from indexer.stores.lexical import LexicalIndex
from languages.normalise import normalise
from ranking.query import QueryPart, UnderstoodQuery

SURE = 0.4
"""The probability from which a meaning makes a word known where no listing has it."""

_FUNCTION_WEIGHT_MAX = 0.5  # a part with less is a function word


@dataclass(frozen=True, slots=True)
class Chunk:
    """The characters between two spaces: as typed, normalised, and whether nobody knows a word in
    them. A word is rare that the lexicon does not know and hardly a listing has: it may be one of
    another script in Latin letters. A word is doubtful that the lexicon does not know and no
    listing has as it is written, only another form of it.
    """

    typed: str
    text: str
    is_unknown: bool
    is_rare: bool = False
    is_doubtful: bool = False


def split(understood: UnderstoodQuery, lexical: LexicalIndex) -> tuple[Chunk, ...]:
    """The chunks of a query, in order."""
    unknown = [part.text for part in understood.parts if not is_known(part, lexical)]
    meaningless = [part for part in understood.parts if not part.meanings and not is_translated(part)]
    rare = [part.text for part in meaningless if _is_rare(part, lexical)]
    doubtful = [part.text for part in meaningless if _is_doubtful(part, lexical)]
    own = understood.text if understood.constraints else understood.query.text  # without the words of constraints
    typed = ((typed, normalise(typed)) for typed in own.split())
    return tuple(
        Chunk(one, text, _has_any(text, unknown), _has_any(text, rare), _has_any(text, doubtful)) for one, text in typed
    )


def is_known(part: QueryPart, lexical: LexicalIndex) -> bool:
    """Whether listings have a part's words or what it means, or nothing is lost without it."""
    if part.weight < _FUNCTION_WEIGHT_MAX and not part.meanings:
        return True
    if part.is_compound and not _is_modifier_known(part, lexical):
        return all(_is_in_catalogue(word.lemmas, lexical) for word in part.words)
    if any(meaning.probability >= SURE for meaning in part.meanings) or is_translated(part):
        return True
    return all(_is_in_catalogue(word.lemmas, lexical) or word.surface.isdigit() for word in part.words)


def _is_modifier_known(part: QueryPart, lexical: LexicalIndex) -> bool:
    """Whether the lexicon or a listing has what a compound begins with."""
    return any(":" in token or lexical.doc_freq("text", token) for token in part.modifier)


def is_translated(part: QueryPart) -> bool:
    """Whether a dictionary or the shop's synonyms say what a part means."""
    return any(expansion.source in ("dictionary", "synonym") for expansion in part.expansions)


def _is_rare(part: QueryPart, lexical: LexicalIndex) -> bool:
    return all(lexical.doc_freq("text", lemma) < LISTINGS_MIN for word in part.words for lemma in word.lemmas)


def _is_doubtful(part: QueryPart, lexical: LexicalIndex) -> bool:
    if part.weight < _FUNCTION_WEIGHT_MAX:
        return False
    is_unspaced = all(len(word.surface) == 1 for word in part.words)  # pairs of its characters may be of other words
    return is_unspaced or any(not lexical.doc_freq("exact", word.surface) for word in part.words)


def _is_in_catalogue(lemmas: Collection[str], lexical: LexicalIndex) -> bool:
    return any(lexical.doc_freq("text", lemma) for lemma in lemmas)


def _has_any(text: str, unknown: Collection[str]) -> bool:
    """Whether a word of some unknown part stands in the text."""
    return any(word and word in text for part in unknown for word in (part, *part.split()))
