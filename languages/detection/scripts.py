"""Scripts: which languages write with each, and the letters that decide between them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache

BY_SCRIPT: dict[str, tuple[str, ...]] = {
    "HANGUL": ("ko",),
    "HIRAGANA": ("ja",),
    "KATAKANA": ("ja",),
    "CJK": ("zh", "ja"),
    "THAI": ("th",),
    "HEBREW": ("he",),
    "ARABIC": ("ar",),
    "DEVANAGARI": ("hi",),
    "CYRILLIC": ("ru", "uk"),
    "LATIN": ("cs", "de", "en", "es", "fr", "id", "it", "nl", "pl", "pt", "sv", "tr", "vi"),
}

LATIN_AMONG_OTHERS = 0.5
"""What a Latin letter counts beside letters of another script: there it is a brand, a model or a
loanword, which every language writes so."""

_UKRAINIAN = frozenset("іїєґ")
_RUSSIAN = frozenset("ыэъё")


def script_shares(text: str) -> dict[str, float]:
    """The share of a text's letters that each script of BY_SCRIPT has; others are left out.

    They sum to 1; {} without such letters. Beside another script Latin letters count half.
    """
    letters = Counter(
        script for character in text if character.isalpha() and (script := script_of(character)) in BY_SCRIPT
    )
    counts: dict[str, float] = dict(letters)
    if "LATIN" in counts and len(counts) > 1:
        counts["LATIN"] *= LATIN_AMONG_OTHERS
    total = sum(counts.values())
    return {script: count / total for script, count in counts.items()}


def languages_of(script: str, text: str) -> tuple[str, ...]:
    """The languages that may have written the letters of a script in this text.

    One, where some letter decides: kana; a letter that only Ukrainian or only Russian has; Han
    characters that the standards of one side have (JIS X 0208; GB 2312 and Big5), but not the
    other's: 电 is Chinese, 円 is Japanese.
    """
    letters = set(text.lower())
    if script == "CYRILLIC":
        ukrainian, russian = not letters.isdisjoint(_UKRAINIAN), not letters.isdisjoint(_RUSSIAN)
        if ukrainian != russian:
            return ("uk",) if ukrainian else ("ru",)
    if script == "CJK":
        if any("\u3040" <= letter <= "\u30ff" for letter in letters):
            return ("ja",)
        han = "".join(letter for letter in letters if script_of(letter) == "CJK")
        japanese, chinese = _encodes("shift_jis", han), _encodes("gb2312", han) or _encodes("big5", han)
        if japanese != chinese:
            return ("ja",) if japanese else ("zh",)
    return BY_SCRIPT[script]


def _encodes(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=8192)
def script_of(character: str) -> str:
    """The script of a letter, as the first word of its Unicode name: LATIN, CYRILLIC, CJK."""
    name = unicodedata.name(unicodedata.normalize("NFKC", character)[0], "")
    return name.split(" ")[0].split("-")[0]
