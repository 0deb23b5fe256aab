"""Normal forms of text: the exact form (width, case) and the folded form (no diacritics)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_CACHE = 50_000  # words; 10 MB
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)  # soft hyphens, joiners, bidi marks
_FOLDED_SCRIPTS = {"LATIN", "GREEK", "ARABIC", "HEBREW"}
_LETTERS = str.maketrans("łđøħıŧæœ", "ldohitao")  # letters whose stroke is no combining mark; ß casefolds to ss


def normalise(text: str) -> str:
    """Compatibility form (full width becomes half), without case and invisible marks, single spaces.

    Idempotent: ``normalise(normalise(t)) == normalise(t)``.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    text = unicodedata.normalize("NFKC", text.casefold().replace("i\u0307", "i"))
    return " ".join(_INVISIBLE.sub("", text).split())


def fold(word: str) -> str:
    """`word` (normalised) without diacritics, in scripts whose readers leave them out: Latin, Cyrillic, Arabic...

    Devanagari and Thai keep their marks: there they are the vowels.
    """
    return word if word.isascii() else _fold(word)


@lru_cache(maxsize=_CACHE)
def _fold(word: str) -> str:
    kept: list[str] = []
    base = script = ""
    for character in unicodedata.normalize("NFD", word):
        if not unicodedata.combining(character):
            base, script = character, unicodedata.name(character, "").split(" ")[0]
            kept.append(character)
        elif not _is_spelling(character, base, script):
            kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept)).translate(_LETTERS)


def _is_spelling(mark: str, base: str, script: str) -> bool:
    """Whether readers leave this mark out without making another letter of its base."""
    if script == "CYRILLIC":  # stress, and ё for е; й and ї are letters of their own
        return mark in "\u0300\u0301" or base == "е"
    return script in _FOLDED_SCRIPTS
