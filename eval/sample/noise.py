"""Noise: queries as buyers mistype them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from eval.sample.seeded_random import SeededRandom
from languages.spelling.keyboard import LAYOUTS, as_latin

UNSPACED = frozenset(("ja", "th", "zh"))
_LATIN = frozenset(("cs", "de", "en", "es", "fr", "id", "it", "nl", "pl", "pt", "sv", "tr", "vi"))
_TRANSLITERATED = frozenset(("ar", "he", "hi", "ko", "ru", "uk", "zh"))
_NEIGHBOURS = {  # on a QWERTY keyboard
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
_FOLDED = str.maketrans({
    "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ı": "i", "ß": "ss", "ё": "е", "أ": "ا", "إ": "ا", "آ": "ا", "ة": "ه",
    "ى": "ي", "æ": "ae", "ø": "o", "œ": "oe",
})  # fmt: skip
_KANJI = re.compile(r"[\u4e00-\u9fff]")


def noisy(way: str, text: str, language: str, draws: SeededRandom) -> str | None:
    """The text with this kind of typing noise; None where it changes nothing or nobody types so.

    Raises:
        KeyError: no such way; see `WAYS`.
    """
    changed = WAYS[way](text, language, draws)
    return None if changed is None or changed == text or not changed.strip() else changed


def _typo(text: str, language: str, draws: SeededRandom) -> str | None:
    """One wrong key in the longest word.

    A letter is left out, doubled, swapped with the next or replaced by its neighbour key.
    """
    word = max(text.split(), key=len)
    if len(word) < (3 if language in UNSPACED else 4) or any(mark.isdigit() for mark in word):
        return None
    place = 1 + draws.below(len(word) - 2)
    letter = word[place]
    after = word[place + 1]
    choices = [word[:place] + word[place + 1 :]]
    if language not in UNSPACED and not unicodedata.combining(after) and not unicodedata.combining(letter):
        choices += [word[:place] + after + letter + word[place + 2 :], word[:place] + letter + word[place:]]
        neighbours = _NEIGHBOURS.get(letter.lower())
        if neighbours:
            choices.append(word[:place] + neighbours[draws.below(len(neighbours))] + word[place + 1 :])
    return text.replace(word, choices[draws.below(len(choices))], 1)


def _nodiacritics(text: str, language: str, _draws: SeededRandom) -> str | None:
    if language not in _LATIN and language not in ("ar", "ru"):
        return None
    decomposed = unicodedata.normalize("NFD", text) if language in _LATIN else text
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark)).translate(_FOLDED)


def _layout(text: str, language: str, _draws: SeededRandom) -> str | None:
    return as_latin(text, language) if language in LAYOUTS else None


def _translit(text: str, language: str, _draws: SeededRandom) -> str | None:
    from anyascii import anyascii

    if language == "ja":
        return None if _KANJI.search(text) else anyascii(text).lower()
    return anyascii(text).lower().replace("'", "") if language in _TRANSLITERATED else None


def _spacing(text: str, language: str, draws: SeededRandom) -> str | None:
    """Two words joined; or a word of an unspaced script, or of Korean, split in two."""
    words = text.split()
    if len(words) > 1:
        place = draws.below(len(words) - 1)
        return " ".join([*words[:place], words[place] + words[place + 1], *words[place + 2 :]])
    middle = len(text) // 2
    if language in UNSPACED | {"ko"} and len(text) >= 4 and not unicodedata.combining(text[middle]):
        return f"{text[:middle]} {text[middle:]}"
    return None


WAYS: Mapping[str, Callable[[str, str, SeededRandom], str | None]] = {
    "typo": _typo,
    "nodiacritics": _nodiacritics,
    "layout": _layout,
    "translit": _translit,
    "spacing": _spacing,
}
"""By the name that ends the qid of a topic. ``mixed`` is made elsewhere, in `eval.sample.truth`."""
