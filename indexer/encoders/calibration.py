"""Texts for calibrating and timing encoders: words of the project's lexicon in every language."""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np

from languages.kinds import KIND
from languages.lexicon import lexicon
from languages.locale import LANGUAGES

TEXTS_PER_LANGUAGE = 14  # 308 texts in all
LISTING_CHARACTERS = 160


@cache
def calibration_texts() -> tuple[str, ...]:
    """The texts, always the same for the same lexicon: queries and listings in turn.

    They are made of the names of kinds: general nouns are shorter than what is written in shops.

    Listings have model numbers, sizes, punctuation and descriptions of several lengths. With bare
    words instead, int8 vectors of real products were further from float32: lowest cosine 0.990,
    now 0.996.
    """
    rng = np.random.default_rng(0)
    names = [[entry.name for key, entry in lexicon(language).items() if key.startswith(KIND)] for language in LANGUAGES]
    pairs = [
        (_query(names[place], turn, place, rng), _listing(names[place], turn, rng))
        for turn in range(TEXTS_PER_LANGUAGE // 2)
        for place in range(len(LANGUAGES))
    ]
    return tuple(text for pair in pairs for text in pair)


def calibration_queries() -> tuple[str, ...]:
    """The texts that are like queries."""
    return calibration_texts()[::2]


def calibration_listings() -> tuple[str, ...]:
    """The texts that are like listings."""
    return calibration_texts()[1::2]


def calibration_revision() -> str:
    """Eight hex digits of the texts' hash."""
    return hashlib.blake2b("\n".join(calibration_texts()).encode(), digest_size=4).hexdigest()


_SIGNS = tuple("★✓!?%&+-/()[]→•♥")
"""Of texts without a word, which are the furthest from the words that the rest is made of."""


def _query(names: list[str], turn: int, place: int, rng: np.random.Generator) -> str:
    """One to three names, some in capitals; a model number; a GTIN, or signs alone, in every fourth
    language.
    """
    if turn == 3 and place % 4 == 1:
        return "".join(rng.choice(_SIGNS, 6))
    if turn == 3:
        return str(rng.integers(10**12, 10**13)) if place % 4 == 0 else f"{_model(rng)} {_names(names, 1, rng)[0]}"
    text = " ".join(_names(names, (1, 2, 3, 0, 2, 1, 2)[turn], rng))
    return text.upper() if turn == 4 else text


def _listing(names: list[str], turn: int, rng: np.random.Generator) -> str:
    """A title, mostly with a description; or a single name, since short texts are the hardest."""
    if turn == 0:
        return _names(names, 1, rng)[0][: int(rng.integers(2, 20))]
    number = int(rng.integers(100, 9_999))
    first, second, third = _names(names, 3, rng)
    title = f"{_model(rng)} {first} {second} ({number % 97} cm, {number % 7 + 1} x) – {third}"
    if turn > 1:
        title += ". " + ", ".join(_names(names, 4 + 2 * turn, rng)) + "."
    return title[:LISTING_CHARACTERS]


def _names(names: list[str], count: int, rng: np.random.Generator) -> list[str]:
    return [names[i] for i in rng.integers(0, len(names), count)]


def _model(rng: np.random.Generator) -> str:
    number = int(rng.integers(100, 9_999))
    return f"{chr(65 + number % 26)}{chr(65 + number % 25)}-{number}"
