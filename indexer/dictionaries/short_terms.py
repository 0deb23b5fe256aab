"""Headwords and translations as short terms: without grammar, sounds, articles and explanations."""

from __future__ import annotations

import re
from collections.abc import Iterator

WORDS_MAX = 3
"""Longer translations explain a word more often than they name a thing."""

SYLLABLES_MAX = 6  # Vietnamese writes spaces between syllables
UNSPACED_MAX = 16  # characters, where a script writes no spaces

_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|<[^<>]*>|（[^（）]*）")
_SOUNDS = re.compile(r"(?<!\S)/[^/]+/(?=[\s,;]|$)")
_SEPARATORS = re.compile(r"[;,|、；，؛،]")
_EDGES = " \t\"'“”„«»‘’.!?:…=~*•·()[]{}<>-–—"
_AFFIX = re.compile(r"^[-–~]\w|\w[-–~]$")
_PLACEHOLDER = re.compile(
    r"(?<!\S)(?:(?:sb|sth|so|smb|smth|etw|jd[mns]?|qn|qc|qch|qqn|qqch|alg|algn|ngt|ngn)\.(?:'s)?|"
    r"someone|something|somebody|jemand(?:en|em)?|quelqu'un)(?!\S)",
    re.IGNORECASE,
)
_ARTICLES = {
    "de": re.compile(r"^(?:der|die|das|ein|eine)\s+", re.IGNORECASE),
    "en": re.compile(r"^(?:to|the|an?)\s+", re.IGNORECASE),
    "es": re.compile(r"^(?:el|la|los|las|una?)\s+", re.IGNORECASE),
    "fr": re.compile(r"^(?:(?:le|la|les|une?|des)\s+|l['’])", re.IGNORECASE),
    "it": re.compile(r"^(?:(?:il|lo|la|gli|le|un[oa]?)\s+|(?:l|un)['’])", re.IGNORECASE),
    "nl": re.compile(r"^(?:de|het|een)\s+", re.IGNORECASE),
    "pt": re.compile(r"^(?:o|os|as|uma?)\s+", re.IGNORECASE),
    "sv": re.compile(r"^(?:en|ett)\s+", re.IGNORECASE),
}
_LABEL = re.compile(r"^(?:informal|colloquial|dated|archaic|literary|humble)\s+(?=\S)")  # "vestido informal" stays
_NON_LATIN = frozenset(("ar", "he", "hi", "ja", "ko", "ru", "th", "uk", "zh"))
_TRANSLITERATION = re.compile(r"[a-z\u00df-\u024f' -]+")
_REMARK = re.compile(r"^[a-z][a-z ]*\s+(?=[^a-z])|(?<=[^a-z\s])\s+[a-z][a-z ]*$")
_UNSPACED_LANGUAGES = frozenset(("ja", "th", "zh"))


def short_terms(text: str, language: str) -> tuple[str, ...]:
    """The terms of a headword or a list of translations, in order, each once.

    Brackets of every kind, sounds between slashes, articles, the English ``to`` and placeholders
    such as ``sth.`` go; ``; , |`` separate terms. Affixes and explanations are left out.
    """
    pieces = _SEPARATORS.split(without_notes(text))
    return tuple(dict.fromkeys(term for piece in pieces for term in _term(piece, language)))


def has_sounds(text: str) -> bool:
    """Whether it says how a word is spoken: ``Kessel /kˈɛsəl/``."""
    return _SOUNDS.search(text) is not None


def without_notes(text: str) -> str:
    """`text` without sounds and without all that stands in brackets, which may be nested."""
    previous = ""
    while previous != text:
        previous, text = text, _BRACKETED.sub(" ", text)
    return _SOUNDS.sub(" ", text)


def _term(piece: str, language: str) -> Iterator[str]:
    """The term of a piece between two separators, if it is one."""
    piece = piece.strip()
    if _AFFIX.search(piece) or "/" in piece:
        return
    piece = " ".join(_PLACEHOLDER.sub(" ", piece).split()).strip(_EDGES)
    if language in _NON_LATIN:  # Latin letters in lower case are transliterations and remarks
        piece = "" if _TRANSLITERATION.fullmatch(piece) else _REMARK.sub("", piece)
    elif language != "en":
        piece = _LABEL.sub("", piece)
    if article := _ARTICLES.get(language):
        piece = article.sub("", piece)
    if any(character.isalnum() for character in piece) and _is_short(piece, language):
        yield piece


def _is_short(term: str, language: str) -> bool:
    words_max = SYLLABLES_MAX if language == "vi" else WORDS_MAX
    is_long_run = language in _UNSPACED_LANGUAGES and len(term) > UNSPACED_MAX
    return len(term.split()) <= words_max and not is_long_run
