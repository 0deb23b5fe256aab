"""Reads and writes the files beside a catalogue: sellers, shipping templates, markets and rates.

Sellers and templates are JSON Lines, of which there may be millions; markets and rates are small
TOML files that a person maintains.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from indexer.catalogue.files.jsonl import read_jsonl
from indexer.catalogue.files.source import Source
from indexer.catalogue.forms.mapping import check_keys
from indexer.catalogue.records import Record, refuse
from indexer.country import country_code
from indexer.currency import is_currency
from indexer.listing import InvalidRecord, Rejected, require
from indexer.market import ImportTax, Market, Rates, Seller, ShippingRow, ShippingTemplate
from indexer.territory import territory
from languages.locale import Locale

MARKETS = Path(__file__).with_name("markets.toml")
"""The markets that are part of Fondaco."""
RATES = Path(__file__).with_name("rates.toml")
"""Approximate exchange rates that are part of Fondaco; a shop provides its own."""

_TAX_KEYS = ("rate", "threshold_minor", "territory", "as_of", "source")

Noun = TypeVar("Noun")


def read_sellers(path: Path) -> Iterator[Seller | Rejected]:
    """The sellers in a JSON Lines file (plain, gzip or zstd), one a line.

    An invalid line gives a Rejected, and reading goes on with the next.

    Raises:
        OSError: the file cannot be read.
    """
    return _read(path, _seller)


def read_shipping(path: Path) -> Iterator[ShippingTemplate | Rejected]:
    """The shipping templates in a JSON Lines file, one a line, like ``read_sellers``."""
    return _read(path, _template)


def write_sellers(path: Path, sellers: Iterable[Seller]) -> None:
    """Write the file that ``read_sellers`` reads; absent facts are left out."""
    _write(path, ({k: v for k, v in asdict(seller).items() if v is not None} for seller in sellers))


def write_shipping(path: Path, templates: Iterable[ShippingTemplate]) -> None:
    """Write the file that ``read_shipping`` reads."""
    _write(path, map(asdict, templates))


def read_markets(path: Path = MARKETS) -> dict[str, Market]:
    """The markets in a TOML file, by country.

    Raises:
        ValueError: it names the file, the key and what to write instead.
    """
    document = _toml(path)
    try:
        areas = document.pop("areas", {})
        if not isinstance(areas, dict):
            raise ValueError('areas is not a section: write [areas] and EU = ["AT", "BE"] under it')
        markets: dict[str, Market] = {}
        for name, table in document.items():
            market = _market(name, table, areas)
            if market.country in markets:
                raise ValueError(f"[{name}] and [{market.country}] are one country: leave one of them out")
            markets[market.country] = market
        return markets
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def read_rates(path: Path = RATES) -> Rates:
    """The exchange rates in a TOML file.

    Raises:
        ValueError: it names the file, the key and what to write instead.
    """
    document = _toml(path)
    try:
        check_keys("", document, ("base", "date", "per_base"))
        base = document.get("base")
        date = document.get("date")
        per_base = document.get("per_base")
        if not isinstance(base, str):
            raise ValueError("base is missing: write the currency that the rates convert from, such as base = 'EUR'")
        if not is_currency(base):
            raise ValueError(f"base {base!r} is not an ISO 4217 code: write for instance base = 'EUR'")
        if date is None:
            raise ValueError("date is missing: write the day of the rates, such as date = 2025-06-30")
        if not isinstance(per_base, dict):
            raise ValueError("[per_base] is missing: write a section with one line a currency, such as USD = 1.08")
        return Rates(base, str(date), {code: _rate(f"per_base.{code}", rate) for code, rate in per_base.items()})
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _read(path: Path, make: Callable[[Record], Noun]) -> Iterator[Noun | Rejected]:
    for number, record in read_jsonl(Source(path), skip=0):
        if isinstance(record, Rejected):
            yield record
            continue
        try:
            noun = make(record)
        except InvalidRecord as error:
            yield refuse(number, error)
        else:
            yield noun


def _write(path: Path, records: Iterable[Mapping[str, object]]) -> None:
    import orjson

    with path.open("wb") as file:
        for record in records:
            file.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))


def _seller(record: Record) -> Seller:
    active = record.get("active", True)
    if type(active) is not bool:
        # A guess could show a suspended seller's listings.
        raise InvalidRecord("active", active, "must be true or false")
    country = record.get("country")
    code = country_code(country) if isinstance(country, str) else None
    require(country is None or code is not None, "country", country, "is not an ISO 3166 country code")
    count = record.get("rating_count")
    units = record.get("units_sold")
    years = record.get("years_active")
    return Seller(
        seller_id=_text(record, "seller_id"),
        name=_text(record, "name"),
        country=code,
        active=active,
        rating_mean=None if record.get("rating_mean") is None else _number("rating_mean", record["rating_mean"]),
        rating_count=None if count is None else _whole("rating_count", count),
        years_active=None if years is None else _years("years_active", years),
        units_sold=None if units is None else _whole("units_sold", units),
    )


def _template(record: Record) -> ShippingTemplate:
    rows = record.get("rows")
    if not isinstance(rows, list):
        raise InvalidRecord("rows", rows, "is missing" if rows is None else "must be a list of rows")
    return ShippingTemplate(_text(record, "template_id"), tuple(map(_row, rows)))


def _row(row: object) -> ShippingRow:
    if not isinstance(row, dict):
        raise InvalidRecord("rows", row, "must hold objects with country, cost_minor, currency, days_min, days_max")
    country = _text(row, "country")
    currency = _text(row, "currency")
    country = country_code(country) or country  # ShippingRow refuses what is no country
    require(len(currency) == 3, "currency", currency, "is not an ISO 4217 code")
    cost, days_min, days_max = (_whole(name, row.get(name)) for name in ("cost_minor", "days_min", "days_max"))
    require(days_max < 2**15, "days_max", days_max, "is too long for a delivery")
    return ShippingRow(country, cost, currency, days_min, days_max)


def _text(record: Record, name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str):
        raise InvalidRecord(name, value, "is missing" if value is None else "must be text")
    return value


def _whole(name: str, value: object) -> int:
    if type(value) is not int:
        raise InvalidRecord(name, value, "is missing" if value is None else "must be a whole number")
    # A cost may exceed 2**31 (in IDR it has two more digits); the facts store counts in 32 bits.
    require(0 <= value < (2**62 if name == "cost_minor" else 2**31), name, value, "must not be negative or that large")
    return value


def _number(name: str, value: object) -> float:
    if type(value) is float or (type(value) is int and abs(value) < 2**53):
        return float(value)
    raise InvalidRecord(name, value, "must be a number")


def _years(name: str, value: object) -> float:
    number = _number(name, value)
    require(0.0 <= number < 1_000, name, number, "must be a number of years")
    return number


def _toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: is not UTF-8: {error}; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: is not TOML: {error}; correct that line") from error


def _market(name: str, table: object, areas: Mapping[str, object]) -> Market:
    country = country_code(name)
    if country is None:
        raise ValueError(f"[{name}] is not a country: write its ISO 3166 code, such as [DE]")
    if not isinstance(table, dict):
        raise ValueError(f"{country} is not a section: write [{country}]")
    check_keys(country, table, ("currency", "locale", "languages", "import_tax"))
    tax = table.get("import_tax")
    if tax is not None:
        if not isinstance(tax, dict):
            raise ValueError(f"{country}.import_tax is not a section: write [{country}.import_tax]")
        check_keys(f"{country}.import_tax", tax, _TAX_KEYS)
    values = {**territory(country), **table}
    for key, example in (("currency", "EUR"), ("locale", "de-DE")):
        if not isinstance(values.get(key), str):
            raise ValueError(f"{country}.{key} must be text: write {key} = {example!r} or the like")
    languages = values["languages"]
    if not isinstance(languages, list | tuple) or not all(isinstance(language, str) for language in languages):
        raise ValueError(f'{country}.languages must be a list of language codes: write languages = ["de", "fr"]')
    try:
        locale = Locale.parse(values["locale"])
    except ValueError as error:
        raise ValueError(f"{country}.locale: {error}") from error
    try:
        return Market(country, values["currency"], locale, _tax(tax, areas), tuple(languages))
    except InvalidRecord as error:
        raise ValueError(f"{country}.{error}: correct it in section [{country}]") from error


def _tax(table: Mapping[str, object] | None, areas: Mapping[str, object]) -> ImportTax | None:
    if table is None:
        return None
    inside = table.get("territory", [])
    if isinstance(inside, str):
        if inside not in areas:
            raise InvalidRecord(
                "import_tax.territory", inside, f"is not an area; [areas] has {', '.join(areas) or 'none'}"
            )
        inside = areas[inside]
    if not isinstance(inside, list):
        raise InvalidRecord("import_tax.territory", inside, 'must be a list of country codes such as ["DE", "AT"]')
    countries = [country_code(code) if isinstance(code, str) else None for code in inside]
    for code, country in zip(inside, countries, strict=True):
        reason = 'must be a list of country codes such as ["DE", "AT"]'
        require(country is not None, "import_tax.territory", code, reason)
    return ImportTax(
        rate=_number("import_tax.rate", table.get("rate")),
        threshold_minor=_whole("import_tax.threshold_minor", table.get("threshold_minor", 0)),
        territory=tuple(country for country in countries if country is not None),
        as_of=str(table.get("as_of", "")),
        source=str(table.get("source", "")),
    )


def _rate(key: str, rate: object) -> float:
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not math.isfinite(rate):
        raise ValueError(f"{key} must be a number, not {rate!r}")
    return float(rate)
