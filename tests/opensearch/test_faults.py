"""What happens to searches when nodes die, hang, or lose a shard: pages go on, say what they lack, and recover."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cluster_snapshots import NOW, Shop, listings
from opensearch_nodes import Nodes, running_nodes

from indexer.arrangement import Arrangement
from indexer.errors import IndexUnavailable
from languages.locale import Locale
from ranking.query import Query
from search.engine import Engine
from search.page import Page

QUERY = Query("kitchen knife", Locale("en"), now=NOW, size=5)
DEADLINE_MS = 800


@pytest.fixture(scope="module")
def replicated(
    session_three_nodes: Nodes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Arrangement, Shop]]:
    """Two shops on three nodes, two shards and a replica of each."""
    settings = {"shards": 2, "replicas": 1, "search_timeout_ms": DEADLINE_MS}
    made = {
        engines: Shop(tmp_path_factory.mktemp(engines.name.lower()), session_three_nodes, **settings)
        for engines in (Arrangement.MIXED, Arrangement.OPENSEARCH)
    }
    session_three_nodes.wait()
    for engines, one in made.items():
        one.publish(engines, listings(500))
    session_three_nodes.wait()
    yield made
    session_three_nodes.heal()
    for one in made.values():
        one.close()


def ids(page: Page) -> list[str]:
    return [result.listing_id for result in page.results]


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something; fails the test when it does not come."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.2)


def whole(engine: Engine) -> bool:
    """Whether a page comes from both indexes again."""
    return engine.search(QUERY).degraded == ()


@pytest.mark.parametrize("engines", [Arrangement.MIXED, Arrangement.OPENSEARCH])
def test_searches_go_on_while_a_node_is_killed_and_revived(
    replicated: dict[Arrangement, Shop], three_nodes: Nodes, engines: Arrangement
) -> None:
    engine = replicated[engines].open()
    wanted, answered = ids(engine.search(QUERY)), list[Page]()

    def ask_for(seconds: float) -> list[Page]:
        end, pages = time.monotonic() + seconds, []
        while time.monotonic() < end:
            pages.append(engine.search(QUERY))
            time.sleep(0.02)
        return pages

    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(ask_for, 6.0) for _ in range(2)]
        time.sleep(1)
        three_nodes.kill("n1")
        for one in running:
            answered += one.result()  # an error of any search fails the test
    until(lambda: whole(engine))

    assert len(answered) > 20
    assert all(ids(page) == wanted for page in answered if not page.degraded)
    assert all(page.results for page in answered)
    assert ids(engine.search(QUERY)) == wanted


def test_a_paused_node_costs_a_page_its_deadline_and_not_its_results(tmp_path: Path) -> None:
    with running_nodes() as alone:
        made = Shop(tmp_path, alone, search_timeout_ms=DEADLINE_MS)
        made.publish(Arrangement.MIXED, listings(500))
        engine = made.open()
        wanted = ids(engine.search(QUERY))
        alone.pause("n0")
        started = time.monotonic()
        first = engine.search(QUERY)
        waited = time.monotonic() - started
        for _ in range(4):
            engine.search(QUERY)
        later, left_out = engine.search(QUERY), engine.clients.unavailable
        alone.resume("n0")
        until(lambda: whole(engine))

        assert first.degraded == later.degraded == ("lexical",)
        assert first.results
        assert DEADLINE_MS / 1e3 <= waited < 30
        assert left_out == ("lexical",)  # the breaker is open: nobody waits
        assert ids(engine.search(QUERY)) == wanted
        made.close()


def test_without_the_cluster_embedded_vectors_answer_and_an_all_remote_shop_says_that_none_does(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running_nodes() as alone:
        shops = {e: Shop(tmp_path_factory.mktemp(e.name), alone) for e in (Arrangement.MIXED, Arrangement.OPENSEARCH)}
        for engines, one in shops.items():
            one.publish(engines, listings(300))
        engines_open = {engines: one.open() for engines, one in shops.items()}
        alone.kill("n0")
        page = engines_open[Arrangement.MIXED].search(QUERY)
        with pytest.raises(IndexUnavailable, match="cannot be reached; see that it runs"):
            engines_open[Arrangement.OPENSEARCH].search(QUERY)
        fresh = shops[Arrangement.MIXED].open().search(QUERY)  # a service that starts while the cluster is away
        alone.revive("n0")
        alone.wait("yellow")
        for engine in engines_open.values():
            until(lambda engine=engine: _answers(engine))  # type: ignore[misc]  # mypy does not see the default

        assert page.degraded == fresh.degraded == ("lexical",)
        assert page.results
        assert fresh.results


def _answers(engine: Engine) -> bool:
    try:
        return whole(engine)
    except IndexUnavailable:
        return False


def test_an_index_that_lost_a_shard_is_left_out_rather_than_answering_by_halves(
    three_nodes: Nodes, tmp_path: Path
) -> None:
    made = Shop(tmp_path, three_nodes, shards=3, replicas=0)
    made.publish(Arrangement.OPENSEARCH, listings(500))
    engine, prefix = made.open(), made.cluster.settings.prefix
    wanted = engine.search(QUERY)
    made.cluster.call(  # vectors and texts away from the node that will die
        "PUT",
        f"/{prefix}-vectors-000001,{prefix}-texts-000001/_settings",
        {"index.routing.allocation.exclude._name": "n2"},
    )
    until(lambda: _relocated(made))
    three_nodes.kill("n2")
    until(lambda: _health(made, "words") == "red")
    pages = [engine.search(QUERY) for _ in range(5)]
    three_nodes.revive("n2")
    until(lambda: _health(made, "words") == "green")
    until(lambda: whole(engine))
    made.close()

    assert {page.degraded for page in pages} == {("lexical",)}
    assert all(len(page.results) == 5 for page in pages)
    assert wanted.degraded == ()


def _relocated(made: Shop) -> bool:
    rows = made.cluster.call("GET", f"/_cat/shards/{made.cluster.settings.prefix}-*", params={"format": "json"})
    moving = any(row["state"] != "STARTED" for row in rows)
    return not moving and all("words" in row["index"] or "facts" in row["index"] or row["node"] != "n2" for row in rows)


def _health(made: Shop, kind: str) -> str:
    index = f"{made.cluster.settings.prefix}-{kind}-000001"
    return str(made.cluster.call("GET", f"/_cluster/health/{index}", params={"level": "indices"})["status"])
