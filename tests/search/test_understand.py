"""How a query is read: market, currency, languages."""

from __future__ import annotations

import re

import pytest

from languages.locale import Locale
from ranking.query import Query
from search.engine import Engine
from search.money import money
from search.understanding.understand import UnknownMarket, understand


def read(engine: Engine, text: str, locale: str, country: str | None = None, currency: str | None = None):  # type: ignore[no-untyped-def]
    query = Query(text, Locale.parse(locale), now=1_795_000_000, country=country, currency=currency)
    return understand(query, engine.snapshot.tables)


@pytest.mark.parametrize(
    ("locale", "country", "market", "currency"),
    [("de-AT", None, "AT", "EUR"), ("pt-BR", None, "BR", "BRL"), ("ja", None, "JP", "JPY"), ("ja", "DE", "DE", "EUR"),
     ("tr", None, "TR", "TRY"), ("zh-Hant", None, "TW", "TWD"), ("zh", None, "CN", "CNY"),
     ("en", "UK", "GB", "GBP"), ("en-UK", None, "GB", "GBP")],
)  # fmt: skip
def test_the_market_is_the_requested_country_or_else_that_of_the_locale(
    small_engine: Engine, locale: str, country: str | None, market: str, currency: str
) -> None:
    understood = read(small_engine, "x", locale, country)

    assert (understood.market.country, understood.currency) == (market, currency)


@pytest.mark.parametrize(
    ("country", "market"),
    [("UK", "GB"), ("uk", "GB"), ("GBR", "GB"), ("EL", "GR"), ("de", "DE"), (" JP ", "JP"), ("USA", "US")],
)
def test_other_codes_of_a_country_are_read(small_engine: Engine, country: str, market: str) -> None:
    assert read(small_engine, "x", "en", country).market.country == market


def test_the_region_of_a_locale_may_be_another_code(small_engine: Engine) -> None:
    assert read(small_engine, "x", "en-UK").market.country == "GB"


@pytest.mark.parametrize(
    ("country", "message"),
    [
        ("Germany", "country 'Germany' is not the code of a market; near are DE (Germany); 69 markets are known"),
        ("Deutschland", "'Deutschland' is not the code of a market; near are DE (Germany); "),
        ("Untied Kingdom", "near are GB (United Kingdom)"),
        ("AQ", "country 'AQ' (Antarctica) is not a market here; near are "),
        ("DX", "near are "),
        ("??", "country '??' is not the code of a market; 69 markets are known, by codes such as DE, JP, US"),
    ],
)
def test_an_unknown_country_is_refused_with_the_nearest(small_engine: Engine, country: str, message: str) -> None:
    with pytest.raises(UnknownMarket, match=re.escape(message)):
        read(small_engine, "x", "de", country)


def test_a_currency_is_read_in_any_case_and_an_unknown_one_refused_with_all_that_have_a_rate(
    small_engine: Engine,
) -> None:
    rates = small_engine.snapshot.tables.rates
    with pytest.raises(UnknownMarket) as refused:
        read(small_engine, "x", "de", currency="BTC")

    named = str(refused.value).partition("known are ")[2].split(", ")
    assert named == sorted([rates.base, *rates.per_base])
    assert rates.base == "EUR"
    assert read(small_engine, "x", "de", currency="usd").currency == "USD"


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "written"),
    [(1999, "EUR", "de", "19,99\xa0€"), (1999, "USD", "en-US", "$19.99"), (1500, "JPY", "ja", "￥1,500"),
     (123456, "BRL", "pt-BR", "R$\xa01.234,56"), (1234, "KWD", "en", "KWD1.234"), (5, "EUR", "ja-US", "€0.05")],
)  # fmt: skip
def test_money_is_written_as_the_locale_writes_it(amount: int, currency: str, locale: str, written: str) -> None:
    assert money(amount, currency, Locale.parse(locale)) == written
