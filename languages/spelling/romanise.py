"""Words written in Latin letters by ear: ``naushniki``, ``marwa7a``, ``kaichuudentou``.

Nobody follows a standard, so spellings are compared by a *skeleton*: what is left where the usual
ways to write a sound are one. Both sides have one, the word in its own script (`skeletons`) and
what was typed (`skeleton`). For Arabic, Hebrew and Hindi it is the consonants, for the others
vowels stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from languages.normalise import fold, normalise
from languages.spelling.readings import reading

ROMANISED = ("ar", "he", "hi", "ja", "ko", "ru", "uk", "zh")
"""Languages that people type in Latin letters. Thai is not: nobody's habits are alike."""

CONSONANTS_ALONE = frozenset(("ar", "he", "hi"))
"""Those whose skeletons have no vowels."""

WITHOUT_SPACES = frozenset(("ja", "ko", "zh"))
"""Those in which several typed words may be one, and one typed word several."""

SKELETON_MIN = 2
"""Characters; a single consonant says nothing."""

_Rules = Sequence[tuple[str, str]]

_CYRILLIC = dict(zip(
    "абвгґдеёжзийклмнопрстуфхцчшщъыьэюяіїє",
    ("a", "b", "v", "g", "g", "d", "e", "yo", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u",
     "f", "kh", "ts", "ch", "sh", "shch", "", "y", "", "e", "yu", "ya", "i", "yi", "ye"),
    strict=True,
))  # fmt: skip
_ARABIC = dict(zip(
    "اأإآبتثجحخدذرزسشصضطظعغفقكلمنهوؤيىئةءپچگ",
    ("a", "a", "a", "a", "b", "t", "th", "j", "h", "kh", "d", "dh", "r", "z", "s", "sh", "s", "d", "t", "z", "3", "gh",
     "f", "q", "k", "l", "m", "n", "h", "w", "w", "y", "a", "y", "a", "", "b", "j", "g"),
    strict=True,
))  # fmt: skip
_HEBREW = dict(zip(
    "אבגדהוזחטיכךלמםנןסעפףצץקרשת",
    ("a", "v", "g", "d", "h", "v", "z", "ch", "t", "y", "k", "k", "l", "m", "m", "n", "n", "s", "a", "f", "f", "ts",
     "ts", "k", "r", "sh", "t"),
    strict=True,
))  # fmt: skip
_DEVANAGARI = dict(zip(
    "कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहळ",
    ("k", "kh", "g", "gh", "n", "ch", "chh", "j", "jh", "n", "t", "th", "d", "dh", "n", "t", "th", "d", "dh", "n", "p",
     "ph", "b", "bh", "m", "y", "r", "l", "v", "sh", "sh", "s", "h", "l"),
    strict=True,
)) | dict(zip(
    "अआइईउऊऋएऐओऔऑऍािीुूृेैोौॉॅंँः",
    ("a", "aa", "i", "i", "u", "u", "ri", "e", "ai", "o", "au", "o", "e", "aa", "i", "i", "u", "u", "ri", "e", "ai",
     "o", "au", "o", "e", "n", "n", "h"),
    strict=True,
))  # fmt: skip
_KANA = {
    "あ": "a", "い": "i", "う": "u", "え": "e", "お": "o", "か": "ka", "き": "ki", "く": "ku", "け": "ke", "こ": "ko",
    "さ": "sa", "し": "shi", "す": "su", "せ": "se", "そ": "so", "た": "ta", "ち": "chi", "つ": "tsu", "て": "te",
    "と": "to", "な": "na", "に": "ni", "ぬ": "nu", "ね": "ne", "の": "no", "は": "ha", "ひ": "hi", "ふ": "fu",
    "へ": "he", "ほ": "ho", "ま": "ma", "み": "mi", "む": "mu", "め": "me", "も": "mo", "や": "ya", "ゆ": "yu",
    "よ": "yo", "ら": "ra", "り": "ri", "る": "ru", "れ": "re", "ろ": "ro", "わ": "wa", "ゐ": "i", "ゑ": "e", "を": "o",
    "ん": "n", "が": "ga", "ぎ": "gi", "ぐ": "gu", "げ": "ge", "ご": "go", "ざ": "za", "じ": "ji", "ず": "zu",
    "ぜ": "ze", "ぞ": "zo", "だ": "da", "ぢ": "ji", "づ": "zu", "で": "de", "ど": "do", "ば": "ba", "び": "bi",
    "ぶ": "bu", "べ": "be", "ぼ": "bo", "ぱ": "pa", "ぴ": "pi", "ぷ": "pu", "ぺ": "pe", "ぽ": "po", "ゔ": "vu",
    "ー": "", "っ": "",
}  # fmt: skip
_SMALL_KANA = {"ゃ": "ya", "ゅ": "yu", "ょ": "yo", "ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o", "ゎ": "wa"}
_HANGUL_INITIAL = ("g", "k", "n", "d", "t", "r", "m", "b", "p", "s", "s", "", "j", "j", "ch", "k", "t", "p", "h")
_HANGUL_VOWEL = ("a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi",
                 "yu", "eu", "ui", "i")  # fmt: skip
_HANGUL_FINAL = ("", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "l", "l", "m", "p", "p", "t", "t",
                 "ng", "t", "t", "k", "t", "p", "t")  # fmt: skip
_HANGUL = range(0xAC00, 0xD7A4)

_RULES: Mapping[str, _Rules] = {
    "cyrillic": (
        ("shch|sch|tsch|sh", "S"), ("tch|ch", "C"), ("zh|j(?=[aeiou])", "Z"), ("kh|h|g|x(?=[aeiou])", "h"),
        ("ts|tz|c", "c"), ("x", "ks"), ("q", "k"), ("w", "v"), ("ph", "f"), ("[yj]", "i"), ("io|ie", "e"), ("i+", "i"),
    ),
    "arabic": (
        ("[2']", ""), ("5|kh", "x"), ("6", "t"), ("7", "h"), ("8|gh", "G"), ("9|q|c(?!h)", "k"),
        ("sh|ch", "S"), ("th", "t"), ("dh", "d"), ("ph|v", "f"), ("p", "b"), ("g", "j"), ("x", "x"),
        ("h$", ""), ("[aeiouyw]", ""),
    ),
    "hebrew": (
        ("'", ""), ("tz|ts|z", "z"), ("sh|s", "s"), ("th", "t"), ("ph|p|f", "f"), ("ch|kh|h|q|k|c|x", "k"),
        ("[vw]", "v"), ("b", "v"), ("j", "g"), ("[aeiouy]", ""),
    ),
    "hindi": (
        ("chh?", "C"), ("sh", "s"), ("ph", "f"), ("([kgjtdb])h", r"\1"), ("w", "v"), ("z", "j"), ("x", "ks"),
        ("q", "k"), ("c", "k"), ("m(?=[^aeiouym])", "n"), ("[aeiouy]", ""),
    ),
    "japanese": (
        ("l", "r"), ("cch|tch", "ch"), ("sy", "sh"), ("ty", "ch"), ("zy|jy", "j"), ("shi|si", "si"), ("chi|ti", "ti"),
        ("tsu|tu", "tu"), ("fu|hu", "hu"), ("ji|zi|di", "zi"), ("du", "zu"), ("sh", "sy"), ("ch", "ty"), ("j", "zy"),
        ("v", "b"), ("f", "h"), ("m(?=[bpm])", "n"), ("ou|oo|oh(?![aeiou])", "o"), ("uu", "u"), ("aa", "a"),
        ("ii", "i"), ("ee|ei", "e"), ("zyi", "zi"), ("tyi", "ti"),
    ),
    "korean": (
        ("sh", "s"), ("ch|j", "C"), ("kk|k|gg|g", "k"), ("tt|t|dd|d", "t"), ("pp|p|bb|b|f|v", "p"), ("rr|r|l", "r"),
        ("ae|e(?![ou])|oe|we", "e"), ("eo|o|u(?=[nm]$)", "o"), ("oo|eu|u", "u"), ("ee", "i"), ("z", "C"),
        ("w", ""), ("h", ""),
    ),
    "pinyin": (("u:|ü|yu(?!a)", "v"), ("lue", "lve"), ("nue", "nve"), ("'", "")),
}  # fmt: skip
_RULES_OF = {
    "ar": "arabic", "he": "hebrew", "hi": "hindi", "ja": "japanese", "ko": "korean", "ru": "cyrillic", "uk": "cyrillic",
    "zh": "pinyin",
}  # fmt: skip
_LATIN = re.compile("[a-z0-9']+")
_UNHEARD = str.maketrans("", "", "-'`´‘’ʿʾ ")
_DOUBLED = re.compile(r"(.)\1+")


def skeletons(word: str, language: str) -> tuple[str, ...]:
    """The skeletons of a normalised word in the script of `language`, the likeliest first.

    Several where a letter has two sounds; () for a word in Latin letters or of unknown reading.
    """
    if word.isascii() or language not in ROMANISED:
        return ()
    found = (skeleton(spelling, language) for spelling in romanised(word, language))
    return tuple(dict.fromkeys(one for one in found if len(one) >= SKELETON_MIN))


def romanised(word: str, language: str) -> tuple[str, ...]:
    """A word of the language in Latin letters, as it sounds; () where a character has no sound
    here.
    """
    return tuple(dict.fromkeys(spelling for spelling in _ROMANISERS[language](word) if _LATIN.fullmatch(spelling)))


@lru_cache(maxsize=50_000)  # 10 MB
def skeleton(spelling: str, language: str) -> str:
    """What is left of a spelling in Latin letters where the ways to write a sound in `language` are
    one.
    """
    text = fold(normalise(spelling)).translate(_UNHEARD)
    for pattern, sound in _compiled(_RULES_OF[language]):
        text = pattern.sub(sound, text)
    return _DOUBLED.sub(r"\1", text)


def is_romanised(text: str) -> bool:
    """Whether a normalised text could be a word in Latin letters typed by ear."""
    plain = fold(text).translate(_UNHEARD)
    return bool(_LATIN.fullmatch(plain)) and any(map(str.isalpha, plain))


def similar_sound(typed: str, word: str, language: str) -> float:
    """How alike a typed spelling and a word sound, vowels included, in [0, 1]: normalised
    Indel similarity of the two romanisations.
    """
    from rapidfuzz.distance import Indel

    plain = fold(typed).translate(_UNHEARD)
    plain = squeezed(plain.translate(_ARABIZI) if language == "ar" else plain)
    spellings = map(squeezed, romanised(word, language))
    return max((Indel.normalized_similarity(plain, spelling) for spelling in spellings), default=0.0)


def squeezed(text: str) -> str:
    """Each letter once where it is repeated: some write vowels long."""
    return _DOUBLED.sub(r"\1", text)


_ARABIZI = str.maketrans({"7": "h", "5": "kh", "2": "", "6": "t", "8": "q", "9": "s"})


@lru_cache
def _compiled(rules: str) -> Sequence[tuple[re.Pattern[str], str]]:
    return tuple((re.compile(pattern), sound) for pattern, sound in _RULES[rules])


def _by_letter(table: Mapping[str, str]) -> Callable[[str], Iterable[str]]:
    def romanise(word: str) -> Iterable[str]:
        yield "".join(table.get(letter, letter) for letter in fold(word))

    return romanise


def _arabic(word: str) -> Iterable[str]:
    """A ``ع`` is typed as 3, or not at all."""
    latin = "".join(_ARABIC.get(letter, letter) for letter in fold(word))
    yield latin
    if "3" in latin:
        yield latin.replace("3", "")


def _hebrew(word: str) -> Iterable[str]:
    """A ``ו`` is the vowel o or u inside a word, v where it is doubled or begins one."""
    plain = re.sub("[\"'״׳]", "", fold(word))
    letters = "".join(_HEBREW.get(letter, letter) for letter in plain.replace("וו", "v").replace("ו", "o"))
    yield letters
    if "ו" in plain:
        yield "".join(_HEBREW.get(letter, letter) for letter in plain)
    if letters.endswith("h"):
        yield letters[:-1] + "a"


def _hindi(word: str) -> Iterable[str]:
    plain = unicodedata.normalize("NFD", word)
    retroflex = plain.replace("ड\u093c", "र").replace("ढ\u093c", "र")
    for spelling in dict.fromkeys((plain, retroflex)):
        bare = spelling.replace("\u093c", "")
        latin = ""
        for letter, following in zip(bare, f"{bare[1:]} ", strict=True):
            latin += _DEVANAGARI.get(letter, "" if letter == "\u094d" else letter)
            if "क" <= letter <= "ह" and not "\u093e" <= following <= "\u094d" and following != " ":
                latin += "a"
        yield latin


def _japanese(word: str) -> Iterable[str]:
    kana = reading(word, "ja")
    if kana is None:
        return
    latin = ""
    for letter in (chr(ord(letter) - 0x60) if "ァ" <= letter <= "ヶ" else letter for letter in kana):
        if letter in _SMALL_KANA:
            latin = latin[:-1] + _SMALL_KANA[letter]
        else:
            latin += _KANA.get(letter, letter)
    yield latin.replace("shy", "sh").replace("chy", "ch").replace("jy", "j")


def _korean(word: str) -> Iterable[str]:
    yield "".join(map(_syllable, unicodedata.normalize("NFC", word)))


def _syllable(letter: str) -> str:
    if ord(letter) not in _HANGUL:
        return letter
    initial, rest = divmod(ord(letter) - _HANGUL[0], len(_HANGUL_VOWEL) * len(_HANGUL_FINAL))
    vowel, final = divmod(rest, len(_HANGUL_FINAL))
    return _HANGUL_INITIAL[initial] + _HANGUL_VOWEL[vowel] + _HANGUL_FINAL[final]


def _chinese(word: str) -> Iterable[str]:
    pinyin = reading(word, "zh")
    if pinyin is not None:
        yield pinyin.replace(" ", "").replace("ü", "v")
        if "ü" in pinyin or "v" in pinyin:
            yield pinyin.replace(" ", "").replace("ü", "u").replace("v", "u")


_ROMANISERS: Mapping[str, Callable[[str], Iterable[str]]] = {
    "ar": _arabic,
    "he": _hebrew,
    "hi": _hindi,
    "ja": _japanese,
    "ko": _korean,
    "ru": _by_letter(_CYRILLIC),
    "uk": _by_letter(_CYRILLIC | {"и": "y", "г": "h"}),
    "zh": _chinese,
}
