"""Reads Shopify's product export in CSV, with the headers of before and after 2024.

The rows of a handle follow each other. The first describes the product; every row with an option
value, a SKU or a price is a variant, and becomes a listing; the others are pictures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from indexer.catalogue.records import Record
from indexer.listing import InvalidRecord

_HEADERS = {
    "handle": ("Handle", "URL handle"),
    "title": ("Title",),
    "description": ("Body (HTML)", "Body HTML", "Description"),
    "vendor": ("Vendor",),
    "category": ("Product Category", "Standardized Product Type"),
    "google category": ("Google Shopping / Google Product Category",),
    "type": ("Type", "Custom Product Type"),
    "tags": ("Tags",),
    "published": ("Published", "Published on online store"),
    "status": ("Status",),
    "option1 name": ("Option1 Name",),
    "option1": ("Option1 Value",),
    "option2 name": ("Option2 Name",),
    "option2": ("Option2 Value",),
    "option3 name": ("Option3 Name",),
    "option3": ("Option3 Value",),
    "sku": ("Variant SKU", "SKU"),
    "price": ("Variant Price", "Price"),
    "compare-at price": ("Variant Compare At Price", "Compare-at price", "Compare at price"),
    "barcode": ("Variant Barcode", "Barcode"),
    "tracker": ("Variant Inventory Tracker", "Inventory tracker"),
    "quantity": ("Variant Inventory Qty", "Inventory quantity"),
    "policy": ("Variant Inventory Policy", "Continue selling when out of stock"),
    "image": ("Image Src", "Product image URL"),
    "variant image": ("Variant Image", "Variant image URL"),
    "mpn": ("Google Shopping / MPN", "Google Shopping / Manufacturer part number (MPN)"),
    "attribute gender": ("Google Shopping / Gender",),
    "attribute age group": ("Google Shopping / Age Group",),
    "attribute condition": ("Google Shopping / Condition",),
}
_NAMES = {fold_header(header): name for name, headers in _HEADERS.items() for header in headers}
_REQUIRED = ("handle", "title", "price")
_METAFIELD = re.compile(r"(.+) \(product\.metafields\.[^)]+\)")  # "Colour (product.metafields.shopify.color-pattern)"
_ATTRIBUTE = "attribute "
_ATTRIBUTE_MAX = 200  # characters; longer metafields are texts, not attributes
_OPTIONS = ("option1", "option2", "option3")
_DEFAULT = "default title"  # the option of a product without variants
_FALSE = ("false", "no", "0")
_HIDDEN = {"draft": "a draft product", "archived": "an archived product", "unlisted": "an unlisted product"}
_TRUE = ("true", "yes", "1", "continue")


def missing_columns(header: Sequence[str]) -> list[str]:
    """The columns that a Shopify export has and `header` lacks."""
    known = set(known_columns(header, _NAMES).values())
    return [" or ".join(_HEADERS[name]) for name in _REQUIRED if name not in known]


def shopify_records(rows: RawRows, header: Sequence[str], currency: str) -> Outcomes:
    """A record for each variant; prices are in `currency`, which the file does not state."""
    columns = known_columns(header, _NAMES)
    for column in header:
        if match := _METAFIELD.fullmatch(column):
            columns.setdefault(column, _ATTRIBUTE + match[1].strip())
    headers = {name: column for column, name in columns.items()}
    return convert_rows(rows, columns, _Export(headers, currency).convert)


@dataclass(frozen=True, slots=True)
class _Product:
    """What the first row of a handle says of all its variants."""

    handle: str
    title: str | None
    facts: dict[str, object]
    attributes: dict[str, str]
    option_names: dict[str, str]
    hidden: str | None  # why the shop does not show it
    image: str | None


class _Export:
    """The position in an export: the product that the next rows belong to."""

    def __init__(self, headers: Mapping[str, str], currency: str) -> None:
        self._headers = headers  # the file's own name of each column
        self._currency = currency
        self._ids = UniqueIds()
        self._product: _Product | None = None

    def convert(self, row: Row) -> Record | str:
        product = self._product_of(row)
        if not any(name in row for name in (*_OPTIONS, "sku", "price")) and "title" not in row:
            return "an image row"
        if product.hidden:
            return product.hidden
        if product.title is None:
            raise InvalidRecord("Title", None, "is missing: the first row of a handle must come before its other rows")
        return self._variant(product, row, product.title)

    def _product_of(self, row: Row) -> _Product:
        handle = to_id(row.get("handle") or "")
        current = self._product
        if current is None or (handle and handle != current.handle) or (not handle and "title" in row):
            current = self._product = _product(handle or to_id(row.get("title", "").lower()), row)
        return current

    def _variant(self, product: _Product, row: Row, title: str) -> Record:
        options = {
            row.get(f"{name} name") or product.option_names.get(name) or name: value
            for name in _OPTIONS
            if (value := row.get(name)) and value.casefold() != _DEFAULT
        }
        values = list(options.values())
        sku = (row.get("sku") or "").lstrip("'")
        price = price_minor(self._headers["price"], row.get("price"), self._currency)
        record: dict[str, object] = product.facts | {
            "listing_id": self._ids.take(sku, "-".join([product.handle, *values])),
            "group_id": product.handle,
            "title": with_options(title, values),
            "price_minor": price,
            "currency": self._currency,
            "gtin": (row.get("barcode") or "").lstrip("'"),
            "model": row.get("mpn"),
            "stock": self._stock(row),
            "image_url": row.get("variant image") or product.image,
            "attributes": product.attributes | options,
        }
        if before := row.get("compare-at price"):
            regular = price_minor(self._headers["compare-at price"], before, self._currency)
            if regular > price > 0:  # free of charge is a price, not a sale
                record["price_minor"] = regular
                record["sale"] = {"price_minor": price}
        return record

    def _stock(self, row: Row) -> int | None:
        """The quantity; None where the shop does not count it, or sells on without it."""
        if "quantity" not in row or ("tracker" in self._headers and "tracker" not in row):
            return None
        count = quantity(row["quantity"])
        sells_on = row.get("policy", "").casefold() in _TRUE
        return None if count == 0 and sells_on else count


def _product(handle: str, row: Row) -> _Product:
    attributes = {
        name.removeprefix(_ATTRIBUTE): text
        for name, text in row.items()
        if name.startswith(_ATTRIBUTE) and len(text) <= _ATTRIBUTE_MAX and text[0] not in "{[<"
    }
    for name in ("type", "tags"):
        if name in row:
            attributes[name] = row[name]
    return _Product(
        handle=handle,
        title=row.get("title"),
        facts={"description": row.get("description"), "brand": row.get("vendor"), "category": _category(row)},
        attributes=attributes,
        option_names={name: row[f"{name} name"] for name in _OPTIONS if f"{name} name" in row},
        hidden=_hidden(row),
        image=row.get("image"),
    )


def _category(row: Row) -> list[str]:
    """Shopify's path, else Google's, else the shop's type. Bare numbers need a table: ignored."""
    choices = (row.get(name) for name in ("category", "google category", "type"))
    text = next((text for text in choices if text and not text.isdigit() and text != "Uncategorized"), "")
    return path(text)


def _hidden(row: Row) -> str | None:
    status = row.get("status", "active").casefold()
    if status != "active":
        return _HIDDEN.get(status, f"a product with status {status[:40]}")
    return "a product that is not published" if row.get("published", "true").casefold() in _FALSE else None
