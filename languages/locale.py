"""Locale: language, script and region, written as BCP 47."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

LANGUAGES = (
    "ar", "cs", "de", "en", "es", "fr", "he", "hi", "id", "it", "ja",
    "ko", "nl", "pl", "pt", "ru", "sv", "th", "tr", "uk", "vi", "zh",
)  # fmt: skip
"""The languages with an analysis of their own.

Text in others is analysed by Unicode rules alone.
"""

_TAG = re.compile(r"^([a-z]{2,3})(?:-([A-Z][a-z]{3}))?(?:-([A-Z]{2}|[0-9]{3}))?$")
_OLD = {"iw": "he", "in": "id", "ji": "yi"}  # ISO 639 codes withdrawn in 1989, still sent by JVMs
REGION_ALIASES = {"UK": "GB", "EL": "GR"}
"""Codes that people and the European Union write for countries, with the ISO 3166 code."""


@dataclass(frozen=True, slots=True)
class Locale:
    """A language with optional script and region: ``pt-BR``, ``zh-Hant``, ``en``."""

    language: str
    script: str | None = None
    region: str | None = None

    @classmethod
    def parse(cls, tag: str) -> Locale:
        """Read a BCP 47 tag, in any case and with ``_`` for ``-``.

        Raises:
            ValueError: the tag is not language[-Script][-REGION].
        """
        return _parse(tag)

    def __str__(self) -> str:
        script = f"-{self.script}" if self.script else ""
        return f"{self.language}{script}-{self.region}" if self.region else f"{self.language}{script}"


@lru_cache(maxsize=4096)
def _parse(tag: str) -> Locale:
    parts = tag.strip().replace("_", "-").split("-")
    parts[0] = parts[0].lower()
    subtags = [part.title() if len(part) == 4 else part.upper() for part in parts[1:]]
    match = _TAG.match("-".join([parts[0], *subtags]))
    if match is None:
        raise ValueError(f"locale {tag!r} is not a language tag such as 'de', 'pt-BR' or 'zh-Hant'")
    language, script, region = match.groups()
    return Locale(_OLD.get(language, language), script, REGION_ALIASES.get(region, region))
