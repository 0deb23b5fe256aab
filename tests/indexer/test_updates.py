"""Updates of facts are read by the rules of records, and merged without changing their effect."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.catalogue.files.source import Source
from indexer.catalogue.reference_data import read_markets, read_rates
from indexer.listing import Rejected, Sale
from indexer.market import Seller, ShippingTemplate
from indexer.opensearch.updates import UNSET, ListingUpdate, SellerUpdate, Stream, merged, read_updates
from indexer.stores.fact_fields import FACT_FIELDS
from indexer.stores.facts import Facts, SellerTable
from indexer.stores.tables import Tables, seller_table, shipping_table

CURRENCIES, COUNTRIES = ("EUR", "JPY"), ("DE", "CN")
TABLES = Tables(
    currencies=CURRENCIES,
    locales=("de",),
    countries=COUNTRIES,
    categories=(),
    brands=(),
    sellers=seller_table([Seller("S9", "Nine", "DE")]),
    shipping=shipping_table([ShippingTemplate("cn-post", ())], CURRENCIES, COUNTRIES),
    markets=read_markets(),
    rates=read_rates(),
)


def read(*records: object) -> list[object]:
    lines = b"".join(orjson.dumps(record) + b"\n" for record in records)
    return [update for _, update in read_updates(Stream(io.BytesIO(lines)), TABLES)]


def test_missing_fields_stay_unset_and_null_clears() -> None:
    price, stock, cleared, moved, suspended = read(
        {"listing_id": "L1", "price_minor": 1290, "currency": "EUR"},
        {"listing_id": "L1", "stock": 0},
        {"listing_id": "L1", "sale": None, "stock": None},
        {"listing_id": "L1", "shipping_template": "cn-post", "ships_from": "CN"},
        {"seller_id": "S9", "active": False},
    )

    assert price == ListingUpdate("L1", price_minor=1290, currency="EUR")
    assert stock == ListingUpdate("L1", stock=0)
    assert cleared == ListingUpdate("L1", sale=None, stock=None)
    assert moved == ListingUpdate("L1", shipping_template="cn-post", ships_from="CN")
    assert suspended == SellerUpdate("S9", active=False)


def test_a_sale_is_three_fields_of_the_document() -> None:
    (update,) = read({"listing_id": "L1", "sale": {"price_minor": 990, "from": "2025-01-01", "to": 1_800_000_000}})

    assert isinstance(update, ListingUpdate)
    assert update.partial() == {
        "sale_price_minor": 990,
        "sale_starts": 1_735_689_600,
        "sale_ends": 1_800_000_000,
    }


def test_a_cleared_sale_clears_all_three() -> None:
    wanted = {"sale_price_minor": None, "sale_starts": None, "sale_ends": None}

    assert ListingUpdate("L1", sale=None).partial() == wanted


def test_a_sale_that_ends_before_it_starts_is_none() -> None:
    (update,) = read({"listing_id": "L1", "sale": {"price_minor": 5, "from": 9, "to": 8}})

    assert update == ListingUpdate("L1", sale=None)


@pytest.mark.parametrize(
    ("record", "field", "value", "reason"),
    [
        ({"listing_id": "L1", "price_minor": 12.9}, "price_minor", "12.9", "must be a whole number of minor units"),
        ({"listing_id": "L1", "price_minor": -1}, "price_minor", "-1", "must not be negative"),
        ({"listing_id": "L1", "price_minor": None}, "price_minor", "", "is missing"),
        (
            {"listing_id": "L1", "price_minor": 5, "currency": "USD"},
            "currency",
            "USD",
            "is not in the served generation",
        ),
        ({"listing_id": "L1", "price_minor": 5, "currency": "XXZ"}, "currency", "XXZ", "is not an ISO 4217 code"),
        ({"listing_id": "L1", "currency": "JPY"}, "currency", "JPY", "comes without its price_minor"),
        ({"listing_id": "L1", "stock": "many"}, "stock", "many", "must be a whole number"),
        ({"listing_id": "L1", "stock": -3}, "stock", "-3", "must be a count"),
        ({"listing_id": "L1", "sale": {"from": 1}}, "sale.price_minor", "", "is missing"),
        ({"listing_id": "L1", "shipping_template": "air"}, "shipping_template", "air", "is not in the served"),
        ({"listing_id": "L1", "ships_from": "China"}, "ships_from", "China", "is not an ISO 3166 country"),
        ({"listing_id": "L1", "ships_from": "FR"}, "ships_from", "FR", "is not in the served"),
        (
            {"listing_id": "L1", "prise": 5},
            "prise",
            "5",
            "is not a fact that an update can change; there are",
        ),
        ({"listing_id": "L1", "seller_id": "S9", "stock": 1}, "seller_id", "S9", "is not a fact that an update can"),
        ({"listing_id": "L1"}, "record", "['listing_id']", "changes nothing; give one of price_minor"),
        ({"listing_id": 7, "stock": 1}, "listing_id", "7", "must be text"),
        ({"listing_id": " ", "stock": 1}, "listing_id", " ", "is missing"),
        ({"stock": 1}, "listing_id", "", "an update is of a listing_id or of a seller_id"),
        ({"seller_id": "S9"}, "active", "", "is missing"),
        ({"seller_id": "S9", "active": 0}, "active", "0", "must be true or false"),
        ({"seller_id": "S8", "active": True}, "seller_id", "S8", "is not in the served"),
        (["L1"], "record", '["L1"]', "is not a JSON object"),
    ],
)
def test_a_bad_update_says_what_is_wrong_where(record: object, field: str, value: str, reason: str) -> None:
    good, bad = read({"listing_id": "L1", "stock": 1}, record)

    assert good == ListingUpdate("L1", stock=1)
    assert isinstance(bad, Rejected)
    assert (bad.record, bad.field, bad.value) == (2, field, value)
    assert reason in bad.reason


def test_updates_of_a_file_come_with_the_numbers_of_its_records(tmp_path: Path) -> None:
    path = tmp_path / "updates.jsonl"
    path.write_bytes(b'{"listing_id": "L1", "stock": 1}\n\nnonsense\n{"seller_id": "S9", "active": true}\n')
    updates = list(read_updates(Source(path), TABLES))

    assert [number for number, _ in updates] == [1, 2, 3]
    assert updates[2][1] == SellerUpdate("S9", active=True)


sales = st.builds(Sale, st.integers(0, 10**6), st.integers(0, 100), st.integers(101, 200))
unset = st.just(UNSET)
updates = st.builds(
    ListingUpdate,
    st.just("L1"),
    unset | st.integers(0, 10**6),
    unset | st.sampled_from(CURRENCIES),
    unset | st.none() | sales,
    unset | st.none() | st.integers(0, 9),
    unset | st.none() | st.just("cn-post"),
    unset | st.none() | st.sampled_from(COUNTRIES),
)


@given(st.lists(updates, min_size=1))
def test_successive_updates_equal_the_merged_update(changes: list[ListingUpdate]) -> None:
    one_by_one: dict[str, object] = {"row": 3, "price_minor": 7, "stock": 2}
    whole: ListingUpdate | SellerUpdate | None = None
    for change in changes:
        one_by_one |= change.partial()
        whole = merged(whole, change)

    assert whole is not None
    assert {"row": 3, "price_minor": 7, "stock": 2, **whole.partial()} == one_by_one


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    for field in FACT_FIELDS:
        np.save(tmp_path / f"{field.name}.npy", np.zeros(20_000, field.dtype))
    np.save(tmp_path / "seller.npy", np.arange(20_000, dtype="<i4") % 4)
    np.save(tmp_path / "attribute_offsets.npy", np.zeros(20_001, "<i8"))
    np.save(tmp_path / "attribute_hashes.npy", np.zeros(0, "<u8"))
    return Facts(tmp_path)


def table() -> SellerTable:
    return seller_table([Seller(f"S{at}", "A", "DE") for at in range(4)])


def test_a_change_of_facts_names_its_rows_and_leaves_the_files(facts: Facts, tmp_path: Path) -> None:
    before = facts.version
    rows = np.array([9, 3, 5])
    changed = facts.apply(rows, {"stock": np.array([1, 0, 4]), "price_minor": np.array([0, 0, 8])})
    repeated = facts.apply(rows, {"stock": np.array([1, 0, 4]), "price_minor": np.array([0, 0, 8])})

    assert (changed.tolist(), repeated.tolist()) == ([9, 5], [])
    assert facts.take(np.array([3, 5, 9])).stock.tolist() == [0, 4, 1]
    assert facts.take(np.array([5])).price_minor.tolist() == [8]
    since = facts.changed_since(before)
    assert since is not None
    assert since.tolist() == [5, 9]
    assert not np.load(tmp_path / "stock.npy").any()


def test_a_change_of_a_seller_changes_all_its_rows(facts: Facts) -> None:
    sellers, before = table(), facts.version
    changed = facts.apply_sellers(sellers, np.array([1, 2]), np.array([True, False]))
    since = facts.changed_since(before)

    assert changed.tolist() == [2]
    assert sellers.active.tolist() == [True, True, False, True]
    assert since is not None
    assert since.tolist() == list(range(2, 20_000, 4))


def test_old_changes_are_forgotten_and_recent_ones_kept(facts: Facts) -> None:
    first = facts.version
    facts.apply(np.arange(9_000), {"stock": np.ones(9_000, np.int64)})
    second = facts.version
    facts.apply(np.arange(9_000), {"stock": np.zeros(9_000, np.int64)})
    third = facts.version
    since = facts.changed_since(second)

    assert facts.changed_since(first) is None
    assert since is not None
    assert len(since) == 9_000
    assert facts.changed_since(third) is not None
    assert len(facts.changed_since(third)) == 0  # type: ignore[arg-type]  # just asserted
