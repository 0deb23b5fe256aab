"""Reads a mapping file in TOML: which field of another shop's records is which of ours.

``docs/catalogue.md`` explains the file; ``benchmarks/mappings/products.toml`` is an example.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from indexer.catalogue.files.csv_rows import Dialect
from indexer.catalogue.records import Defaults
from indexer.listing import Listing
from languages.locale import Locale

FIELDS = tuple(
    name
    for name in Listing.__dataclass_fields__
    if name not in ("price_minor", "currency", "sale", "attributes", "translations")
)
"""The fields that ``[fields]`` may name; the others have a section of their own."""

_KEYS = {
    "price": ("field", "unit", "decimal", "currency", "currency_field"),
    "sale": ("field", "from", "to"),
    "defaults": ("locale", "seller_id", "shipping_template", "ships_from", "currency"),
    "attributes": ("prefix", "max_length", "names"),
    "category": ("separator",),
    "dates": ("format", "zone"),
    "csv": ("delimiter", "encoding"),
}
_SECTIONS = ("fields", "translations", *_KEYS)
_PART = re.compile(r"\{([^{}]+)\}")

Template = tuple[tuple[str, bool], ...]
"""Pieces in order: (literal text, False) or (path, True). A plain path is one piece."""


@dataclass(frozen=True, slots=True)
class CatalogueMapping:
    """Which of their fields is which of ours.

    `fields` has alternatives for each of our fields: the first that a record has counts.
    """

    fields: Mapping[str, tuple[Template, ...]]
    price: str
    currency: str | None = None
    currency_field: str | None = None
    minor: bool = False  # prices are in minor units
    decimal: str | None = None  # the separator before a fraction; None: an amount that can mean two is refused
    sale: Mapping[str, str] = field(default_factory=dict)  # field, from, to
    defaults: Defaults = field(default_factory=Defaults)
    attribute_names: Mapping[str, str] = field(default_factory=dict)
    attribute_prefix: str | None = None
    attribute_length: int = 200  # characters; a longer value of a prefixed field is not an attribute
    translations: Mapping[str, Mapping[str, Template]] = field(default_factory=dict)
    separator: str = " > "
    dates: str = "iso"
    zone: str | None = None  # of times that name none; None: the listing's country's
    dialect: Dialect = field(default_factory=Dialect)


def read_mapping(path: Path) -> CatalogueMapping:
    """The mapping in the TOML file at `path`.

    Raises:
        ValueError: it names the file, the key and what to write instead.
        OSError: the file cannot be read.
    """
    try:
        return parse_mapping(tomllib.loads(path.read_text("utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: is not TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: is not UTF-8: {error}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def parse_mapping(document: Mapping[str, object]) -> CatalogueMapping:
    """The mapping that a TOML document describes.

    Raises:
        ValueError: it names the key and what to write instead.
    """
    check_keys("", document, _SECTIONS)
    table = {name: _table(name, document.get(name, {})) for name in _SECTIONS}
    for name, keys in _KEYS.items():
        check_keys(name, table[name], keys)
    check_keys("fields", table["fields"], FIELDS)
    text = {name: _texts(name, table[name]) for name in ("price", "sale", "defaults", "category", "dates", "csv")}
    price = text["price"]
    attributes = table["attributes"]
    length = attributes.get("max_length", 200)
    if type(length) is not int or length < 1:
        raise ValueError(f"attributes.max_length {length!r} is not a whole number of characters above 0")
    return CatalogueMapping(
        fields=_fields(table["fields"]),
        price=_price(price),
        currency=price.get("currency"),
        currency_field=price.get("currency_field"),
        minor=_one_of("price.unit", price.get("unit"), ("minor", "major")) == "minor",
        decimal=_one_of("price.decimal", price["decimal"], (".", ",")) if "decimal" in price else None,
        sale=_sale(text["sale"]),
        defaults=_defaults(text["defaults"]),
        attribute_names=_texts("attributes.names", _table("attributes.names", attributes.get("names", {}))),
        attribute_prefix=_texts("attributes", {k: v for k, v in attributes.items() if k == "prefix"}).get("prefix"),
        attribute_length=length,
        translations=_translations(table["translations"]),
        separator=text["category"].get("separator", " > "),
        dates=text["dates"].get("format", "iso"),
        zone=_zone(text["dates"].get("zone")),
        dialect=Dialect(**text["csv"]),
    )


def check_keys(section: str, table: Iterable[str], allowed: Iterable[str]) -> None:
    """Raise ValueError for a key that is not allowed; it names the most similar one that is."""
    names = tuple(allowed)
    for key in table:
        if key not in names:
            similar = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
            remedy = f"did you mean {similar[0]!r}?" if similar else f"write one of {', '.join(names)}"
            raise ValueError(f"unknown key {section + '.' if section else ''}{key}: {remedy}")


def _table(name: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is not a section: write [{name}]")
    return value


def _texts(section: str, table: Mapping[str, object]) -> dict[str, str]:
    for key, value in table.items():
        if not isinstance(value, str) or not value:
            raise ValueError(f"{section}.{key} must be text in quotes, not {value!r}")
    return cast("dict[str, str]", dict(table))


def _one_of(key: str, value: str | None, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        problem = "is missing" if value is None else f"is {value!r}"
        raise ValueError(f"{key} {problem}: write one of {', '.join(map(repr, allowed))}")
    return value


def _fields(table: Mapping[str, object]) -> dict[str, tuple[Template, ...]]:
    for required in ("listing_id", "title"):
        if required not in table:
            raise ValueError(f"fields.{required} is missing: name the field that holds it")
    fields = {}
    for ours, theirs in table.items():
        alternatives = theirs if isinstance(theirs, list) else [theirs]
        choices = [choice for choice in alternatives if isinstance(choice, str) and choice]
        if not choices or len(choices) < len(alternatives):
            raise ValueError(f"fields.{ours} must be a field's name in quotes, or a list of such, not {theirs!r}")
        fields[ours] = tuple(_template(f"fields.{ours}", choice) for choice in choices)
    return fields


def _template(key: str, text: str) -> Template:
    if "{" not in text and "}" not in text:
        return ((text, True),)
    pieces = _PART.split(text)
    if any("{" in piece or "}" in piece for piece in pieces):
        raise ValueError(f"{key}: the braces in {text!r} are not in pairs: write them as in '{{brand}} {{name}}'")
    return tuple((piece, bool(position % 2)) for position, piece in enumerate(pieces) if piece)


def _price(table: Mapping[str, str]) -> str:
    if "field" not in table:
        raise ValueError("price.field is missing: name the field that holds the price")
    if ("currency" in table) == ("currency_field" in table):
        raise ValueError("price must have either currency (such as 'EUR') or currency_field, the field that holds it")
    return table["field"]


def _sale(table: Mapping[str, str]) -> Mapping[str, str]:
    if table and "field" not in table:
        raise ValueError("sale.field is missing: name the field that holds the sale's price")
    return table


def _defaults(table: Mapping[str, str]) -> Defaults:
    tag = table.get("locale")
    rest = {name: value for name, value in table.items() if name != "locale"}
    return Defaults(locale=None if tag is None else Locale.parse(tag), **rest)


def _zone(name: str | None) -> str | None:
    from zoneinfo import ZoneInfo

    try:
        return None if name is None else ZoneInfo(name).key
    except (KeyError, OSError, ValueError):
        raise ValueError(f"dates.zone {name!r} is not a time zone such as 'Europe/Berlin' or 'UTC'") from None


def _translations(table: Mapping[str, object]) -> dict[str, dict[str, Template]]:
    translations = {}
    for tag, texts in table.items():
        Locale.parse(tag)
        section = f"translations.{tag}"
        names = _texts(section, _table(section, texts))
        check_keys(section, names, ("title", "description"))
        if "title" not in names:
            raise ValueError(f"{section}.title is missing: a translation has at least a title")
        translations[tag] = {name: _template(f"{section}.{name}", text) for name, text in names.items()}
    return translations
