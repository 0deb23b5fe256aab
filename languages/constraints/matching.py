"""Texts and phrases in the form in which they are compared, each character at its place.

Case, the forms of Arabic letters, digits of other scripts and kinds of dashes and apostrophes do
not matter. Accents do where they are typed: ``tủ`` (cabinet) is not ``từ`` (from).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

UNSPACED = re.compile("[\u0e00-\u0eff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")
"""Letters between which no space need stand: Thai, Han, kana, Hangul."""

_JOINED = re.compile("[\u0590-\u06ff]")  # prefixes of Hebrew and Arabic stand before a number without a space
_ALIKE = {
    **dict.fromkeys("’‘ʼ`´ʹ׳", "'"),
    **dict.fromkeys("‐‑‒–—−־", "-"),
    **dict.fromkeys("“”„″״", '"'),
    **dict.fromkeys("أإآٱ", "ا"),
    **dict.fromkeys("\u00a0\u202f\u2009\u3000\u2007", " "),
    "ى": "ي",
    "ё": "е",
    "ı": "i",
    "～": "~",
    "〜": "~",
}


class _Characters(dict[int, str]):
    """The form of each character, made when it first comes."""

    def __missing__(self, code: int) -> str:
        form = self[code] = _form(chr(code)) if len(self) < 20_000 else chr(code)
        return form


def _form(character: str) -> str:
    """One character for one character."""
    if character in _ALIKE:
        return _ALIKE[character]
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    lower = (character.lower() or character)[0]
    return _ALIKE.get(lower, lower)


_CHARACTERS = _Characters()


def comparable(text: str) -> str:
    """The text in the form in which it is compared; as long as the text."""
    return text.lower() if text.isascii() else text.translate(_CHARACTERS)


@cache
def is_unspaced(character: str) -> bool:
    """Whether a letter may stand beside another word without a space."""
    return UNSPACED.match(character) is not None


def begins_word(text: str, start: int) -> bool:
    """Whether a word may begin at a place of the text."""
    if start <= 0 or start >= len(text):
        return start <= 0
    before = text[start - 1]
    return not _is_of_word(before) or is_unspaced(before) or is_unspaced(text[start]) or not _is_of_word(text[start])


def ends_word(text: str, stop: int) -> bool:
    """Whether a word may end before a place of the text."""
    if stop >= len(text) or stop <= 0:
        return stop > 0
    after = text[stop]
    return not _is_of_word(after) or is_unspaced(text[stop - 1]) or not _is_of_word(text[stop - 1])


def _is_of_word(character: str) -> bool:
    """Whether it is a letter, a digit or a mark on one: the vowel signs of Hindi are marks."""
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def takes_prefix(character: str) -> bool:
    """Whether a number may follow this letter without a space: ``ל50``, ``ب50``, ``以下50``."""
    return _JOINED.match(character) is not None or is_unspaced(character)
