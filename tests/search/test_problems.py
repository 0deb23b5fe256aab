"""Problems: every request gets a page or a problem that says what was wrong, never a bug."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from http_client import LISTING, WORDS, ask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.cursor import Cursor
from search.engine import Engine
from search.engine_pool import EnginePool
from search.http.app import create_app
from search.http.problems import MEDIA_TYPE, PROBLEM_TYPES
from search.http.request_middleware import BODY_MAX, RequestMiddleware


@pytest.fixture(scope="module")
def client(small_snapshot: Path) -> Iterator[TestClient]:
    with TestClient(create_app(EnginePool(small_snapshot, threads=1))) as client:
        yield client


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
def test_an_invalid_field_is_named_with_its_pointer(
    client: TestClient, body: Any, status: int, slug: str, pointers: list[str] | None
) -> None:
    answer = client.post("/v1/search", json=body)
    problem = answer.json()

    assert (answer.status_code, problem["type"]) == (status, f"/problems/{slug}")
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert (problem["status"], problem["instance"]) == (status, "/v1/search")
    assert problem["title"]
    assert problem["detail"]
    if pointers is not None:
        assert sorted(error["pointer"] for error in problem["errors"]) == pointers


def test_an_unknown_parameter_is_named(client: TestClient) -> None:
    problem = client.get(f"/v1/listings/{LISTING}", params={"langauge": "de"}).json()

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
    client: TestClient, method: str, path: str, body: bytes, content_type: str, status: int, slug: str
) -> None:
    answer = client.request(method, path, content=body, headers={"content-type": content_type})

    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
    assert answer.headers["content-type"] == MEDIA_TYPE


def test_an_unsupported_method_gets_the_allowed_ones(client: TestClient) -> None:
    assert client.put("/v1/search").headers["allow"] == "POST"


def test_a_cursor_of_a_generation_that_is_not_open_has_expired(client: TestClient) -> None:
    cursor = ask(client, size=1)["next_cursor"]
    body = {"query": WORDS, "size": 1, "cursor": _other_generation(cursor)}
    answer = client.post("/v1/search", json=body)

    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/expired-cursor")
    assert "search again" in answer.json()["detail"]


def _other_generation(cursor: str) -> str:
    generation, now, offset, query_fingerprint = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return str(Cursor(generation + 1, now, offset, query_fingerprint))


class BrokenEngines(EnginePool):
    def engine_for(self, generation: int | None) -> Engine:
        raise RuntimeError("a secret")


def test_a_bug_is_logged_and_leaks_nothing(small_snapshot: Path, caplog: pytest.LogCaptureFixture) -> None:
    with TestClient(create_app(BrokenEngines(small_snapshot, threads=1))) as client:
        answer = client.post("/v1/search", json={"query": "x"}, headers={"x-request-id": "mine-1"})

    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal")
    assert answer.headers["x-request-id"] == "mine-1"
    assert "secret" not in answer.text
    failures = [record for record in caplog.records if record.exc_info]
    assert [record.getMessage() for record in failures] == ["request mine-1 failed"]
    assert failures[0].exc_info is not None
    assert str(failures[0].exc_info[1]) == "a secret"


def test_a_body_without_a_length_is_counted_while_it_arrives() -> None:
    arrived: list[int] = []

    async def receive() -> dict[str, Any]:
        arrived.append(1000)
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    sent = _call(RequestMiddleware(_never, body_max=10_000), [(b"transfer-encoding", b"chunked")], receive)

    assert sent[0]["status"] == 413
    assert sum(arrived) == 11_000


def test_overload_gives_503_with_retry_after() -> None:
    sent = _call(RequestMiddleware(_never, requests_max=0), [], _nothing)

    assert sent[0]["status"] == 503
    assert (b"retry-after", b"2") in sent[0]["headers"]
    assert json.loads(sent[1]["body"])["type"] == "/problems/overloaded"


async def _never(*_: Any) -> None:
    raise AssertionError("the application was called")


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


def _call(middleware: RequestMiddleware, headers: list[tuple[bytes, bytes]], receive: Any) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/search", "headers": headers}
    asyncio.run(middleware(scope, receive, send))
    return sent


def test_every_kind_of_problem_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    slugs = [kind.slug for kind in PROBLEM_TYPES] + ["unknown-path", "method-not-allowed", "internal"]

    assert [slug for slug in slugs if f"| `{slug}` |" not in page] == []


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
def test_no_request_causes_an_internal_error(client: TestClient, body: Any) -> None:
    answer = client.post("/v1/search", content=json.dumps(body), headers={"content-type": "application/json"})

    assert answer.status_code in (200, 422), answer.text


@settings(max_examples=60, deadline=None)
@given(st.integers(), st.integers(), st.integers())
def test_no_cursor_causes_an_internal_error(client: TestClient, generation: int, now: int, offset: int) -> None:
    own = ask(client, size=1)["next_cursor"]
    query_fingerprint = json.loads(urlsafe_b64decode(own + "=" * (-len(own) % 4)))[3]
    for number in (generation, 1):
        try:
            forged = str(Cursor(number, now, offset, query_fingerprint))
        except TypeError:  # beyond 64 bits: not JSON that a cursor can hold
            continue
        body = {"query": WORDS, "size": 1, "cursor": forged}

        assert client.post("/v1/search", json=body).status_code in (200, 410, 422)
