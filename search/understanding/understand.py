"""What a query means: its words and conditions, likely languages and market.

A guess only weights; it removes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from indexer.country import country_code
from indexer.dictionaries.dictionaries import Dictionaries
from indexer.market import Market
from indexer.stores.tables import Tables
from indexer.territory import country_name
from languages.detect import detect
from languages.normalise import normalise
from ranking.query import Query, UnderstoodQuery
from search.understanding.query_parts import KnownPhrases, split_query
from search.understanding.read_constraints import read_constraints

_CODES_SHOWN = "DE, JP, US"  # in a message: those of ISO 3166


class UnknownMarket(ValueError):
    """There is no market for the country, or no exchange rate for the currency."""


def understand(query: Query, tables: Tables, dictionaries: Dictionaries | None = None) -> UnderstoodQuery:
    """Read a query for a buyer of these markets.

    Raises:
        UnknownMarket: no such market, or no rate for the currency; the message names the nearest
            markets, or every currency with a rate.
    """
    market = _market(query, tables.markets)
    currency = (query.currency or market.currency).strip().upper()
    if not tables.rates.knows(currency):
        known = ", ".join(sorted({tables.rates.base, *tables.rates.per_base}))
        raise UnknownMarket(f"currency {query.currency!r} has no exchange rate; known are {known}")
    text = normalise(query.text)
    languages = detect(text, query.locale)
    rest, constraints = read_constraints(query, text, languages, currency, tables.rates)
    return UnderstoodQuery(
        query,
        rest,
        market,
        currency,
        languages,
        split_query(rest, languages, None if dictionaries is None else _phrases_of(dictionaries)),
        constraints=constraints,
    )


def _phrases_of(dictionaries: Dictionaries) -> KnownPhrases:
    """What the dictionaries keep together."""

    def known_phrases(lemmas: Sequence[str], language: str) -> list[tuple[int, int]]:
        return [(span.start, span.stop) for span in dictionaries.spans(lemmas, language)]

    return known_phrases


def _market(query: Query, markets: Mapping[str, Market]) -> Market:
    if query.country is not None:
        country = country_code(query.country)
        if country is None or country not in markets:
            raise UnknownMarket(_no_market(query, tuple(markets)))
        return markets[country]
    region = query.locale.region
    country = None if region is None else country_code(region)
    if country is not None and country in markets:
        return markets[country]
    reads = [market for market in markets.values() if market.locale.language == query.locale.language]
    writes = [market for market in reads if market.locale.script == query.locale.script]  # such as Taiwan for zh-Hant
    return next(iter([*writes, *reads, *markets.values()]))


def _no_market(query: Query, countries: Sequence[str]) -> str:
    """The message about a country without a market, with those that are near by code or name."""
    given = (query.country or "").strip()
    names = {code: country_name(code) or code for code in countries}
    code = country_code(given)
    name = None if code is None else country_name(code)
    if name is not None:
        reason = f"country {given!r} ({name}) is not a market here"
    else:
        reason = f"country {given!r} is not the code of a market"
    near = _nearest_countries(given, names, query.locale.language)
    near_text = f"near are {', '.join(f'{code} ({names[code]})' for code in near)}; " if near else ""
    return f"{reason}; {near_text}{len(names)} markets are known, by codes such as {_CODES_SHOWN}"


def _nearest_countries(given: str, names: Mapping[str, str], language: str) -> list[str]:
    """At most three codes: of the countries with a name like it, else of codes like it."""
    by_name = {name.casefold(): code for code, name in names.items()}
    by_name |= {(country_name(code, language) or code).casefold(): code for code in names}
    near = [by_name[name] for name in get_close_matches(given.casefold(), by_name, n=3, cutoff=0.7)]
    return list(dict.fromkeys(near)) or get_close_matches(given.upper(), sorted(names), n=3, cutoff=0.5)
