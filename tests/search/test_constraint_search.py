"""Prices and exclusions in a query's words filter its results, and the buyer can undo it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from golden_rankings import NOW

from indexer.market import Rates
from languages.locale import Locale
from ranking.query import Filters, Query, Repair
from search.cursor import InvalidCursor
from search.engine import Engine
from search.engine_pool import EnginePool
from search.http.app import create_app
from search.http.translate import query_from_search, search_response
from search.http.wire import SearchRequest
from search.page import Page
from search.understanding.read_constraints import read_constraints


@pytest.fixture(scope="module")
def client(small_snapshot: Path) -> Iterator[TestClient]:
    with TestClient(create_app(EnginePool(small_snapshot, threads=1))) as client:
        yield client


def search(engine: Engine, text: str, locale: str, **options: object) -> Page:
    return engine.search(replace(Query(text, Locale.parse(locale), NOW), **options))  # type: ignore[arg-type]


def listed(page: Page) -> list[str]:
    return [result.listing_id for result in page.results]


# The golden catalogue's listings all cost 20 euros.


@pytest.mark.parametrize(
    ("text", "locale", "low", "high", "plain"),
    [
        ("wasserkocher unter 25 €", "de", None, 2500, "wasserkocher"),
        ("wasserkocher 15-25 €", "de", 1500, 2500, "wasserkocher"),
        ("kettle under 30", "en", None, 3000, "kettle"),
        ("чайник до 3000 руб", "ru", None, 300000, "чайник"),
        ("財布 1万円以下", "ja", None, 10000, "財布"),
        ("bouilloire moins de 25 €", "fr", None, 2500, "bouilloire"),
    ],
)
def test_a_price_in_words_is_the_same_as_the_filter(
    golden_engine: Engine, text: str, locale: str, low: int | None, high: int | None, plain: str
) -> None:
    page = search(golden_engine, text, locale)
    filtered = search(golden_engine, plain, locale, filters=Filters(price_min_minor=low, price_max_minor=high))

    (constraint,) = page.understood.constraints
    assert (constraint.price_min_minor, constraint.price_max_minor) == (low, high)
    assert page.understood.text == plain
    assert listed(page) == listed(filtered)
    assert page.found == filtered.found > 5


def test_an_amount_is_converted_to_the_buyers_currency(golden_engine: Engine) -> None:
    page = search(golden_engine, "wasserkocher unter 20 €", "de", country="US")
    rate = golden_engine.snapshot.tables.rates.minor_to_minor("EUR", "USD")

    assert page.understood.currency == "USD"
    assert page.understood.constraints[0].price_max_minor == round(2000 * rate)


def test_a_price_that_nothing_meets_is_suggested_to_be_left_out(golden_engine: Engine) -> None:
    page = search(golden_engine, "wasserkocher unter 1 €", "de")
    without = search(golden_engine, "wasserkocher", "de")

    assert (page.found, page.results) == (0, ())
    (suggestion,) = page.relaxations
    assert (suggestion.without, suggestion.query) == ("unter 1 €", "wasserkocher")
    assert suggestion.count.found == without.found


def test_the_other_constraints_stay_in_a_suggestion(golden_engine: Engine) -> None:
    page = search(golden_engine, "wasserkocher unter 1 € -edelstahl", "de")
    suggestion = page.relaxations[0]

    assert suggestion.query == "wasserkocher -edelstahl"
    assert search(golden_engine, suggestion.query, "de").found == suggestion.count.found > 0


def test_words_that_are_left_out_keep_the_price(golden_engine: Engine) -> None:
    page = search(golden_engine, "wasserkocher zx98765 unter 25 €", "de")
    queries = [one.query for one in page.relaxations]

    assert "wasserkocher unter 25 €" in queries


@pytest.mark.parametrize(
    ("text", "locale", "plain", "gone", "kept"),
    [
        ("dress -red", "en", "dress", "dress-red", "dress-blue"),
        ("kleid nicht rot", "de", "kleid", "dress-red", "kleid-blau"),
        ("財布 黒以外", "ja", "財布", "wallet-leather-zip", "saifu-ja"),
        ("wallet not black", "en", "wallet", "wallet-leather-zip", "wallet-canvas"),
        ("wasserkocher -edelstahl", "de", "wasserkocher", "wasserkocher-edelstahl", "wasserkocher-glas"),
    ],
)
def test_what_is_not_wanted_is_not_found(
    golden_engine: Engine, text: str, locale: str, plain: str, gone: str, kept: str
) -> None:
    page = search(golden_engine, text, locale, size=200)
    whole = search(golden_engine, plain, locale, size=200)

    assert page.understood.text == plain
    assert gone in listed(whole)
    assert gone not in [*listed(page), *(result.listing_id for result in page.near)]
    assert kept in listed(page)
    assert set(listed(page)) < set(listed(whole))


def test_both_kinds_of_constraint_and_a_repair_go_together(golden_engine: Engine) -> None:
    page = search(golden_engine, "wasserkohcer unter 25 € -edelstahl", "de")

    assert page.understood.repairs == (Repair("spelling", "wasserkohcer", "wasserkocher"),)
    assert [one.kind for one in page.understood.constraints] == ["price_max", "exclude"]
    assert listed(page) == listed(search(golden_engine, "wasserkocher unter 25 € -edelstahl", "de"))


@pytest.mark.parametrize("text", ["kettle", "under 20", "for under desk", "casque sans fil", "size 42", "", "-"])
def test_a_query_without_a_constraint_keeps_its_words(golden_engine: Engine, text: str) -> None:
    page = search(golden_engine, text, "en")

    assert (page.understood.constraints, page.understood.text) == ((), text)


def test_the_buyer_can_have_the_words(golden_engine: Engine) -> None:
    page = search(golden_engine, "wasserkocher unter 25 €", "de", constraints=False)

    assert (page.understood.constraints, page.understood.text) == ((), "wasserkocher unter 25 €")
    assert page.understood.filters == Filters()


def test_a_filter_of_the_request_decides_instead_of_the_words(golden_engine: Engine) -> None:
    own = Filters(price_max_minor=100)
    page = search(golden_engine, "kettle under 30", "en", filters=own)

    assert page.understood.filters == own
    assert page.found == 0


def test_a_price_in_a_currency_without_a_rate_is_not_read() -> None:
    query = Query("bolso menos de 50 soles", Locale("es"), NOW)
    rates = Rates("EUR", "2026-11-27", {"USD": 1.2})

    assert read_constraints(query, query.text, {"es": 1.0}, "EUR", rates) == (query.text, ())


def test_the_pages_of_a_constrained_list_neither_repeat_nor_skip(golden_engine: Engine) -> None:
    text = "wasserkocher unter 25 € -edelstahl"
    whole = listed(search(golden_engine, text, "de", size=200))
    pages: list[str] = []
    cursor = None
    while True:
        page = search(golden_engine, text, "de", size=4, cursor=cursor)
        pages += listed(page)
        cursor = page.next_cursor
        if cursor is None:
            break

    assert pages == whole


def test_a_cursor_is_of_the_reading_it_began_with(golden_engine: Engine) -> None:
    cursor = search(golden_engine, "kettle under 30", "en", size=2).next_cursor

    with pytest.raises(InvalidCursor):
        search(golden_engine, "kettle under 30", "en", size=2, cursor=cursor, constraints=False)


def test_the_response_names_each_constraint_with_its_words(golden_engine: Engine) -> None:
    request = SearchRequest(query="Wasserkocher unter 25 € -Edelstahl", locale="de")
    page = golden_engine.search(query_from_search(request, NOW))
    response = search_response(page, explain=False).model_dump(exclude_none=True)

    assert response["understood"]["constraints"] == (
        {"kind": "price_max", "text": "unter 25 €", "price_max_minor": 2500},
        {"kind": "exclude", "text": "-edelstahl", "excluded": "edelstahl"},
    )
    assert response["understood"]["text"] == "wasserkocher"
    assert query_from_search(request.model_copy(update={"constraints": False}), NOW).constraints is False


def test_the_switch_is_a_field_of_the_request(client: TestClient) -> None:
    body = {"query": "kettle under 30", "locale": "en"}
    read = client.post("/v1/search", json=body).json()["understood"]
    plain = client.post("/v1/search", json={**body, "constraints": False}).json()["understood"]

    assert [one["text"] for one in read["constraints"]] == ["under 30"]
    assert (read["text"], plain["text"], plain["constraints"]) == ("kettle", "kettle under 30", [])
