"""Converts items of a Google Merchant Center feed to records.

Attribute names are those of the public product data specification, with spaces or underscores, with
or without ``g:``. What the feed does not say is absent. `stock` is 0 for ``out_of_stock``,
``preorder`` and ``backorder``, since nothing can be sent today (the last two are also kept as the
attribute `availability`); it is absent for ``in_stock`` without a number.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

from indexer.catalogue.amounts import to_minor
from indexer.catalogue.csv_rows import read_tsv
from indexer.catalogue.google_headers import attribute_name
from indexer.catalogue.records import Defaults, Record
from indexer.catalogue.source import Source
from indexer.catalogue.xml_items import Item
from indexer.listing import InvalidRecord, Rejected
from indexer.market import ShippingRow, ShippingTemplate

DAYS_HANDLING = (0, 1)  # of a shipping row without handling times: same or next working day
DAYS_TRANSIT = (2, 7)  # of one without transit times: an ordinary parcel within a continent
DAYS_MAX = 365
SHIPPING_PARTS = (
    "country", "region", "service", "price",
    "min_handling_time", "max_handling_time", "min_transit_time", "max_transit_time",
)  # fmt: skip
DETAIL_PARTS = ("section_name", "attribute_name", "attribute_value")
_COPIED = {
    "listing_id": "id",
    "seller_id": "external_seller_id",
    "title": "title",
    "description": "description",
    "brand": "brand",
    "gtin": "gtin",
    "model": "mpn",
    "group_id": "item_group_id",
    "image_url": "image_link",
    "ships_from": "ships_from_country",
}
_ATTRIBUTES = ("color", "size", "material", "pattern", "gender", "age_group", "condition", "size_type", "size_system")
_PRICE = re.compile(r"^(?:([A-Z]{3}) ?(\d{1,15}(?:\.\d{1,6})?)|(\d{1,15}(?:\.\d{1,6})?) ?([A-Z]{3}))$")
_YES_NO = {"yes": True, "true": True, "no": False, "false": False}
_NO_STOCK = ("out_of_stock", "preorder", "backorder")

Templates = dict[str, ShippingTemplate]


def google_record(item: Item, defaults: Defaults, templates: Templates) -> dict[str, object]:
    """The record of `item`.

    The item's own shipping rows become a template, which is added to `templates` unless an equal
    one is there.

    Raises:
        InvalidRecord: it names the feed's own attribute.
    """
    record = defaults.as_record()
    record.update({field: text for field, attribute in _COPIED.items() if (text := _first(item, attribute))})
    if template_id := own_template(item, defaults, templates):
        record["shipping_template"] = template_id
    record["price_minor"], record["currency"] = _price("price", _first(item, "price"))
    if sale := _first(item, "sale_price"):
        record["sale"] = _sale(sale, _first(item, "sale_price_effective_date"), record["currency"])
    if _yes_no(item, "identifier_exists") is False:
        record.pop("gtin", None)
        record.pop("model", None)
    record["stock"], availability = _stock(item)
    record["category"] = _category(item)
    record["attributes"] = _attributes(item) | ({"availability": availability} if availability else {})
    record["adult"] = _yes_no(item, "adult")
    return record


def tsv_items(source: Source) -> Iterator[tuple[int, Item | Rejected]]:
    """The rows of a feed in TSV as items, numbered from 1 below the header."""
    columns: list[Callable[[Item, str], None]] = []
    for number, cells in read_tsv(source, skip=0):
        if number == 0:
            columns = [] if isinstance(cells, Rejected) else [_column(name) for name in cells]
        elif isinstance(cells, Rejected):
            yield number, cells
        elif len(cells) > len(columns):
            reason = f"has {len(cells)} cells where the header has {len(columns)}: is there a tab inside a text?"
            yield number, Rejected(number, "record", "\t".join(cells)[:200], reason)
        else:  # spreadsheets do not write empty cells at the end, so a row may have fewer
            item: Item = {}
            for put, cell in zip(columns, cells, strict=False):
                if cell := cell.strip():
                    put(item, cell)
            yield number, item


def csv_items(rows: Iterable[tuple[int, Record | Rejected]]) -> Iterator[tuple[int, Item | Rejected]]:
    """The rows of a feed in CSV as items."""
    columns: dict[str, Callable[[Item, str], None]] = {}
    for number, row in rows:
        if isinstance(row, Rejected):
            yield number, row
            continue
        item: Item = {}
        for name, cell in row.items():
            if isinstance(cell, str) and (cell := cell.strip()):
                columns.setdefault(name, _column(name))(item, cell)
        yield number, item


def normalise_name(name: str) -> str:
    """An attribute's name in one spelling: ``g:Sale Price`` is ``sale_price``."""
    return name.strip().lower().removeprefix("g:").replace(" ", "_")


def _column(name: str) -> Callable[[Item, str], None]:
    """A function that puts a cell of the column `name` into an item.

    A name such as ``shipping(country:price)`` also says how its cells are divided.
    """
    name, _, parts = attribute_name(name).rstrip(")").partition("(")
    default_names = {"shipping": SHIPPING_PARTS, "product_detail": DETAIL_PARTS}.get(name)
    names = tuple(map(normalise_name, parts.split(":"))) if parts else default_names
    if names is None:
        return lambda item, cell: item.setdefault(name, []).append(cell)
    return lambda item, cell: item.setdefault(name, []).extend(_nested(cell, names))


def _nested(cell: str, names: Sequence[str]) -> Iterator[dict[str, str]]:
    for group in cell.split(","):
        # Only the last part may contain a colon.
        parts = group.split(":", len(names) - 1)
        yield {name: part.strip() for name, part in zip(names, parts, strict=False) if part.strip()}


def _first(item: Item, name: str) -> str | None:
    """The first text of an attribute; None when it is blank or absent."""
    return next((value for value in item.get(name, ()) if isinstance(value, str) and value), None)


@lru_cache(maxsize=4096)
def _price(field: str, text: str | None) -> tuple[int, str]:
    """Minor units and currency of "19.99 EUR" or "EUR 19.99"."""
    if text is None:
        raise InvalidRecord(field, text, "is missing")
    if text.startswith("-"):
        raise InvalidRecord(field, text, "must not be negative")
    match = _PRICE.match(text)
    if match is None:
        raise InvalidRecord(field, text, "is not a price such as '19.99 EUR'")
    currency, amount = match[1] or match[4], match[2] or match[3]
    return to_minor(field, text, Decimal(amount), currency), currency


def _sale(price: str, period: str | None, currency: object) -> dict[str, object]:
    amount, sale_currency = _price("sale_price", price)
    if sale_currency != currency:
        raise InvalidRecord("sale_price", price, f"is not in the price's currency, {currency}")
    if period is None:
        return {"price_minor": amount}
    starts, slash, ends = period.partition("/")
    if not slash:
        raise InvalidRecord("sale_price_effective_date", period, "is not an interval 'from/to' of ISO 8601 times")
    return {"price_minor": amount, "from": starts, "to": ends}


def _stock(item: Item) -> tuple[int | None, str | None]:
    """The number in stock, and the availability to keep as an attribute; None for neither."""
    text = _first(item, "availability")
    quantity = _first(item, "quantity") or _first(item, "sell_on_google_quantity")
    state = normalise_name(text) if text else None
    if state in _NO_STOCK:
        return 0, state if state != "out_of_stock" else None
    if state not in (None, "in_stock"):
        raise InvalidRecord("availability", text, "is not one of in_stock, out_of_stock, preorder, backorder")
    return (None if quantity is None else _whole("quantity", quantity, 2**31 - 1)), None


def _whole(field: str, text: str, maximum: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 12 and int(text) <= maximum):
        raise InvalidRecord(field, text, f"is not a whole number from 0 to {maximum}")
    return int(text)


def _category(item: Item) -> list[str]:
    """Google's own path, else the shop's. Google's bare numbers are ignored: they need a table."""
    paths = (_first(item, "google_product_category"), _first(item, "product_type"))
    path = next((path for path in paths if path and not path.isdigit()), "")
    return [part for part in map(str.strip, path.split(">")) if part]


def _attributes(item: Item) -> dict[str, str]:
    attributes = {name: text for name in _ATTRIBUTES if (text := _first(item, name))}
    for detail in item.get("product_detail", ()):
        if isinstance(detail, dict) and detail.get("attribute_name") and detail.get("attribute_value"):
            attributes.setdefault(detail["attribute_name"], detail["attribute_value"])
    return attributes


def _yes_no(item: Item, name: str) -> bool | None:
    text = _first(item, name)
    if text is None:
        return None
    if text.lower() not in _YES_NO:
        raise InvalidRecord(name, text, "must be yes or no")
    return _YES_NO[text.lower()]


def own_template(item: Item, defaults: Defaults, templates: Templates) -> str | None:
    """The id of the template of an item's own shipping rows; None without such rows.

    The template is added to `templates`.

    Raises:
        InvalidRecord: a row without country or price, or with a wrong one.
    """
    rows = item.get("shipping")
    if not rows:
        return None
    for row in rows:
        if not isinstance(row, dict):
            raise InvalidRecord("shipping", row, "must hold country and price")
    home = defaults.locale.region if defaults.locale else None
    times = tuple((name, text) for name in SHIPPING_PARTS[4:] if (text := _first(item, name)))
    # The item's own times replace those that a row does not state.
    template = _template(tuple(times + tuple(row.items()) for row in rows if isinstance(row, dict)), home)
    return templates.setdefault(template.template_id, template).template_id


@lru_cache(maxsize=4096)  # most items of a feed ship alike
def _template(rows: tuple[tuple[tuple[str, str], ...], ...], home: str | None) -> ShippingTemplate:
    """One row a country: one for the whole country before one for a region, then the cheapest."""
    best: dict[str, tuple[bool, int, ShippingRow]] = {}
    for parts in map(dict, rows):
        row = _shipping_row(parts, home)
        regional = any(parts.get(part) for part in ("region", "postal_code", "location_id", "location_group_name"))
        choice = (regional, row.cost_minor, row)
        if row.country not in best or choice[:2] < best[row.country][:2]:
            best[row.country] = choice
    best_rows = tuple(best[country][2] for country in sorted(best))
    template_id = "feed-" + hashlib.blake2b(repr(best_rows).encode(), digest_size=8).hexdigest()
    return ShippingTemplate(template_id, best_rows)


def _shipping_row(row: dict[str, str], home: str | None) -> ShippingRow:
    country = row.get("country") or home
    if not country or not re.fullmatch("[A-Z]{2}", country):
        raise InvalidRecord("shipping.country", country, "is not an ISO 3166 country code such as DE")
    cost, currency = _price("shipping.price", row.get("price"))
    days_min = 0
    days_max = 0
    for part, (default_min, default_max) in (("handling", DAYS_HANDLING), ("transit", DAYS_TRANSIT)):
        at_least, at_most = (_days(row, name) for name in (f"min_{part}_time", f"max_{part}_time"))
        if at_most is None:
            at_most = default_max if at_least is None else max(default_max, at_least)
        days_min += min(default_min, at_most) if at_least is None else at_least
        days_max += at_most
    return ShippingRow(country, cost, currency, days_min, days_max)


def _days(row: dict[str, str], name: str) -> int | None:
    text = row.get(name)
    return None if not text else _whole(f"shipping.{name}", text, DAYS_MAX)
