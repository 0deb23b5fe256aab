"""OpenAI's product feed, with the names of both revisions, in JSON, CSV, TSV and Parquet."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.catalogue.catalogue import Defaults, Outcome, open_catalogue
from indexer.listing import LeftOut, Listing, Rejected, Sale
from languages.locale import Locale

ENGLISH = Defaults(locale=Locale.parse("en-US"))
SHOE = {
    "enable_search": True,
    "id": "S1",
    "title": "Shoe",
    "price": "79.99 USD",
    "availability": "in_stock",
    "seller_name": "Store",
}
LAMP = {
    "item_id": "L1",
    "title": "Lamp",
    "url": "https://lamp.example/1",
    "price": "45.00 EUR",
    "availability": "in_stock",
    "product_category": "Home > Lighting",
    "group_id": "LAMP",
    "seller_name": "Lumen",
    "star_rating": "4.5",
    "review_count": "12",
    "is_eligible_search": "true",
}


def read(path: Path, defaults: Defaults = ENGLISH) -> list[Outcome]:
    catalogue = open_catalogue(path, defaults=defaults)
    assert catalogue.form == "openai"
    return [outcome for _, outcome in catalogue]


def one(folder: Path, **fields: Any) -> Outcome:
    path = folder / "feed.jsonl"
    path.write_text(json.dumps(SHOE | fields) + "\n", "utf-8")
    (outcome,) = read(path)
    return outcome


def listing(folder: Path, **fields: Any) -> Listing:
    outcome = one(folder, **fields)
    assert isinstance(outcome, Listing), outcome
    return outcome


def table(delimiter: str) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(LAMP), delimiter=delimiter)
    writer.writeheader()
    writer.writerow(LAMP)
    return text.getvalue().encode()


def parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([LAMP]), buffer)
    return buffer.getvalue()


WRITTEN = {
    "feed.jsonl": json.dumps(LAMP).encode(),
    "feed.jsonl.gz": gzip.compress(json.dumps(LAMP).encode()),
    "feed.json": json.dumps([LAMP], indent=2).encode(),
    "wrapped.json": json.dumps({"feed_id": "F", "generated_at": "2026", "products": [LAMP]}).encode(),
    "pretty.json": json.dumps({"feed_id": "F", "products": [LAMP]}, indent=2).encode(),
    "feed.csv": table(","),
    "feed.tsv": table("\t"),
    "feed.csv.gz": gzip.compress(table(",")),
    "feed.parquet": parquet(),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_every_way_to_write_the_feed_gives_the_same_listing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(WRITTEN[name])

    assert read(tmp_path / name) == [
        Listing(
            listing_id="L1",
            seller_id="Lumen",
            locale=Locale.parse("en-US"),
            title="Lamp",
            price_minor=4500,
            currency="EUR",
            category=("Home", "Lighting"),
            group_id="LAMP",
            rating_mean=4.5,
            rating_count=12,
        )
    ]


@pytest.mark.parametrize("name", ["enable_search", "is_eligible_search"])
@pytest.mark.parametrize("value", [False, "false", "FALSE", "no", 0])
def test_what_the_feed_excludes_from_search_is_left_out(tmp_path: Path, name: str, value: object) -> None:
    fields = {"enable_search": None} | {name: value}

    assert one(tmp_path, **fields) == LeftOut(1, "a product that its feed excludes from search")


@pytest.mark.parametrize("value", [True, "true", "TRUE", None])
def test_what_the_feed_does_not_exclude_is_read(tmp_path: Path, value: object) -> None:
    assert listing(tmp_path, enable_search=value).title == "Shoe"


@pytest.mark.parametrize(
    ("fields", "sale"),
    [
        ({"sale_price": "59.99 USD"}, Sale(5999, 0, 2**32 - 1)),
        (
            {"sale_price": "59.99 USD", "sale_price_effective_date": "2026-11-01T00:00Z / 2026-11-15T00:00Z"},
            Sale(5999, 1793491200, 1794700800),
        ),
        (
            {
                "sale_price": "59.99 USD",
                "sale_price_start_date": "2026-11-01T00:00Z",
                "sale_price_end_date": "2026-11-15T00:00Z",
            },
            Sale(5999, 1793491200, 1794700800),
        ),
        (
            {"sale_price": "59.99 USD", "sale_price_start_date": "2026-11-01T00:00Z"},
            Sale(5999, 1793491200, 2**32 - 1),
        ),
        ({"sale_price": "59.99 USD", "sale_price_end_date": "2026-11-15T00:00Z"}, Sale(5999, 0, 1794700800)),
    ],
)
def test_a_sale_is_read_with_either_kind_of_dates(tmp_path: Path, fields: dict[str, str], sale: Sale) -> None:
    assert listing(tmp_path, **fields).sale == sale


def test_a_price_that_is_a_number_takes_the_currency_beside_it(tmp_path: Path) -> None:
    shoe = listing(tmp_path, price=79.5, currency="GBP")

    assert (shoe.price_minor, shoe.currency) == (7950, "GBP")


@pytest.mark.parametrize("field", ["shipping", "shipping_price"])
def test_shipping_becomes_a_template(tmp_path: Path, field: str) -> None:
    path = tmp_path / "feed.jsonl"
    text = "US:CA:Overnight:16.00 USD,US::Standard:5.00 USD"
    shipping = [text, "CA::Air, tracked:9.00 USD", {"country": "MX", "price": "12.00 USD"}]
    path.write_text(json.dumps(SHOE | {field: shipping}), "utf-8")
    catalogue = open_catalogue(path, defaults=ENGLISH)
    ((_, shoe),) = catalogue

    assert isinstance(shoe, Listing)
    assert shoe.shipping_template is not None
    rows = catalogue.templates[shoe.shipping_template].rows
    assert [(row.country, row.cost_minor, row.currency) for row in rows] == [
        ("CA", 900, "USD"),
        ("MX", 1200, "USD"),
        ("US", 500, "USD"),
    ]


def test_what_tells_variants_apart_is_an_attribute(tmp_path: Path) -> None:
    fields = {"variant_dict": {"plug": "EU"}, "custom_variant1_category": "Width", "custom_variant1_option": "Wide"}
    shoe = listing(tmp_path, item_group_id="G", color="Black", **fields)

    assert shoe.group_id == "G"
    assert shoe.attributes == {"color": "Black", "plug": "EU", "Width": "Wide"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"price": {"amount": 7999, "currency": "USD"}}, "price"),
        ({"title": {"en": "Shoe"}}, "title"),
        ({"price": None}, "price"),
        ({"product_review_rating": "many"}, "rating"),
        ({"variant_dict": "{broken"}, "variant_dict"),
    ],
)
def test_a_value_that_cannot_be_read_rejects_its_record_by_name(
    tmp_path: Path, fields: dict[str, object], field: str
) -> None:
    outcome = one(tmp_path, **fields)

    assert isinstance(outcome, Rejected)
    assert outcome.field == field


@pytest.mark.parametrize(
    ("text", "count"), [("12", 12), ("1,234", 1234), ("1.234", 1234), ("12,345,678", 12_345_678), ("12.0", 12)]
)
def test_a_count_of_reviews_may_be_in_thousands(tmp_path: Path, text: str, count: int) -> None:
    assert listing(tmp_path, review_count=text).rating_count == count


@pytest.mark.parametrize("text", ["1,5", "-3", "nan", "many"])
def test_a_count_of_reviews_is_a_whole_number(tmp_path: Path, text: str) -> None:
    outcome = one(tmp_path, review_count=text)

    assert isinstance(outcome, Rejected)
    assert outcome.field == "review_count"


TEE = {
    "id": "TEE",
    "title": "Classic Tee",
    "description": {"plain": "Soft cotton."},
    "media": [{"type": "video", "url": "https://a/v.mp4"}, {"type": "image", "url": "https://a/tee.jpg"}],
    "variants": [
        {
            "id": "TEE-S",
            "title": "Classic Tee - Red / S",
            "barcodes": [{"type": "GTIN", "value": "4006381333931"}],
            "price": {"amount": 1999, "currency": "USD"},
            "list_price": {"amount": 2499, "currency": "USD"},
            "availability": {"available": True, "status": "in_stock"},
            "categories": [{"value": "Clothing > Shirts", "taxonomy": "merchant"}],
            "condition": ["new"],
            "variant_options": [{"name": "Color", "value": "Red"}, {"name": "Size", "value": "S"}],
            "media": [{"type": "image", "url": "https://a/red.jpg"}],
            "seller": {"name": "Store"},
        },
        {
            "id": "TEE-M",
            "price": {"amount": 2100, "currency": "JPY"},
            "list_price": {"amount": 2100, "currency": "JPY"},
            "availability": {"available": False, "status": "in_stock"},
            "variant_options": [{"name": "Size", "value": "M"}],
            "seller": {"name": "Store"},
        },
    ],
}


@pytest.mark.parametrize("name", ["feed.jsonl", "feed.json", "feed.parquet"])
def test_each_variant_inside_a_product_is_a_listing(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "feed.parquet":
        pq.write_table(pa.Table.from_pylist([TEE]), path)
    elif name == "feed.json":
        path.write_text(json.dumps({"target_country": "US", "products": [TEE, SHOE]}), "utf-8")
    else:
        path.write_text(f"{json.dumps(TEE)}\n{json.dumps(SHOE)}\n", "utf-8")
    defaults = Defaults(Locale.parse("en-US"), "Store") if name == "feed.parquet" else ENGLISH
    small, medium, *shoes = read(path, defaults)

    assert small == Listing(
        listing_id="TEE-S",
        seller_id="Store",
        locale=Locale.parse("en-US"),
        title="Classic Tee - Red / S",
        price_minor=2499,
        currency="USD",
        description="Soft cotton.",
        gtin="04006381333931",
        category=("Clothing", "Shirts"),
        attributes={"condition": "new", "Color": "Red", "Size": "S"},
        sale=Sale(1999, 0, 2**32 - 1),
        group_id="TEE",
        image_url="https://a/red.jpg",
    )
    assert isinstance(medium, Listing)
    assert (medium.title, medium.price_minor, medium.currency, medium.sale) == ("Classic Tee M", 2100, "JPY", None)
    assert (medium.stock, medium.group_id, medium.image_url) == (0, "TEE", "https://a/tee.jpg")
    assert shoes == ([] if name == "feed.parquet" else [listing(tmp_path)])


def test_variants_of_the_flat_form_keep_their_own_prices(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    variants = [{"id": "V1", "price": "10.00 USD"}, {"id": "V2", "price": "11.00 USD"}, {"id": "V3"}]
    path.write_text(json.dumps(SHOE | {"variants": variants}), "utf-8")
    catalogue = open_catalogue(path, defaults=ENGLISH, skip=1)

    assert [
        (number, entry.listing_id, entry.price_minor) for number, entry in catalogue if isinstance(entry, Listing)
    ] == [
        (2, "V2", 1100),
        (3, "V3", 7999),
    ]


def test_a_price_of_a_variant_that_is_no_whole_number_is_rejected_by_name(tmp_path: Path) -> None:
    variants = [{"id": "V1", "price": {"amount": "10.00", "currency": "USD"}}]
    outcome = one(tmp_path, variants=variants)

    assert isinstance(outcome, Rejected)
    assert (outcome.record, outcome.field) == (1, "price")


def test_a_feed_without_sellers_asks_for_one(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    path.write_text(json.dumps({name: value for name, value in SHOE.items() if name != "seller_name"}), "utf-8")

    with pytest.raises(ValueError, match="an OpenAI product feed does not state its locale and seller: add --locale"):
        open_catalogue(path)
