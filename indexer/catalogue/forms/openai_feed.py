"""Converts records of an OpenAI product feed (products for ChatGPT) to items of a Google feed.

The two specifications share most attributes and their values. The names of both revisions of
OpenAI's are read: developers.openai.com/commerce/specs/file-upload/products, and the first one
with `id`, `link` and `enable_search`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

import orjson

from indexer.catalogue.files.xml_items import Item
from indexer.catalogue.forms.google_feed import Templates, google_record
from indexer.catalogue.forms.google_shipping import SHIPPING_PARTS
from indexer.catalogue.forms.openai_variants import VARIANTS
from indexer.catalogue.notes import Notes
from indexer.catalogue.records import Defaults, Record
from indexer.listing import InvalidRecord, Rejected

_FLAGS = ("is_eligible_search", "enable_search", "is_eligible_checkout", "enable_checkout", "is_ads_eligible")
_REQUIRED = (("item_id", "id"), ("title",), ("price",))
_OWN = (  # names that a Google feed does not have; one of them, or a flag, tells the forms apart
    "item_id", "product_category", "inventory_quantity", "item_group_title", "variant_dict", "target_countries",
    "star_rating", "product_review_rating", "listing_has_variations",
)  # fmt: skip
_TELLING = "is_eligible_search or enable_search"
_ITEM = {  # Google's attribute: the names of it here, the newest first
    "id": ("item_id", "id"),
    "title": ("title",),
    "description": ("description",),
    "brand": ("brand",),
    "gtin": ("gtin",),
    "mpn": ("mpn",),
    "price": ("price",),
    "sale_price": ("sale_price",),
    "google_product_category": ("product_category", "google_product_category"),
    "product_type": ("product_type",),
    "availability": ("availability",),
    "quantity": ("inventory_quantity", "quantity"),
    "item_group_id": ("group_id", "item_group_id"),
    "image_link": ("image_url", "image_link"),
    "external_seller_id": ("marketplace_seller", "external_seller_id", "seller_name"),
    "color": ("color",),
    "size": ("size",),
    "material": ("material",),
    "pattern": ("pattern",),
    "gender": ("gender",),
    "age_group": ("age_group",),
    "condition": ("condition",),
    "size_system": ("size_system",),
}
_RATINGS = ("star_rating", "product_review_rating")
_COUNTS = ("review_count", "product_review_count")
_STARTS = ("sale_price_start_date", "sale_price_effective_date_start")
_ENDS = ("sale_price_end_date", "sale_price_effective_date_end")
_PERIOD = "sale_price_effective_date"
_VARIANTS = tuple((f"custom_variant{number}_category", f"custom_variant{number}_option") for number in (1, 2, 3))
_ENTRY = re.compile(r",\s*(?=[A-Z]{2}:)")  # between the entries of a shipping cell
_THOUSANDS = re.compile(r"(?<=\d)[.,' \u00a0\u202f](?=\d{3}(?!\d))")
_NO = ("false", "no", "0")
_SHOPIFY = ("handle", "body_html")  # its products.json has variants too, with prices without a currency


def missing_fields(names: Collection[str]) -> list[str]:
    """What a record lacks to be one of an OpenAI product feed."""
    missing = [" or ".join(choices) for choices in _REQUIRED if not any(name in names for name in choices)]
    if not any(name in names for name in (*_FLAGS, *_OWN)):
        missing.append(_TELLING)
    return missing


def is_openai_json(names: Collection[str]) -> bool:
    """Whether JSON records with these fields are of an OpenAI feed; Google's feed is no JSON."""
    if VARIANTS in names and any(name in names for name in ("item_id", "id")):
        return not any(name in names for name in _SHOPIFY)
    missing = missing_fields(names)
    return not missing or (missing == [_TELLING] and any(name in names for name in ("link", "url")))


def lower_names(rows: Iterable[tuple[int, Record | Rejected]]) -> Iterator[tuple[int, Record | Rejected]]:
    """The rows of a table with its columns in lower case."""
    for number, row in rows:
        yield number, row if isinstance(row, Rejected) else {name.lower(): cell for name, cell in row.items()}


def openai_record(record: Record, defaults: Defaults, templates: Templates, notes: Notes) -> Record | str:
    """The record of a product, in Fondaco's own form; a text says why it is left out.

    Its shipping becomes a template, which is added to `templates` unless an equal one is there.
    What is left out is counted in `notes`.

    Raises:
        InvalidRecord: it names the feed's own field.
    """
    if is_excluded(record):
        return "a product that its feed excludes from search"
    ours = google_record(openai_item(record), defaults, templates, notes)
    rating, count = _text(record, _RATINGS), _text(record, _COUNTS)
    if rating is not None:
        ours["rating_mean"] = _number("rating", rating)
    if count is not None:
        ours["rating_count"] = _count("review_count", count)
    attributes = ours.get("attributes")
    if isinstance(attributes, Mapping):
        ours["attributes"] = {**attributes, **_variant(record)}
    return ours


def is_excluded(record: Record) -> bool:
    """Whether the feed excludes a product from search."""
    return (_text(record, ("is_eligible_search", "enable_search")) or "").casefold() in _NO


def openai_item(record: Record) -> Item:
    """`record` with Google's names."""
    item: Item = {}
    for attribute, names in _ITEM.items():
        if (text := _text(record, names)) is not None:
            item[attribute] = [text]
    if currency := _text(record, ("currency",)):
        for name in ("price", "sale_price"):
            if (amount := _text(record, (name,))) and amount[-1].isdigit():
                item[name] = [f"{amount} {currency}"]
    if period := _period(record):
        item[_PERIOD] = [period]
    if shipping := list(_shipping(record.get("shipping") or record.get("shipping_price"))):
        item["shipping"] = list(shipping)
    return item


def _period(record: Record) -> str | None:
    """The interval of a sale, "from/to". Without one of the two it is open at that end."""
    if (period := _text(record, (_PERIOD,))) is not None:
        return "/".join(part.strip() for part in period.split("/"))
    starts, ends = _text(record, _STARTS), _text(record, _ENDS)
    return f"{starts or ''}/{ends or ''}" if starts or ends else None


def _shipping(value: object) -> Iterator[dict[str, str]]:
    """The entries of "US:CA:Overnight:16.00 USD,US::Standard:5.00 USD"; a list, or objects."""
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, Mapping):
            yield {str(name): text for name, part in entry.items() for text in _texts("shipping", part)[:1]}
            continue
        for text in _texts("shipping", entry):
            for cell in _ENTRY.split(text):
                parts = map(str.strip, cell.split(":", len(SHIPPING_PARTS) - 1))
                yield {name: part for name, part in zip(SHIPPING_PARTS, parts, strict=False) if part}


def _variant(record: Record) -> dict[str, str]:
    """The properties that tell a product from the others of its group."""
    variant = record.get("variant_dict")
    if isinstance(variant, str) and variant.lstrip().startswith("{"):
        try:
            variant = orjson.loads(variant)
        except orjson.JSONDecodeError:
            raise InvalidRecord("variant_dict", variant, "is not a JSON object") from None
    pairs = dict(variant) if isinstance(variant, Mapping) else {}
    for name, option in _VARIANTS:
        if key := _text(record, (name,)):
            pairs[key] = record.get(option)
    return {str(name): text for name, value in pairs.items() for text in _texts(str(name), value)[:1]}


def _text(record: Record, names: Iterable[str]) -> str | None:
    """The first of the fields that is there, as text; None without one."""
    for name in names:
        value = record.get(name)
        if type(value) is str:  # most fields
            if text := value.strip():
                return text
        elif value is not None and (texts := _texts(name, value)):
            return texts[0]
    return None


def _texts(name: str, value: object) -> list[str]:
    """The values of a field as texts that are not blank; a number or flag is written out."""
    if value is None:
        return []
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, str):
        return [value.strip()] if value and not value.isspace() else []
    if isinstance(value, int | float):
        return [str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(name, part)]
    if isinstance(value, Mapping) and {"amount", "currency"} <= value.keys():
        raise InvalidRecord(name, value, "is an object: write it as text, such as '79.99 USD'")
    raise InvalidRecord(name, value, "must be text or a number")


def _count(name: str, text: str) -> int:
    """A whole number, which may be in groups of thousands: 1234, 1,234, 12.0."""
    number = _number(name, _THOUSANDS.sub("", text))
    if not number.is_integer() or number < 0:
        raise InvalidRecord(name, text, "is not a whole number")
    return int(number)


def _number(name: str, text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise InvalidRecord(name, text, "is not a number") from None
