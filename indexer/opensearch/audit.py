"""AuditCluster: proves that a cluster holds a generation as its folder says, names what differs, and repairs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from indexer.opensearch.bulk import BulkWriter
from indexer.opensearch.cluster_generation import alias, aliased, finish, metas, point_aliases
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
_SHOWN = 3
_SCROLL = "2m"

Differs = Callable[[str, dict[str, Any]], None]
"""Is called with the name of a document that is missing or other than it should be, and what it should be."""


@dataclass(slots=True)
class Difference:
    """How an index differs from the folder: names of documents by what is wrong with them, the first few of each."""

    counts: dict[str, int] = field(default_factory=lambda: {"missing": 0, "changed": 0, "strange": 0})
    shown: dict[str, list[str]] = field(default_factory=lambda: {"missing": [], "changed": [], "strange": []})

    def add(self, what: str, name: str) -> None:
        self.counts[what] += 1
        if len(self.shown[what]) < _SHOWN:
            self.shown[what].append(name)

    def __str__(self) -> str:
        told = [
            f"{count:,} {what}, first {', '.join(map(repr, self.shown[what]))}"
            for what, count in self.counts.items()
            if count
        ]
        return "; ".join(told)


class ClusterAudit:
    """The audit of one generation's indexes. `contents` False compares names and rows alone."""

    def __init__(
        self, snapshot: Snapshot, cluster: Cluster, *, contents: bool = True, progress: ProgressCallback = no_progress
    ) -> None:
        assert snapshot.manifest.cluster is not None
        self._cluster, self._contents, self._progress = cluster, contents, progress
        self._engines = snapshot.engines
        self._meta = snapshot.manifest.cluster
        self._sources = ClusterSources(snapshot.folder, snapshot.manifest.dim, cluster.settings)
        self._folder = snapshot.folder
        self._is_served = current_generation(snapshot.root) == self._meta.generation

    def findings(self) -> Iterator[Finding]:
        """What was proved, index by index."""
        for kind in self._engines.kinds:
            index = self._meta.index(kind)
            wrong = self._identity(kind)
            yield Finding(index, "made from this generation", wrong)
            if self._is_served:
                yield Finding(alias(self._meta.prefix, kind), f"means {index}", self._alias(kind))
            if wrong is None:
                what = "every document as in the folder" if self._contents else "every document there, under its row"
                yield Finding(index, what, str(self._compare(kind)) or None)

    def repair(self) -> list[str]:
        """Make the cluster hold what the folder says; returns what was done. The folder is the truth.

        Raises:
            BulkFailed, IndexUnavailable: it could not be done; what was repaired stays repaired.
        """
        done = []
        for kind in self._engines.kinds:
            if self._identity(kind) is not None:
                with TemporaryDirectory() as work:
                    send(self._cluster, self._meta, [kind], self._sources, Path(work), self._progress)
                done.append(f"{self._meta.index(kind)}: sent whole")
            else:
                done += self._repair_documents(kind)
        if self._is_served and any(self._alias(kind) for kind in self._engines.kinds):
            point_aliases(self._cluster, self._meta, self._engines.kinds)
            done.append(f"aliases of {self._meta.prefix}: point at generation {self._meta.generation}")
        return done

    def _identity(self, kind: str) -> str | None:
        """What is wrong with what an index says it was made from."""
        index = self._meta.index(kind)
        said = metas(self._cluster, index).get(index)
        if said is None:
            return "is not there"
        wrong = [f"{key} {said.get(key)!r} instead of {value!r}" for key, value in asdict(self._meta).items()
                 if said.get(key) != value]  # fmt: skip
        return f"has {'; '.join(wrong)}" if wrong else None

    def _alias(self, kind: str) -> str | None:
        means = aliased(self._cluster, self._meta.prefix, kind)
        return None if means == [self._meta.index(kind)] else f"means {', '.join(means) or 'nothing'}"

    def _compare(self, kind: str, differs: Differs = lambda *_: None) -> Difference:
        """How an index differs from the folder; `differs` is told each document as it is found."""
        found, held, done, total = Difference(), 0, 0, self._sources.count(kind)
        pending = self._sources.read(kind)
        while block := dict(islice(pending, _BLOCK[kind])):
            there = self._fetch(kind, list(block))
            held += len(there)
            for name, source in block.items():
                if name not in there:
                    found.add("missing", name)
                elif self._same(kind, source, there[name]):
                    continue
                else:
                    found.add("changed", name)
                differs(name, source)
            done += len(block)
            self._progress(f"compare {kind}", done, total, done)
        self._cluster.call("POST", f"/{self._meta.index(kind)}/_refresh")
        if self._cluster.call("GET", f"/{self._meta.index(kind)}/_count")["count"] != held:
            for name in self._strangers(kind):
                found.add("strange", name)
        return found

    def _fetch(self, kind: str, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        params = {} if self._contents else {"_source_includes": "row,seller_id"}
        answer = self._cluster.call("POST", f"/{self._meta.index(kind)}/_mget", {"ids": list(names)}, params)
        return {one["_id"]: one["_source"] for one in answer["docs"] if one.get("found")}

    def _same(self, kind: str, wanted: dict[str, Any], there: Mapping[str, Any]) -> bool:
        if not self._contents:
            return bool(wanted.get("row") == there.get("row"))
        if kind == "facts" and there.get("changed"):  # since the build: no longer what the folder says
            return all(wanted.get(key) == there.get(key) for key in ("row", "seller_id"))
        if kind != "vectors":
            return wanted == there
        vector = np.array(there.get("vector", ()), np.float32)  # JSON's numbers are decimal, and of twice the width
        return np.array_equal(vector, wanted["vector"]) and wanted | {"vector": None} == dict(there) | {"vector": None}

    def _strangers(self, kind: str) -> Iterator[str]:
        """Names of documents that the folder does not know."""
        ids, sellers = Ids(self._folder / "ids"), read_tables(self._folder / "tables").sellers.ids
        known_sellers = {SELLER + seller_id for seller_id in sellers} if kind == "facts" else set[str]()
        names = self._names(self._meta.index(kind))
        while block := list(islice(names, _BLOCK[kind])):
            listings = [name.removeprefix(LISTING) if kind == "facts" else name for name in block]
            known = ids.rows_of(listings)
            pairs = zip(block, listings, strict=True)
            yield from (name for name, listing in pairs if listing not in known and name not in known_sellers)

    def _names(self, index: str) -> Iterator[str]:
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
            strays = list(self._strangers(kind))
            self._cluster.call("POST", f"/{index}/_delete_by_query", {"query": {"ids": {"values": strays}}})
        if not str(difference):
            return []
        finish(self._cluster, kind, self._meta, self._sources.count(kind))
        return [f"{index}: repaired {difference}"]
