"""Generations are swapped and rolled back in one call each, while searches go on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cluster_snapshots import COUNT, NOW, ClusterSnapshot, cheaper, cluster_snapshot, listings
from fastapi.testclient import TestClient
from opensearch_nodes import Nodes

from indexer.arrangement import Arrangement
from indexer.errors import ClusterMismatch, SnapshotMismatch
from indexer.open_snapshot import open_snapshot
from indexer.opensearch.cluster_generation import KINDS, aliased_indexes, index_metas
from indexer.opensearch.update_writer import facts_index, write_facts
from indexer.opensearch.updates import ListingUpdate, SellerUpdate
from indexer.roll_back import roll_back
from indexer.snapshot.generations import current_generation
from languages.locale import Locale
from ranking.query import Query
from search.engine_pool import EnginePool
from search.http.app import create_app

QUERY = {"query": "usb", "locale": "en", "size": 5}


class PowerCut(Exception):
    """Raised by a test to interrupt a build."""


@contextmanager
def steady_load(
    published: ClusterSnapshot, threads: int = 3
) -> Iterator[tuple[Counter[object], Callable[[int], None]]]:
    """A service that several threads search without a pause.

    Yields how often each (status, generation, degraded) was returned, and a function that waits for
    a generation.
    """
    answers: Counter[object] = Counter()
    stop = threading.Event()
    with TestClient(create_app(EnginePool(published.path, threads=1, poll_s=0.05))) as http_client:

        def search_repeatedly() -> None:
            while not stop.is_set():
                response = http_client.post("/v1/search", json=QUERY)
                page = response.json()
                answers[response.status_code, page.get("generation"), tuple(page.get("degraded", ()))] += 1

        def wait_for(generation: int) -> None:
            until = time.monotonic() + 30
            while not any(key[:2] == (200, generation) for key in set(answers)):  # type: ignore[index]  # tuples
                assert time.monotonic() < until, f"no answer of generation {generation}: {answers}"
                time.sleep(0.02)

        running = [threading.Thread(target=search_repeatedly) for _ in range(threads)]
        for thread in running:
            thread.start()
        try:
            yield answers, wait_for
        finally:
            stop.set()
            for thread in running:
                thread.join()


@pytest.fixture
def in_cluster(node: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClusterSnapshot]:
    with cluster_snapshot(tmp_path, node) as published:
        for name, value in published.environment.items():
            monkeypatch.setenv(name, value)
        yield published


@pytest.mark.parametrize("engines", [Arrangement.MIXED, Arrangement.OPENSEARCH])
def test_no_request_fails_while_a_generation_is_built_swapped_and_rolled_back(
    in_cluster: ClusterSnapshot, engines: Arrangement
) -> None:
    in_cluster.publish(engines, listings(400))
    with steady_load(in_cluster) as (answers, wait_for):
        wait_for(1)
        in_cluster.publish(engines, [cheaper(listing) for listing in listings(500)])
        wait_for(2)
        before = answers.copy()
        roll_back(in_cluster.path, cluster=in_cluster.cluster)
        until = time.monotonic() + 30
        while answers[200, 1, ()] == before[200, 1, ()] and time.monotonic() < until:
            time.sleep(0.02)

    prefix = in_cluster.cluster.settings.prefix
    assert set(answers) == {(200, 1, ()), (200, 2, ())}, answers
    assert sum(answers.values()) > 50
    assert answers[200, 1, ()] > before[200, 1, ()]
    assert aliased_indexes(in_cluster.cluster, prefix, "words") == [f"{prefix}-words-000001"]
    assert current_generation(in_cluster.path) == 1


def test_a_build_killed_while_it_sends_resumes_without_duplicates(in_cluster: ClusterSnapshot, node: Nodes) -> None:
    child = multiprocessing.get_context("spawn").Process(
        target=_publish_and_die, args=(in_cluster.home, node, in_cluster.cluster.settings.prefix, "send words")
    )
    child.start()
    child.join()
    prefix = in_cluster.cluster.settings.prefix
    left = set(index_metas(in_cluster.cluster, f"{prefix}-*"))

    report = in_cluster.publish(Arrangement.OPENSEARCH, listings())
    stats = in_cluster.cluster.call("GET", f"/{prefix}-*/_stats/docs")["indices"]

    assert child.exitcode == -signal.SIGKILL
    assert left == {f"{prefix}-words-000001"}
    assert report.resumed == COUNT
    assert {name: index["primaries"]["docs"]["deleted"] for name, index in stats.items()} == dict.fromkeys(stats, 0)
    assert stats[f"{prefix}-words-000001"]["primaries"]["docs"]["count"] == COUNT
    assert len(in_cluster.open().search(Query("usb", Locale("en"), now=NOW)).results) > 0


def _publish_and_die(home: Path, node: Nodes, prefix: str, stage: str) -> None:
    """A build of the same snapshot in a process of its own, killed at the start of a stage."""
    published = ClusterSnapshot(home, node, prefix=prefix)

    def progress(current: str, *_: int) -> None:
        if current == stage:
            os.kill(os.getpid(), signal.SIGKILL)

    published.publish(Arrangement.OPENSEARCH, listings(), progress=progress)


@pytest.mark.parametrize("stage", ["send words", "send vectors", "send texts", "send facts"])
def test_a_build_interrupted_anywhere_serves_the_old_generation_and_then_the_new_one(
    in_cluster: ClusterSnapshot, stage: str
) -> None:
    in_cluster.publish(Arrangement.OPENSEARCH, listings(100))

    def interrupt(current: str, *_: int) -> None:
        if current == stage:
            raise PowerCut

    with pytest.raises(PowerCut):
        in_cluster.publish(Arrangement.OPENSEARCH, listings(150), progress=interrupt)
    old = in_cluster.open().search(Query("usb", Locale("en"), now=NOW)).generation
    in_cluster.publish(Arrangement.OPENSEARCH, listings(150))

    assert old == 1
    assert in_cluster.open().search(Query("usb", Locale("en"), now=NOW)).generation == 2


def test_a_running_service_keeps_its_generation_when_the_next_ones_index_is_gone(in_cluster: ClusterSnapshot) -> None:
    in_cluster.publish(Arrangement.OPENSEARCH, listings(200))
    serving = EnginePool(in_cluster.path, threads=1)
    serving.open()
    in_cluster.publish(Arrangement.OPENSEARCH, listings(210))
    in_cluster.cluster.call("DELETE", f"/{in_cluster.cluster.settings.prefix}-texts-000002")
    serving.refresh()
    page = serving.current().search(Query("usb", Locale("en"), now=NOW))

    assert (page.generation, page.degraded) == (1, ())
    assert serving.refusal is not None
    assert "has no index" in str(serving.refusal.error)


def test_a_build_repairs_a_cluster_that_lost_the_served_generation(in_cluster: ClusterSnapshot) -> None:
    in_cluster.publish(Arrangement.OPENSEARCH, listings(100))
    for kind in KINDS:
        in_cluster.cluster.call("DELETE", f"/{in_cluster.cluster.settings.prefix}-{kind}-000001")
    in_cluster.publish(Arrangement.OPENSEARCH, listings(120))

    assert in_cluster.open().search(Query("usb", Locale("en"), now=NOW)).generation == 2


def test_a_catalogue_that_is_built_again_does_not_bring_back_old_prices(in_cluster: ClusterSnapshot) -> None:
    catalogue, written = listings(200), time.time_ns() // 1_000
    in_cluster.publish(Arrangement.MIXED, catalogue)
    old = facts_index(in_cluster.open().snapshot.manifest, in_cluster.path, in_cluster.cluster)
    write_facts(lambda: old, [(1, ListingUpdate(catalogue[3].listing_id, price_minor=77_777))])
    in_cluster.publish(Arrangement.OPENSEARCH, catalogue, catalogue_written_us=written)
    new = facts_index(in_cluster.open().snapshot.manifest, in_cluster.path, in_cluster.cluster)
    document = in_cluster.cluster.call("GET", f"/{new.name}/_doc/listing:{catalogue[3].listing_id}")["_source"]

    assert new.meta.generation == 2
    assert document["price_minor"] == 77_777


def test_documents_lost_with_a_node_are_sent_again(in_cluster: ClusterSnapshot) -> None:
    catalogue, lost = listings(500), list[str]()

    def lose_one(stage: str, *_: int) -> None:
        if stage == "merge words" and not lost:
            lost.append(catalogue[17].listing_id)
            in_cluster.cluster.call("DELETE", f"/{in_cluster.cluster.settings.prefix}-words-000001/_doc/{lost[0]}")

    in_cluster.publish(Arrangement.MIXED, catalogue, progress=lose_one)
    index = f"/{in_cluster.cluster.settings.prefix}-words-000001"

    assert lost
    assert in_cluster.cluster.call("GET", f"{index}/_count")["count"] == 500
    assert in_cluster.cluster.exists(f"{index}/_doc/{lost[0]}")


def test_two_snapshots_do_not_share_a_prefix(
    in_cluster: ClusterSnapshot, node: Nodes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    in_cluster.publish(Arrangement.MIXED, listings(40))
    with cluster_snapshot(tmp_path_factory.mktemp("other"), node, prefix=in_cluster.cluster.settings.prefix) as other:
        with pytest.raises(ClusterMismatch, match=r"belongs to another snapshot .* give this one another prefix"):
            other.publish(Arrangement.MIXED, listings(40))

        page = in_cluster.open().search(Query("usb", Locale("en"), now=NOW))
        assert len(page.results) + len(page.near) > 0  # both indexes answer, whether or not a listing has the word


def test_an_alias_at_a_generation_of_another_encoder_is_refused_with_what_to_do(in_cluster: ClusterSnapshot) -> None:
    in_cluster.publish(Arrangement.OPENSEARCH, listings(400))
    in_cluster.publish(Arrangement.OPENSEARCH, listings(400), dim=64)
    prefix = in_cluster.cluster.settings.prefix
    swap = [{"remove": {"index": "*", "alias": f"{prefix}-vectors"}},
            {"add": {"index": f"{prefix}-vectors-000001", "alias": f"{prefix}-vectors"}}]  # fmt: skip
    in_cluster.cluster.call("POST", "/_aliases", {"actions": swap})
    snapshot = open_snapshot(in_cluster.path, cluster=in_cluster.cluster)

    message = f"alias {prefix}-vectors points at {prefix}-vectors-000001, which was embedded by 'hashing-128-v1', "
    with pytest.raises(SnapshotMismatch, match=message + "the snapshot by 'hashing-64-v1'; .*fondaco audit --repair"):
        snapshot.vector_index.vector(0)
    with pytest.raises(SnapshotMismatch, match=message):
        EnginePool(in_cluster.path, threads=1).open()
    page = in_cluster.open(64).search(Query("usb", Locale("en"), now=NOW))

    assert page.degraded == ("vector",)  # the lexical index answers, and no cosine of two encoders
    assert len(page.results) > 0


def test_changes_during_a_build_are_carried_over(in_cluster: ClusterSnapshot) -> None:
    catalogue = listings(300)
    in_cluster.publish(Arrangement.MIXED, catalogue)
    old = facts_index(in_cluster.open().snapshot.manifest, in_cluster.path, in_cluster.cluster)
    early, expensive, sold_out = catalogue[3], catalogue[5], catalogue[7]
    write_facts(lambda: old, [(1, ListingUpdate(early.listing_id, stock=77))])
    time.sleep(0.01)

    def change(stage: str, *_: int) -> None:
        if stage == "send facts":
            updates = [
                ListingUpdate(expensive.listing_id, price_minor=123_456),
                ListingUpdate(sold_out.listing_id, stock=0),
                SellerUpdate(catalogue[9].seller_id, active=False),
            ]
            write_facts(lambda: old, enumerate(updates, start=1))

    in_cluster.publish(
        Arrangement.MIXED, [cheaper(listing) for listing in catalogue], progress=change
    )  # written as the build begins
    new = facts_index(in_cluster.open().snapshot.manifest, in_cluster.path, in_cluster.cluster)
    names = [f"listing:{listing.listing_id}" for listing in (early, expensive, sold_out)] + [
        f"seller:{catalogue[9].seller_id}"
    ]
    docs = in_cluster.cluster.call("POST", f"/{new.name}/_mget", {"ids": names})["docs"]
    first, second, third, seller = (doc["_source"] for doc in docs)

    assert new.meta.generation == 2
    assert first["stock"] == early.stock  # changed before the build began: the catalogue is newer
    assert second["price_minor"] == 123_456
    assert (third["stock"], third["price_minor"]) == (0, sold_out.price_minor // 2)  # only what changed is carried over
    assert seller["active"] is False
