"""Normal forms of text: the exact form (width, case) and the folded form (no diacritics)."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from languages.analysis.language_rules import Folding, folding

_CACHE = 50_000  # words; 10 MB
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)  # soft hyphens, joiners, bidi marks
_FOLDED_SCRIPTS = {"LATIN", "GREEK", "ARABIC", "HEBREW"}

_TRADE_MARKS = dict.fromkeys(map(ord, "™℠®©℗"), " ")
"""Dropped before NFKC, which writes *Velmo™* as one word *velmotm*."""

_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼʻʹ`＇׳"), "'") | {ord("״"): '"', ord("⁄"): "/"}
"""Written for an apostrophe, a Hebrew geresh or gershayim, the line of a fraction."""

_ARABIC_MARKS = {ord("٫"): ".", ord("٬"): ""}  # of decimals and of thousands
_OTHER_DIGIT = re.compile(r"[^\D\x00-\x7f]")

_BEFORE_NFKC = _TRADE_MARKS | _APOSTROPHES
_AFTER_NFKC = _APOSTROPHES | _ARABIC_MARKS
_GROUPED = re.compile("(?<=\\d)[\u00a0\u2007\u2009\u202f](?=\\d{3}(?!\\d))")  # a space that keeps thousands together
_FRACTION = re.compile("(?<=\\d)(?=[¼-¾⅐-⅞↉])")
_RARE = re.compile("[™℠®©℗’‘ʼʻʹ`＇｀\u1fefŉ׳״⁄¼-¾⅐-⅟↉\u00a0\u2007\u2009\u202f′″‴⁗٫٬ํเ]|[^\\D\x00-\x7f]")
"""What has a rule of its own; most texts have none of these."""

_PRIMES = re.compile("′′|″")
_NIKHAHIT_FIRST = re.compile("(\u0e4d+)([\u0e48-\u0e4b]+)")  # is typed before the tone mark, or after it
_POSSESSIVE = re.compile(r"(?<=[^\W\d_])'(?=s(?!\w))")

_TIMES = re.compile(r"(?<=\d)(\s*)[*×✕⨯х](\s*)(?=\d)")
_INCHES = re.compile('(?<=\\d)["”]')
_REGISTERED = re.compile(r"(?<=\w)\((?:r|tm)\)")
_IN_CONTEXT = ("″", '"', "”", "*", "×", "✕", "⨯", "(r)", "(tm)")


def normalise(text: str) -> str:
    """The compatibility form (full width becomes half), without case, invisible marks, trade marks
    and repeated spaces; digits, apostrophes, inches and the sign of *times* in one form each.

    Idempotent: ``normalise(normalise(t)) == normalise(t)``.
    """
    return _read_in_context(normal_form(text))


def normal_form(text: str) -> str:
    """What `normalise` gives but for the rules that look across spaces. Idempotent."""
    if text.isascii():
        return " ".join(_plain_apostrophes(text.lower()).split())
    if not _RARE.search(text):
        return " ".join(_plain_apostrophes(_compatible(text)).split())
    text = _compatible(_FRACTION.sub(" ", _GROUPED.sub("", text)).translate(_BEFORE_NFKC))
    text = _PRIMES.sub("″", text.translate(_AFTER_NFKC))
    text = _OTHER_DIGIT.sub(lambda digit: str(unicodedata.digit(digit[0])), text)
    text = _NIKHAHIT_FIRST.sub(r"\2\1", text).replace("เเ", "แ")
    return " ".join(_plain_apostrophes(text).split())


def _compatible(text: str) -> str:
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    text = unicodedata.normalize("NFKC", text.casefold().replace("i\u0307", "i"))
    return _INVISIBLE.sub("", text)


def _plain_apostrophes(text: str) -> str:
    """*tarn's* as ``tarns``, as it is typed without the mark."""
    if "'" not in text and "`" not in text:
        return text
    return _POSSESSIVE.sub("", text.replace("`", "'"))


def looks_across_spaces(text: str) -> bool:
    """Whether the characters between two spaces, of which marks at the edges were cut, may be read
    otherwise beside others: ``*``, ``×`` and the like.
    """
    return _OPEN.search(text) is not None and _NEEDS_CONTEXT.search(text) is not None


def may_need_context(text: str) -> bool:
    """Whether a text may have spaces that keep thousands together, or inches."""
    if '"' in text:
        return True
    return not text.isascii() and ("\u00a0" in text or "\u202f" in text or "\u2009" in text or "\u2007" in text)


_OPEN = re.compile(r"[″”״＂＊﹡*×✕⨯⒭（хХ(]")  # one class of characters is searched for ten times as fast
_NEEDS_CONTEXT = re.compile(r"[″”״＂＊﹡*×✕⨯⒭（]|\((?:r|tm)|(?:^|\d)х(?:$|\d)", re.IGNORECASE)


def _read_in_context(text: str) -> str:
    """A text in its normal form with what is told by its neighbours: *times* and inches."""
    if "х" in text or any(mark in text for mark in _IN_CONTEXT):
        text = _TIMES.sub(r"\1x\2", _REGISTERED.sub(" ", text))
        if _measures_inches(text):
            text = _INCHES.sub("″", text)
        text = " ".join(text.split())
    return text


def _measures_inches(text: str) -> bool:
    """Whether quotation marks after a number are inches, and close no quotation."""
    marks = text.count('"') + text.count("”")
    return len(_INCHES.findall(text)) == marks or marks % 2 == 1


def fold(word: str) -> str:
    """`word` (normalised) without the diacritics that people leave out when they type, and with one
    letter for those that they take for each other.

    Latin, Greek, Arabic and Hebrew lose all marks, Cyrillic loses stress marks and the dots of ё;
    other scripts as the rules of their languages say. Apostrophes inside a word are dropped.
    """
    return word if word.isascii() and word.isalnum() else _fold(word)


@lru_cache(maxsize=_CACHE)
def _fold(word: str) -> str:
    rules = _folding()
    kept: list[str] = []
    base = script = ""
    for character in unicodedata.normalize("NFD", word):
        if not unicodedata.combining(character):
            base, script = character, unicodedata.name(character, "").split(" ")[0]
            kept.append(character)
        elif not _is_optional(character, base, script):
            kept.append(character)
    folded = unicodedata.normalize("NFC", "".join(kept)).translate(rules.letters)
    for pattern, replacement in rules.patterns:
        folded = pattern.sub(replacement, folded)
    return _in_one_script(folded, rules) or word


@cache
def _folding() -> Folding:
    return folding()


def _is_optional(mark: str, base: str, script: str) -> bool:
    """Whether people leave this mark out without writing another letter."""
    if script == "CYRILLIC":  # stress marks, and ё for е; й and ї are letters of their own
        return mark in "\u0300\u0301" or base == "е"
    return script in _FOLDED_SCRIPTS


def _in_one_script(word: str, rules: Folding) -> str:
    """A word of Latin and Cyrillic letters, of which those of one script only look like the
    other's, in one script: the *с* typed as ``c`` in *cтол*.
    """
    if word.isascii() or not rules.mixed.search(word):
        return word
    as_latin, as_cyrillic = word.translate(rules.to_latin), word.translate(rules.to_cyrillic)
    if not rules.cyrillic.search(as_latin):
        return as_latin
    return word if rules.latin.search(as_cyrillic) else as_cyrillic
