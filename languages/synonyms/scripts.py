"""The scripts that each language is written in, and the letters of a text that are of others."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from languages.locale import LANGUAGES

SCRIPTS: dict[str, tuple[str, ...]] = {
    "ar": ("ARABIC",),
    "he": ("HEBREW",),
    "hi": ("DEVANAGARI",),
    "ja": ("HIRAGANA", "KATAKANA", "CJK"),
    "ko": ("HANGUL", "CJK"),
    "ru": ("CYRILLIC",),
    "th": ("THAI",),
    "uk": ("CYRILLIC",),
    "zh": ("CJK", "BOPOMOFO"),
}
"""By language, as Unicode names the letters; the others are written in Latin letters."""

EVERYWHERE = ("LATIN", "GREEK")
"""Scripts that every language borrows: brands (*iPhone*, *Sony α7*) and units (*μm*)."""

_COMMON = ("IDEOGRAPHIC", "VERTICAL", "MODIFIER", "FEMININE", "MASCULINE")
"""First words in the names of letters that several scripts share: 々 and 〆, an apostrophe, º."""

_LETTERS = re.compile(r"[^\W\d_]+")


def foreign_letters(text: str, language: str) -> str:
    """The letters of a text that its language is not written in, each once; "" where there are
    none.
    """
    if text.isascii():
        return ""
    allowed = {*SCRIPTS.get(language, ()), *EVERYWHERE}
    letters = unicodedata.normalize("NFKC", text)
    return "".join(dict.fromkeys(c for c in letters if c.isalpha() and script_of(c) not in (*allowed, "")))


def mixed_word(text: str) -> str | None:
    """A word of the text that mixes Cyrillic with Latin letters, which look alike: *coска*."""
    words = () if text.isascii() else _words(text)
    return next((word for word in words if {"CYRILLIC", "LATIN"} <= set(map(script_of, word))), None)


@lru_cache(maxsize=8192)
def script_of(letter: str) -> str:
    """The script of a letter, as Unicode names it; "" for a letter that several scripts share."""
    name = unicodedata.name(letter, "").split(" ")[0].split("-")[0]
    return "" if name in _COMMON else name


def script_names(language: str) -> str:
    """The scripts that a file of a language may have, for a message."""
    *others, last = (name.title() if name != "CJK" else "Han" for name in (*SCRIPTS.get(language, ()), *EVERYWHERE))
    return f"{', '.join(others)} or {last}"


def languages_of(letter: str) -> tuple[str, ...]:
    """The languages that are written with a letter; () where none of ours is."""
    script = script_of(letter)
    return tuple(language for language in LANGUAGES if script in SCRIPTS.get(language, ("LATIN",)))


def _words(text: str) -> Iterator[str]:
    return iter(_LETTERS.findall(unicodedata.normalize("NFKC", text)))
