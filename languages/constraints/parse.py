"""The conditions that a text says in words, and the words that are left."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from languages.constraints.constraint import ConstrainedText, Constraint
from languages.constraints.exclusions import known_spans, read_exclusions
from languages.constraints.matching import comparable
from languages.constraints.prices import read_prices
from languages.function_words import function_words

LIKELY = 0.1
"""The share of a language from which on its phrases count where nothing else says a price."""

_TEXT_MAX = 400  # characters; a pasted paragraph is about prices by accident
_PAIRED = frozenset(("ja", "ko", "th", "zh"))
"""Languages whose words are read as pairs of letters, which cross from one word into the next."""

_MARKS = " ,.:;|/+&-~"


def parse(text: str, languages: Mapping[str, float], currency: str | None = None) -> ConstrainedText:
    """Read the prices and exclusions of a text. Never raises; deterministic.

    `languages` are shares as `detect` gives them; `currency` is the buyer's, for amounts that name
    none or one of several. Where nothing would be left to search for, nothing is read.
    """
    form = comparable(text)
    if len(text) > _TEXT_MAX or len(form) != len(text):
        return ConstrainedText(text, (), text)
    likely = [language for language, share in languages.items() if share >= LIKELY]
    found = [one for one in read_prices(form, text, likely, currency) if not _is_name(text, one, likely)]
    found += [one for one in read_exclusions(form, text, likely) if not _overlaps(one, found)]
    constraints = tuple(sorted(found, key=lambda one: one.start))
    rest = text_without(text, constraints)
    if not constraints or not _says_something(rest, likely):
        return ConstrainedText(text, (), text)
    return ConstrainedText(text, constraints, rest)


def _is_name(text: str, constraint: Constraint, languages: Sequence[str]) -> bool:
    """Whether a phrase of the lexicon begins before a condition and ends in it, or the reverse."""
    return any(
        span.start < constraint.stop
        and span.stop > constraint.start
        and not (constraint.start <= span.start and span.stop <= constraint.stop)
        for language in languages[:2]
        if language not in _PAIRED
        for span in known_spans(text, language)
    )


def _overlaps(constraint: Constraint, others: Sequence[Constraint]) -> bool:
    return any(constraint.start < other.stop and constraint.stop > other.start for other in others)


def text_without(text: str, constraints: Sequence[Constraint]) -> str:
    """The text without some of its conditions, and without the marks that are left at its ends."""
    pieces: list[str] = []
    place = 0
    for one in constraints:
        pieces.append(text[place : one.start])
        place = one.stop
    return re.sub(r"\s+([,;])", r"\1", " ".join(" ".join([*pieces, text[place:]]).split())).strip(_MARKS)


def _says_something(rest: str, languages: Sequence[str]) -> bool:
    words = re.findall(r"\w+", rest)
    return any(not any(word in function_words(language) for language in languages) for word in words)
