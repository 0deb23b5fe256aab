"""Divides the products of an OpenAI feed that hold their variants into one record a variant.

The nested form is that of the Agentic Commerce Protocol (`schema.feed.json`), of which OpenAI's API
takes products: texts, prices, availability and sellers are objects. A record has the fields of the
flat form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from indexer.catalogue.forms.shop_csv import with_options
from indexer.catalogue.records import Record
from indexer.currency import is_currency, minor_digits
from indexer.listing import Rejected

VARIANTS = "variants"
_IDS = ("item_id", "id")
_NO_STOCK = ("out_of_stock", "backorder", "preorder", "discontinued")


def divide_products(records: Iterable[tuple[int, Record | Rejected]]) -> Iterator[tuple[int, Record | Rejected]]:
    """Each record, or in its place one for each of its variants, numbered from 1."""
    number = 0
    for _, record in records:
        for part in [record] if isinstance(record, Rejected) or VARIANTS not in record else _parts(record):
            number += 1
            yield number, replace(part, record=number) if isinstance(part, Rejected) else part


def _parts(product: Record) -> Sequence[Record]:
    variants = product[VARIANTS]
    if not isinstance(variants, list) or not variants or not all(isinstance(part, Mapping) for part in variants):
        return [product]
    shared = {name: value for name, value in product.items() if name not in (*_IDS, VARIANTS)}
    shared = {"group_id": next(filter(None, map(product.get, _IDS)), None)} | _present(shared)
    return [_flat(shared, _present(variant)) for variant in variants]


def _present(record: Record) -> dict[str, object]:
    return {name: value for name, value in record.items() if value is not None}


def _flat(product: dict[str, object], variant: dict[str, object]) -> Record:
    """A variant with what its product says, in the flat form. What is not known stays as it is."""
    record = product | variant
    options = _options(record.pop("variant_options", None))
    if "title" not in variant and isinstance(record.get("title"), str):
        record["title"] = with_options(str(record["title"]), options.values())
    if options:
        record.setdefault("variant_dict", options)
    if "description" in record:
        record["description"] = _one_of(record["description"], ("html", "plain", "markdown"))
    record |= _prices(record)
    record |= _first_ones(record)
    if isinstance(available := record.get("availability"), Mapping):
        record["availability"] = _availability(available)
    return record


def _options(value: object) -> dict[str, str]:
    """The options of a variant: ``[{"name": "Size", "value": "M"}]``."""
    pairs = [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []
    return {str(pair["name"]): str(pair["value"]) for pair in pairs if pair.get("name") and pair.get("value")}


def _prices(record: dict[str, object]) -> dict[str, object]:
    """Prices as text. A price below the list price is a sale."""
    names = ("price", "list_price", "sale_price")
    prices: dict[str, object] = {name: _amount(record[name]) for name in names if name in record}
    price, regular = record.get("price"), record.get("list_price")
    if isinstance(price, Mapping) and isinstance(regular, Mapping) and _is_lower(price, regular):
        return {"price": prices["list_price"], "sale_price": prices["price"]}
    return prices


def _is_lower(price: Record, regular: Record) -> bool:
    amount, regular_amount = price.get("amount"), regular.get("amount")
    is_comparable = isinstance(amount, int) and isinstance(regular_amount, int)
    return is_comparable and price.get("currency") == regular.get("currency") and amount < regular_amount  # type: ignore[operator]  # both are int


def _amount(value: object) -> object:
    """``{"amount": 1999, "currency": "USD"}``, in minor units, as ``19.99 USD``."""
    if isinstance(value, Mapping):
        amount, currency = value.get("amount"), value.get("currency")
        if type(amount) is int and isinstance(currency, str) and len(currency) == 3 and is_currency(currency):
            return f"{Decimal(amount).scaleb(-minor_digits(currency))} {currency}"
    return value


def _first_ones(record: dict[str, object]) -> dict[str, object]:
    """What the flat form has once, and the nested form in a list or an object."""
    nested = {
        "gtin": _one_of(_first(record.get("barcodes")), ("value",)),
        "product_category": _one_of(_first(record.get("categories")), ("value",)),
        "image_url": _one_of(_first(record.get("media")), ("url",)),
        "seller_name": _one_of(record.get("seller"), ("name",)),
    }
    return {name: value for name, value in nested.items() if value is not None and name not in record}


def _first(value: object) -> object:
    """The first element of a list; of media the first image."""
    parts = [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []
    images = [part for part in parts if part.get("type") == "image"]
    return next(iter(images or parts), None)


def _one_of(value: object, names: Iterable[str]) -> object:
    """The first of the named parts that an object has; another value stays as it is."""
    if not isinstance(value, Mapping):
        return value
    return next((value[name] for name in names if value.get(name)), None)


def _availability(value: Record) -> object:
    """``{"available": false, "status": "in_stock"}`` cannot be bought: it is out of stock."""
    status = value.get("status")
    if value.get("available") is False and status not in _NO_STOCK:
        return "out_of_stock"
    return status or ("in_stock" if value.get("available") is True else None)
