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
    ],
)
def test_a_sale_is_read_with_either_kind_of_dates(tmp_path: Path, fields: dict[str, str], sale: Sale) -> None:
    assert listing(tmp_path, **fields).sale == sale


def test_a_price_that_is_a_number_takes_the_currency_beside_it(tmp_path: Path) -> None:
    shoe = listing(tmp_path, price=79.5, currency="GBP")

    assert (shoe.price_minor, shoe.currency) == (7950, "GBP")


def test_shipping_becomes_a_template(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    text = "US:CA:Overnight:16.00 USD,US::Standard:5.00 USD"
    shipping = [text, "CA::Air, tracked:9.00 USD", {"country": "MX", "price": "12.00 USD"}]
    path.write_text(json.dumps(SHOE | {"shipping": shipping}), "utf-8")
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


def test_a_feed_without_sellers_asks_for_one(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    path.write_text(json.dumps({name: value for name, value in SHOE.items() if name != "seller_name"}), "utf-8")

    with pytest.raises(ValueError, match="an OpenAI product feed does not state its locale and seller: add --locale"):
        open_catalogue(path)
