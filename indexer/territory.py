"""What CLDR says about a country: its currency, its main locale, its official languages."""

from __future__ import annotations

from typing import TypedDict


class Territory(TypedDict, total=False):
    currency: str
    locale: str
    languages: tuple[str, ...]


def country_name(code: str, language: str = "en") -> str | None:
    """The name of a country in a language, English where CLDR lacks it; None for no such code."""
    from babel.core import Locale, UnknownLocaleError

    try:
        names = Locale.parse(language).territories
    except (UnknownLocaleError, ValueError):
        names = Locale("en").territories
    name = names.get(code) or Locale("en").territories.get(code)
    return None if name is None else str(name)


def territory(country: str) -> Territory:
    """CLDR's data for an ISO 3166 code; no languages for a code that CLDR does not have.

    `currency` is the first that is legal tender; of `languages` the most spoken comes first.
    """
    from babel.core import Locale, UnknownLocaleError
    from babel.languages import get_official_languages
    from babel.numbers import get_territory_currencies

    try:
        locale = Locale.parse(f"und_{country}")
    except (UnknownLocaleError, ValueError):
        return {"languages": ()}
    languages = [tag.partition("_")[0] for tag in get_official_languages(country, de_facto=True)]
    data: Territory = {"locale": str(locale).replace("_", "-"), "languages": tuple(dict.fromkeys(languages))}
    if currencies := get_territory_currencies(country):
        data["currency"] = currencies[0]
    return data
