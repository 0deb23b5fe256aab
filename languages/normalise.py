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
_LETTERS = str.maketrans("łđøħıŧæœ", "ldohitao")  # letters that NFD does not decompose; ß casefolds to ss


def normalise(text: str) -> str:
    """The compatibility form (full width becomes half), without case, invisible marks and repeated
    spaces.

    Idempotent: ``normalise(normalise(t)) == normalise(t)``.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    text = unicodedata.normalize("NFKC", text.casefold().replace("i\u0307", "i"))
    return " ".join(_INVISIBLE.sub("", text).split())


def fold(word: str) -> str:
    """`word` (normalised) without the diacritics that people leave out when they type.

    Latin, Greek, Arabic and Hebrew lose all marks, Cyrillic loses stress marks and the dots of ё.
    Devanagari and Thai keep theirs, which are vowels.
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
        elif not _is_optional(character, base, script):
            kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept)).translate(_LETTERS)


def _is_optional(mark: str, base: str, script: str) -> bool:
    """Whether people leave this mark out without writing another letter."""
    if script == "CYRILLIC":  # stress marks, and ё for е; й and ї are letters of their own
        return mark in "\u0300\u0301" or base == "е"
    return script in _FOLDED_SCRIPTS
