"""Reads WooCommerce's product export in CSV, with its headers in several languages.

A variable product is no listing: its variations are, and they inherit what they do not say. A
variation may stand before its product, so the products are read first, into a temporary file.
"""

from __future__ import annotations

import html
import re
import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

import orjson

from indexer.catalogue.forms.google_feed import read_availability
from indexer.catalogue.forms.shop_csv import (
    Outcomes,
    RawRows,
    Row,
    UniqueIds,
    convert_rows,
    fold_header,
    known_columns,
    path,
    price_minor,
    quantity,
    to_id,
    with_options,
)
from indexer.catalogue.records import Defaults, Record
from indexer.catalogue.times import read_time, zone_of
from indexer.listing import InvalidRecord, Rejected

_REQUIRED = ("type", "name", "regular price")
_ATTRIBUTES_MAX = 50  # numbered columns for attributes that are looked for
_GTIN_FIELD = "Meta: _global_unique_id"  # where WooCommerce itself keeps a GTIN
_SEPARATOR = re.compile(r"(?<!\\),")
_ESCAPED = re.compile(r"'[=+\-@\t\r]")  # cells that a spreadsheet could read as a formula have a quote before
_UNPUBLISHED = {"0": "a private product", "-1": "a draft product", "2": "a product that is pending review"}
_HIDDEN = {
    "hidden": "a product that is hidden in the catalogue",
    "catalog": "a product that is hidden in searches",
}
_BRAND_ATTRIBUTES = ("brand", "marke", "marque", "marca", "merk", "marka", "ブランド")
_INHERITED = ("name", "description", "short description", "categories", "tags", "images", "brands")


def missing_columns(header: Sequence[str]) -> list[str]:
    """The columns that a WooCommerce export has and `header` lacks, by their English names."""
    known = set(_columns(header).values())
    missing = [_english(name) for name in _REQUIRED if name not in known]
    return missing if {"id", "sku"} & known else ["ID", *missing]


def woocommerce_records(
    rows_of_products: RawRows, rows: RawRows, header: Sequence[str], defaults: Defaults
) -> Outcomes:
    """A record for each product that can be bought.

    The file is read twice: `rows_of_products` and `rows` are the same rows. `defaults`
    have the currency of its prices and the locale whose country's time its dates are in.
    """
    columns = _columns(header)
    products = _Products()
    headers = {name: column for column, name in columns.items()}
    for _, raw in rows_of_products:
        if not isinstance(raw, Rejected) and _kind(str(raw.get(headers["type"], ""))) == "variable":
            products.add({columns[name]: str(text).strip() for name, text in raw.items() if name in columns})
    return convert_rows(rows, columns, _Export(headers, defaults, products).convert)


class _Products:
    """The rows of variable products, on disk: a shop may have millions."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", check_same_thread=False)  # a temporary file; it vanishes
        self._database.execute("create table products (key text primary key, row blob) without rowid")
        self.find = lru_cache(maxsize=256)(self._find)  # variations mostly follow one another

    def add(self, row: Row) -> None:
        """Keep a product under its SKU and its id, as variations name it."""
        content = orjson.dumps({name: text for name, text in row.items() if text})
        keys = [f"id:{row['id']}"] if row.get("id") else []
        keys += [row["sku"]] if row.get("sku") else []
        self._database.executemany("insert or ignore into products values (?, ?)", [(key, content) for key in keys])

    def _find(self, key: str) -> Row | None:
        found = self._database.execute("select row from products where key = ?", (key,)).fetchone()
        return None if found is None else _unescaped(orjson.loads(found[0]))


class _Export:
    """An export whose variable products are known."""

    def __init__(self, headers: Mapping[str, str], defaults: Defaults, products: _Products) -> None:
        self._headers = headers  # the file's own name of each column
        self._currency = defaults.currency or ""
        self._zone = zone_of(defaults.locale.region if defaults.locale else None)
        self._products = products
        self._ids = UniqueIds()

    def convert(self, row: Row) -> Record | str:
        row = _unescaped(row)
        kind = _kind(row.get("type", ""))
        if kind == "variable":
            return "a variable product (its variations are the listings)"
        if kind == "grouped":
            return "a grouped product (its members are listings of their own)"
        parent = self._products.find(row["parent"]) if kind == "variation" and "parent" in row else None
        hidden = _hidden(row) or (_hidden(parent) if parent else None)
        if hidden:
            return hidden
        return self._record(row, kind, parent or {})

    def _record(self, row: Row, kind: str, parent: Row) -> Record:
        own = _attributes(row)
        attributes = _attributes(parent) | own
        inherited = {name: parent[name] for name in _INHERITED if name in parent}
        facts = inherited | dict(row)
        if tags := facts.get("tags"):
            attributes["tags"] = ", ".join(_values(tags))
        title = _title(facts.get("name"), own if kind == "variation" else {})
        record = self._price(row) | {
            "listing_id": self._ids.take(row.get("sku"), row.get("id"), facts.get("name")),
            "group_id": _group(row, parent) if kind == "variation" else None,
            "title": title,
            "description": _description(facts),
            "category": _category(facts.get("categories", "")),
            "brand": _brand(facts, attributes),
            "gtin": row.get("gtin"),
            "image_url": next(iter(_values(facts.get("images", ""))), None),
        }
        record["stock"], availability = self._stock(row, parent)
        record["attributes"] = attributes | ({"availability": availability} if availability else {})
        return record

    def _price(self, row: Row) -> dict[str, object]:
        regular = price_minor(self._headers["regular price"], row.get("regular price"), self._currency)
        record: dict[str, object] = {"price_minor": regular, "currency": self._currency}
        if "sale price" in row:
            price = price_minor(self._headers["sale price"], row["sale price"], self._currency)
            if 0 < price < regular:
                record["sale"] = {
                    "price_minor": price,
                    "from": self._time("sale starts", row),
                    "to": self._time("sale ends", row, end=True),
                }
        return record

    def _time(self, name: str, row: Row, end: bool = False) -> int | None:
        """The time in a cell, in the shop's country; a date alone is the whole day."""
        text = row.get(name)
        if text is None:
            return None
        day, _, time = text.replace("T", " ").partition(" ")
        if time[1:2] == ":":  # the export writes "2026-11-01 0:00:00"
            time = f"0{time}"
        return read_time(self._headers[name], f"{day}T{time}" if time else day, self._zone, end=end)

    def _stock(self, row: Row, parent: Row) -> tuple[int | None, str | None]:
        """The number in stock, and the availability to keep as an attribute; None for neither."""
        is_available, kept = read_availability(row.get("in stock", ""))
        if is_available is False:
            return 0, kept
        text = parent.get("stock") if row.get("stock") == "parent" else row.get("stock")
        count = None if text is None else quantity(text)
        # Without a number, or sold on at zero: in stock, but nobody knows how many.
        return count or None, None


@cache
def _names() -> dict[str, str]:
    """The name in this project of each known header."""
    names: dict[str, str] = {fold_header(_GTIN_FIELD): "gtin"}
    text = Path(__file__).with_name("woocommerce_headers.tsv").read_text("utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            name, header, _ = line.split("\t")
            for number in range(1, _ATTRIBUTES_MAX + 1) if "{n}" in header else (0,):
                names[fold_header(header.replace("{n}", str(number)))] = name.replace("{n}", str(number))
    return names


def _columns(header: Sequence[str]) -> dict[str, str]:
    return known_columns(header, _names())


def _english(name: str) -> str:
    return name[0].upper() + name[1:]


@lru_cache(maxsize=256)
def _kind(types: str) -> str:
    """variable, variation or grouped; otherwise the product is an offer of its own."""
    for kind in map(str.strip, types.casefold().split(",")):
        if kind.startswith("variable"):
            return "variable"
        if kind.endswith("variation"):
            return "variation"
        if kind == "grouped":
            return kind
    return "simple"


def _hidden(row: Row) -> str | None:
    """Why the shop does not show a product to a shopper who searches; None if it does."""
    published = row.get("published", "1").casefold()
    if published not in ("1", "yes", "true"):
        return _UNPUBLISHED.get(published, "a product that is not published")
    return _HIDDEN.get(row.get("visibility", "").casefold())


def _unescaped(row: Row) -> Row:
    if not any(text.startswith("'") for text in row.values()):
        return row
    return {name: text[1:] if _ESCAPED.match(text) else text for name, text in row.items()}


def _values(text: str) -> list[str]:
    """The values of a list, in which a comma inside a value has a backslash before it."""
    if not text:
        return []
    values = [value.replace("\\,", ",").strip() for value in _SEPARATOR.split(text)] if "," in text else [text]
    return [html.unescape(value) if "&" in value else value for value in values if value]


def _attributes(row: Row) -> dict[str, str]:
    attributes = {}
    for column, name in row.items():
        if column.startswith("attribute ") and column.endswith(" name"):
            values = _values(row.get(column.removesuffix("name") + "values", ""))
            if values:
                attributes[html.unescape(name)] = ", ".join(values)
    return attributes


def _title(name: str | None, options: Mapping[str, str]) -> str:
    """The name, and the options that it does not hold: WooCommerce writes at most two of them."""
    if name is None:
        raise InvalidRecord("Name", None, "is missing")
    return with_options(html.unescape(name), options.values())


def _description(facts: Mapping[str, str]) -> str | None:
    texts = (facts.get("short description"), facts.get("description"))
    # The export writes a line end as backslash and n.
    return "\n".join(text.replace("\\n", "\n") for text in texts if text) or None


def _category(text: str) -> list[str]:
    """The first of the paths."""
    return next((path(value) for value in _values(text)), [])


def _brand(facts: Mapping[str, str], attributes: Mapping[str, str]) -> str | None:
    brands = _values(facts.get("brands", "")) or [
        value for name, value in attributes.items() if name.casefold() in _BRAND_ATTRIBUTES
    ]
    return path(brands[0])[-1] if brands and path(brands[0]) else None


def _group(row: Row, parent: Row) -> str | None:
    """One id for all variations of a product, whether they name it by SKU or by id."""
    name = parent.get("sku") or parent.get("id") or row.get("parent", "").removeprefix("id:")
    return to_id(name) or None
