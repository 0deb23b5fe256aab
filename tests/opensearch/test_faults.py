"""Searches when nodes die, hang or lose a shard: pages degrade, say so, and recover."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cluster_snapshots import NOW, ClusterSnapshot, listings
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
) -> Iterator[dict[Arrangement, ClusterSnapshot]]:
    """Two snapshots on three nodes, with two shards and a replica of each."""
    settings = {"shards": 2, "replicas": 1, "search_timeout_ms": DEADLINE_MS}
    snapshots = {
        engines: ClusterSnapshot(tmp_path_factory.mktemp(engines.name.lower()), session_three_nodes, **settings)
        for engines in (Arrangement.MIXED, Arrangement.OPENSEARCH)
    }
    session_three_nodes.wait()
    for engines, snapshot in snapshots.items():
        snapshot.publish(engines, listings(500))
    session_three_nodes.wait()
    yield snapshots
    session_three_nodes.heal()
    for snapshot in snapshots.values():
        snapshot.close()


def ids(page: Page) -> list[str]:
    """What is shown: the answers and what is near."""
    return [result.listing_id for result in (*page.results, *page.near)]


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until a condition holds; fails the test when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.2)


def is_complete(engine: Engine) -> bool:
    """Whether a page comes from both indexes."""
    return engine.search(QUERY).degraded == ()


@pytest.mark.parametrize("engines", [Arrangement.MIXED, Arrangement.OPENSEARCH])
def test_searches_continue_while_a_node_is_killed_and_restarted(
    replicated: dict[Arrangement, ClusterSnapshot], three_nodes: Nodes, engines: Arrangement
) -> None:
    engine = replicated[engines].open()
    wanted, answered = ids(engine.search(QUERY)), list[Page]()

    def search_for(seconds: float) -> list[Page]:
        end, pages = time.monotonic() + seconds, []
        while time.monotonic() < end:
            pages.append(engine.search(QUERY))
            time.sleep(0.02)
        return pages

    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(search_for, 6.0) for _ in range(2)]
        time.sleep(1)
        three_nodes.kill("n1")
        for future in running:
            answered += future.result()  # an error of any search fails the test
    wait_until(lambda: is_complete(engine))

    assert len(answered) > 20
    assert all(ids(page) == wanted for page in answered if not page.degraded)
    assert all(map(ids, answered))
    assert ids(engine.search(QUERY)) == wanted


def test_a_paused_node_costs_a_page_its_deadline_and_not_its_results(tmp_path: Path) -> None:
    with running_nodes() as alone:
        published = ClusterSnapshot(tmp_path, alone, search_timeout_ms=DEADLINE_MS)
        published.publish(Arrangement.MIXED, listings(500))
        engine = published.open()
        wanted = ids(engine.search(QUERY))
        alone.pause("n0")
        started = time.monotonic()
        first = engine.search(QUERY)
        waited = time.monotonic() - started
        for _ in range(4):
            engine.search(QUERY)
        later, left_out = engine.search(QUERY), engine.clients.unavailable
        alone.resume("n0")
        wait_until(lambda: is_complete(engine))

        assert first.degraded == later.degraded == ("lexical",)
        assert ids(first)
        assert DEADLINE_MS / 1e3 <= waited < 30
        assert left_out == ("lexical",)  # the circuit breaker is open, so no search waits
        assert ids(engine.search(QUERY)) == wanted
        published.close()


def test_without_the_cluster_embedded_vectors_answer_and_an_all_remote_snapshot_fails(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running_nodes() as alone:
        snapshots = {
            engines: ClusterSnapshot(tmp_path_factory.mktemp(engines.name), alone)
            for engines in (Arrangement.MIXED, Arrangement.OPENSEARCH)
        }
        for engines, snapshot in snapshots.items():
            snapshot.publish(engines, listings(300))
        engines_open = {engines: snapshot.open() for engines, snapshot in snapshots.items()}
        alone.kill("n0")
        page = engines_open[Arrangement.MIXED].search(QUERY)
        with pytest.raises(IndexUnavailable, match="cannot be reached; see that it runs"):
            engines_open[Arrangement.OPENSEARCH].search(QUERY)
        fresh = (
            snapshots[Arrangement.MIXED].open().search(QUERY)
        )  # a service that starts while the cluster is unavailable
        alone.revive("n0")
        alone.wait("yellow")
        for engine in engines_open.values():
            wait_until(lambda engine=engine: _answers(engine))  # type: ignore[misc]  # mypy does not see the default

        assert page.degraded == fresh.degraded == ("lexical",)
        assert ids(page)
        assert ids(fresh)


def _answers(engine: Engine) -> bool:
    try:
        return is_complete(engine)
    except IndexUnavailable:
        return False


def test_an_index_that_lost_a_shard_is_left_out_rather_than_giving_partial_results(
    three_nodes: Nodes, tmp_path: Path
) -> None:
    published = ClusterSnapshot(tmp_path, three_nodes, shards=3, replicas=0)
    published.publish(Arrangement.OPENSEARCH, listings(500))
    engine, prefix = published.open(), published.cluster.settings.prefix
    wanted = engine.search(QUERY)
    published.cluster.call(  # move vectors and texts off the node that will die
        "PUT",
        f"/{prefix}-vectors-000001,{prefix}-texts-000001/_settings",
        {"index.routing.allocation.exclude._name": "n2"},
    )
    wait_until(lambda: _relocated(published))
    three_nodes.kill("n2")
    wait_until(lambda: _health(published, "words") == "red")
    pages = [engine.search(QUERY) for _ in range(5)]
    three_nodes.revive("n2")
    wait_until(lambda: _health(published, "words") == "green")
    wait_until(lambda: is_complete(engine))
    published.close()

    assert {page.degraded for page in pages} == {("lexical",)}
    assert all(len(ids(page)) == 5 for page in pages)
    assert wanted.degraded == ()


def _relocated(published: ClusterSnapshot) -> bool:
    rows = published.cluster.call(
        "GET", f"/_cat/shards/{published.cluster.settings.prefix}-*", params={"format": "json"}
    )
    moving = any(row["state"] != "STARTED" for row in rows)
    return not moving and all("words" in row["index"] or "facts" in row["index"] or row["node"] != "n2" for row in rows)


def _health(published: ClusterSnapshot, kind: str) -> str:
    index = f"{published.cluster.settings.prefix}-{kind}-000001"
    return str(published.cluster.call("GET", f"/_cluster/health/{index}", params={"level": "indices"})["status"])
