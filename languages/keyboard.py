"""Keyboard layouts: text typed without switching the layout, ``наушники`` as ``yfeiybrb``.

The layouts are those of CLDR's keyboard charts for Windows: for each character, its key on a US
keyboard.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache

_ROWS: dict[str, tuple[tuple[str, str], ...]] = {  # keys of a US keyboard, and the characters on them
    "ru": (("qwertyuiop[]asdfghjkl;'zxcvbnm,./`", "йцукенгшщзхъфывапролджэячсмитьбю.ё"),),
    "uk": (("qwertyuiop[]asdfghjkl;'zxcvbnm,./`", "йцукенгшщзхїфівапролджєячсмитьбю.'"), ("\\", "ґ")),
    "he": (("ertyuiopasdfghjkl;zxcvbnm,.", "קראטוןםפשדגכעיחלךףזסבהנמצתץ"),),
    "ar": (
        ("qwertyuiop[]asdfghjkl;'zxcvnm,./`", "ضصثقفغعهخحجدشسيبلاتنمكطئءؤرىةوزظذ"),
        ("HYN", "أإآ"),
    ),
    "th": (
        ("1456789" + "0-=", "ๅภถุึคตจขช"),
        ("qwertyuiop[]asdfghjkl;'zxcvbnm,./", "ๆไำพะัีรนยบลฟหกดเ้่าสวงผปแอิืทมใฝ"),
        ("QERTYUIOP{ASDFGHJKL:CVBN<>", "๐ฎฑธํ๊ณฯญฐฤฆฏโฌ็๋ษศซฉฮฺ์ฒฬ"),
    ),
}
_HANGUL_INITIAL = ("r", "R", "s", "e", "E", "f", "a", "q", "Q", "t", "T", "d", "w", "W", "c", "z", "x", "v", "g")
_HANGUL_VOWEL = ("k", "o", "i", "O", "j", "p", "u", "P", "h", "hk", "ho", "hl", "y", "n", "nj", "np", "nl", "b", "m",
                 "ml", "l")  # fmt: skip
_HANGUL_FINAL = ("", "r", "R", "rt", "s", "sw", "sg", "e", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a", "q",
                 "qt", "t", "T", "d", "w", "c", "z", "x", "v", "g")  # fmt: skip
_HANGUL = range(0xAC00, 0xD7A4)

LAYOUTS = (*_ROWS, "ko")
"""Languages whose keyboard has a script of its own.

Chinese and Japanese are typed in Latin letters.
"""


def as_latin(text: str, language: str) -> str:
    """What the keys that type `text` in `language` give on a US keyboard.

    Characters on no key stay.

    Raises:
        ValueError: the language has no layout here.
    """
    if language == "ko":
        return "".join(map(_hangul, unicodedata.normalize("NFC", text)))
    if language not in _ROWS:
        raise ValueError(f"no keyboard layout for {language!r}; there is one for {', '.join(LAYOUTS)}")
    keys = _keys(language)
    return "".join(keys.get(letter, letter) for letter in text.lower())


@cache
def _keys(language: str) -> Mapping[str, str]:
    pairs = [pair for keys, letters in _ROWS[language] for pair in zip(letters, keys, strict=True)]
    return dict(pairs)


def _hangul(letter: str) -> str:
    """The Dubeolsik keys of a syllable: initial, vowel, final (Unicode, chapter 3.12)."""
    if ord(letter) not in _HANGUL:
        return letter
    initial, rest = divmod(ord(letter) - _HANGUL[0], len(_HANGUL_VOWEL) * len(_HANGUL_FINAL))
    vowel, final = divmod(rest, len(_HANGUL_FINAL))
    return _HANGUL_INITIAL[initial] + _HANGUL_VOWEL[vowel] + _HANGUL_FINAL[final]
