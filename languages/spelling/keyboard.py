"""Keyboard layouts: text typed without switching the layout, ``наушники`` as ``yfeiybrb``.

The layouts are those of CLDR's keyboard charts for Windows: for each character, its key on a US
keyboard.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
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
    "hi": (  # InScript
        ("qwertyuiop[]asdfghjkl;'xcvbnm/", "ौैाीूबहगदजड़ोे्िुपरकतचटंमनवलसय"),
        ('QWERTYUIOP{}ASDFGHKL:"XCNM<', "औऐआईऊभङघधझढञओएअइउफखथछठँणळशष"),
    ),
}
_LATIN_SWAPS = {  # keys that another Latin layout has in other places, both ways
    "azerty": str.maketrans("aqzw;,", "qawzmm"),
    "qwertz": str.maketrans("yz", "zy"),
}
_HANGUL_INITIAL = ("r", "R", "s", "e", "E", "f", "a", "q", "Q", "t", "T", "d", "w", "W", "c", "z", "x", "v", "g")
_HANGUL_VOWEL = ("k", "o", "i", "O", "j", "p", "u", "P", "h", "hk", "ho", "hl", "y", "n", "nj", "np", "nl", "b", "m",
                 "ml", "l")  # fmt: skip
_HANGUL_FINAL = ("", "r", "R", "rt", "s", "sw", "sg", "e", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a", "q",
                 "qt", "t", "T", "d", "w", "c", "z", "x", "v", "g")  # fmt: skip
_HANGUL = range(0xAC00, 0xD7A4)

LATIN_LAYOUTS = tuple(_LATIN_SWAPS)
"""Layouts of Latin letters other than QWERTY."""

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


def from_latin(text: str, language: str) -> str:
    """What the keys that give `text` on a US keyboard type in the layout of `language`.

    The inverse of `as_latin`, but that capitals are the shifted keys where the layout has letters
    on them. Characters on no key stay.

    Raises:
        ValueError: the language has no layout here.
    """
    if language == "ko":
        return _compose(text)
    if language not in _ROWS:
        raise ValueError(f"no keyboard layout for {language!r}; there is one for {', '.join(LAYOUTS)}")
    letters = _letters(language)
    return "".join(letters.get(key) or letters.get(key.lower(), key) for key in text)


def swap_latin(text: str, layout: str) -> str:
    """Lower-case text as a person types it who takes a QWERTY keyboard for one of `LATIN_LAYOUTS`,
    or the other way round.
    """
    return text.lower().translate(_LATIN_SWAPS[layout])


@cache
def _letters(language: str) -> Mapping[str, str]:
    return {key: letter for letter, key in reversed(tuple(_keys(language).items()))}


def _compose(keys: str) -> str:
    """Dubeolsik keys as syllables: a consonant after a vowel ends the syllable, unless a vowel
    follows.
    """
    composed: list[str] = []
    place = 0
    while place < len(keys):
        syllable, size = _first_syllable(keys[place:])
        composed.append(syllable)
        place += size
    return "".join(composed)


def _first_syllable(keys: str) -> tuple[str, int]:
    """The first syllable that the keys give, and how many of them; a key that begins none stays."""
    initial = _jamo(_HANGUL_INITIAL, keys, 1)
    if not initial:
        return keys[0], 1
    vowel = _jamo(_HANGUL_VOWEL, keys[1:], 2)
    if not vowel:
        return keys[0], 1
    size = 1 + len(vowel)
    final = ""
    for length in (2, 1):
        candidate, after = keys[size : size + length], keys[size + length :]
        if len(candidate) == length and candidate in _HANGUL_FINAL and not _jamo(_HANGUL_VOWEL, after, 1):
            final = candidate
            break
    number = (_HANGUL_INITIAL.index(initial) * len(_HANGUL_VOWEL) + _HANGUL_VOWEL.index(vowel)) * len(_HANGUL_FINAL)
    return chr(_HANGUL[0] + number + _HANGUL_FINAL.index(final)), size + len(final)


def _jamo(letters: Sequence[str], keys: str, longest: int) -> str:
    """The longest of some letters that the keys begin with; "" if there is none."""
    for size in range(longest, 0, -1):
        if len(keys) >= size and keys[:size] in letters:
            return keys[:size]
    return ""


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
