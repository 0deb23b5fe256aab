"""Laws of records: a listing written and read is the same; JSON values raise only InvalidRecord."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.catalogue.records import FIELDS, listing_to_record, read_listing, refuse
from indexer.listing import InvalidRecord, Listing, Sale, Translation
from languages.locale import Locale

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20).filter(
    lambda text: not text.isspace()
)
ids = texts.filter(lambda text: text.split() == [text])
counts = st.integers(0, 2**31 - 1)
times = st.integers(0, 2**32 - 1)
locales = st.sampled_from(["de", "pt-BR", "zh-Hant", "es-419", "zh-Hans-CN"]).map(Locale.parse)
sales = st.tuples(st.integers(1, 2**31 - 1), st.integers(0, 2**31), st.integers(2**31 + 1, 2**32 - 1)).map(
    lambda parts: Sale(*parts)
)
listings = st.builds(
    Listing,
    listing_id=ids,
    seller_id=texts,
    locale=locales,
    title=texts,
    price_minor=st.integers(2**31, 2**62 - 1),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    description=st.none() | texts,
    brand=st.none() | texts,
    model=st.none() | texts,
    gtin=st.none() | texts,
    category=st.lists(texts, max_size=3).map(tuple),
    attributes=st.dictionaries(texts, texts, max_size=3),
    sale=st.none() | sales,
    shipping_template=st.none() | texts,
    ships_from=st.sampled_from([None, "CN", "DE"]),
    stock=st.none() | counts,
    group_id=st.none() | texts,
    rating_mean=st.none() | st.floats(0, 5),
    rating_count=st.none() | counts,
    units_sold=st.none() | counts,
    created_at=st.none() | times,
    updated_at=st.none() | times,
    image_url=st.none() | texts,
    translations=st.dictionaries(locales, st.builds(Translation, texts, st.none() | texts), max_size=3),
    adult=st.booleans(),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["EUR", "de", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(listings)
def test_a_listing_written_as_a_record_reads_as_the_same_listing(listing: Listing) -> None:
    try:
        read = read_listing(listing_to_record(listing))  # without the HTML that a text may hold by chance
    except InvalidRecord:
        return
    record = json.loads(json.dumps(listing_to_record(read)))

    assert read_listing(record) == read


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), json_values), st.sampled_from(FIELDS), json_values)
def test_any_value_in_any_field_is_a_listing_or_rejected(many: dict[str, object], name: str, value: object) -> None:
    base: dict[str, object] = {
        "listing_id": "L", "seller_id": "S", "locale": "en", "title": "T", "price_minor": 1, "currency": "EUR",
    }  # fmt: skip
    for record in (base | {name: value}, base | many, many):
        try:
            assert isinstance(read_listing(record), Listing)
        except InvalidRecord as error:
            rejected = refuse(1, error)

            assert len(rejected.value) <= 200
            assert json.loads(json.dumps(rejected.value).encode()) == rejected.value


def test_blank_optional_text_and_null_are_absent() -> None:
    record = {
        "listing_id": "L", "seller_id": "S", "locale": "en", "title": "T", "price_minor": 1, "currency": "EUR",
        "brand": "", "gtin": " ", "model": None, "attributes": {"color": None, "size": "", "weight": 6.0}, "sale": None,
    }  # fmt: skip

    assert read_listing(record) == Listing("L", "S", Locale("en"), "T", 1, "EUR", attributes={"weight": "6"})


def test_a_category_may_be_one_string() -> None:
    record = {
        "listing_id": "L", "seller_id": "S", "locale": "en", "title": "T", "price_minor": 1, "currency": "EUR",
        "category": "Home > Garden & Patio >  Chairs",
    }  # fmt: skip

    assert read_listing(record).category == ("Home", "Garden & Patio", "Chairs")


def test_a_sale_for_always_and_one_until_the_year_9999_end_where_time_ends() -> None:
    base = {"listing_id": "L", "seller_id": "S", "locale": "en", "title": "T", "price_minor": 9, "currency": "EUR"}
    always = read_listing({**base, "sale": {"price_minor": 5}}).sale
    far = read_listing({**base, "sale": {"price_minor": 5, "to": "9999-12-31T23:59:59Z"}}).sale

    assert always == far == Sale(5, 0, 2**32 - 1)


def test_times_without_a_zone_are_utc() -> None:
    base = {"listing_id": "L", "seller_id": "S", "locale": "en", "title": "T", "price_minor": 9, "currency": "EUR"}
    found = [
        read_listing({**base, "created_at": when}).created_at
        for when in ("2024-05-01", "2024-05-01T00:00:00", "2024-05-01T02:00:00+02:00", 1_714_521_600)
    ]

    assert found == [1_714_521_600] * 4
