"""The small tables of a snapshot that coded facts point into: currencies, sellers, shipping ..."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from indexer.market import ImportTax, Market, Rates, Seller, ShippingTemplate
from indexer.stores.fact_fields import ABSENT_MINOR
from indexer.stores.facts import SellerTable, ShippingTable
from languages.locale import Locale


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """The tables of a snapshot. A code of the facts is a position in one of them."""

    currencies: tuple[str, ...]
    locales: tuple[str, ...]
    countries: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]
    brands: tuple[str, ...]
    sellers: SellerTable
    shipping: ShippingTable
    markets: Mapping[str, Market]
    rates: Rates


def seller_table(sellers: Sequence[Seller]) -> SellerTable:
    """Sellers as arrays, in the order given."""

    def column(name: str) -> Any:
        values = [getattr(seller, name) for seller in sellers]
        return np.array([np.nan if value is None else value for value in values], np.float64)

    return SellerTable(
        ids=tuple(s.seller_id for s in sellers),
        names=tuple(s.name for s in sellers),
        countries=tuple(s.country for s in sellers),
        active=np.array([s.active for s in sellers], np.bool_),
        rating_mean=column("rating_mean"),
        rating_count=column("rating_count"),
        years_active=column("years_active"),
        units_sold=column("units_sold"),
    )


def shipping_table(
    templates: Sequence[ShippingTemplate], currencies: Sequence[str], countries: Sequence[str]
) -> ShippingTable:
    """Templates by country, in the orders given.

    `currencies` and `countries` contain every one that a row of a template names.
    """
    shape = (len(templates), len(countries))
    table = ShippingTable(
        ids=tuple(template.template_id for template in templates),
        countries=tuple(countries),
        cost_minor=np.full(shape, ABSENT_MINOR, np.int64),
        currency=np.zeros(shape, np.int16),
        days_min=np.zeros(shape, np.int16),
        days_max=np.zeros(shape, np.int16),
    )
    country_positions = {code: position for position, code in enumerate(countries)}
    currency_positions = {code: position for position, code in enumerate(currencies)}
    for number, template in enumerate(templates):
        for row in template.rows:
            cell = number, country_positions[row.country]
            table.cost_minor[cell] = row.cost_minor
            table.currency[cell] = currency_positions[row.currency]
            table.days_min[cell] = row.days_min
            table.days_max[cell] = row.days_max
    return table


def write_tables(tables: Tables, folder: Path) -> None:
    """Write `tables.json` and `tables.npz` into a folder."""
    plain = {
        "currencies": tables.currencies,
        "locales": tables.locales,
        "countries": tables.countries,
        "categories": tables.categories,
        "brands": tables.brands,
        "sellers": {"ids": tables.sellers.ids, "names": tables.sellers.names, "countries": tables.sellers.countries},
        "shipping": {"ids": tables.shipping.ids, "countries": tables.shipping.countries},
        "markets": {
            code: {
                "currency": market.currency,
                "locale": str(market.locale),
                "languages": market.languages,
                "import_tax": None if market.import_tax is None else asdict(market.import_tax),
            }
            for code, market in tables.markets.items()
        },
        "rates": {"base": tables.rates.base, "date": tables.rates.date, "per_base": dict(tables.rates.per_base)},
    }
    (folder / "tables.json").write_bytes(orjson.dumps(plain, option=orjson.OPT_INDENT_2))
    arrays = {f"sellers.{name}": getattr(tables.sellers, name) for name in _SELLER_ARRAYS}
    arrays |= {f"shipping.{name}": getattr(tables.shipping, name) for name in _SHIPPING_ARRAYS}
    np.savez(folder / "tables.npz", **arrays)


def read_tables(folder: Path) -> Tables:
    """The tables that `write_tables` wrote."""
    plain = orjson.loads((folder / "tables.json").read_bytes())
    with np.load(folder / "tables.npz") as arrays:
        sellers = {name: arrays[f"sellers.{name}"] for name in _SELLER_ARRAYS}
        shipping = {name: arrays[f"shipping.{name}"] for name in _SHIPPING_ARRAYS}
    seller_names = plain["sellers"]
    shipping_names = plain["shipping"]
    return Tables(
        currencies=tuple(plain["currencies"]),
        locales=tuple(plain["locales"]),
        countries=tuple(plain["countries"]),
        categories=tuple(tuple(path) for path in plain["categories"]),
        brands=tuple(plain["brands"]),
        sellers=SellerTable(
            tuple(seller_names["ids"]), tuple(seller_names["names"]), tuple(seller_names["countries"]), **sellers
        ),
        shipping=ShippingTable(tuple(shipping_names["ids"]), tuple(shipping_names["countries"]), **shipping),
        markets={code: _market(code, fields) for code, fields in plain["markets"].items()},
        rates=Rates(**plain["rates"]),
    )


def _market(code: str, fields: Mapping[str, Any]) -> Market:
    tax = fields["import_tax"]
    languages = fields.get("languages", ())  # snapshots of earlier builds have none
    return Market(
        country=code,
        currency=fields["currency"],
        locale=Locale.parse(fields["locale"]),
        import_tax=None if tax is None else ImportTax(**{**tax, "territory": tuple(tax["territory"])}),
        languages=tuple(languages),
    )


_SELLER_ARRAYS = ("active", "rating_mean", "rating_count", "years_active", "units_sold")
_SHIPPING_ARRAYS = ("cost_minor", "currency", "days_min", "days_max")
