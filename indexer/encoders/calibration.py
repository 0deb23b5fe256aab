"""Texts for calibrating and timing encoders: words of the project's lexicon in every language."""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np

from languages.lexicon import lexicon
from languages.locale import LANGUAGES

TEXTS_PER_LANGUAGE = 14  # 308 texts in all
_WORDS = (1, 2, 2, 3, 4, 6, 8)  # the numbers of names in a text: queries, titles, titles with a description


@cache
def calibration_texts() -> tuple[str, ...]:
    """The texts, always the same for the same lexicon; languages take turns.

    Texts with an even place are short, as queries are; among the others are titles with a model
    number and a size.
    """
    rng = np.random.default_rng(0)
    names = {language: [entry.name for entry in lexicon(language).values()] for language in LANGUAGES}
    return tuple(
        _text(names[language], _WORDS[turn % len(_WORDS)], turn, rng)
        for turn in range(TEXTS_PER_LANGUAGE)
        for language in LANGUAGES
    )


def calibration_revision() -> str:
    """Eight hex digits of the texts' hash."""
    return hashlib.blake2b("\n".join(calibration_texts()).encode(), digest_size=4).hexdigest()


def _text(names: list[str], count: int, turn: int, rng: np.random.Generator) -> str:
    words = [names[i] for i in rng.integers(0, len(names), count)]
    if turn % 2 and count > 2:
        number = int(rng.integers(10, 9_999))
        words.insert(1, f"{chr(65 + number % 26)}{chr(65 + number % 25)}-{number}")
        words.append(f"{number % 97} cm, {number % 7 + 1} x")
    return " ".join(words)
