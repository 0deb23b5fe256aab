"""The HTTP API, called in process."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from conftest import published
from fastapi.testclient import TestClient
from http_client import LISTING, ask

from eval.sample.sample import sample_listings
from indexer.listing import Listing
from indexer.open_snapshot import open_snapshot
from indexer.stores.facts import Facts
from indexer.stores.tables import read_tables, write_tables
from languages.locale import Locale
from ranking.query import Query
from search.cursor import parse
from search.engine import Engine
from search.engine_pool import EnginePool
from search.http.app import DESCRIPTION, create_app
from search.http.wire import EXAMPLES


@pytest.fixture(scope="module")
def client(small_snapshot: Path) -> Iterator[TestClient]:
    with TestClient(create_app(EnginePool(small_snapshot, threads=1))) as client:
        yield client


def test_a_search_answers_with_the_engines_page(client: TestClient, small_engine: Engine) -> None:
    page = ask(client, "black", locale="de-DE", size=3)
    query = Query("black", Locale("de", region="DE"), now=0, size=3)
    own = small_engine.search(replace(query, now=parse(page["next_cursor"], query).now))

    assert [(result["listing_id"], result["score"], result["rank"]) for result in page["results"]] == [
        (result.listing_id, result.score, result.rank) for result in own.results
    ]
    assert (page["found"], page["eligible"], page["generation"]) == (own.found, own.eligible, 1)
    assert page["understood"] == {
        "text": "black",
        "locale": "de-DE",
        "country": "DE",
        "currency": "EUR",
        "languages": own.understood.languages,
        "expansions": [asdict(expansion) for expansion in own.understood.expansions],
        "parts": [
            {
                "text": part.text,
                "says": "color",
                "importance": part.importance,
                "expansions": [asdict(expansion) for expansion in part.expansions],
            }
            for part in own.understood.parts
        ],
        "certainty": own.understood.certainty,
        "repairs": [],
        "constraints": [],
        "not_found": [],
        "not_searched": [],
    }
    assert page["found_is_exact"] is own.found_is_exact is True
    assert page["near"] == []
    assert page["next_cursor"] == own.next_cursor


def test_a_query_shows_its_parts_with_their_importance_and_what_else_was_searched_for(client: TestClient) -> None:
    parts = ask(client, "stainless steel frying pan")["understood"]["parts"]

    assert [part["text"] for part in parts] == ["stainless steel", "frying pan"]
    assert sum(part["importance"] for part in parts) == pytest.approx(1.0)
    assert {expansion["source"] for part in parts for expansion in part["expansions"]} == {"lexicon"}
    assert {expansion["text"] for expansion in parts[1]["expansions"]} >= {"frying pan"}


def test_what_is_near_follows_the_answers_in_a_field_of_its_own(client: TestClient) -> None:
    page = ask(client, "frying pan", size=200, explain=True)
    answers, near = (
        [next(t["utility"] for t in result["explanation"] if t["feature"] == "relevance") for result in page[field]]
        for field in ("results", "near")
    )

    assert page["found"] == len(answers) > 0
    assert len(answers) + len(near) == 200
    assert min(answers) > max(near)
    assert [result["rank"] for result in page["results"] + page["near"]] == list(range(1, 201))
    assert "next_cursor" not in page


def test_the_total_is_the_sum_of_the_phases(client: TestClient) -> None:
    total, *phases = sorted(ask(client)["milliseconds"].items(), key=lambda phase: phase[0] != "total")

    assert total == ("total", pytest.approx(sum(ms for _, ms in phases), abs=0.001))
    assert {"understand", "lexical", "vector", "rank"} <= {phase for phase, _ in phases}


def test_the_landed_price_is_the_sum_of_its_parts(client: TestClient) -> None:
    for locale in ("de-DE", "pt-BR", "ja-JP", "en-US"):
        page = ask(client, locale=locale, size=200)
        prices = [result["price"] for result in page["results"] + page["near"]]

        assert len(prices) == 200
        for price in prices:
            parts = price["item_minor"] + price.get("shipping_minor", 0) + price["tax_minor"]
            assert price["landed_minor"] == parts


def test_the_landed_price_is_written_as_the_buyer_writes_it(client: TestClient) -> None:
    german = ask(client, "black", locale="de-DE", size=1)["results"][0]["price"]
    japanese = ask(client, "black", locale="ja-JP", size=1)["results"][0]["price"]

    assert german["landed_text"].replace(".", "").replace(",", "") == f"{german['landed_minor']:03d}\xa0€"
    assert japanese["landed_text"] == f"￥{japanese['landed_minor']:,}"


def test_an_explanation_sums_to_the_score_exactly(client: TestClient) -> None:
    page = ask(client, explain=True, size=200)
    results = page["results"] + page["near"]

    assert len(results) == 200
    for result in results:
        assert sum(term["contribution"] for term in result["explanation"]) == result["score"]
        assert {"feature", "utility", "weight", "contribution"} == set(result["explanation"][0])


def test_results_have_no_explanation_unless_requested(client: TestClient) -> None:
    assert "explanation" not in ask(client)["results"][0]


@pytest.mark.parametrize("sizes", [[7], [1, 50, 3]], ids=str)
@pytest.mark.parametrize("sort", ["best", "price"])
def test_pages_of_any_size_neither_repeat_nor_skip_results(client: TestClient, sizes: list[int], sort: str) -> None:
    whole = list(_paged(client, [200], sort))
    ids = [result["listing_id"] for result in whole]

    assert [result["rank"] for result in whole] == list(range(1, len(whole) + 1))
    assert len(set(ids)) == len(ids) == ask(client, locale="es-ES", sort=sort)["found"]
    assert list(_paged(client, sizes, sort)) == whole


def _paged(client: TestClient, sizes: list[int], sort: str) -> Iterator[Any]:
    """Every result of a list, by pages of these sizes in turn."""
    more: dict[str, str] = {}
    for size in cycle(sizes):
        page = ask(client, locale="es-ES", sort=sort, size=size, **more)
        yield from page["results"]
        if "next_cursor" not in page:
            return
        more = {"cursor": page["next_cursor"]}


def test_filters_hold_for_every_result(client: TestClient) -> None:
    path = ["Kitchen", "Kitchen tools"]
    kitchen = _shown(client, filters={"category": path})
    black = _shown(client, filters={"attributes": {"color": "Black"}})
    brand = _shown(client, filters={"brand": "skaluzzera"})
    seller = _shown(client, filters={"seller_id": "s000010"})
    priced = _shown(client, locale="de-DE", filters={"price_min_minor": 1000, "price_max_minor": 3000})

    assert {tuple(result["category"]) for result in kitchen} == {tuple(path)}
    assert {result["attributes"]["color"] for result in black} == {"black"}
    assert {result["brand"] for result in brand} == {"Skaluzzera"}
    assert {result["seller"]["seller_id"] for result in seller} == {"s000010"}
    assert priced
    assert all(1000 <= result["price"]["landed_minor"] <= 3000 for result in priced)


def _shown(client: TestClient, **request: Any) -> list[Any]:
    """The answers and what is near."""
    page = ask(client, size=200, **request)
    return page["results"] + page["near"]


def test_a_filter_can_only_lower_what_is_found(client: TestClient) -> None:
    unfiltered = ask(client, "black", size=200)
    ids = {result["listing_id"] for result in unfiltered["results"]}
    for filters in ({"attributes": {"color": "black"}}, {"price_max_minor": 2000}, {"category": ["Kitchen"]}):
        page = ask(client, "black", size=200, filters=filters)

        assert page["found"] <= unfiltered["found"]
        assert {result["listing_id"] for result in page["results"]} <= ids


def test_a_category_may_be_one_string(client: TestClient) -> None:
    as_text = ask(client, filters={"category": " Kitchen >Kitchen tools"})
    as_list = ask(client, filters={"category": ["Kitchen", "Kitchen tools"]})

    assert as_text["results"] == as_list["results"]
    assert as_text["near"] == as_list["near"] != []
    assert as_text["eligible"] == as_list["eligible"]


def test_a_cursor_is_valid_for_any_order_of_attributes(client: TestClient, small_listings: tuple[Listing, ...]) -> None:
    pair_counts = Counter(
        tuple(listing.attributes.items())[:2]
        for listing in small_listings
        if len(listing.attributes) > 1 and not listing.shipping_template.startswith("local")
    )
    pairs = pair_counts.most_common(1)[0][0]
    words = pairs[0][1]  # which all that are left have
    first = ask(client, words, size=1, filters={"attributes": dict(pairs)})
    second = ask(client, words, size=1, filters={"attributes": dict(reversed(pairs))}, cursor=first["next_cursor"])

    assert second["results"][0]["rank"] == 2


def test_countries_and_currencies_may_be_lower_case(client: TestClient) -> None:
    understood = ask(client, country="de", currency="usd")["understood"]

    assert (understood["country"], understood["currency"]) == ("DE", "USD")


def test_unknown_values_are_left_out_and_never_null(client: TestClient) -> None:
    answers = [
        client.post("/v1/search", json={"query": "knife", "size": 200}).text,
        client.get(f"/v1/listings/{LISTING}").text,
        client.get("/v1/listings/nothing").text,
    ]

    assert "null" not in "".join(answers)


def test_a_listing_shows_what_its_record_says(client: TestClient) -> None:
    listing = next(sample_listings(1, 7))
    shown = client.get(f"/v1/listings/{LISTING}", params={"locale": "de-DE"}).json()

    assert shown["title"] == listing.title
    assert shown["description"] == listing.description if listing.description else "description" not in shown
    assert tuple(shown["category"]) == listing.category
    assert shown["attributes"] == listing.attributes
    assert shown["price"]["currency"] == "EUR"
    assert "rank" not in shown
    assert "score" not in shown


def test_similar_leaves_out_the_listing_itself_and_keeps_to_the_size(client: TestClient) -> None:
    page = client.get(f"/v1/listings/{LISTING}/similar", params={"size": 7, "explain": True}).json()
    ids = [result["listing_id"] for result in page["results"]]

    assert len(ids) == len(set(ids)) == 7
    assert LISTING not in ids
    assert all(result["explanation"] for result in page["results"])


def test_a_listing_of_a_suspended_seller_gives_404(tmp_path: Path) -> None:
    path = published(tmp_path / "snapshot", sample_listings(20, 7), "hashing")
    tables = read_tables(path / "generations" / "000001" / "tables")
    seller = int(Facts(path / "generations" / "000001" / "facts").column("seller")[0])
    tables.sellers.active[seller] = False
    write_tables(tables, path / "generations" / "000001" / "tables")

    with TestClient(create_app(EnginePool(path, threads=1))) as client:
        answer = client.get(f"/v1/listings/{LISTING}")

    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/unknown-listing"


def test_markets_lists_all_countries_and_currencies(client: TestClient, small_snapshot: Path) -> None:
    answer = client.get("/v1/markets").json()
    tables = open_snapshot(small_snapshot).tables

    assert {market["country"]: market["currency"] for market in answer["markets"]} == {
        code: market.currency for code, market in tables.markets.items()
    }
    assert answer["currencies"] == sorted({"EUR", *tables.rates.per_base})


# --- the request's line and id


def test_a_request_has_one_line_in_the_log(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "search.http.request_middleware"):
        page = ask(client, query='knife"\nINFO a line of its own', locale="de-DE", size=3)
    lines = [record.getMessage() for record in caplog.records if record.name == "search.http.request_middleware"]

    assert len(lines) == 1
    assert lines[0].startswith("POST /v1/search 200 ")
    assert 'query="knife\\"\\nINFO a line of its own" locale="de-DE" country="DE" found=' in lines[0]
    counts = f"found={page['found']} eligible={page['eligible']} results={len(page['results'])}"
    assert f" {counts} generation=1 ms={{" in lines[0]
    assert "\n" not in lines[0]


def test_a_request_keeps_the_id_it_came_with(client: TestClient) -> None:
    assert client.get("/healthz", headers={"x-request-id": "abc-123"}).headers["x-request-id"] == "abc-123"


def test_a_request_without_a_valid_id_gets_a_new_one(client: TestClient) -> None:
    given = client.get("/healthz", headers={"x-request-id": "a b"}).headers["x-request-id"]

    assert len(given) == 32
    assert given != client.get("/healthz").headers["x-request-id"]


# --- health


def test_ready_shows_the_generation(client: TestClient) -> None:
    answer = client.get("/readyz")

    assert answer.json() == {"status": "ready", "generation": 1, "listings": 2000, "encoder": "hashing-256-v1"}


def test_without_a_snapshot_the_process_is_alive_but_not_ready(tmp_path: Path) -> None:
    with TestClient(create_app(EnginePool(tmp_path, threads=1))) as client:
        alive, ready = client.get("/healthz"), client.get("/readyz")
        search = client.post("/v1/search", json={"query": "x"})

    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    for answer in (ready, search):
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/snapshot-missing")
        assert answer.headers["retry-after"] == "2"
        assert str(tmp_path) not in answer.text


# --- documents


def test_every_example_of_the_openapi_document_works(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    examples = document["paths"]["/v1/search"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    named = document["components"]["schemas"]["SearchRequest"]["examples"]
    sent = [example["value"] for example in examples.values()] + named

    assert len(sent) == 2 * len(EXAMPLES)
    for body in sent:
        answer = client.post("/v1/search", json=body)
        assert answer.status_code == 200, answer.text


def test_the_openapi_document_describes_the_api_to_its_users(client: TestClient) -> None:
    description = client.get("/openapi.json").json()["info"]["description"]

    assert description == DESCRIPTION


def test_every_path_example_of_the_openapi_document_works(client: TestClient) -> None:
    tried = 0
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", []):
            for example in parameter.get("examples", {}).values() if parameter["in"] == "path" else []:
                tried += 1
                assert client.get(path.format(**{parameter["name"]: example["value"]})).status_code == 200

    assert tried == 2


def test_every_reference_in_the_openapi_document_is_defined(client: TestClient) -> None:
    text = client.get("/openapi.json").text
    document = json.loads(text)
    references = {part.split('"')[0] for part in text.split('"$ref":"#/components/schemas/')[1:]}

    assert "Problem" in references
    assert references <= set(document["components"]["schemas"])
    assert "HTTPValidationError" not in text
