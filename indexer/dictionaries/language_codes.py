"""Language codes as dictionaries write them, and the languages in the names of their files."""

from __future__ import annotations

import re

from languages.locale import LANGUAGES, Locale

ISO_639_3 = {
    "afr": "af", "ara": "ar", "bre": "br", "bul": "bg", "cat": "ca", "ces": "cs", "cym": "cy", "dan": "da",
    "deu": "de", "ell": "el", "eng": "en", "epo": "eo", "est": "et", "fin": "fi", "fra": "fr", "gla": "gd",
    "gle": "ga", "glg": "gl", "heb": "he", "hin": "hi", "hrv": "hr", "hun": "hu", "ind": "id", "isl": "is",
    "ita": "it", "jpn": "ja", "kha": "kha", "kor": "ko", "kur": "ku", "lat": "la", "lav": "lv", "lit": "lt",
    "mkd": "mk", "nld": "nl", "nor": "no", "oci": "oc", "pol": "pl", "por": "pt", "ron": "ro", "rus": "ru",
    "san": "sa", "slk": "sk", "slv": "sl", "spa": "es", "srp": "sr", "swe": "sv", "swh": "sw", "tha": "th",
    "tur": "tr", "ukr": "uk", "vie": "vi", "zho": "zh",
}  # fmt: skip
"""BCP 47 writes two letters where there are two; FreeDict writes three."""

_PAIR = re.compile(r"(?:^|[^a-z])([a-z]{2,3})-([a-z]{2,3})(?=$|[^a-z])")
_TWO_LETTERS = frozenset(LANGUAGES) | frozenset(ISO_639_3.values())


def language_from_code(code: str) -> str:
    """The language of a tag such as ``de``, ``pt-BR``, or of an ISO 639-3 code such as ``deu``.

    Raises:
        ValueError: it is neither.
    """
    language = Locale.parse(code).language
    return ISO_639_3.get(language, language)


def is_language_code(code: str) -> bool:
    """Whether a column of this name holds words of a language: ``de``, ``deu``, ``zh-Hant``."""
    try:
        return language_from_code(code) in _TWO_LETTERS
    except ValueError:
        return False


def languages_from_name(name: str) -> tuple[str, str] | None:
    """The languages of ``freedict-deu-eng`` or ``glossary_de-en``; None if the name has no pair."""
    for source, target in _PAIR.findall(name.lower()):
        if is_language_code(source) and is_language_code(target):
            return language_from_code(source), language_from_code(target)
    return None
