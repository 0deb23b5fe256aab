"""Normal forms of text: the exact form (width, case) and the folded form (no diacritics)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_CACHE = 200_000  # words; a catalogue's words are Zipf-distributed, so this many cover over 95 % of them
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)  # soft hyphens, joiners, bidi marks
_FOLDED_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW")
_LETTERS = str.maketrans("łđøħıŧæœ", "ldohitao")  # letters whose stroke is no combining mark; ß casefolds to ss
_KEPT_MARKS = {"\u0306"}  # the breve makes й another letter than и


def normalise(text: str) -> str:
    """Compatibility form (full width becomes half), without case and invisible marks, single spaces.

    Idempotent: ``normalise(normalise(t)) == normalise(t)``.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    text = unicodedata.normalize("NFKC", text.casefold().replace("i\u0307", "i"))
    return " ".join(_INVISIBLE.sub("", text).split())


@lru_cache(maxsize=_CACHE)
def fold(word: str) -> str:
    """`word` (normalised) without diacritics, in scripts whose readers leave them out: Latin, Cyrillic, Arabic and more.

    Devanagari and Thai keep their marks: there they are the vowels.
    """
    if word.isascii():
        return word
    marked = unicodedata.normalize("NFD", word)
    kept = []
    base = ""
    for character in marked:
        if not unicodedata.combining(character):
            base = unicodedata.name(character, "")
            kept.append(character)
        elif not base.startswith(_FOLDED_SCRIPTS) or (character in _KEPT_MARKS and base.startswith("CYRILLIC")):
            kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept)).translate(_LETTERS)
