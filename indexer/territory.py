"""What CLDR knows of a country: the currency in use, the locale most people read, the official languages."""

from __future__ import annotations

from typing import TypedDict


class Territory(TypedDict, total=False):
    currency: str
    locale: str
    languages: tuple[str, ...]


def territory(country: str) -> Territory:
    """CLDR's answer for an ISO 3166 code; empty for a code that CLDR does not know.

    Of several currencies the first that is legal tender; of languages the most spoken first.
    """
    from babel.core import Locale, UnknownLocaleError
    from babel.languages import get_official_languages
    from babel.numbers import get_territory_currencies

    try:
        locale = Locale.parse(f"und_{country}")
    except (UnknownLocaleError, ValueError):
        return {"languages": ()}
    spoken = [tag.partition("_")[0] for tag in get_official_languages(country, de_facto=True)]
    found: Territory = {"locale": str(locale).replace("_", "-"), "languages": tuple(dict.fromkeys(spoken))}
    if currencies := get_territory_currencies(country):
        found["currency"] = currencies[0]
    return found
