"""Every document is written to a real node, once, in few requests; refusals are reported."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from bulk_documents import (
    WatchedCluster,
    deleted_count,
    document,
    documents,
    indexed_documents,
    make_index,
    wait_until,
    write,
)
from opensearch_nodes import Connect

from indexer.errors import ClusterMismatch, IndexUnavailable
from indexer.opensearch.bulk import REJECTIONS_KEPT, BulkWriter
from indexer.opensearch.connection import Cluster

SMALL = {"bulk_items": 10, "bulk_window": 2}


def bulk_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("bulk")]


def test_every_document_is_stored_as_sent(connect: Connect) -> None:
    cluster = connect(bulk_items=200)
    acknowledged: list[int] = []
    index, wanted = make_index(cluster), documents(range(2_345))
    with BulkWriter(cluster, index, on_acknowledged=acknowledged.append) as writer:
        for doc_id, source in wanted.items():
            writer.create(doc_id, source)
    report = writer.report

    assert indexed_documents(cluster, index) == wanted
    assert (report.added, report.acknowledged, report.already_there, report.rejected_count) == (2_345, 2_345, 0, 0)
    assert (report.retried, report.rejected) == (0, ())
    assert sum(acknowledged) == 2_345
    assert len(acknowledged) == 12
    assert report.bytes > 2_345 * 80
    assert report.seconds > 0
    assert bulk_threads() == []


def test_flush_waits_for_all_answers_and_the_writer_continues(cluster: Cluster) -> None:
    index = make_index(cluster)
    with BulkWriter(cluster, index) as writer:
        writer.create("a", document(1))
        writer.flush()
        flushed = indexed_documents(cluster, index)
        writer.create("b", document(2))

    assert flushed == {"a": document(1)}
    assert indexed_documents(cluster, index) == {"a": document(1), "b": document(2)}


def test_numbers_of_numpy_are_written_as_numbers(cluster: Cluster) -> None:
    index = make_index(cluster)
    write(cluster, index, {"a": {"number": np.int64(7), "vector": np.array([0.5, -0.25], np.float32)}})

    assert indexed_documents(cluster, index) == {"a": {"number": 7, "vector": [0.5, -0.25]}}


def test_no_more_requests_are_in_flight_than_the_window_has_room_for(connect: Connect) -> None:
    cluster = connect(kind=WatchedCluster, bulk_items=7, bulk_window=3, bulk_bytes=700)
    index, wanted = make_index(cluster), documents(range(400))
    cluster.gate.clear()
    threading.Timer(0.3, cluster.gate.set).start()
    write(cluster, index, wanted)

    assert cluster.most_in_flight == 3
    assert max(size for size, _ in cluster.sizes) <= 700
    assert max(count for _, count in cluster.sizes) <= 7
    assert sum(count for _, count in cluster.sizes) == 400
    assert indexed_documents(cluster, index) == wanted


def test_create_waits_while_the_window_is_full(connect: Connect) -> None:
    cluster = connect(kind=WatchedCluster, **SMALL)
    index = make_index(cluster)
    cluster.gate.clear()
    with BulkWriter(cluster, index) as writer:
        adding = threading.Thread(target=lambda: [writer.create(f"{n}", document(n)) for n in range(100)])
        adding.start()
        wait_until(lambda: writer.report.added == 30)
        adding.join(0.3)
        waiting = writer.report.added
        cluster.gate.set()
        adding.join()

    assert waiting == 30  # two requests in flight, and no room for the third
    assert writer.report.acknowledged == 100


def test_a_document_larger_than_a_request_may_be_goes_alone(connect: Connect) -> None:
    cluster = connect(kind=WatchedCluster, bulk_bytes=1_000)
    index = make_index(cluster)
    large = {"title": "x" * 5_000}
    write(cluster, index, {"a": document(1), "large": large, "b": document(2)})

    assert [count for _, count in cluster.sizes] == [1, 1, 1]
    assert indexed_documents(cluster, index)["large"] == large


def test_a_restarted_build_writes_nothing_twice(connect: Connect) -> None:
    cluster = connect(bulk_items=50)
    index, wanted = make_index(cluster), documents(range(1_000))
    first = write(cluster, index, dict(list(wanted.items())[:420]))
    second = write(cluster, index, wanted)

    assert (first.acknowledged, first.already_there) == (420, 0)
    assert (second.added, second.acknowledged, second.already_there, second.rejected_count) == (1_000, 580, 420, 0)
    assert indexed_documents(cluster, index) == wanted
    assert deleted_count(cluster, index) == 0


def test_a_refused_document_is_reported_with_its_reason_and_the_others_go_through(connect: Connect) -> None:
    cluster = connect(kind=WatchedCluster, bulk_items=30)
    index, wanted = make_index(cluster), documents(range(100))
    bad = {"listing-17": {"colour": "red"}, "listing-40": {"number": "forty"}}
    report = write(cluster, index, {**wanted, **bad})

    assert indexed_documents(cluster, index) == {
        doc_id: source for doc_id, source in wanted.items() if doc_id not in bad
    }
    assert (report.acknowledged, report.rejected_count, report.retried) == (98, 2, 0)
    stray, number = sorted(report.rejected, key=lambda rejection: rejection.id)
    assert (stray.id, stray.status, stray.type) == ("listing-17", 400, "strict_dynamic_mapping_exception")
    assert "[colour]" in stray.reason
    assert (number.id, number.status, number.type) == ("listing-40", 400, "mapper_parsing_exception")
    assert "[number]" in number.reason
    assert 'For input string: "forty"' in number.reason
    assert len(cluster.sizes) == 4


def test_the_first_thousand_refusals_are_kept_and_all_are_counted(cluster: Cluster) -> None:
    index = make_index(cluster)
    report = write(cluster, index, {f"{n}": {"colour": "red"} for n in range(REJECTIONS_KEPT + 200)})

    assert len(report.rejected) == REJECTIONS_KEPT
    assert (report.rejected_count, report.acknowledged, report.added) == (
        REJECTIONS_KEPT + 200,
        0,
        REJECTIONS_KEPT + 200,
    )


def test_an_update_changes_the_fields_it_has_and_no_others(cluster: Cluster) -> None:
    index = make_index(cluster)
    write(cluster, index, documents(range(50)))
    with BulkWriter(cluster, index) as writer:
        for number in range(50):
            writer.update(f"listing-{number}", {"number": number + 1_000})
        writer.update("nobody", {"number": 1})
    expected = {
        doc_id: {**document, "number": document["number"] + 1_000} for doc_id, document in documents(range(50)).items()
    }

    assert indexed_documents(cluster, index) == expected
    assert (writer.report.acknowledged, writer.report.rejected_count) == (50, 1)
    refused = writer.report.rejected[0]
    assert (refused.id, refused.status, refused.type) == ("nobody", 404, "document_missing_exception")


def test_writing_does_not_create_a_missing_index(cluster: Cluster) -> None:
    missing = f"{cluster.settings.prefix}-missing"

    with pytest.raises(ClusterMismatch, match=f"has no index {missing}; create it first"):
        write(cluster, missing, documents(range(3)))
    assert not cluster.exists(f"/{missing}")
    assert bulk_threads() == []


@pytest.mark.parametrize("doc_id", ["", "ä" * 257])
def test_an_id_that_opensearch_rejects_is_refused_before_the_request(cluster: Cluster, doc_id: str) -> None:
    index = make_index(cluster)
    with BulkWriter(cluster, index) as writer:
        writer.create("a", document(1))
        with pytest.raises(ValueError, match=f"has {len(doc_id.encode())} bytes; OpenSearch accepts 1 to 512"):
            writer.create(doc_id, document(2))

    assert indexed_documents(cluster, index) == {"a": document(1)}
    assert writer.report.added == 1


def test_a_value_that_json_cannot_hold_is_refused_and_not_counted(cluster: Cluster) -> None:
    index = make_index(cluster)
    with BulkWriter(cluster, index) as writer, pytest.raises(TypeError):
        writer.create("a", {"title": object()})

    assert (writer.report.added, writer.report.bytes) == (0, 0)


def test_an_error_in_a_thread_is_raised_by_the_next_call_and_ends_all_threads(connect: Connect) -> None:
    cluster = connect(kind=WatchedCluster, **SMALL)
    index = make_index(cluster)

    def refuse(documents: int) -> None:
        raise ArithmeticError(f"{documents} are too many")

    writer = BulkWriter(cluster, index, on_acknowledged=refuse)
    with pytest.raises(ArithmeticError, match="10 are too many"), writer:
        [writer.create(f"{number}", document(number)) for number in range(1_000)]

    assert writer.report.added < 100
    assert len(cluster.sizes) < 8
    assert bulk_threads() == []
    with pytest.raises(ArithmeticError, match="10 are too many"):
        writer.flush()


def test_an_error_in_the_block_ends_the_threads_and_sends_nothing_more(connect: Connect) -> None:
    cluster = connect(kind=WatchedCluster, **SMALL)
    index = make_index(cluster)
    writer = BulkWriter(cluster, index)

    def begin() -> None:
        for number in range(15):
            writer.create(f"{number}", document(number))
        wait_until(lambda: writer.report.acknowledged == 10)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"), writer:
        begin()

    assert len(indexed_documents(cluster, index)) == 10
    assert (writer.report.added, writer.report.acknowledged) == (15, 10)
    assert bulk_threads() == []


def test_past_the_flood_stage_the_writer_logs_it_and_continues_once_the_block_is_lifted(connect: Connect) -> None:
    cluster = connect(bulk_patience_s=1, bulk_items=100)
    index, wanted = make_index(cluster), documents(range(300))
    write(cluster, index, dict(list(wanted.items())[:120]))
    block(cluster, index, True)
    with pytest.raises(IndexUnavailable) as caught:
        write(cluster, index, wanted)
    message = str(caught.value)
    patient = connect(bulk_patience_s=30, bulk_items=100)
    threading.Timer(0.5, block, (patient, index, None)).start()
    report = write(patient, index, wanted)

    assert "flood-stage watermark" in message
    assert "free disk or add nodes" in message
    assert "nothing was accepted for 1 s. 0 of the " in message
    assert "the same command continues from there" in message
    assert (report.acknowledged, report.already_there) == (180, 120)
    assert report.retried > 0
    assert indexed_documents(cluster, index) == wanted


def block(cluster: Cluster, index: str, value: bool | None) -> None:
    """What OpenSearch does by itself when a disk fills, and undoes when there is room."""
    cluster.call("PUT", f"/{index}/_settings", {"index.blocks.read_only_allow_delete": value})
