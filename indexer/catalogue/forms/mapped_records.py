"""Converts a record in another shop's form to Fondaco's own form, by a mapping."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from indexer.catalogue.amounts import AmountStyle, read_amount, read_decimal, to_minor
from indexer.catalogue.forms.mapping import CatalogueMapping, Template
from indexer.catalogue.records import Record
from indexer.catalogue.times import day_bound, read_time, zone_of
from indexer.listing import InvalidRecord
from languages.locale import Locale

_COUNTS = ("stock", "rating_count", "units_sold")
_TIMES = ("created_at", "updated_at")
_HOURS = re.compile("%[HIcXs]")  # a format without these is of whole days
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def map_record(mapping: CatalogueMapping, record: Record) -> dict[str, object]:
    """`record` with our names, units and types.

    Texts become numbers where our field is a number: a CSV has nothing but texts.

    Raises:
        InvalidRecord: a value has the wrong type; it names our field.
    """
    ours = mapping.defaults.as_record()
    for name, choices in mapping.fields.items():
        values = (_value(choice, record) for choice in choices)
        value = next((value for value in values if value is not None), None)
        if value is not None and name not in _TIMES:
            ours[name] = _typed(mapping, name, value)
        elif value is not None:
            ours[name] = value
    zone = _zone(mapping, ours.get("locale"))
    ours |= {name: _time(mapping, name, ours[name], zone) for name in _TIMES if ours.get(name) is not None}
    price, currency = _amount(mapping, "price", _find(record, mapping.price), _currency(mapping, record))
    ours["price_minor"], ours["currency"] = price, currency
    if mapping.sale and (sale := _find(record, mapping.sale["field"])) is not None:
        ours["sale"] = {"price_minor": _amount(mapping, "sale", sale, currency)[0]} | {
            end: _time(mapping, f"sale.{end}", value, zone)
            for end in ("from", "to")
            if end in mapping.sale and (value := _find(record, mapping.sale[end])) is not None
        }
    if attributes := _attributes(mapping, record):
        ours["attributes"] = attributes
    if mapping.translations:
        ours["translations"] = _translations(mapping, record)
    return ours


def _value(template: Template, record: Record) -> object:
    """The value of a template for a record; a single path gives the value as it is, of any type."""
    if len(template) == 1 and template[0][1]:
        return _find(record, template[0][0])
    pieces = []
    for text, is_path in template:
        value = _find(record, text) if is_path else text
        pieces.append("" if value is None else _text("template", value))
    return " ".join("".join(pieces).split()) or None  # a missing part leaves no double space


def _find(record: Record, path: str) -> object:
    """The value at a dotted path: objects by name, lists by number. None (or '') is absent."""
    if path in record:
        value = record[path]
        return None if value == "" else value
    value = record
    for step in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isascii() and step.isdigit() and len(step) < 9:
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return None if value == "" else value


def _typed(mapping: CatalogueMapping, name: str, value: object) -> object:
    if name == "category":
        if isinstance(value, str):
            return [part for part in map(str.strip, value.split(mapping.separator)) if part]
        return value
    if name in _COUNTS:
        return _count(name, value)
    if name == "rating_mean":
        return float(_decimal(name, value, "."))
    if name == "adult":
        return value if isinstance(value, bool) else _FLAGS.get(str(value).strip().lower(), value)
    return _text(name, value)


def _text(name: str, value: object) -> str:
    """Text, or a number as text: ids are numbers in many shops."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidRecord(name, value, "is neither text nor a number; a list's first value is its path with '.0'")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _decimal(name: str, value: object, point: str | None) -> Decimal:
    if isinstance(value, str):
        return read_decimal(name, value, point)
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(repr(value))
    raise InvalidRecord(name, value, "is not a number")


def _count(name: str, value: object) -> int:
    number = _decimal(name, value, ".")
    if not number.is_finite() or abs(number) >= 2**31 or number != int(number):
        raise InvalidRecord(name, value, "must be a whole number below 2147483648")
    return int(number)


def _currency(mapping: CatalogueMapping, record: Record) -> str | None:
    """The currency of a record's amounts; None where only the amounts may name it."""
    currency = mapping.currency or _find(record, mapping.currency_field or "") or mapping.defaults.currency
    if currency is None or isinstance(currency, str):
        return currency.strip().upper() if currency else None
    raise InvalidRecord("currency", currency, "must be text")


def _amount(mapping: CatalogueMapping, name: str, value: object, currency: str | None) -> tuple[int | None, str | None]:
    """Minor units and currency of a value; an absent one stays absent."""
    if value is None:
        return None, currency
    if isinstance(value, str) and not mapping.minor:
        minor, named = read_amount(name, value, AmountStyle(currency, mapping.decimal))
        if currency is not None and named != currency:
            raise InvalidRecord(name, value, f"is in {named}, not in {currency}")
        return minor, named
    if currency is None:
        raise InvalidRecord("currency", currency, "is missing")
    number = _decimal(name, value, mapping.decimal or ".")
    if not mapping.minor:
        return to_minor(name, value, number, currency), currency
    if not number.is_finite() or abs(number) >= 2**62 or number != int(number):
        raise InvalidRecord(name, value, "is not a whole number of minor units: is price.unit 'major' meant?")
    return int(number), currency


def _zone(mapping: CatalogueMapping, locale: object) -> tzinfo:
    """The zone of times that name none: the mapping's, else that of the listing's country."""
    if mapping.zone is not None:
        return ZoneInfo(mapping.zone)
    try:
        return zone_of(Locale.parse(locale).region if isinstance(locale, str) else None)
    except ValueError:
        return zone_of(None)  # the locale is refused by name later


def _time(mapping: CatalogueMapping, name: str, value: object, zone: tzinfo) -> int:
    is_end = name == "sale.to"
    if mapping.dates in ("epoch_s", "epoch_ms"):
        number = _decimal(name, value, ".") / (1000 if mapping.dates == "epoch_ms" else 1)
        if not number.is_finite() or abs(number) >= 2**62:
            raise InvalidRecord(name, value, "is not a time")
        return math.floor(number)
    if mapping.dates == "iso" or not isinstance(value, str):
        return read_time(name, value, zone, end=is_end)
    try:
        time = datetime.strptime(value.strip(), mapping.dates)
    except ValueError:
        raise InvalidRecord(name, value, f"is not a time written as {mapping.dates}") from None
    if not _HOURS.search(mapping.dates):
        return day_bound(name, time.date(), zone, is_end)
    return read_time(name, time, zone)


def _attributes(mapping: CatalogueMapping, record: Record) -> dict[str, object]:
    attributes: dict[str, object] = {}
    for name, path in mapping.attribute_names.items():
        if (value := _find(record, path)) is not None:
            attributes[name] = value
    prefix = mapping.attribute_prefix
    if prefix:
        for field, value in record.items():
            if field.startswith(prefix) and isinstance(value, str) and len(value) <= mapping.attribute_length:
                # some shops write "contrast ratio (typical)" as "contrast_ratio__typical_"
                name = " ".join(field[len(prefix) :].replace("_", " ").split())
                if name and value:
                    attributes.setdefault(name, value)
    return attributes


def _translations(mapping: CatalogueMapping, record: Record) -> dict[str, object]:
    translations: dict[str, object] = {}
    for tag, templates in mapping.translations.items():
        texts = {name: _value(template, record) for name, template in templates.items()}
        if texts["title"] is not None:
            translations[tag] = {name: text for name, text in texts.items() if text is not None}
    return translations
