"""Countries by ISO 3166, in the spellings that shops use."""

from __future__ import annotations

from functools import cache

from languages.locale import REGION_ALIASES

_NOT_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
"""Codes of CLDR that are groups of countries, parts of one, or tests."""


@cache
def country_codes() -> frozenset[str]:
    """The ISO 3166 codes of all countries, and XK for Kosovo."""
    from babel.core import Locale

    codes = map(str, Locale("en").territories)
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha()) - _NOT_COUNTRIES


def country_code(text: str) -> str | None:
    """The ISO 3166 code that `text` means, in any case; None for no country.

    ``UK`` is GB, ``EL`` is GR, and codes of three letters (``DEU``) are read.
    """
    # The length comes first: a hostile feed must not fill the cache with long texts.
    return _country_code(text) if len(text) < 12 else None


@cache
def _country_code(text: str) -> str | None:
    from babel.core import get_global

    code = text.strip().upper()
    if len(code) == 3 and code.isascii() and code.isalpha():
        code = get_global("territory_aliases").get(code, [code])[0]
    code = REGION_ALIASES.get(code, code)
    return code if code in country_codes() else None
