"""What the tests of bulk writing share: documents, their way back, and a connection that is watched while it sends."""

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


def held(cluster: Cluster, index: str) -> dict[str, dict[str, Any]]:
    """All that an index holds, by id."""
    cluster.call("POST", f"/{index}/_refresh")
    found = cluster.call("POST", f"/{index}/_search", {"size": 10_000, "query": {"match_all": {}}})
    assert found["hits"]["total"]["value"] < 10_000
    return {hit["_id"]: hit["_source"] for hit in found["hits"]["hits"]}


def deleted(cluster: Cluster, index: str) -> int:
    """Documents of an index that are dead but not yet merged away: each is one that was written over."""
    cluster.call("POST", f"/{index}/_refresh")
    return int(cluster.call("GET", f"/{index}/_stats/docs")["indices"][index]["primaries"]["docs"]["deleted"])


def write(cluster: Cluster, index: str, wanted: dict[str, dict[str, Any]]) -> BulkReport:
    with BulkWriter(cluster, index) as writer:
        for doc_id, source in wanted.items():
            writer.create(doc_id, source)
    return writer.report


def soon(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something is true."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come true"
        time.sleep(0.01)


class WatchedCluster(Cluster):
    """Sends every request for real, once `gate` is open, and notes how many are under way and what they carry."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.gate = threading.Event()
        self.gate.set()
        self.under_way = self.most = 0
        self.sizes: list[tuple[int, int]] = []  # bytes, documents
        self._lock = threading.Lock()

    def bulk(self, index: str, lines: bytes) -> list[dict[str, Any]]:
        with self._lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            self.sizes.append((len(lines), lines.count(b"\n") // 2))
        try:
            assert self.gate.wait(30)
            return super().bulk(index, lines)
        finally:
            with self._lock:
                self.under_way -= 1
