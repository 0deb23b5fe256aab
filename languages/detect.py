"""Which languages a text may be in: a distribution that weights analyses and never removes a match.

Votes, in order: the script (often enough alone), the reader's locale, and langdetect, seeded and restricted.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Protocol

from languages.locale import LANGUAGES, Locale

LOCALE_SHARE = 0.5  # people mostly type their own language; measured detectors are right in 60-80 % of short texts
LANGDETECT_SHARE = 0.3  # 59.5 % right on one to three words: a weak vote
_EVEN_SHARE = 0.2  # loanwords and brand names belong to everyone

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
_LANGDETECT_CODES = {"zh-cn": "zh", "zh-tw": "zh"}
_UKRAINIAN, _RUSSIAN = set("іїєґ"), set("ыэъё")


class Detector(Protocol):
    """Guesses languages. Never raises; a text without letters gives {}."""

    def detect(self, text: str) -> Mapping[str, float]: ...


def detect(text: str, locale: Locale | None = None) -> dict[str, float]:
    """How likely each language is, most likely first; shares sum to 1.

    A text without letters gives the locale's language alone, or {} without a locale.
    """
    votes: dict[str, float] = defaultdict(float)
    for script, share in _scripts(text).items():
        candidates = _narrow(BY_SCRIPT[script], text)
        for language, part in _within(candidates, text, locale).items():
            votes[language] += share * part
    if not votes and locale is not None:
        return {locale.language: 1.0}
    total = sum(votes.values())
    return {
        language: share / total for language, share in sorted(votes.items(), key=lambda vote: -vote[1]) if share > 0
    }


def _within(candidates: tuple[str, ...], text: str, locale: Locale | None) -> dict[str, float]:
    """Shares among the languages of one script; they sum to 1."""
    if len(candidates) == 1:
        return {candidates[0]: 1.0}
    shares = dict.fromkeys(candidates, _EVEN_SHARE / len(candidates))
    if locale is not None and locale.language in shares:
        shares[locale.language] += LOCALE_SHARE
    for language, part in _langdetect(text).items():
        if language in shares:
            shares[language] += LANGDETECT_SHARE * part
    total = sum(shares.values())
    return {language: share / total for language, share in shares.items()}


def _narrow(candidates: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Letters that only one of the candidates has decide."""
    letters = set(text.lower())
    if candidates == BY_SCRIPT["CYRILLIC"]:
        if letters & _UKRAINIAN and not letters & _RUSSIAN:
            return ("uk",)
        if letters & _RUSSIAN and not letters & _UKRAINIAN:
            return ("ru",)
    if candidates == BY_SCRIPT["CJK"] and any("\u3040" <= c <= "\u30ff" for c in letters):
        return ("ja",)
    return candidates


def _scripts(text: str) -> dict[str, float]:
    """Share of letters by script, of the scripts in the table."""
    counts = Counter(script for c in text if c.isalpha() and (script := _script(c)) in BY_SCRIPT)
    total = sum(counts.values())
    return {script: count / total for script, count in counts.items()}


@lru_cache(maxsize=8192)
def _script(character: str) -> str:
    return unicodedata.name(unicodedata.normalize("NFKC", character)[0], "").split(" ")[0].split("-")[0]


@cache
def _factory() -> object:
    from langdetect import DetectorFactory
    from langdetect.detector_factory import PROFILES_DIRECTORY

    DetectorFactory.seed = 0  # unseeded, it gives another answer on another run
    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    return factory


@lru_cache(maxsize=10_000)
def _langdetect(text: str) -> dict[str, float]:
    """langdetect's probabilities among our languages; {} where it sees no letters. 2 ms a text, so cached."""
    from langdetect.lang_detect_exception import LangDetectException

    factory = _factory()
    detector = factory.create()  # type: ignore[attr-defined]  # langdetect has no types
    detector.set_prior_map({code: 1.0 for code in factory.langlist if _LANGDETECT_CODES.get(code, code) in LANGUAGES})  # type: ignore[attr-defined]
    detector.append(text)
    try:
        guesses = detector.get_probabilities()
    except LangDetectException:
        return {}
    found: Counter[str] = Counter()
    for guess in guesses:
        found[_LANGDETECT_CODES.get(guess.lang, guess.lang)] += guess.prob
    return dict(found)
