"""The audit of a cluster: compares its documents with a generation's folder, and repairs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from indexer.opensearch.bulk import BulkWriter
from indexer.opensearch.cluster_generation import alias, aliased_indexes, finish_index, index_metas, point_aliases
from indexer.opensearch.cluster_sources import ClusterSources
from indexer.opensearch.connection import Cluster
from indexer.opensearch.facts import LISTING, SELLER
from indexer.opensearch.writer import send
from indexer.progress import ProgressCallback, no_progress
from indexer.snapshot.finding import Finding
from indexer.snapshot.generations import current_generation
from indexer.snapshot.snapshot import Snapshot
from indexer.stores.ids import Ids
from indexer.stores.tables import read_tables

_BLOCK = {"words": 1_000, "texts": 1_000, "vectors": 500, "facts": 2_000}  # documents compared at once: some megabytes
_SHOWN = 3  # document ids in a message
_SCROLL = "2m"  # how long OpenSearch keeps a scroll open between two pages

DifferenceCallback = Callable[[str, dict[str, Any]], None]
"""Receives the id of a document that is missing or changed, and the document as it should be."""


@dataclass(slots=True)
class Difference:
    """How an index differs from the folder: counts and the first few document ids, by problem.

    "strange" documents are in the index and not in the folder.
    """

    counts: dict[str, int] = field(default_factory=lambda: {"missing": 0, "changed": 0, "strange": 0})
    shown: dict[str, list[str]] = field(default_factory=lambda: {"missing": [], "changed": [], "strange": []})

    def add(self, problem: str, doc_id: str) -> None:
        self.counts[problem] += 1
        if len(self.shown[problem]) < _SHOWN:
            self.shown[problem].append(doc_id)

    def __str__(self) -> str:
        problems = [
            f"{count:,} {problem}, first {', '.join(map(repr, self.shown[problem]))}"
            for problem, count in self.counts.items()
            if count
        ]
        return "; ".join(problems)


class ClusterAudit:
    """The audit of one generation's indexes. `contents` False compares ids and rows alone."""

    def __init__(
        self, snapshot: Snapshot, cluster: Cluster, *, contents: bool = True, progress: ProgressCallback = no_progress
    ) -> None:
        assert snapshot.manifest.cluster is not None
        self._cluster = cluster
        self._contents = contents
        self._progress = progress
        self._engines = snapshot.engines
        self._meta = snapshot.manifest.cluster
        self._sources = ClusterSources(snapshot.folder, snapshot.manifest.dim, cluster.settings)
        self._folder = snapshot.folder
        self._is_served = current_generation(snapshot.root) == self._meta.generation

    def findings(self) -> Iterator[Finding]:
        """What was checked, index by index, with the problem if there is one."""
        for kind in self._engines.kinds:
            index = self._meta.index(kind)
            meta_problem = self._meta_problem(kind)
            yield Finding(index, "made from this generation", meta_problem)
            if self._is_served:
                yield Finding(alias(self._meta.prefix, kind), f"means {index}", self._alias_problem(kind))
            if meta_problem is None:
                promise = "every document as in the folder" if self._contents else "every document there, under its row"
                yield Finding(index, promise, str(self._compare(kind)) or None)

    def repair(self) -> list[str]:
        """Make the cluster equal to the folder; returns what was done, one line an index.

        Raises:
            BulkFailed, IndexUnavailable: the repair failed; what was repaired before stays so.
        """
        done = []
        for kind in self._engines.kinds:
            if self._meta_problem(kind) is not None:
                with TemporaryDirectory() as work:
                    send(self._cluster, self._meta, [kind], self._sources, Path(work), self._progress)
                done.append(f"{self._meta.index(kind)}: sent whole")
            else:
                done += self._repair_documents(kind)
        if self._is_served and any(self._alias_problem(kind) for kind in self._engines.kinds):
            point_aliases(self._cluster, self._meta, self._engines.kinds)
            done.append(f"aliases of {self._meta.prefix}: point at generation {self._meta.generation}")
        return done

    def _meta_problem(self, kind: str) -> str | None:
        """How an index's `_meta` differs from this generation's; None where it does not."""
        index = self._meta.index(kind)
        index_meta = index_metas(self._cluster, index).get(index)
        if index_meta is None:
            return "is not there"
        differences = [
            f"{key} {index_meta.get(key)!r} instead of {value!r}"
            for key, value in asdict(self._meta).items()
            if index_meta.get(key) != value
        ]
        return f"has {'; '.join(differences)}" if differences else None

    def _alias_problem(self, kind: str) -> str | None:
        indexes = aliased_indexes(self._cluster, self._meta.prefix, kind)
        return None if indexes == [self._meta.index(kind)] else f"means {', '.join(indexes) or 'nothing'}"

    def _compare(self, kind: str, on_difference: DifferenceCallback = lambda *_: None) -> Difference:
        """How an index differs from the folder.

        `on_difference` receives each missing or changed document.
        """
        difference = Difference()
        indexed = done = 0
        total = self._sources.count(kind)
        pending = self._sources.read(kind)
        while block := dict(islice(pending, _BLOCK[kind])):
            documents = self._fetch(kind, list(block))
            indexed += len(documents)
            for doc_id, source in block.items():
                if doc_id not in documents:
                    difference.add("missing", doc_id)
                    on_difference(doc_id, source)
                elif not self._is_same(kind, source, documents[doc_id]):
                    difference.add("changed", doc_id)
                    on_difference(doc_id, source)
            done += len(block)
            self._progress(f"compare {kind}", done, total, done)
        self._cluster.call("POST", f"/{self._meta.index(kind)}/_refresh")
        if self._cluster.call("GET", f"/{self._meta.index(kind)}/_count")["count"] != indexed:
            for doc_id in self._strange_ids(kind):
                difference.add("strange", doc_id)
        return difference

    def _fetch(self, kind: str, doc_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The documents that an index has of these ids, by id."""
        params = {} if self._contents else {"_source_includes": "row,seller_id"}
        response = self._cluster.call("POST", f"/{self._meta.index(kind)}/_mget", {"ids": list(doc_ids)}, params)
        return {doc["_id"]: doc["_source"] for doc in response["docs"] if doc.get("found")}

    def _is_same(self, kind: str, expected: dict[str, Any], indexed: Mapping[str, Any]) -> bool:
        if not self._contents:
            return bool(expected.get("row") == indexed.get("row"))
        if kind == "facts" and indexed.get("changed"):  # by an update since the build: it may differ from the folder
            return all(expected.get(key) == indexed.get(key) for key in ("row", "seller_id"))
        if kind != "vectors":
            return expected == indexed
        vector = np.array(indexed.get("vector", ()), np.float32)  # from JSON's decimals
        is_same_vector = np.array_equal(vector, expected["vector"])
        return is_same_vector and expected | {"vector": None} == dict(indexed) | {"vector": None}

    def _strange_ids(self, kind: str) -> Iterator[str]:
        """Ids of the documents that the folder does not have."""
        ids = Ids(self._folder / "ids")
        seller_doc_ids = set[str]()
        if kind == "facts":
            seller_doc_ids = {SELLER + seller_id for seller_id in read_tables(self._folder / "tables").sellers.ids}
        all_ids = self._all_ids(self._meta.index(kind))
        while block := list(islice(all_ids, _BLOCK[kind])):
            listing_ids = [doc_id.removeprefix(LISTING) if kind == "facts" else doc_id for doc_id in block]
            rows = ids.rows_of(listing_ids)
            for doc_id, listing_id in zip(block, listing_ids, strict=True):
                if listing_id not in rows and doc_id not in seller_doc_ids:
                    yield doc_id

    def _all_ids(self, index: str) -> Iterator[str]:
        body = {"size": 5_000, "_source": False, "sort": ["_doc"]}
        page = self._cluster.call("POST", f"/{index}/_search", body, {"scroll": _SCROLL})
        while page["hits"]["hits"]:
            yield from (hit["_id"] for hit in page["hits"]["hits"])
            page = self._cluster.call("POST", "/_search/scroll", {"scroll": _SCROLL, "scroll_id": page["_scroll_id"]})
        self._cluster.call("DELETE", "/_search/scroll", {"scroll_id": page["_scroll_id"]})

    def _repair_documents(self, kind: str) -> list[str]:
        index = self._meta.index(kind)
        with BulkWriter(self._cluster, index) as writer:
            difference = self._compare(kind, writer.replace)
        if difference.counts["strange"]:
            strange = list(self._strange_ids(kind))
            self._cluster.call("POST", f"/{index}/_delete_by_query", {"query": {"ids": {"values": strange}}})
        if not str(difference):
            return []
        finish_index(self._cluster, kind, self._meta, self._sources.count(kind))
        return [f"{index}: repaired {difference}"]
