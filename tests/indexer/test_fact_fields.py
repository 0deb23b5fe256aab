"""What follows from the table of facts, written out: files and indexes outlive the code."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from indexer.build.part_facts import part_facts
from indexer.catalogue.records import listing_to_record, read_listing
from indexer.catalogue.reference_data import read_markets, read_rates
from indexer.listing import Listing, Sale
from indexer.market import Seller, ShippingTemplate
from indexer.opensearch.facts import PROPERTIES, fact_sources
from indexer.opensearch.follower import FactFollower
from indexer.opensearch.updates import ListingUpdate
from indexer.stores.fact_fields import FACT_FIELDS, UPDATABLE_FIELDS, FactField
from indexer.stores.facts import FactRows, Facts
from indexer.stores.tables import Tables, seller_table, shipping_table
from languages.locale import Locale

COLUMNS_ON_DISK = {
    "price_minor": "<i8",
    "sale_price_minor": "<i8",
    "sale_starts": "<u4",
    "sale_ends": "<u4",
    "currency": "u1",
    "locale": "u1",
    "ships_from": "<i2",
    "stock": "<i4",
    "seller": "<i4",
    "template": "<i4",
    "category": "<i4",
    "brand": "<i4",
    "rating_mean": "<f4",
    "rating_count": "<i4",
    "units_sold": "<i4",
    "created_at": "<u4",
}

MAPPING = {
    "row": {"type": "integer"},
    "seller_id": {"type": "keyword"},
    "changed": {"type": "long"},
    "price_minor": {"type": "long", "index": False},
    "currency": {"type": "keyword", "index": False},
    "sale_price_minor": {"type": "long", "index": False},
    "sale_starts": {"type": "long", "index": False},
    "sale_ends": {"type": "long", "index": False},
    "stock": {"type": "integer", "index": False},
    "shipping_template": {"type": "keyword", "index": False},
    "ships_from": {"type": "keyword", "index": False},
    "active": {"type": "boolean", "index": False},
}

FULL = Listing(
    "L1", "S9", Locale("de"), "Glas", 1290, "EUR", brand="Acme", category=("home", "glass"), sale=Sale(990, 0, 2**33),
    shipping_template="post", ships_from="CN", stock=0, rating_mean=4.5, rating_count=7, units_sold=90,
    created_at=1_700_000_000,
)  # fmt: skip
BARE = Listing("L2", "S8", Locale("ja"), "茶碗", 500, "JPY")


def test_columns_on_disk_keep_their_names_and_types() -> None:
    assert {field.name: field.dtype for field in FACT_FIELDS} == COLUMNS_ON_DISK


def test_rows_of_facts_have_the_attributes_of_the_table() -> None:
    assert [attribute.name for attribute in fields(FactRows)] == [field.name for field in FACT_FIELDS]


def test_every_fact_comes_from_a_field_of_a_listing() -> None:
    assert {field.listing_field for field in FACT_FIELDS} <= {attribute.name for attribute in fields(Listing)}


@pytest.mark.parametrize("name", sorted({field.listing_field for field in FACT_FIELDS}))
def test_every_fact_survives_the_way_from_a_listing_to_a_record_and_back(name: str) -> None:
    listing = replace(FULL, sale=Sale(990, 1, 1_800_000_000))  # a record's sale ends by 2106
    default = next(attribute.default for attribute in fields(Listing) if attribute.name == name)

    assert getattr(listing, name) != default, f"give FULL a {name}"
    assert getattr(read_listing(listing_to_record(listing)), name) == getattr(listing, name)


PLACES_OF_THE_SIZE = ("docs/architecture.md", "docs/opensearch.md", "indexer/stores/facts.py")


@pytest.mark.parametrize("place", PLACES_OF_THE_SIZE)
def test_the_size_of_the_columns_is_the_one_that_is_documented(place: str) -> None:
    size = sum(np.dtype(field.dtype).itemsize for field in FACT_FIELDS)
    text = (Path(__file__).parents[2] / place).read_text("utf-8")

    assert re.search(rf"\b{size} bytes a\s+listing", text)


def test_an_update_has_the_fields_that_updatable_facts_come_from() -> None:
    update_fields = [attribute.name for attribute in fields(ListingUpdate)]

    assert update_fields == ["listing_id", *dict.fromkeys(field.listing_field for field in UPDATABLE_FIELDS)]


def test_the_mapping_in_opensearch_stays_the_same() -> None:
    assert PROPERTIES == MAPPING
    assert list(PROPERTIES) == list(MAPPING)


def test_a_part_holds_values_and_codes_of_its_own() -> None:
    facts = part_facts((FULL, BARE))
    arrays = facts.columns
    columns = {field.name: (str(arrays[field.name].dtype), arrays[field.name].tolist()) for field in FACT_FIELDS}

    assert np.isnan(columns["rating_mean"][1].pop())
    assert columns == {
        "price_minor": ("int64", [1290, 500]),
        "sale_price_minor": ("int64", [990, -1]),
        "sale_starts": ("uint32", [1, 0]),  # 0 stands for no sale, so a sale starts one second later at the earliest
        "sale_ends": ("uint32", [4_294_967_295, 0]),
        "currency": ("int32", [0, 1]),
        "locale": ("int32", [0, 1]),
        "ships_from": ("int32", [0, -1]),
        "stock": ("int32", [0, -1]),
        "seller": ("int32", [0, 1]),
        "template": ("int32", [0, -1]),
        "category": ("int32", [0, -1]),
        "brand": ("int32", [0, -1]),
        "rating_mean": ("float32", [4.5]),
        "rating_count": ("int32", [7, -1]),
        "units_sold": ("int32", [90, -1]),
        "created_at": ("uint32", [1_700_000_000, 0]),
    }
    assert facts.code_values["category"] == [("home", "glass")]
    assert facts.code_values["currency"] == ["EUR", "JPY"]


def test_facts_without_some_listings_are_those_of_the_others() -> None:
    other = replace(FULL, listing_id="L3", brand="Other", currency="USD", attributes={"size": "4"})
    selected = part_facts((FULL, BARE, other)).select(np.array([False, True, True]))
    expected = part_facts((BARE, other))

    assert selected.code_values == expected.code_values
    for name, column in expected.columns.items():
        assert np.array_equal(selected.columns[name], column, equal_nan=column.dtype.kind == "f"), name


CURRENCIES, COUNTRIES = ("EUR", "JPY"), ("DE", "CN")
TABLES = Tables(
    currencies=CURRENCIES,
    locales=("de", "ja"),
    countries=COUNTRIES,
    categories=(("home", "glass"),),
    brands=("Acme",),
    sellers=seller_table([Seller("S8", "Eight"), Seller("S9", "Nine")]),
    shipping=shipping_table([ShippingTemplate("post", ())], CURRENCIES, COUNTRIES),
    markets=read_markets(),
    rates=read_rates(),
)

# The columns of two listings, and their documents in rows 40 and 41.
STORED = {
    "price_minor": [1290, 500], "currency": [0, 1], "sale_price_minor": [990, -1], "sale_starts": [1, 0],
    "sale_ends": [1_800_000_000, 0], "stock": [0, -1], "template": [0, -1], "ships_from": [1, -1], "seller": [1, 0],
    "locale": [0, 1], "category": [0, -1], "brand": [0, -1], "rating_mean": [4.5, np.nan], "rating_count": [7, -1],
    "units_sold": [90, -1], "created_at": [1_700_000_000, 0],
}  # fmt: skip
FULL_DOCUMENT: dict[str, Any] = {
    "row": 40,
    "seller_id": "S9",
    "changed": 0,
    "price_minor": 1290,
    "currency": "EUR",
    "sale_price_minor": 990,
    "sale_starts": 1,
    "sale_ends": 1_800_000_000,
    "stock": 0,
    "shipping_template": "post",
    "ships_from": "CN",
}
BARE_DOCUMENT: dict[str, Any] = {"row": 41, "seller_id": "S8", "changed": 0, "price_minor": 500, "currency": "JPY"}


def test_a_document_holds_what_is_known_of_a_listing() -> None:
    facts = FactRows(**{field.name: np.array(STORED[field.name], field.dtype) for field in FACT_FIELDS})
    documents = list(fact_sources(40, facts, TABLES))

    assert documents == [FULL_DOCUMENT, BARE_DOCUMENT]
    assert [list(document) for document in documents] == [list(FULL_DOCUMENT), list(BARE_DOCUMENT)]


class ChangedDocuments:
    """A facts index that answers every search with the same documents."""

    name = "shop-facts-000001"
    meta = SimpleNamespace(generation=1)

    def __init__(self, *documents: dict[str, Any]) -> None:
        self.documents = documents

    def search(self, body: object, **options: object) -> Any:
        return {"hits": {"hits": [{"_source": document} for document in self.documents]}}


def facts_of_zeros(folder: Path) -> Facts:
    """Two rows whose columns hold 0."""
    for field in FACT_FIELDS:
        np.save(folder / f"{field.name}.npy", np.zeros(2, field.dtype))
    np.save(folder / "attribute_offsets.npy", np.zeros(3, "<u8"))
    np.save(folder / "attribute_hashes.npy", np.zeros(0, "<u8"))
    return Facts(folder)


def test_a_follower_sets_what_documents_hold_and_clears_what_they_do_not(tmp_path: Path) -> None:
    facts = facts_of_zeros(tmp_path)
    index: Any = ChangedDocuments({**FULL_DOCUMENT, "row": 0, "changed": 7}, {**BARE_DOCUMENT, "row": 1, "changed": 8})
    follower = FactFollower(index, facts, TABLES)
    changed = follower.poll()

    assert changed == 2
    assert follower.seen == 8
    for field in FACT_FIELDS:
        expected = STORED[field.name] if field.updatable else [0, 0]
        assert facts.column(field.name).tolist() == expected, field.name


@pytest.mark.parametrize(
    "wrong",
    [
        {"row": 2},
        {"price_minor": None},
        {"price_minor": -1},
        {"price_minor": 12.9},
        {"currency": None},
        {"currency": "USD"},
        {"sale_starts": "now"},
        {"stock": True},
        {"shipping_template": "air"},
        {"ships_from": "FR"},
    ],
    ids=str,
)
def test_a_follower_skips_and_logs_a_document_that_does_not_fit(
    tmp_path: Path, wrong: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    facts = facts_of_zeros(tmp_path)
    index: Any = ChangedDocuments({**FULL_DOCUMENT, "row": 0, "changed": 7, **wrong})
    changed = FactFollower(index, facts, TABLES).poll()

    assert changed == 0
    assert not facts.column("price_minor").any()
    assert "a changed document does not fit generation 1" in caplog.text


def test_an_updatable_fact_is_a_whole_number_on_disk() -> None:
    with pytest.raises(ValueError, match="weight is <f4; an updatable or coded fact is stored as a whole number"):
        FactField("weight", "<f4", "weight in kg", listing_field="weight", updatable=True)
