"""Degraded pages: one index is unavailable, the page comes from the other, says so, and recovers by
itself.
"""

from __future__ import annotations

import json
import logging
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from fault_injection import OneEngine, Shop, unavailable
from http_client import LISTING, ask
from hypothesis import given
from hypothesis import strategies as st

from eval.sample.sample import NOW
from indexer.errors import ClusterMismatch, ClusterRefused, FondacoError, IndexUnavailable
from indexer.open_snapshot import open_snapshot
from indexer.snapshot.snapshot import Snapshot
from languages.locale import Locale
from ranking.query import Filters, Query, Sort
from search.cursor import Cursor, InvalidCursor, parse, query_fingerprint
from search.engine import Engine, UnknownListing
from search.http.app import create_app
from search.page import INDEXES, Page

QUERY = Query("black", Locale("en"), NOW, country="US", size=5)
UNKNOWN = replace(QUERY, text="kitchn headfones", repair=False)
WORDS = replace(QUERY, expand=False)
OTHER = {"lexical": "vector", "vector": "lexical"}
ERRORS = (unavailable(), ClusterRefused("no such user"), ClusterMismatch("another snapshot's"))


@pytest.fixture(scope="module")
def snapshot(small_snapshot: Path) -> Snapshot:
    return open_snapshot(small_snapshot)


@pytest.fixture
def shop(snapshot: Snapshot) -> Shop:
    return Shop(snapshot)


def ranked(page: Page) -> list[tuple[int, str, float]]:
    return [(result.rank, result.listing_id, result.score) for result in page.results]


def pages(engine: Engine, query: Query) -> Iterator[Page]:
    """A list, page after page."""
    page = engine.search(query)
    yield page
    while page.next_cursor is not None:
        page = engine.search(replace(query, cursor=page.next_cursor))
        yield page


# --- one index is unavailable


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("sort", [Sort.BEST, Sort.PRICE])
@pytest.mark.parametrize("index", INDEXES)
def test_without_one_index_the_page_equals_that_of_the_other_index(
    shop: Shop, small_engine: Engine, index: str, sort: Sort, error: FondacoError
) -> None:
    query = replace(WORDS, sort=sort)
    own = small_engine.search(query, only="vector" if index == "lexical" else "lexical")
    shop.fail(index, error)

    page = shop.engine.search(query)

    assert ranked(page) == ranked(own)
    assert (page.found, page.eligible) == (own.found, own.eligible)
    assert page.degraded == (index,)
    assert ranked(page) != ranked(small_engine.search(query))


def test_a_complete_page_equals_that_of_an_engine_without_circuit_breakers(shop: Shop, small_engine: Engine) -> None:
    page = shop.engine.search(QUERY)

    assert page.degraded == ()
    assert ranked(page) == ranked(small_engine.search(QUERY))


def test_without_the_lexical_index_the_query_is_not_expanded(shop: Shop, small_engine: Engine) -> None:
    shop.fail("lexical", unavailable(), "search")
    page = shop.engine.search(UNKNOWN)

    assert page.understood.expansions == ()
    assert ranked(page) == ranked(small_engine.search(UNKNOWN, only="vector"))


def test_without_the_lexical_index_a_price_in_words_holds_and_nothing_is_excluded(shop: Shop) -> None:
    query = replace(QUERY, text="lamp under $1,000 -black")
    shop.fail("lexical", unavailable())
    page = shop.engine.search(query)
    plain = shop.engine.search(replace(QUERY, text="lamp", filters=Filters(price_max_minor=100_000)))

    assert page.degraded == ("lexical",)
    assert [one.kind for one in page.understood.constraints] == ["price_max", "exclude"]
    assert ranked(page) == ranked(plain)


def test_without_the_vector_index_the_query_is_still_expanded(shop: Shop, small_engine: Engine) -> None:
    """Better than the lexical index alone, which finds nothing for words that the catalogue does
    not know.
    """
    shop.fail("vector", unavailable())
    page = shop.engine.search(UNKNOWN)

    assert page.understood.expansions == small_engine.search(UNKNOWN).understood.expansions
    assert page.near
    assert small_engine.search(UNKNOWN, only="lexical").near == ()


def test_without_vector_scores_the_page_comes_from_lexical_hits(shop: Shop, small_engine: Engine) -> None:
    shop.fail("vector", unavailable(), "cosines")
    query = replace(WORDS, text="kitchen knife", size=100)  # with hits that the vectors alone do not find
    page, own = shop.engine.search(query), small_engine.search(query, only="lexical")

    assert ranked(page) == ranked(own)
    assert [result.listing_id for result in page.near] == [result.listing_id for result in own.near] != []
    assert page.degraded == ("vector",)


def test_a_request_calls_an_unavailable_index_only_once(shop: Shop) -> None:
    shop.fail("lexical", unavailable())
    shop.fail("vector", unavailable())
    with pytest.raises(IndexUnavailable):
        shop.engine.search(UNKNOWN)

    assert (shop.lexical.calls.total(), shop.vector.calls.total()) == (1, 1)


def test_a_bug_is_not_treated_as_an_unavailable_index(shop: Shop) -> None:
    shop.fail("vector", RuntimeError("ours"))

    with pytest.raises(RuntimeError, match="ours"):
        shop.engine.search(QUERY)


# --- the circuit breakers


@pytest.mark.parametrize("index", INDEXES)
def test_after_three_failures_an_index_is_not_called_and_pages_continue(shop: Shop, index: str) -> None:
    shop.fail(index, unavailable(), "search")
    found = [shop.engine.search(QUERY) for _ in range(10)]

    assert shop[index].calls["search"] == 3
    assert shop[OTHER[index]].calls["search"] == 10
    assert [page.degraded for page in found] == [(index,)] * 10
    assert shop.engine.clients.unavailable == (index,)


@pytest.mark.parametrize("index", INDEXES)
def test_pages_are_complete_again_without_a_restart(shop: Shop, small_engine: Engine, index: str) -> None:
    shop.fail(index, unavailable())
    degraded = [shop.engine.search(QUERY) for _ in range(5)]
    shop.recover()
    page = shop.engine.search(QUERY)

    assert {former.degraded for former in degraded} == {(index,)}
    assert page.degraded == ()
    assert ranked(page) == ranked(small_engine.search(QUERY))
    assert shop.engine.clients.unavailable == ()


def test_small_calls_that_succeed_do_not_hide_that_searches_fail(shop: Shop) -> None:
    shop.fail("lexical", unavailable(), "search")
    shop.fail("vector", unavailable(), "search")
    for _ in range(3):
        shop.engine.listing(LISTING, QUERY)
        with pytest.raises(IndexUnavailable):
            shop.engine.search(UNKNOWN)
    shop.engine.listing(LISTING, QUERY)

    assert shop.engine.clients.unavailable == ("lexical", "vector")
    assert shop.lexical.calls["rows_of"] == 4
    assert shop.lexical.calls["doc_freq"] > 0


# --- both are unavailable, or the one that is needed


def test_without_both_indexes_the_error_names_the_reason_of_each(shop: Shop) -> None:
    shop.fail("lexical", unavailable("first"))
    shop.fail("vector", ClusterRefused("second"))

    with pytest.raises(IndexUnavailable, match=r"the lexical index is unavailable: first; the vector .*: second"):
        shop.engine.search(QUERY)


@pytest.mark.parametrize("index", INDEXES)
def test_a_search_of_only_one_index_never_uses_the_other(shop: Shop, index: str) -> None:
    shop.fail(index, unavailable())

    with pytest.raises(IndexUnavailable):
        shop.engine.search(QUERY, only="lexical" if index == "lexical" else "vector")
    other = shop.engine.search(QUERY, only="vector" if index == "lexical" else "lexical")
    assert other.degraded == ()
    assert other.results


def test_similar_is_complete_or_an_error(shop: Shop, small_engine: Engine) -> None:
    shop.fail("vector", unavailable(), "cosines")
    page = shop.engine.similar(LISTING, QUERY)
    shop.fail("vector", unavailable())

    assert ranked(page) == ranked(small_engine.similar(LISTING, QUERY))
    assert page.degraded == ()
    with pytest.raises(IndexUnavailable):
        shop.engine.similar(LISTING, QUERY)


def test_a_listing_needs_the_index_that_looks_up_ids(shop: Shop) -> None:
    shop.fail("vector", unavailable())
    assert shop.engine.listing(LISTING, QUERY).listing_id == LISTING

    shop.fail("lexical", ClusterRefused("no such user"))
    with pytest.raises(IndexUnavailable, match="no such user"):
        shop.engine.listing(LISTING, QUERY)
    shop.recover()
    with pytest.raises(UnknownListing):
        shop.engine.listing("nothing", QUERY)


def test_without_the_texts_searches_fail_and_after_three_failures_the_texts_are_not_called(shop: Shop) -> None:
    shop.fail("texts", ClusterRefused("no such user"))
    for _ in range(5):
        with pytest.raises(IndexUnavailable):
            shop.engine.search(QUERY)
    with pytest.raises(IndexUnavailable):
        shop.engine.probe_indexes()
    shop.recover()

    assert shop.texts.calls["take"] == 3
    assert shop.engine.probe_indexes() == ()
    assert shop.engine.search(QUERY).results


# --- the pages of a list


@pytest.mark.parametrize("index", INDEXES)
def test_a_degraded_list_continues_with_its_one_index_after_the_other_recovers(
    shop: Shop, small_engine: Engine, index: str
) -> None:
    whole = replace(WORDS, size=200)
    shop.fail(index, unavailable())
    first = shop.engine.search(WORDS)
    shop.recover()
    rest = list(pages(shop.engine, replace(WORDS, cursor=first.next_cursor)))
    own = small_engine.search(whole, only="vector" if index == "lexical" else "lexical")

    together = [result for page in (first, *rest) for result in ranked(page)]
    assert together[:200] == ranked(own)
    assert len({listing_id for _, listing_id, _ in together}) == len(together) == first.found
    assert {page.degraded for page in rest} == {(index,)}
    assert shop.engine.search(WORDS).degraded == ()


@pytest.mark.parametrize("index", INDEXES)
def test_the_next_page_of_a_complete_list_needs_both_indexes(shop: Shop, small_engine: Engine, index: str) -> None:
    first = shop.engine.search(QUERY)
    shop.fail(index, unavailable())
    following = replace(QUERY, cursor=first.next_cursor)
    with pytest.raises(IndexUnavailable, match=f"the {index} index is unavailable"):
        shop.engine.search(following)
    shop.recover()

    page = shop.engine.search(following)
    assert ranked(first) + ranked(page) == ranked(small_engine.search(replace(QUERY, size=10)))
    assert page.degraded == ()


@pytest.mark.parametrize("index", INDEXES)
def test_a_degraded_list_cannot_continue_while_its_index_is_unavailable(shop: Shop, index: str) -> None:
    shop.fail(index, unavailable())
    first = shop.engine.search(QUERY)
    shop.recover()
    shop.fail(OTHER[index], unavailable())

    with pytest.raises(IndexUnavailable):
        shop.engine.search(replace(QUERY, cursor=first.next_cursor))


def test_a_cursor_keeps_which_index_was_unavailable() -> None:
    whole = Cursor(1, NOW, 30, query_fingerprint(QUERY))
    for cursor in (whole, replace(whole, unavailable=("lexical",)), replace(whole, unavailable=("vector",))):
        assert parse(str(cursor), QUERY) == cursor


def test_an_old_cursor_without_indexes_is_valid() -> None:
    old = _text([1, NOW, 30, query_fingerprint(QUERY)])

    assert parse(old, QUERY) == Cursor(1, NOW, 30, query_fingerprint(QUERY), ())
    assert old == str(Cursor(1, NOW, 30, query_fingerprint(QUERY)))


@given(st.lists(st.sampled_from(["lexical", "vector"]) | st.text(max_size=9) | st.integers() | st.none(), min_size=1))
def test_a_cursor_with_unknown_or_both_indexes_is_invalid(names: list[object]) -> None:
    forged = _text([1, NOW, 30, query_fingerprint(QUERY), *names])
    if names in (["lexical"], ["vector"]):
        assert list(parse(forged, QUERY).unavailable) == names
        return

    with pytest.raises(InvalidCursor):
        parse(forged, QUERY)


def _text(plain: object) -> str:
    return urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


# --- both at the same time


def test_remote_indexes_are_searched_at_the_same_time(snapshot: Snapshot, small_engine: Engine) -> None:
    shop = Shop(snapshot, concurrent=True)
    together = threading.Barrier(2, timeout=10)  # each search waits until the other has started
    shop.lexical.before = shop.vector.before = together.wait

    assert ranked(shop.engine.search(UNKNOWN)) == ranked(small_engine.search(UNKNOWN))


@pytest.mark.parametrize("index", INDEXES)
def test_a_concurrent_search_is_degraded_in_the_same_way(snapshot: Snapshot, index: str) -> None:
    found = []
    for concurrent in (False, True):
        shop = Shop(snapshot, concurrent)
        shop.fail(index, unavailable())
        page = shop.engine.search(QUERY)
        found.append((ranked(page), page.degraded, parse(page.next_cursor or "", QUERY).unavailable))
    shop.fail(OTHER[index], unavailable())

    assert found[0] == found[1]
    with pytest.raises(IndexUnavailable):
        shop.engine.search(UNKNOWN)


def test_a_failed_phase_has_its_milliseconds(shop: Shop) -> None:
    shop.fail("lexical", unavailable(), "search")
    phases = shop.engine.search(QUERY).milliseconds

    assert list(phases) == ["understand", "encode", "select", "expand", "lexical", "vector", "gather", "rank", "page"]


# --- over HTTP


@pytest.fixture
def client(shop: Shop) -> Iterator[TestClient]:
    with TestClient(create_app(OneEngine(shop))) as client:
        yield client


@pytest.mark.parametrize("index", INDEXES)
def test_the_response_and_the_log_name_the_unavailable_index(
    client: TestClient, shop: Shop, index: str, caplog: pytest.LogCaptureFixture
) -> None:
    whole = ask(client)
    shop.fail(index, unavailable())
    with caplog.at_level(logging.INFO, "search.http.request_middleware"):
        degraded = ask(client)
    lines = [record.getMessage() for record in caplog.records if record.name == "search.http.request_middleware"]

    assert "degraded" not in whole
    assert degraded["degraded"] == [index]
    assert [line.endswith(f' degraded=["{index}"]') for line in lines] == [True]


def test_without_both_indexes_requests_get_503_until_they_recover(client: TestClient, shop: Shop) -> None:
    for index in INDEXES:
        shop.fail(index, unavailable("secret.internal:9200"))
    answers = [
        client.post("/v1/search", json={"query": "knife"}),
        client.get(f"/v1/listings/{LISTING}"),
        client.get(f"/v1/listings/{LISTING}/similar"),
    ]
    shop.recover()

    for answer in answers:
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/no-index")
        assert answer.headers["retry-after"] == "2"
        assert "secret" not in answer.text
    assert ask(client, "knife")["results"]


def test_the_next_page_of_a_complete_list_gets_503_until_both_indexes_recover(client: TestClient, shop: Shop) -> None:
    first = ask(client, "black", size=5)
    shop.fail("vector", unavailable())
    following = {"query": "black", "size": 5, "cursor": first["next_cursor"]}
    refused = client.post("/v1/search", json=following)
    shop.recover()

    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/no-index")
    assert client.post("/v1/search", json=following).json()["results"][0]["rank"] == 6


def test_readyz_is_200_and_names_the_unavailable_index_while_the_other_answers(client: TestClient, shop: Shop) -> None:
    before = client.get("/readyz").json()
    shop.fail("vector", unavailable())
    for _ in range(3):
        ask(client)
    during = client.get("/readyz")

    assert "degraded" not in before
    assert (during.status_code, during.json()) == (200, before | {"degraded": ["vector"]})


def test_readyz_notices_by_itself_that_an_index_recovered(client: TestClient, shop: Shop) -> None:
    """A load balancer sends no searches to a service that is not ready, so readiness must probe."""
    for index in INDEXES:
        shop.fail(index, unavailable())
    for _ in range(3):
        client.post("/v1/search", json={"query": "knife"})
    refused = client.get("/readyz")
    calls = shop.vector.calls.total()
    client.get("/readyz")

    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/no-index")
    assert shop.vector.calls.total() == calls
    shop.recover()
    assert (client.get("/readyz").status_code, "degraded" in client.get("/readyz").json()) == (200, False)
