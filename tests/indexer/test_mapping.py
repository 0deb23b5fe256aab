"""Mapping files: another shop's form becomes ours, and a wrong mapping says what to write."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.catalogue.catalogue import Defaults, open_catalogue
from indexer.catalogue.forms.mapping import CatalogueMapping, parse_mapping, read_mapping
from indexer.listing import Listing, Rejected, Sale, Translation
from languages.locale import Locale

ROOT = Path(__file__).parents[2]
PRODUCTS = Path(os.environ.get("FONDACO_DATA", ROOT / "../shared/data")) / "products" / "products.jsonl.gz"

MAPPING = """
[fields]
listing_id = "sku"
title = "{maker.name} {name}, {colour}"
brand = "maker.name"
gtin = "codes.0"
category = ["path", "kind"]
stock = "count"
rating_mean = "stars"
created_at = "since"
adult = "over18"

[price]
field = "cost"
unit = "major"
decimal = ","
currency_field = "money"

[sale]
field = "now"
from = "now_from"

[defaults]
locale = "de-DE"
seller_id = "SHOP"

[attributes]
prefix = "p_"
max_length = 10
[attributes.names]
Farbe = "colour"

[translations.en]
title = "name_en"
description = "texts.en"

[category]
separator = "/"

[dates]
format = "%d.%m.%Y"

[csv]
delimiter = ";"
encoding = "cp1252"
"""

MINIMAL = """
[fields]
listing_id = "id"
title = "name"
[price]
field = "price"
unit = "minor"
currency = "EUR"
"""


def mapping(text: str = MAPPING) -> CatalogueMapping:
    return parse_mapping(tomllib.loads(text))


def read_one(folder: Path, record: dict[str, Any], text: str = MAPPING, **defaults: Any) -> Listing | Rejected:
    path = folder / "a.jsonl"
    path.write_text(json.dumps(record), "utf-8")
    ((_, entry),) = open_catalogue(path, mapping=mapping(text), defaults=Defaults(**defaults))
    return entry


def test_nested_fields_templates_amounts_and_dates_are_mapped(tmp_path: Path) -> None:
    record = {
        "sku": 4711,
        "maker": {"name": "Meyer"},
        "name": "Stuhl",
        "colour": "rot",
        "codes": ["4006381333931", "x"],
        "path": "Möbel / Stühle",
        "kind": "unused",
        "count": "3",
        "stars": 4,
        "since": "01.05.2024",
        "over18": "no",
        "cost": "49,90",
        "money": "EUR",
        "now": 39,
        "now_from": "02.05.2024",
        "p_seat_height__cm_": "45",
        "p_story": "far too long",
        "p_flag": True,
        "name_en": "Chair",
        "texts": {"en": "Of oak"},
    }

    assert read_one(tmp_path, record) == Listing(
        listing_id="4711",
        seller_id="SHOP",
        locale=Locale("de", None, "DE"),
        title="Meyer Stuhl, rot",
        price_minor=4990,
        currency="EUR",
        brand="Meyer",
        gtin="04006381333931",
        category=("Möbel", "Stühle"),
        attributes={"Farbe": "rot", "seat height cm": "45"},
        sale=Sale(3900, 1_714_600_800, 2**32 - 1),  # midnight in Berlin
        stock=3,
        rating_mean=4.0,
        created_at=1_714_514_400,
        translations={Locale("en"): Translation("Chair", "Of oak")},
    )


def test_missing_parts_of_a_template_vanish_with_their_space(tmp_path: Path) -> None:
    text = MINIMAL.replace('"name"', '"{brand} {name} {size} {colour}"')
    record = {"id": "1", "name": "Stuhl", "colour": "rot", "brand": None, "price": 5}
    listing = read_one(tmp_path, record, text, locale=Locale("de"), seller_id="S")

    assert listing == Listing("1", "S", Locale("de"), "Stuhl rot", 5, "EUR")


@pytest.mark.parametrize(
    ("changes", "field", "value", "reason"),
    [
        ({"price": None}, "price_minor", "", "is missing"),
        ({"price": 19.99}, "price", "19.99", "is not a whole number of minor units: is price.unit 'major' meant?"),
        ({"price": True}, "price", "True", "is not a number"),
        ({"price": "much"}, "price", "much", "is not a number"),
        ({"price": "NaN"}, "price", "NaN", "is not a number"),
        ({"price": "1e999999"}, "price", "1e999999", "is not a number"),
        ({"price": -4}, "price_minor", "-4", "must not be negative"),
        ({"id": ["1"]}, "listing_id", "['1']", "is neither text nor a number"),
        ({"name": ""}, "title", "", "is missing"),
    ],
)
def test_a_record_that_cannot_be_mapped_is_rejected(
    tmp_path: Path, changes: dict[str, Any], field: str, value: str, reason: str
) -> None:
    record = {"id": "1", "name": "Stuhl", "price": 5} | changes
    entry = read_one(tmp_path, record, MINIMAL, locale=Locale("de"), seller_id="S")

    assert isinstance(entry, Rejected)
    assert (entry.field, entry.value) == (field, value)
    assert entry.reason.startswith(reason)


@pytest.mark.parametrize(
    ("price", "currency", "minor"),
    [("0.10", "EUR", 10), (19.99, "EUR", 1999), (1e3, "JPY", 1000), ("1.234", "KWD", 1234), (0.29, "USD", 29)],
)
def test_major_amounts_become_minor_units_exactly(tmp_path: Path, price: Any, currency: str, minor: int) -> None:
    text = MINIMAL.replace('"minor"', '"major"').replace('"EUR"', f'"{currency}"')
    entry = read_one(tmp_path, {"id": "1", "name": "x", "price": price}, text, locale=Locale("de"), seller_id="S")

    assert isinstance(entry, Listing)
    assert entry.price_minor == minor


def test_csv_with_quoted_line_ends_another_encoding_and_bad_rows(tmp_path: Path) -> None:
    rows = [
        "sku;name;cost;money;path",
        '1;"Stuhl; groß\nund rot";5,00;EUR;Möbel/Stühle',
        "2;zu;wenig",
        "",
        "3;Bank;1,50;EUR;",
        '4;"never closed;1;EUR;',
    ]
    path = tmp_path / "a.csv"
    path.write_bytes("\r\n".join(rows).encode("cp1252") + b"x" * 200_000 + b"\r\n5;Tisch;7;EUR;\x81\r\n6;Tisch;7;EUR;")
    entries = [entry for _, entry in open_catalogue(path, mapping=mapping())]

    assert isinstance(entries[0], Listing)
    assert (entries[0].title, entries[0].price_minor) == ("Stuhl; groß und rot,", 500)
    assert entries[0].category == ("Möbel", "Stühle")
    assert entries[1] == Rejected(2, "record", "2,zu,wenig", "has 3 cells where the header has 5")
    assert isinstance(entries[2], Listing)
    assert isinstance(entries[3], Rejected)
    assert "is a quote never closed?" in entries[3].reason
    assert isinstance(entries[4], Rejected)
    assert entries[4].reason == "is not valid cp1252 at byte 14"
    assert isinstance(entries[5], Listing)
    assert entries[5].listing_id == "6"
    for skip in range(7):
        resumed = open_catalogue(path, mapping=mapping(), skip=skip)

        assert list(resumed) == list(enumerate(entries, start=1))[skip:]


def test_parquet_of_another_form_goes_through_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": [1, 2], "name": ["Stuhl", "Bank"], "price": [5, 6], "title": ["no", "no"]}), path)
    catalogue = open_catalogue(path, mapping=mapping(MINIMAL), defaults=Defaults(Locale("de"), "S"))

    assert list(catalogue) == [
        (1, Listing("1", "S", Locale("de"), "Stuhl", 5, "EUR")),
        (2, Listing("2", "S", Locale("de"), "Bank", 6, "EUR")),
    ]


def test_a_mapping_that_names_no_locale_needs_a_default(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"the mapping has no locale: add fields\.locale, defaults\.locale"):
        read_one(tmp_path, {}, MINIMAL, seller_id="S")
    with pytest.raises(ValueError, match="the mapping has no seller_id"):
        read_one(tmp_path, {}, MINIMAL, locale=Locale("de"))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("[price]", "[prise]", "unknown key prise: did you mean 'price'?"),
        ('title = "name"', 'titel = "name"', "unknown key fields.titel: did you mean 'title'?"),
        ("unit", "units", "unknown key price.units: did you mean 'unit'?"),
        ('title = "name"', "", "fields.title is missing"),
        ('title = "name"', "title = 5", "fields.title must be a field's name in quotes"),
        ('title = "name"', 'title = "{brand name"', "fields.title: the braces in"),
        ('unit = "minor"', "", "price.unit is missing: write one of 'minor', 'major'"),
        ('unit = "minor"', 'unit = "cents"', "price.unit is 'cents': write one of 'minor', 'major'"),
        ('currency = "EUR"', "", "price must have either currency (such as 'EUR') or currency_field"),
        ('field = "price"', "", "price.field is missing"),
        ("[price]", "[defaults]\nlocale = 'x'\n[price]", "locale 'x' is not a language tag"),
        ("[price]", "[csv]\ndelimiter = ';;'\n[price]", "csv.delimiter ';;' is not one character"),
        ("[price]", "[csv]\nencoding = 'utf-16'\n[price]", "convert the file to UTF-8 first"),
        ("[price]", "[csv]\nencoding = 'klingon'\n[price]", "csv.encoding 'klingon' is not known"),
        ("[price]", "[attributes]\nmax_length = true\n[price]", "attributes.max_length True is not a whole number"),
        ("[price]", "[translations.de]\ndescription = 'x'\n[price]", "translations.de.title is missing"),
        ("[price]", "[sale]\nfrom = 'x'\n[price]", "sale.field is missing"),
        ("[price]", "[price", "is not TOML"),
    ],
)
def test_a_wrong_mapping_says_what_to_write(tmp_path: Path, before: str, after: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINIMAL.replace(before, after), "utf-8")

    with pytest.raises(ValueError, match=r"mine\.toml: ") as raised:
        read_mapping(path)

    assert message in str(raised.value)


@pytest.mark.skipif(not PRODUCTS.exists(), reason="the products are not in the folder that FONDACO_DATA names")
def test_all_19406_products_go_through_their_mapping() -> None:
    products = read_mapping(ROOT / "benchmarks" / "mappings" / "products.toml")
    entries = [entry for _, entry in open_catalogue(PRODUCTS, mapping=products)]
    listings = [entry for entry in entries if isinstance(entry, Listing)]
    laptop = next(listing for listing in listings if listing.listing_id == "2101957")

    assert len(listings) == len(entries) == 19_406
    assert len({listing.listing_id for listing in listings}) == 19_406
    assert (laptop.model, laptop.brand, laptop.gtin) == ("dv7-1211ea", "HP", "00884420588030")
    assert (laptop.price_minor, laptop.currency, laptop.category) == (10_995, "USD", ("Notebook",))
    assert (laptop.attributes["product colour"], laptop.created_at) == ("Silver", 1_229_644_800)
