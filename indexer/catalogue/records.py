"""Converts a record to a Listing, and a Listing to a record.

A record is Fondaco's own form: a mapping with the field names of ``Listing``, amounts in minor
units, times as ISO 8601 text or seconds since 1970. Unknown fields are ignored; null and blank
optional text are absent. Every other format is first converted to such a record, so that each rule
is written once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import cast

from indexer.catalogue.html_text import html_line, html_text
from indexer.catalogue.notes import FREE_SALE, NO_TIME, NOT_LOWER, Notes
from indexer.catalogue.times import read_time, zone_of
from indexer.country import country_code
from indexer.currency import is_currency
from indexer.gtin import gtin_problem, read_gtin
from indexer.listing import (
    ID_MAX,
    TEXT_MAX,
    TITLE_MAX,
    InvalidRecord,
    Listing,
    Rejected,
    Sale,
    Translation,
    require,
    require_text,
)
from languages.locale import Locale

VALUE_MAX = 200  # characters of a value kept in Rejected
URL_MAX = 2_000  # what browsers and feeds agree on
TIME_MAX = 2**32 - 1  # the facts store times in 32 bits; also the end of a sale without end

Record = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Defaults:
    """Values for fields that a record lacks. ``None`` adds nothing.

    Raises:
        ValueError: on construction.
    """

    locale: Locale | None = None
    seller_id: str | None = None
    shipping_template: str | None = None
    ships_from: str | None = None
    currency: str | None = None  # of amounts of other forms that name none

    def __post_init__(self) -> None:
        if self.currency is not None and not is_currency(self.currency):
            raise ValueError(f"currency {self.currency!r} is not an ISO 4217 code such as EUR")
        for name in ("seller_id", "shipping_template"):
            if (text := getattr(self, name)) is not None and (not text or text.isspace()):
                raise ValueError(f"{name} {text!r} is blank")

    def as_record(self) -> dict[str, object]:
        """The defaults as fields of a record; empty when nothing is set."""
        fields = {
            "locale": None if self.locale is None else str(self.locale),
            "seller_id": self.seller_id,
            "shipping_template": self.shipping_template,
            "ships_from": self.ships_from,
        }
        return {name: value for name, value in fields.items() if value is not None}


def read_listing(record: Record, notes: Notes | None = None) -> Listing:
    """The listing that `record` describes.

    HTML in its texts is read as text. A sale that is not below the price is no sale. What is left
    out of a listing that is kept is counted in `notes`.

    Raises:
        InvalidRecord: it names the field, the value and the broken rule. No JSON value raises
            anything else.
    """
    get = record.get
    price = get("price_minor")
    if type(price) is not int:
        raise _wrong("price_minor", price, "must be a whole number of minor units, such as 1999 for 19.99 EUR")
    notes = Notes() if notes is None else notes
    listing_id = _required(record, "listing_id")
    locale = _locale("locale", get("locale"))
    sale = get("sale")
    attributes = get("attributes")
    translations = get("translations")
    return Listing(
        listing_id=listing_id,
        seller_id=_required(record, "seller_id"),
        locale=locale,
        title=html_line(_required(record, "title")),
        price_minor=price,
        currency=_currency(get("currency")),
        description=_markup(record, "description", html_text),
        brand=_markup(record, "brand", html_line),
        model=_text(record, "model"),
        gtin=_gtin(_text(record, "gtin"), notes, listing_id),
        category=_category(get("category")),
        attributes=_attributes(attributes) if attributes else {},
        sale=_sale(sale, price, locale, notes, listing_id) if sale is not None else None,
        shipping_template=_short(record, "shipping_template", ID_MAX),
        ships_from=_country(_text(record, "ships_from")),
        stock=_count(record, "stock"),
        group_id=_short(record, "group_id", ID_MAX),
        rating_mean=_rating(get("rating_mean")),
        rating_count=_count(record, "rating_count"),
        units_sold=_count(record, "units_sold"),
        created_at=_time(record, "created_at"),
        updated_at=_time(record, "updated_at"),
        image_url=_short(record, "image_url", URL_MAX),
        translations=_translations(translations) if translations else {},
        adult=_flag(get("adult")),
    )


FIELDS = tuple(Listing.__dataclass_fields__)
"""The names a record may have, in the order of ``Listing``."""


def listing_to_record(listing: Listing) -> dict[str, object]:
    """The record that ``read_listing`` converts to an equal listing.

    Absent fields are left out; times are numbers.
    """
    record: dict[str, object] = {}
    for name in FIELDS:
        value = getattr(listing, name)
        if value is not None and value != () and value != {} and value is not False:
            record[name] = value
    record["locale"] = str(listing.locale)
    if listing.category:
        record["category"] = list(listing.category)
    if listing.attributes:
        record["attributes"] = dict(listing.attributes)
    if listing.sale is not None:
        sale = listing.sale
        record["sale"] = {"price_minor": sale.price_minor, "from": sale.starts, "to": sale.ends}
    if listing.translations:
        record["translations"] = {
            str(locale): {"title": text.title} | ({} if text.description is None else {"description": text.description})
            for locale, text in listing.translations.items()
        }
    return record


def refuse(number: int, error: InvalidRecord) -> Rejected:
    """The rejection of a record that breaks a rule; its value is cut to 200 characters."""
    return Rejected(number, error.field, printable(error.value), error.reason)


def printable(value: object) -> str:
    """`value` as valid Unicode text without NUL, at most 200 characters; absent is ''."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        text = value[:VALUE_MAX].decode("utf-8", "backslashreplace")
    elif isinstance(value, str):
        text = value[:VALUE_MAX].encode("utf-8", "backslashreplace").decode()
    else:
        text = repr(value)
    return text[:VALUE_MAX].replace("\x00", "\\x00")[:VALUE_MAX]


def _wrong(field: str, value: object, reason: str) -> InvalidRecord:
    return InvalidRecord(field, value, "is missing" if value is None else reason)


def _required(record: Record, field: str) -> str:
    value = record.get(field)
    if type(value) is not str:
        raise _wrong(field, value, "must be text")
    return value


def _text(record: Record, field: str) -> str | None:
    value = record.get(field)
    if value is None:
        return None
    if type(value) is not str:
        raise InvalidRecord(field, value, "must be text")
    return value if value and not value.isspace() else None


def _markup(record: Record, field: str, read: Callable[[str], str]) -> str | None:
    """Optional text that may hold HTML."""
    value = _text(record, field)
    return None if value is None else read(value) or None


def _gtin(text: str | None, notes: Notes, listing_id: str) -> str | None:
    """14 digits. A text that is no GTIN stays as it is, since people may search for it."""
    if text is None or len(text) > ID_MAX:
        return text
    gtin = read_gtin(text)
    if gtin is None:
        notes.add(("gtin", gtin_problem(text) or ""), listing_id)
    return gtin or text


def _country(text: str | None) -> str | None:
    return None if text is None else country_code(text) or text


def _short(record: Record, field: str, limit: int) -> str | None:
    """Optional text of at most `limit` characters, which ``Listing`` itself does not check."""
    value = _text(record, field)
    if value is not None:
        require_text(field, value, limit)
    return value


def _currency(value: object) -> str:
    # The length comes first: a hostile feed must not fill the cache of is_currency with long texts.
    if type(value) is not str or len(value) != 3:
        raise _wrong("currency", value, "is not an ISO 4217 code such as EUR")
    return value


def _locale(field: str, value: object) -> Locale:
    if type(value) is not str:
        raise _wrong(field, value, "must be a language tag such as 'de' or 'pt-BR'")
    try:
        return Locale.parse(value)
    except ValueError:
        raise InvalidRecord(field, value, "is not a language tag such as 'de', 'pt-BR' or 'zh-Hant'") from None


def _category(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if type(value) is str:
        return tuple(part for part in map(html_line, map(str.strip, html_line(value).split(" > "))) if part)
    if type(value) is list and all(type(part) is str for part in value):
        return tuple(map(html_line, value))
    raise InvalidRecord("category", value, "must be a list of texts, or one text with ' > ' between its parts")


def _pairs(field: str, value: object) -> Iterable[tuple[object, object]]:
    """The pairs of an object. Parquet gives a map column as a list of pairs."""
    if isinstance(value, Mapping):
        return value.items()
    if type(value) is list and all(type(pair) is tuple and len(pair) == 2 for pair in value):
        return cast("list[tuple[object, object]]", value)
    raise InvalidRecord(field, value, "must be an object of names and values")


def _attributes(value: object) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for name, content in _pairs("attributes", value):
        if content is None:
            continue
        if type(name) is not str or not name or "\x00" in name:
            raise InvalidRecord("attributes", name, "has a name that is not text")
        if type(content) is not str:
            content = _number_as_text(f"attributes.{name[:VALUE_MAX]}", content)
        elif not content or content.isspace():
            continue
        content = html_text(content)
        if "\x00" in content or len(content) > TEXT_MAX or not content.isascii():
            require_text(f"attributes.{name[:VALUE_MAX]}", content, TEXT_MAX)
        attributes[name] = content
    return attributes


def _number_as_text(field: str, value: object) -> str:
    """A number as text, 6.0 as '6': sizes and counts are often numbers, and are accepted."""
    if type(value) is int:
        return str(value)
    if type(value) is float and math.isfinite(value):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else str(value)
    raise InvalidRecord(field, value, "must be text or a number")


def _sale(value: object, regular_minor: int, locale: Locale, notes: Notes, listing_id: str) -> Sale | None:
    """The sale of a listing; None if it is free, not below the regular price, or has no time."""
    if not isinstance(value, Mapping):
        raise InvalidRecord("sale", value, "must be an object with price_minor, from and to")
    price = value.get("price_minor")
    if type(price) is not int:
        raise _wrong("sale.price_minor", price, "must be a whole number of minor units")
    if price >= 2**62:
        raise InvalidRecord("sale.price_minor", price, "is too large for a price")
    starts, ends = value.get("from"), value.get("to")
    days = zone_of(locale.region)
    # A sale "until 9999" is common: times are clamped to what the facts can store.
    first = 0 if starts is None else max(0, min(read_time("sale.from", starts, UTC, days), TIME_MAX))
    end = TIME_MAX if ends is None else max(0, min(read_time("sale.to", ends, UTC, days, end=True), TIME_MAX))
    if first < end and 0 < price < regular_minor:
        return Sale(price, first, end)
    require(price >= 0, "sale.price_minor", price, "must not be negative")
    notes.add(NO_TIME if first >= end else FREE_SALE if price == 0 else NOT_LOWER, listing_id)
    return None


def _count(record: Record, field: str) -> int | None:
    value = record.get(field)
    if value is None or type(value) is int:
        return value
    raise InvalidRecord(field, value, "must be a whole number")


def _rating(value: object) -> float | None:
    if value is None:
        return None
    if type(value) is float:
        return value
    if type(value) is int and 0 <= value <= 5:
        return float(value)
    raise InvalidRecord("rating_mean", value, "must be a number between 0 and 5")


def _time(record: Record, field: str) -> int | None:
    value = record.get(field)
    if value is None or value == "":
        return None
    seconds = read_time(field, value)
    if not 0 <= seconds <= TIME_MAX:
        raise InvalidRecord(field, value, "must lie between 1970 and 2106")
    return seconds


def _flag(value: object) -> bool:
    if value is None:
        return False
    if type(value) is not bool:
        raise InvalidRecord("adult", value, "must be true or false")
    return value


def _translations(value: object) -> dict[Locale, Translation]:
    translations: dict[Locale, Translation] = {}
    for tag, texts in _pairs("translations", value):
        if texts is None:  # a Parquet struct column names every locale in every row
            continue
        field = f"translations.{tag}"[:VALUE_MAX]
        if not isinstance(texts, Mapping):
            raise InvalidRecord(field, texts, "must be an object with title and description")
        locale = _locale("translations", tag)
        title, description = texts.get("title"), texts.get("description")
        if type(title) is not str:
            raise _wrong(f"{field}.title", title, "must be text")
        title = html_line(title)
        require_text(f"{field}.title", title, TITLE_MAX)
        if description is not None:
            if type(description) is not str:
                raise InvalidRecord(f"{field}.description", description, "must be text")
            description = html_text(description)
            if not description or description.isspace():
                description = None
            else:
                require_text(f"{field}.description", description, TEXT_MAX)
        translations[locale] = Translation(title, description)
    return translations
