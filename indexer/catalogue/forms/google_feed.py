"""Converts items of a Google Merchant Center feed to records.

Attribute names are those of the public product data specification, with spaces or underscores, with
or without ``g:``. What the feed does not say is absent. `stock` is 0 for ``out_of_stock``,
``preorder`` and ``backorder``, since nothing can be sent today (the last two are also kept as the
attribute `availability`); it is absent for ``in_stock`` without a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from indexer.catalogue.amounts import AmountStyle, read_amount
from indexer.catalogue.files.source import Source
from indexer.catalogue.files.tsv_rows import read_tsv
from indexer.catalogue.files.xml_items import Item
from indexer.catalogue.forms.google_headers import attribute_name, availability
from indexer.catalogue.forms.google_shipping import SHIPPING_PARTS, TIMES, shipping_template
from indexer.catalogue.forms.shop_csv import quantity
from indexer.catalogue.notes import PICKUP_ONLY, UNKNOWN_AVAILABILITY, UNKNOWN_QUANTITY, Notes
from indexer.catalogue.records import Defaults
from indexer.catalogue.times import read_time, zone_of
from indexer.listing import InvalidRecord, Rejected
from indexer.market import ShippingTemplate
from indexer.territory import territory

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
_YES_NO = {
    **dict.fromkeys(("yes", "true", "y", "1", "ja", "oui", "sí", "si", "sì", "sim", "tak", "はい"), True),
    **dict.fromkeys(("no", "false", "n", "0", "nein", "non", "nee", "não", "nao", "nie", "いいえ"), False),
}
"""Also in the languages of the headers that are known."""
_IN_STOCK = frozenset(
    {"instock", "available", "availablefororder", "limitedavailability", "limitedstock", "onlineonly"}
)
_NO_STOCK = {
    **dict.fromkeys(("preorder", "presale"), "preorder"),
    **dict.fromkeys(("backorder", "backordered", "onbackorder", "madetoorder"), "backorder"),
    **dict.fromkeys(("outofstock", "soldout", "discontinued", "unavailable", "notavailable", "instoreonly"), None),
    "reserved": None,
}
"""Spellings of what cannot be sent today, with the availability to keep as an attribute."""

Templates = dict[str, ShippingTemplate]


def google_record(item: Item, defaults: Defaults, templates: Templates, notes: Notes) -> dict[str, object]:
    """The record of `item`.

    The item's own shipping rows become a template, which is added to `templates` unless an equal
    one is there. What is left out of the record is counted in `notes`.

    Raises:
        InvalidRecord: it names the feed's own attribute.
    """
    record = defaults.as_record()
    record.update({field: text for field, attribute in _COPIED.items() if (text := _first(item, attribute))})
    if "description" not in record and (text := _first(item, "summary") or _first(item, "content")):
        record["description"] = text  # of an entry in Atom
    if template_id := own_template(item, defaults, templates):
        record["shipping_template"] = template_id
    elif any(isinstance(row, dict) and row for row in item.get("shipping", ())):
        notes.add(PICKUP_ONLY, _first(item, "id") or "")
    record["price_minor"], record["currency"] = _price("price", _first(item, "price"), amount_style(defaults))
    if sale := _first(item, "sale_price"):
        minor, currency = _price("sale_price", sale, _own_style(item, defaults))
        if currency != record["currency"]:
            raise InvalidRecord("sale_price", sale, f"is not in the price's currency, {record['currency']}")
        period = _first(item, "sale_price_effective_date")
        record["sale"] = {"price_minor": minor} | _period(period, defaults)
    if _yes_no(item, "identifier_exists") is False:
        record.pop("gtin", None)
        record.pop("model", None)
    record["stock"], availability = _stock(item, notes)
    record["category"] = _category(item)
    record["attributes"] = _attributes(item) | ({"availability": availability} if availability else {})
    record["adult"] = _yes_no(item, "adult")
    return record


@lru_cache(maxsize=16)
def amount_style(defaults: Defaults) -> AmountStyle:
    """How amounts are read where the file does not say it."""
    region = defaults.locale.region if defaults.locale else None
    return AmountStyle(defaults.currency, home=territory(region).get("currency") if region else None)


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
        else:
            yield number, _item(columns, cells)


def csv_items(rows: Iterable[tuple[int, list[str] | Rejected]]) -> Iterator[tuple[int, Item | Rejected]]:
    """The rows of a feed in CSV as items; the header is row 0."""
    columns: list[Callable[[Item, str], None]] = []
    for number, cells in rows:
        if number == 0:
            columns = [] if isinstance(cells, Rejected) else [_column(name) for name in cells]
        else:
            yield number, cells if isinstance(cells, Rejected) else _item(columns, cells)


def _item(columns: Sequence[Callable[[Item, str], None]], cells: Sequence[str]) -> Item:
    """An item of the cells that are not blank. Spreadsheets leave out empty cells at the end."""
    item: Item = {}
    for put, cell in zip(columns, cells, strict=False):
        if cell := cell.strip():
            put(item, cell)
    return item


def _column(name: str) -> Callable[[Item, str], None]:
    """A function that puts a cell of the column `name` into an item.

    A name such as ``shipping(country:price)`` also says how its cells are divided.
    """
    name, _, parts = attribute_name(name).rstrip(")").partition("(")
    default_names = {"shipping": SHIPPING_PARTS, "product_detail": DETAIL_PARTS}.get(name)
    names = tuple(map(attribute_name, parts.split(":"))) if parts else default_names
    if names is None:
        return lambda item, cell: item.setdefault(name, []).append(cell)
    return lambda item, cell: item.setdefault(name, []).extend(_nested(cell, names))


def _nested(cell: str, names: Sequence[str]) -> Iterator[dict[str, str]]:
    """The groups of a cell such as ``DE:::4,95 EUR,AT:::9,90 EUR``."""
    for group in _groups(cell, colons=min(len(names), 4) - 1):
        # Only the last part may contain a colon.
        parts = group.split(":", len(names) - 1)
        yield {name: part.strip() for name, part in zip(names, parts, strict=False) if part.strip()}


def _groups(cell: str, colons: int) -> list[str]:
    """`cell` divided at its commas, except at those inside a value.

    What has fewer than `colons` colons is no group of its own.
    """
    groups: list[str] = []
    for piece in cell.split(","):
        if groups and piece.count(":") < colons:
            groups[-1] += "," + piece
        else:
            groups.append(piece)
    return groups


def _first(item: Item, name: str) -> str | None:
    """The first text of an attribute; None when it is blank or absent."""
    for value in item.get(name, ()):
        if isinstance(value, str) and value:
            return value
    return None


def _price(field: str, text: str | None, style: AmountStyle) -> tuple[int, str]:
    if text is None:
        raise InvalidRecord(field, text, "is missing")
    return read_amount(field, text, style)


def _period(text: str | None, defaults: Defaults) -> dict[str, object]:
    """The first second of an interval and the first one after it, in the feed's country."""
    if text is None:
        return {}
    starts, slash, ends = text.partition("/")
    if not slash:
        raise InvalidRecord("sale_price_effective_date", text, "is not an interval 'from/to' of ISO 8601 times")
    zone = zone_of(defaults.locale.region if defaults.locale else None)
    period: dict[str, object] = {}
    if starts.strip():
        period["from"] = read_time("sale_price_effective_date", starts, zone)
    if ends.strip():
        period["to"] = read_time("sale_price_effective_date", ends, zone, end=True)
    return period


def _stock(item: Item, notes: Notes) -> tuple[int | None, str | None]:
    """The number in stock, and the availability to keep as an attribute; None for neither."""
    text = _first(item, "availability")
    if text:
        is_available, kept = read_availability(text)
        if is_available is False:
            return 0, kept
        if is_available is None:
            notes.add(UNKNOWN_AVAILABILITY, _first(item, "id") or "")
    text = _first(item, "quantity") or _first(item, "sell_on_google_quantity")
    stock = None if text is None else quantity(text)
    if text is not None and stock is None:
        notes.add(UNKNOWN_QUANTITY, _first(item, "id") or "")
    return stock, None


def read_availability(text: str) -> tuple[bool | None, str | None]:
    """Whether something can be bought today, and the availability to keep as an attribute.

    None is not known, or nothing to keep.
    """
    if (answer := _YES_NO.get(text.lower())) is not None:
        return answer, None
    state = re.sub("[^a-z]", "", availability(text).lower().rpartition("/")[2])
    if state in _NO_STOCK:
        return False, _NO_STOCK[state]
    return (True if state in _IN_STOCK else None), None


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


def _own_style(item: Item, defaults: Defaults) -> AmountStyle:
    """How the item's other amounts are read: those without a currency are in that of its price."""
    style = amount_style(defaults)
    _, currency = _price("price", _first(item, "price"), style)
    return replace(style, currency=currency)


def own_template(item: Item, defaults: Defaults, templates: Templates) -> str | None:
    """The id of the template of an item's own shipping rows; None without such rows.

    The template is added to `templates`. Empty rows say nothing. None of the rows delivers where
    all of them are for collection in a shop.

    Raises:
        InvalidRecord: a row without country or price, or with a wrong one.
    """
    rows = [row for row in item.get("shipping", ()) if row]
    if not rows:
        return None
    for row in rows:
        if not isinstance(row, dict):
            raise InvalidRecord("shipping", row, "must hold country and price")
    home = defaults.locale.region if defaults.locale else None
    times = tuple((name, text) for name in TIMES if (text := _first(item, name)))
    # The item's own times replace those that a row does not state.
    parts = tuple(times + tuple(row.items()) for row in rows if isinstance(row, dict))
    template = shipping_template(parts, home, _own_style(item, defaults))
    return None if template is None else templates.setdefault(template.template_id, template).template_id
