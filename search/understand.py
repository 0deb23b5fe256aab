"""What a query means: its words, likely languages and market.

A guess only weights; it removes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from indexer.country import country_code
from indexer.market import Market
from indexer.stores.lexical import BODY_WEIGHT, Field, Term
from indexer.stores.tables import Tables
from languages.analyse import AnalysedText, analyse
from languages.detect import detect
from languages.normalise import normalise
from ranking.query import Query, UnderstoodQuery

EXACT_WEIGHT = 0.4
"""A word as it is written, against its lemma's 0.6: an exact match scores above a folded or
inflected one."""

LIKELY = 0.04  # languages with a smaller share are not analysed: each costs terms
_TERMS_MAX = 64  # a pasted paragraph: the first words are the query


class UnknownMarket(ValueError):
    """There is no market for the country, or no exchange rate for the currency."""


def understand(query: Query, tables: Tables) -> UnderstoodQuery:
    """Read a query for a buyer of these markets.

    Raises:
        UnknownMarket: no such market, or no rate for the currency; the message names the known
            ones.
    """
    market = _market(query, tables.markets)
    currency = query.currency or market.currency
    if not tables.rates.knows(currency):
        raise UnknownMarket(f"currency {currency!r} has no exchange rate; known are {_list(tables.rates.per_base)}")
    text = normalise(query.text)
    languages = detect(text, query.locale)
    return UnderstoodQuery(query, text, market, currency, languages, terms_of(text, languages))


def terms_of(text: str, languages: Mapping[str, float]) -> tuple[Term, ...]:
    """Weighted terms: every word as written, and its lemma in each likely language."""
    weights: dict[tuple[Field, str], float] = {}
    likely = {language: share for language, share in languages.items() if share >= LIKELY} or {"": 1.0}
    total = sum(likely.values())
    for number, (language, share) in enumerate(likely.items()):
        analysed = analyse(text, language or None)
        if number == 0:
            for surface in _surfaces(analysed):
                weights["exact", surface] = EXACT_WEIGHT
        for lemma in dict.fromkeys(token.lemma for token in analysed.tokens if token.lemma):
            weight = (1.0 - EXACT_WEIGHT) * share / total
            weights["lemma", lemma] = weights.get(("lemma", lemma), 0.0) + weight
            weights["body", lemma] = weights.get(("body", lemma), 0.0) + weight * BODY_WEIGHT
    return tuple(Term(field, term, weight) for (field, term), weight in weights.items())[:_TERMS_MAX]


def _surfaces(analysed: AnalysedText) -> dict[str, None]:
    """Words as written.

    Of a run without spaces only pairs of characters count, unless it is one character.
    """
    return dict.fromkeys(
        token.surface for token in analysed.tokens if len(token.surface) > 1 or token.lemma == token.surface
    )


def _market(query: Query, markets: Mapping[str, Market]) -> Market:
    if query.country is not None:
        country = country_code(query.country)
        if country is None or country not in markets:
            raise UnknownMarket(f"country {query.country!r} is not a market here; known are {_list(markets)}")
        return markets[country]
    region = query.locale.region
    if region is not None and region in markets:
        return markets[region]
    reads = [market for market in markets.values() if market.locale.language == query.locale.language]
    writes = [market for market in reads if market.locale.script == query.locale.script]  # such as Taiwan for zh-Hant
    return next(iter([*writes, *reads, *markets.values()]))


def _list(names: Mapping[str, object]) -> str:
    return ", ".join(sorted(names))
