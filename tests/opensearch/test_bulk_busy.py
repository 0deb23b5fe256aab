"""Every document is written although the cluster pushes back, fills its disk or loses a node."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from bulk_documents import deleted_count, document, documents, indexed_documents, make_index, wait_until, write
from opensearch_nodes import Connect, Nodes, running_nodes

from indexer.errors import IndexUnavailable
from indexer.opensearch.bulk import BulkReport, BulkWriter


@pytest.fixture(scope="module")
def busy_node() -> Iterator[Nodes]:
    """A node with one writing thread, a queue of one, and 100 kB of memory for requests."""
    with running_nodes(
        thread_pool__write__size=1,
        thread_pool__write__queue_size=1,
        indexing_pressure__memory__limit="100kb",
        node__processors=1,
    ) as nodes:
        yield nodes


def test_documents_that_a_full_queue_rejects_are_sent_again_alone(connect: Connect, busy_node: Nodes) -> None:
    """A request to four shards is four tasks, so the queue rejects some requests in part."""
    cluster = connect(nodes=busy_node, bulk_items=20, bulk_window=4)
    index = make_index(cluster, shards=4)
    parts = [documents(range(start, start + 300)) for start in range(0, 1_200, 300)]
    with ThreadPoolExecutor(len(parts)) as threads:
        reports = list(threads.map(lambda part: write(cluster, index, part), parts))

    assert indexed_documents(cluster, index) == documents(range(1_200))
    assert [(report.added, report.acknowledged, report.already_there) for report in reports] == [(300, 300, 0)] * 4
    assert sum(report.retried for report in reports) > 0
    assert rejected_tasks(busy_node, connect) > 0
    assert deleted_count(cluster, index) == 0


def test_requests_that_the_node_has_no_memory_for_are_sent_again_whole(connect: Connect, busy_node: Nodes) -> None:
    cluster = connect(nodes=busy_node, bulk_bytes=30_000, bulk_window=8)
    index, wanted = make_index(cluster), documents(range(4_000))
    report = write(cluster, index, wanted)
    stats = cluster.call("GET", "/_nodes/stats/indexing_pressure")["nodes"].values()
    refused = sum(node["indexing_pressure"]["memory"]["total"]["coordinating_rejections"] for node in stats)

    assert indexed_documents(cluster, index) == wanted
    assert (report.acknowledged, report.already_there) == (4_000, 0)
    assert refused > 0
    assert report.retried >= refused * 100
    assert deleted_count(cluster, index) == 0


def test_a_node_that_stays_full_stops_the_writer_with_the_reason(connect: Connect, busy_node: Nodes) -> None:
    cluster = connect(nodes=busy_node, bulk_patience_s=1)
    index = make_index(cluster)
    with pytest.raises(IndexUnavailable) as caught:
        write(cluster, index, {"small": document(1), "large": {"title": "x" * 200_000}})

    assert "is overloaded: " in str(caught.value)
    assert "rejected execution of coordinating operation" in str(caught.value)
    assert "nothing was accepted for 1 s. 0 of the 2 documents so far are written" in str(caught.value)


@pytest.mark.slow
def test_a_full_disk_blocks_the_writer_until_there_is_room(connect: Connect, busy_node: Nodes) -> None:
    """The node checks its disk every ten seconds, so the test waits long."""
    stage = "cluster.routing.allocation.disk"
    cluster = connect(nodes=busy_node, bulk_bytes=30_000)
    index, wanted = make_index(cluster), documents(range(500))

    def room(share: str | None) -> None:
        watermarks = {f"{stage}.watermark.{name}": share for name in ("low", "high", "flood_stage")}
        wanted = {**watermarks, f"{stage}.threshold_enabled": True, "cluster.info.update.interval": "10s"}
        cluster.call("PUT", "/_cluster/settings", {"persistent": wanted})

    def blocked() -> bool:
        blocks = cluster.call("GET", f"/{index}/_settings")[index]["settings"]["index"].get("blocks", {})
        return "read_only_allow_delete" in blocks

    write(cluster, index, documents(range(200)))
    room("0.001%")
    wait_until(blocked, 40)
    with pytest.raises(IndexUnavailable, match="flood-stage watermark") as caught:
        write(connect(nodes=busy_node, bulk_bytes=30_000, bulk_patience_s=1), index, wanted)
    threading.Timer(1, room, (None,)).start()
    report = write(cluster, index, wanted)

    assert "free disk or add nodes: OpenSearch lifts the block by itself" in str(caught.value)
    assert (report.acknowledged, report.already_there) == (300, 200)
    assert indexed_documents(cluster, index) == wanted


def test_a_node_killed_in_the_middle_of_a_build_costs_no_document(connect: Connect, three_nodes: Nodes) -> None:
    """A replica that takes over rewrites what was in flight, which may count as deleted."""
    cluster = connect(nodes=three_nodes, bulk_items=20, bulk_window=3, bulk_patience_s=60, write_timeout_s=20)
    index, wanted = make_index(cluster, replicas=1), documents(range(3_000))
    three_nodes.wait()
    lost = primary_of(connect, three_nodes, index)
    in_flight = threading.Event()
    killer = threading.Thread(target=lambda: in_flight.wait(30) and three_nodes.kill(lost))
    killer.start()
    writer = BulkWriter(cluster, index, on_acknowledged=lambda documents: writer_is_past(500))

    def writer_is_past(count: int) -> None:
        if writer.report.acknowledged >= count:
            in_flight.set()

    with writer:
        for number, (doc_id, source) in enumerate(wanted.items()):
            if number == 2_500:
                killer.join()  # the last 500 come when the node is gone for certain
            writer.create(doc_id, source)
    report = writer.report
    without = indexed_documents(cluster, index)
    three_nodes.revive(lost)
    three_nodes.wait()
    again = write(cluster, index, wanted)

    assert without == wanted
    assert (report.added, report.acknowledged + report.already_there, report.rejected) == (3_000, 3_000, ())
    assert (again.acknowledged, again.already_there, again.rejected) == (0, 3_000, ())
    assert indexed_documents(cluster, index) == wanted


def test_a_build_that_lost_its_only_node_reports_what_is_written_and_resumes_later(
    connect: Connect, three_nodes: Nodes
) -> None:
    alone = connect(urls=three_nodes.urls[:1], bulk_items=20, bulk_window=2, bulk_patience_s=2, write_timeout_s=10)
    index, wanted = make_index(alone, replicas=1), documents(range(1_000))
    three_nodes.wait()
    writer = BulkWriter(alone, index)

    def until_it_is_gone() -> None:
        for number, (doc_id, source) in enumerate(wanted.items()):
            if number == 400:
                writer.flush()
                three_nodes.kill("n0")
            writer.create(doc_id, source)

    with pytest.raises(IndexUnavailable) as caught, writer:
        until_it_is_gone()
    cut_off: BulkReport = writer.report
    three_nodes.revive("n0")
    three_nodes.wait()
    report = write(alone, index, wanted)

    assert cut_off.acknowledged == 400
    assert f"at {three_nodes.urls[0]} c" in str(caught.value)  # cannot be reached, or closes the connection
    assert "nothing was accepted for 2 s. 400 of the " in str(caught.value)
    assert "the same command continues from there" in str(caught.value)
    assert (report.acknowledged, report.already_there) == (600, 400)
    assert indexed_documents(alone, index) == wanted
    assert deleted_count(alone, index) == 0


def primary_of(connect: Connect, nodes: Nodes, index: str) -> str:
    """The node that holds an index's first primary shard."""
    shards = connect(nodes=nodes).call("GET", f"/_cat/shards/{index}", params={"format": "json"})
    return next(str(shard["node"]) for shard in shards if shard["prirep"] == "p")


def rejected_tasks(nodes: Nodes, connect: Connect) -> int:
    """Tasks that the node's write queue has rejected."""
    stats = connect(nodes=nodes).call("GET", "/_nodes/stats/thread_pool")["nodes"].values()
    return sum(int(node["thread_pool"]["write"]["rejected"]) for node in stats)
