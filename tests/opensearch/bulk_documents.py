"""Documents for the tests of bulk writing, how to read them back, and a connection that counts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from indexer.opensearch.bulk import BulkReport, BulkWriter
from indexer.opensearch.connection import Cluster

MAPPING = {
    "dynamic": "strict",
    "properties": {"number": {"type": "integer"}, "title": {"type": "keyword"}, "vector": {"type": "float"}},
}


def document(number: int) -> dict[str, Any]:
    return {"number": number, "title": f"Çay bardağı №{number}\n茶碗", "vector": [number / 4, -0.5]}


def documents(numbers: Iterable[int]) -> dict[str, dict[str, Any]]:
    """By id."""
    return {f"listing-{number}": document(number) for number in numbers}


def make_index(cluster: Cluster, name: str = "bulk", replicas: int = 0, shards: int = 1) -> str:
    """The name of a new, empty index that takes `document` and nothing else."""
    index = f"{cluster.settings.prefix}-{name}"
    settings = {"number_of_shards": shards, "number_of_replicas": replicas}
    cluster.call("PUT", f"/{index}", {"mappings": MAPPING, "settings": settings})
    return index


def indexed_documents(cluster: Cluster, index: str) -> dict[str, dict[str, Any]]:
    """All documents of an index, by id."""
    cluster.call("POST", f"/{index}/_refresh")
    found = cluster.call("POST", f"/{index}/_search", {"size": 10_000, "query": {"match_all": {}}})
    assert found["hits"]["total"]["value"] < 10_000
    return {hit["_id"]: hit["_source"] for hit in found["hits"]["hits"]}


def deleted_count(cluster: Cluster, index: str) -> int:
    """Deleted documents that are not merged away yet: each has been overwritten."""
    cluster.call("POST", f"/{index}/_refresh")
    return int(cluster.call("GET", f"/{index}/_stats/docs")["indices"][index]["primaries"]["docs"]["deleted"])


def write(cluster: Cluster, index: str, wanted: dict[str, dict[str, Any]]) -> BulkReport:
    with BulkWriter(cluster, index) as writer:
        for doc_id, source in wanted.items():
            writer.create(doc_id, source)
    return writer.report


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.01)


class WatchedCluster(Cluster):
    """Sends every request while `gate` is set, and counts requests in flight and their sizes."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.gate = threading.Event()
        self.gate.set()
        self.in_flight = 0
        self.most_in_flight = 0
        self.sizes: list[tuple[int, int]] = []  # bytes, documents
        self._lock = threading.Lock()

    def bulk(self, index: str, lines: bytes) -> list[dict[str, Any]]:
        with self._lock:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            self.sizes.append((len(lines), lines.count(b"\n") // 2))
        try:
            assert self.gate.wait(30)
            return super().bulk(index, lines)
        finally:
            with self._lock:
                self.in_flight -= 1
