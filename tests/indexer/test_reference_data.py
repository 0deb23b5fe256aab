"""Sellers, shipping templates, markets and rates: read, written, and refused with a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.catalogue.reference_data import (
    read_markets,
    read_rates,
    read_sellers,
    read_shipping,
    write_sellers,
    write_shipping,
)
from indexer.currency import minor_digits
from indexer.listing import Rejected
from indexer.market import ImportTax, Market, Seller, ShippingRow, ShippingTemplate
from languages.locale import LANGUAGES, Locale


def test_sellers_written_and_read_are_the_same(tmp_path: Path) -> None:
    sellers = [
        Seller("S1", "Meyer & Söhne", "DE", True, 4.5, 120, 3.5, 9_000),
        Seller("S2", "王商店", active=False),
    ]
    write_sellers(tmp_path / "sellers.jsonl", sellers)

    assert list(read_sellers(tmp_path / "sellers.jsonl")) == sellers


def test_shipping_written_and_read_is_the_same(tmp_path: Path) -> None:
    templates = [
        ShippingTemplate("T1", (ShippingRow("DE", 495, "EUR", 2, 4), ShippingRow("ID", 2**33, "IDR", 9, 30))),
        ShippingTemplate("nowhere", ()),
    ]
    write_shipping(tmp_path / "shipping.jsonl", templates)

    assert list(read_shipping(tmp_path / "shipping.jsonl")) == templates


@pytest.mark.parametrize(
    ("line", "field", "value", "reason"),
    [
        ('{"name": "x"}', "seller_id", "", "is missing"),
        ('{"seller_id": 5, "name": "x"}', "seller_id", "5", "must be text"),
        ('{"seller_id": "S"}', "name", "", "is missing"),
        ('{"seller_id": "S", "name": "x", "active": "false"}', "active", "false", "must be true or false"),
        ('{"seller_id": "S", "name": "x", "country": "Germany"}', "country", "Germany", "is not an ISO 3166"),
        ('{"seller_id": "S", "name": "x", "rating_mean": 9}', "rating_mean", "9.0", "must lie between 0 and 5"),
        ('{"seller_id": "S", "name": "x", "rating_count": true}', "rating_count", "True", "must be a whole number"),
        ('{"seller_id": "S", "name": "x", "units_sold": -1}', "units_sold", "-1", "must not be negative"),
        ('{"seller_id": "S", "name": "x", "years_active": -1}', "years_active", "-1.0", "must be a number of years"),
        ("{broken", "record", "{broken", "is not valid JSON"),
    ],
)
def test_a_bad_seller_is_rejected_and_the_next_one_read(
    tmp_path: Path, line: str, field: str, value: str, reason: str
) -> None:
    path = tmp_path / "sellers.jsonl"
    path.write_text(line + '\n{"seller_id": "S", "name": "good"}\n', "utf-8")
    rejected, good = read_sellers(path)

    assert good == Seller("S", "good")
    assert isinstance(rejected, Rejected)
    assert (rejected.record, rejected.field, rejected.value) == (1, field, value)
    assert rejected.reason.startswith(reason)


ROW = '{"country": "DE", "cost_minor": 5, "currency": "EUR", "days_min": 1, "days_max": 2}'


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        ('{"template_id": "T"}', "rows", "is missing"),
        ('{"template_id": "T", "rows": [5]}', "rows", "must hold objects with country"),
        ('{"rows": []}', "template_id", "is missing"),
        (f'{{"template_id": "T", "rows": [{ROW}, {ROW}]}}', "rows", "names a country twice"),
        (f'{{"template_id": "T", "rows": [{ROW.replace("DE", "XX")}]}}', "country", "is not an ISO 3166"),
        (f'{{"template_id": "T", "rows": [{ROW.replace("EUR", "EURO")}]}}', "currency", "is not an ISO 4217"),
        (f'{{"template_id": "T", "rows": [{ROW.replace("5", "-5")}]}}', "cost_minor", "must not be negative"),
        (f'{{"template_id": "T", "rows": [{ROW.replace("5", "4.95")}]}}', "cost_minor", "must be a whole number"),
        (f'{{"template_id": "T", "rows": [{ROW.replace("1", "7")}]}}', "days", "must be 0 <= min <= max"),
        (f'{{"template_id": "T", "rows": [{ROW.replace("2", "99999")}]}}', "days_max", "is too long for a delivery"),
    ],
)
def test_a_bad_shipping_template_is_rejected_and_the_next_one_read(
    tmp_path: Path, line: str, field: str, reason: str
) -> None:
    path = tmp_path / "shipping.jsonl"
    path.write_text(f'{line}\n{{"template_id": "G", "rows": [{ROW}]}}\n', "utf-8")
    rejected, good = read_shipping(path)

    assert good == ShippingTemplate("G", (ShippingRow("DE", 5, "EUR", 1, 2),))
    assert isinstance(rejected, Rejected)
    assert (rejected.record, rejected.field) == (1, field)
    assert rejected.reason.startswith(reason)


def test_a_market_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "markets.toml"
    path.write_text(
        '[areas]\nhere = ["DE", "AT"]\n'
        '[US]\ncurrency = "USD"\nlocale = "en-US"\n'
        '[DE]\ncurrency = "EUR"\nlocale = "de-DE"\nlanguages = ["de", "tr"]\n'
        '[DE.import_tax]\nrate = 0.19\nthreshold_minor = 100\nterritory = ["DE", "AT"]\n'
        '[AT.import_tax]\nrate = 0.2\nterritory = "here"\nas_of = 2025-06-30\nsource = "the act"\n',
        "utf-8",
    )

    assert read_markets(path) == {
        "US": Market("US", "USD", Locale("en", None, "US"), None, ("en",)),
        "DE": Market("DE", "EUR", Locale("de", None, "DE"), ImportTax(0.19, 100, ("DE", "AT")), ("de", "tr")),
        "AT": Market(
            "AT", "EUR", Locale("de", None, "AT"), ImportTax(0.2, 0, ("DE", "AT"), "2025-06-30", "the act"), ("de",)
        ),
    }


def test_the_built_in_markets_speak_every_language_and_have_rates() -> None:
    markets = read_markets()
    rates = read_rates()
    taxes = {country: market.import_tax for country, market in markets.items() if market.import_tax}

    assert {market.locale.language for market in markets.values()} >= set(LANGUAGES)
    assert all(market.languages for market in markets.values())
    assert len(taxes) > 30
    assert all(len(tax.source) > 10 and tax.as_of and tax.rate > 0 for tax in taxes.values())
    assert [country for country, market in markets.items() if not rates.knows(market.currency)] == []
    assert all(country in tax.territory for country, tax in taxes.items())
    assert all(market.locale.region == country for country, market in markets.items())
    assert len(markets) >= 60
    assert rates.minor_to_minor("EUR", "JPY") == pytest.approx(1.692)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[Germany]\n", "[Germany] is not a country: write its ISO 3166 code"),
        ("US = 5\n", "US is not a section: write [US]"),
        ('[US]\ncurency = "USD"\n', "unknown key US.curency: did you mean 'currency'?"),
        ('[US]\nlocale = "en-US"\ncurrency = 840\n', "US.currency must be text: write currency = 'EUR'"),
        ('[AQ]\nlocale = "en"\n', "AQ.currency must be text: write currency = 'EUR'"),
        ('[US]\nlanguages = "en"\n', "US.languages must be a list of language codes"),
        ("areas = 5\n", "areas is not a section: write [areas]"),
        ('[US.import_tax]\nrate = 0.1\nterritory = "EU"\n', "is not an area; [areas] has none"),
        ('[US]\ncurrency = "USX"\nlocale = "en-US"\n', "US.currency: is not an ISO 4217 code (got 'USX')"),
        ('[US]\ncurrency = "USD"\nlocale = "english"\n', "US.locale: locale 'english' is not a language tag"),
        ('[US]\ncurrency = "USD"\nlocale = "en"\nimport_tax = 5\n', "write [US.import_tax]"),
        (
            '[US]\ncurrency = "USD"\nlocale = "en"\n[US.import_tax]\nrates = 5\n',
            "unknown key US.import_tax.rates: did you mean 'rate'?",
        ),
        ('[US]\ncurrency = "USD"\nlocale = "en"\n[US.import_tax]\nrate = 19\n', "must be between 0 and 1"),
        (
            '[US]\ncurrency = "USD"\nlocale = "en"\n[US.import_tax]\nrate = 0.1\nterritory = ["Texas"]\n',
            "US.import_tax.territory: must be a list of country codes",
        ),
        ("[US\n", "is not TOML"),
    ],
)
def test_a_wrong_market_file_says_what_to_write(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "markets.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(ValueError, match=r"markets\.toml: ") as raised:
        read_markets(path)

    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("date = 2025-01-01\n[per_base]\nUSD = 1.1\n", "base is missing"),
        ('base = "Euro"\ndate = 2025-01-01\n[per_base]\nUSD = 1.1\n', "base 'Euro' is not an ISO 4217 code"),
        ('base = "EUR"\n[per_base]\nUSD = 1.1\n', "date is missing: write the day of the rates"),
        ('base = "EUR"\ndate = 2025-01-01\n', "[per_base] is missing"),
        ('base = "EUR"\ndate = 2025-01-01\n[per_base]\nUSD = "1.1"\n', "per_base.USD must be a number, not '1.1'"),
        ('base = "EUR"\ndate = 2025-01-01\n[per_base]\nUSD = inf\n', "per_base.USD must be a number, not inf"),
        ('base = "EUR"\ndate = 2025-01-01\n[per_base]\nUSD = 0\n', "rates.USD: must be positive"),
        ('base = "EUR"\ndate = 2025-01-01\n[per_base]\nUSDT = 1\n', "rates: is not an ISO 4217 code (got 'USDT')"),
        ('bas = "EUR"\n', "unknown key bas: did you mean 'base'?"),
    ],
)
def test_a_wrong_rates_file_says_what_to_write(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "rates.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(ValueError, match=r"rates\.toml: ") as raised:
        read_rates(path)

    assert message in str(raised.value)


@pytest.mark.parametrize(("code", "digits"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("IQD", 3), ("RSD", 2), ("ISK", 0)])
def test_minor_units_are_those_of_iso_4217(code: str, digits: int) -> None:
    assert minor_digits(code) == digits
