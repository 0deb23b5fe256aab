"""The HTTP door, knocked at without a port."""

from __future__ import annotations

import asyncio
import json
import logging
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from conftest import published
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.facts import Facts
from indexer.listing import Listing
from indexer.sample import sample_listings
from indexer.snapshot import Snapshot
from indexer.tables import read_tables, write_tables
from search.app import create_app
from search.cursor import Cursor
from search.door import BODY_MAX, Door
from search.engine import Engine
from search.problems import KINDS, MEDIA_TYPE, InvalidRequest
from search.serving import Engines
from search.wire import EXAMPLES

LISTING = "L00000000"


@pytest.fixture(scope="module")
def door(small_snapshot: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Engines(small_snapshot, threads=1))) as client:
        yield client


def ask(door: TestClient, query: str = "stainless steel kitchen knife", **asked: Any) -> Any:
    answer = door.post("/v1/search", json={"query": query, **asked})

    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_search_answers_with_the_engines_page(door: TestClient, small_engine: Engine) -> None:
    page = ask(door, locale="de-DE", size=50)

    assert page["understood"]["country"] == "DE"
    assert page["understood"]["currency"] == "EUR"
    assert sum(page["understood"]["languages"].values()) == pytest.approx(1)
    assert [one["rank"] for one in page["results"]] == list(range(1, 51))
    assert page["generation"] == 1
    assert page["milliseconds"]["total"] == pytest.approx(
        sum(ms for phase, ms in page["milliseconds"].items() if phase != "total")
    )


def test_the_landed_price_is_the_sum_of_its_parts(door: TestClient) -> None:
    for locale in ("de-DE", "pt-BR", "ja-JP", "en-US"):
        prices = [one["price"] for one in ask(door, locale=locale, size=200)["results"]]

        assert len(prices) == 200
        for price in prices:
            parts = price["item_minor"] + price.get("shipping_minor", 0) + price["tax_minor"]
            assert price["landed_minor"] == parts


def test_the_landed_price_is_written_as_the_buyer_writes_it(door: TestClient) -> None:
    german = ask(door, locale="de-DE", size=1)["results"][0]["price"]
    japanese = ask(door, locale="ja-JP", size=1)["results"][0]["price"]

    assert german["landed_text"].replace(".", "").replace(",", "") == f"{german['landed_minor']:03d}\xa0€"
    assert japanese["landed_text"] == f"￥{japanese['landed_minor']:,}"


def test_an_explanation_sums_to_the_score_exactly(door: TestClient) -> None:
    for one in ask(door, explain=True, size=200)["results"]:
        assert sum(term["contribution"] for term in one["explanation"]) == one["score"]
        assert {"feature", "utility", "weight", "contribution"} == set(one["explanation"][0])


def test_nothing_is_explained_unasked(door: TestClient) -> None:
    assert "explanation" not in ask(door)["results"][0]


@pytest.mark.parametrize("sizes", [[7], [1, 50, 3]], ids=str)
@pytest.mark.parametrize("sort", ["best", "price"])
def test_pages_neither_repeat_nor_skip_whatever_their_sizes(door: TestClient, sizes: list[int], sort: str) -> None:
    whole = list(_paged(door, [200], sort))
    ids = [one["listing_id"] for one in whole]

    assert [one["rank"] for one in whole] == list(range(1, len(whole) + 1))
    assert len(set(ids)) == len(ids) == ask(door, locale="es-ES", sort=sort)["found"]
    assert list(_paged(door, sizes, sort)) == whole


def _paged(door: TestClient, sizes: list[int], sort: str) -> Iterator[Any]:
    """Every result of a list, by pages of these sizes in turn."""
    more: dict[str, str] = {}
    for size in cycle(sizes):
        page = ask(door, locale="es-ES", sort=sort, size=size, **more)
        yield from page["results"]
        if "next_cursor" not in page:
            return
        more = {"cursor": page["next_cursor"]}


def test_filters_hold_for_every_result(door: TestClient) -> None:
    path = ["Home & kitchen", "Kitchen tools"]
    kitchen = ask(door, size=200, filters={"category": path})
    black = ask(door, size=200, filters={"attributes": {"color": "Black"}})
    brand = ask(door, size=200, filters={"brand": "skaluzzera"})
    seller = ask(door, size=200, filters={"seller_id": "s000010"})
    priced = ask(door, size=200, locale="de-DE", filters={"price_min_minor": 1000, "price_max_minor": 3000})

    assert kitchen["results"]
    assert {tuple(one["category"]) for one in kitchen["results"]} == {tuple(path)}
    assert {one["attributes"]["color"] for one in black["results"]} == {"black"}
    assert {one["brand"] for one in brand["results"]} == {"Skaluzzera"}
    assert {one["seller"]["seller_id"] for one in seller["results"]} == {"s000010"}
    assert priced["results"]
    assert all(1000 <= one["price"]["landed_minor"] <= 3000 for one in priced["results"])


def test_a_category_may_be_one_text(door: TestClient) -> None:
    as_text = ask(door, filters={"category": " Home & kitchen >Kitchen tools"})
    as_list = ask(door, filters={"category": ["Home & kitchen", "Kitchen tools"]})

    assert as_text["results"] == as_list["results"]
    assert as_text["eligible"] == as_list["eligible"]


def test_a_cursor_knows_its_query_however_the_attributes_are_ordered(
    door: TestClient, small_listings: tuple[Listing, ...]
) -> None:
    several = Counter(tuple(one.attributes.items())[:2] for one in small_listings if len(one.attributes) > 1)
    pairs = several.most_common(1)[0][0]
    first = ask(door, size=1, filters={"attributes": dict(pairs)})
    second = ask(door, size=1, filters={"attributes": dict(reversed(pairs))}, cursor=first["next_cursor"])

    assert second["results"][0]["rank"] == 2


def test_countries_and_currencies_may_be_small_letters(door: TestClient) -> None:
    understood = ask(door, country="de", currency="usd")["understood"]

    assert (understood["country"], understood["currency"]) == ("DE", "USD")


def test_what_is_not_known_is_left_out_and_never_null(door: TestClient) -> None:
    answers = [
        door.post("/v1/search", json={"query": "knife", "size": 200}).text,
        door.get(f"/v1/listings/{LISTING}").text,
        door.get("/v1/listings/nothing").text,
    ]

    assert "null" not in "".join(answers)


def test_a_listing_shows_what_its_record_says(door: TestClient) -> None:
    listing = next(sample_listings(1, 7))
    shown = door.get(f"/v1/listings/{LISTING}", params={"locale": "de-DE"}).json()

    assert shown["title"] == listing.title
    assert shown["description"] == listing.description if listing.description else "description" not in shown
    assert tuple(shown["category"]) == listing.category
    assert shown["attributes"] == listing.attributes
    assert shown["price"]["currency"] == "EUR"
    assert "rank" not in shown
    assert "score" not in shown


def test_similar_leaves_out_the_listing_itself_and_keeps_to_the_size(door: TestClient) -> None:
    page = door.get(f"/v1/listings/{LISTING}/similar", params={"size": 7, "explain": True}).json()
    ids = [one["listing_id"] for one in page["results"]]

    assert len(ids) == len(set(ids)) == 7
    assert LISTING not in ids
    assert all(one["explanation"] for one in page["results"])


def test_nothing_of_a_suspended_seller_is_shown_by_its_id(tmp_path: Path) -> None:
    path = published(tmp_path / "snapshot", sample_listings(20, 7), "hashing")
    tables = read_tables(path / "generations" / "000001" / "tables")
    seller = int(Facts(path / "generations" / "000001" / "facts").column("seller")[0])
    tables.sellers.active[seller] = False
    write_tables(tables, path / "generations" / "000001" / "tables")

    with TestClient(create_app(Engines(path, threads=1))) as door:
        answer = door.get(f"/v1/listings/{LISTING}")

    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/unknown-listing"


def test_markets_name_what_a_buyer_can_choose(door: TestClient, small_snapshot: Path) -> None:
    answer = door.get("/v1/markets").json()
    tables = Snapshot.open(small_snapshot).tables

    assert {one["country"]: one["currency"] for one in answer["markets"]} == {
        code: market.currency for code, market in tables.markets.items()
    }
    assert tables.rates.base in answer["currencies"]


# --- problems

_CURSOR = str(Cursor(1, 1_793_491_200, 0, "another"))
PROBLEMS = [
    ({"query": "x", "fnord": 1}, 422, "invalid-request", ["/fnord"]),
    ({"locale": "de"}, 422, "invalid-request", ["/query"]),
    ({"query": "x", "size": 0}, 422, "invalid-request", ["/size"]),
    ({"query": "x" * 1001}, 422, "invalid-request", ["/query"]),
    ({"query": "x", "filters": {"attributes": {"a/b": 3}}}, 422, "invalid-request", ["/filters/attributes/a~1b"]),
    ({"query": "x", "filters": {"price_max_minor": 10**30}}, 422, "invalid-request", ["/filters/price_max_minor"]),
    ({"query": "x", "sort": "cheap", "country": "Germany"}, 422, "invalid-request", ["/country", "/sort"]),
    ([], 422, "invalid-request", [""]),
    ({"query": "x", "filters": {"price_min_minor": 5, "price_max_minor": 1}}, 422, "invalid-query", None),
    ({"query": "x", "locale": "no language"}, 422, "invalid-query", None),
    ({"query": "x", "country": "XX"}, 422, "unknown-market", None),
    ({"query": "x", "currency": "XXX"}, 422, "unknown-market", None),
    ({"query": "x", "cursor": "nonsense"}, 422, "invalid-cursor", None),
    ({"query": "x", "cursor": _CURSOR}, 422, "invalid-cursor", None),
]


@pytest.mark.parametrize(("body", "status", "slug", "pointers"), PROBLEMS, ids=lambda value: str(value)[:40])
def test_a_mistake_is_named_with_its_place(
    door: TestClient, body: Any, status: int, slug: str, pointers: list[str] | None
) -> None:
    answer = door.post("/v1/search", json=body)
    problem = answer.json()

    assert (answer.status_code, problem["type"]) == (status, f"/problems/{slug}")
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert (problem["status"], problem["instance"]) == (status, "/v1/search")
    assert problem["title"]
    assert problem["detail"]
    if pointers is not None:
        assert sorted(one["pointer"] for one in problem["errors"]) == pointers


def test_an_unknown_parameter_is_named(door: TestClient) -> None:
    problem = door.get(f"/v1/listings/{LISTING}", params={"langauge": "de"}).json()

    assert problem["type"] == "/problems/invalid-request"
    assert problem["errors"][0]["pointer"] == "#query/langauge"


@pytest.mark.parametrize(
    ("method", "path", "body", "content_type", "status", "slug"),
    [
        ("POST", "/v1/search", b'{"query": ', "application/json", 400, "broken-json"),
        ("POST", "/v1/search", b'{"query": "\xff"}', "application/json", 400, "broken-json"),
        ("POST", "/v1/search", b"[" * 60_000, "application/json", 400, "broken-json"),
        ("POST", "/v1/search", b'{"query": "x"}', "text/plain", 415, "not-json"),
        ("POST", "/v1/search", b"", "application/json", 422, "invalid-request"),
        ("POST", "/v1/search", b'{"query": "\\ud800"}', "application/json", 422, "invalid-request"),
        ("POST", "/v1/search", b'{"query": "x", "\\ud800": 1}', "application/json", 422, "invalid-request"),
        ("POST", "/v1/search", b"x" * (BODY_MAX + 1), "application/json", 413, "body-too-large"),
        ("GET", "/v1/listings/nothing", b"", "", 404, "unknown-listing"),
        ("GET", "/v1/listings/nothing/similar", b"", "", 404, "unknown-listing"),
        ("GET", f"/v1/listings/{'x' * 201}", b"", "", 422, "invalid-request"),
        ("GET", "/v2/search", b"", "", 404, "unknown-path"),
        ("DELETE", "/v1/search", b"", "", 405, "method-not-allowed"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_every_refusal_is_a_problem(
    door: TestClient, method: str, path: str, body: bytes, content_type: str, status: int, slug: str
) -> None:
    answer = door.request(method, path, content=body, headers={"content-type": content_type})

    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
    assert answer.headers["content-type"] == MEDIA_TYPE


def test_a_method_that_is_not_answered_says_which_are(door: TestClient) -> None:
    assert door.put("/v1/search").headers["allow"] == "POST"


def test_a_list_of_a_generation_not_held_has_expired(door: TestClient) -> None:
    cursor = ask(door, size=1)["next_cursor"]
    asked = {"query": "stainless steel kitchen knife", "size": 1, "cursor": _other_generation(cursor)}
    answer = door.post("/v1/search", json=asked)

    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/expired-cursor")
    assert "search again" in answer.json()["detail"]


def _other_generation(cursor: str) -> str:
    generation, now, offset, digest = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return str(Cursor(generation + 1, now, offset, digest))


class BrokenEngines(Engines):
    def engine_for(self, generation: int | None) -> Engine:
        raise RuntimeError("a secret")


def test_a_mistake_of_ours_is_logged_and_leaks_nothing(small_snapshot: Path, caplog: pytest.LogCaptureFixture) -> None:
    with TestClient(create_app(BrokenEngines(small_snapshot, threads=1))) as door:
        answer = door.post("/v1/search", json={"query": "x"}, headers={"x-request-id": "mine-1"})

    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal")
    assert answer.headers["x-request-id"] == "mine-1"
    assert "secret" not in answer.text
    told = [record for record in caplog.records if record.exc_info]
    assert [record.getMessage() for record in told] == ["request mine-1 failed"]
    assert told[0].exc_info is not None
    assert str(told[0].exc_info[1]) == "a secret"


def test_a_body_without_a_length_is_counted_as_it_comes() -> None:
    arrived: list[int] = []

    async def receive() -> dict[str, Any]:
        arrived.append(1000)
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    sent = _knock(Door(_never, body_max=10_000), [(b"transfer-encoding", b"chunked")], receive)

    assert sent[0]["status"] == 413
    assert sum(arrived) == 11_000


def test_a_full_house_says_when_to_come_back() -> None:
    sent = _knock(Door(_never, waiting_max=0), [], _nothing)

    assert sent[0]["status"] == 503
    assert (b"retry-after", b"2") in sent[0]["headers"]
    assert json.loads(sent[1]["body"])["type"] == "/problems/overloaded"


async def _never(*_: Any) -> None:
    raise AssertionError("was let in")


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


def _knock(door: Door, headers: list[tuple[bytes, bytes]], receive: Any) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/search", "headers": headers}
    asyncio.run(door(scope, receive, send))
    return sent


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
texts = st.text(st.characters(codec=None), max_size=40)
requests = st.fixed_dictionaries(
    {"query": texts},
    optional={
        "locale": st.sampled_from(["de", "zh-Hant", "ar", "th", "pt-BR", "xx"]) | texts,
        "country": st.sampled_from(["DE", "jp", "XX"]),
        "currency": st.sampled_from(["EUR", "usd", "XXX"]),
        "filters": st.dictionaries(
            st.sampled_from(["category", "brand", "seller_id", "attributes", "price_min_minor", "price_max_minor"]),
            texts | st.integers(0, 2**53) | st.dictionaries(texts, texts, max_size=2) | st.lists(texts, max_size=3),
        ),
        "sort": st.sampled_from(["best", "price", "delivery", "rating", "newest"]),
        "size": st.integers(1, 5),
    },
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(requests | st.dictionaries(st.sampled_from(["query", "size", "cursor", "filters", "locale"]), anything))
def test_no_request_whatever_is_a_mistake_of_ours(door: TestClient, asked: Any) -> None:
    answer = door.post("/v1/search", content=json.dumps(asked), headers={"content-type": "application/json"})

    assert answer.status_code in (200, 422), answer.text


@settings(max_examples=60, deadline=None)
@given(st.integers(), st.integers(), st.integers())
def test_no_cursor_whatever_is_a_mistake_of_ours(door: TestClient, generation: int, now: int, offset: int) -> None:
    own = ask(door, size=1)["next_cursor"]
    digest = json.loads(urlsafe_b64decode(own + "=" * (-len(own) % 4)))[3]
    for number in (generation, 1):
        try:
            forged = str(Cursor(number, now, offset, digest))
        except TypeError:  # beyond 64 bits: not JSON that a cursor can hold
            continue
        asked = {"query": "stainless steel kitchen knife", "size": 1, "cursor": forged}

        assert door.post("/v1/search", json=asked).status_code in (200, 410, 422)


# --- the request's line and id


def test_a_request_has_one_line_in_the_log(door: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "search.door"):
        ask(door, query='knife"\nINFO a line of its own', locale="de-DE", size=3)
    lines = [record.getMessage() for record in caplog.records if record.name == "search.door"]

    assert len(lines) == 1
    assert lines[0].startswith("POST /v1/search 200 ")
    assert 'query="knife\\"\\nINFO a line of its own" locale="de-DE" country="DE" found=' in lines[0]
    assert " results=3 generation=1 ms={" in lines[0]
    assert "\n" not in lines[0]


def test_a_request_keeps_the_id_it_came_with(door: TestClient) -> None:
    assert door.get("/healthz", headers={"x-request-id": "abc-123"}).headers["x-request-id"] == "abc-123"


def test_a_request_without_a_fit_id_is_given_one(door: TestClient) -> None:
    given = door.get("/healthz", headers={"x-request-id": "a b"}).headers["x-request-id"]

    assert len(given) == 32
    assert given != door.get("/healthz").headers["x-request-id"]


# --- health


def test_ready_shows_the_generation(door: TestClient) -> None:
    answer = door.get("/readyz")

    assert answer.json() == {"status": "ready", "generation": 1, "listings": 2000, "encoder": "hashing-256-v1"}


def test_without_a_snapshot_the_process_lives_and_is_not_ready(tmp_path: Path) -> None:
    with TestClient(create_app(Engines(tmp_path, threads=1))) as door:
        alive, ready = door.get("/healthz"), door.get("/readyz")
        search = door.post("/v1/search", json={"query": "x"})

    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    for answer in (ready, search):
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/snapshot-missing")
        assert answer.headers["retry-after"] == "2"
        assert str(tmp_path) not in answer.text


# --- documents


def test_every_example_of_the_openapi_document_works(door: TestClient) -> None:
    document = door.get("/openapi.json").json()
    examples = document["paths"]["/v1/search"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    named = document["components"]["schemas"]["SearchRequest"]["examples"]
    sent = [one["value"] for one in examples.values()] + named

    assert len(sent) == 2 * len(EXAMPLES)
    for body in sent:
        answer = door.post("/v1/search", json=body)
        assert answer.status_code == 200, answer.text


def test_every_path_example_of_the_openapi_document_works(door: TestClient) -> None:
    tried = 0
    for path, methods in door.get("/openapi.json").json()["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", []):
            for example in parameter.get("examples", {}).values() if parameter["in"] == "path" else []:
                tried += 1
                assert door.get(path.format(**{parameter["name"]: example["value"]})).status_code == 200

    assert tried == 2


def test_the_openapi_document_points_nowhere_in_vain(door: TestClient) -> None:
    text = door.get("/openapi.json").text
    document = json.loads(text)
    asked = {part.split('"')[0] for part in text.split('"$ref":"#/components/schemas/')[1:]}

    assert "Problem" in asked
    assert asked <= set(document["components"]["schemas"])
    assert "HTTPValidationError" not in text


def test_every_kind_of_problem_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    slugs = [kind.slug for kind in KINDS] + ["unknown-path", "method-not-allowed", "internal"]

    assert [slug for slug in slugs if f"| `{slug}` |" not in page] == []
    assert any(kind.exception is InvalidRequest for kind in KINDS)
