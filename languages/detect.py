"""Language detection: how likely each language is for a short text.

The shares weight the analyses of a query; they never remove a match. Three votes: the script (often
enough alone), the reader's locale, and langdetect with a fixed seed and our languages only.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from functools import cache, lru_cache

from languages.locale import LANGUAGES, Locale

LOCALE_SHARE = 0.5  # most people type their own language; detectors are right on 60 to 80 % of short texts
LANGDETECT_SHARE = 0.3  # right on 59.5 % of texts of one to three words: a weak vote
_EVEN_SHARE = 0.2  # divided evenly: loanwords and brand names are in every language

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
_UKRAINIAN = set("іїєґ")
_RUSSIAN = set("ыэъё")


def detect(text: str, locale: Locale | None = None) -> dict[str, float]:
    """How likely each language is, most likely first; shares sum to 1.

    A text without letters gives the locale's language alone, or {} without a locale.
    """
    votes: dict[str, float] = defaultdict(float)
    for script, share in _scripts(text).items():
        languages = _narrow(BY_SCRIPT[script], text)
        for language, part in _shares_in_script(languages, text, locale).items():
            votes[language] += share * part
    if not votes and locale is not None:
        return {locale.language: 1.0}
    total = sum(votes.values())
    return {
        language: share / total for language, share in sorted(votes.items(), key=lambda vote: -vote[1]) if share > 0
    }


def _shares_in_script(languages: tuple[str, ...], text: str, locale: Locale | None) -> dict[str, float]:
    """Shares among the languages of one script; they sum to 1."""
    if len(languages) == 1:
        return {languages[0]: 1.0}
    shares = dict.fromkeys(languages, _EVEN_SHARE / len(languages))
    if locale is not None and locale.language in shares:
        shares[locale.language] += LOCALE_SHARE
    for language, part in _langdetect(text).items():
        if language in shares:
            shares[language] += LANGDETECT_SHARE * part
    total = sum(shares.values())
    return {language: share / total for language, share in shares.items()}


def _narrow(languages: tuple[str, ...], text: str) -> tuple[str, ...]:
    """The language that alone has some letter of the text; `languages` where no letter decides."""
    letters = set(text.lower())
    if languages == BY_SCRIPT["CYRILLIC"]:
        if letters & _UKRAINIAN and not letters & _RUSSIAN:
            return ("uk",)
        if letters & _RUSSIAN and not letters & _UKRAINIAN:
            return ("ru",)
    if languages == BY_SCRIPT["CJK"] and any("\u3040" <= c <= "\u30ff" for c in letters):
        return ("ja",)
    return languages


def _scripts(text: str) -> dict[str, float]:
    """The share of the letters that each script of BY_SCRIPT has; other scripts are left out."""
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

    DetectorFactory.seed = 0  # without a seed, answers differ from run to run
    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    return factory


@lru_cache(maxsize=10_000)
def _langdetect(text: str) -> dict[str, float]:
    """langdetect's probabilities of our languages; {} for a text without letters.

    Cached, because one text takes 2 ms.
    """
    from langdetect.lang_detect_exception import LangDetectException

    factory = _factory()
    detector = factory.create()  # type: ignore[attr-defined]  # langdetect has no types
    detector.set_prior_map({code: 1.0 for code in factory.langlist if _LANGDETECT_CODES.get(code, code) in LANGUAGES})  # type: ignore[attr-defined]
    detector.append(text)
    try:
        guesses = detector.get_probabilities()
    except LangDetectException:
        return {}
    probabilities: Counter[str] = Counter()
    for guess in guesses:
        probabilities[_LANGDETECT_CODES.get(guess.lang, guess.lang)] += guess.prob
    return dict(probabilities)
