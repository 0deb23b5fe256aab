"""Peers: OpenSearch's own `hybrid` query as somebody would set it up, on the same listings, vectors and encoder.

The pipeline is OpenSearch's: normalization-processor, min_max, arithmetic_mean, half words and half vectors.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from indexer.encoders.encoder import Encoder
from indexer.opensearch.bulk import BulkWriter
from indexer.opensearch.cluster_sources import ClusterSources
from indexer.opensearch.connection import Cluster
from indexer.opensearch.vector import properties as vector_properties
from indexer.snapshot.snapshot import Snapshot
from ranking.query import Query
from search.engine import Engine
from search.page import Page
from search.understand import understand

DEPTH = 400  # hits of each half that are fused, as many as ours; with 100 it finds a little less
PIPELINE = "peer-hybrid"
SHOWN = {name: {"type": "text", "index": False} for name in ("title", "description", "brand")}  # on a page
_BLOCK = 512

Sources = Iterator[tuple[str, dict[str, Any]]]
Words = Callable[[Query], dict[str, Any]]
"""The lexical half of a hybrid query."""


@dataclass(frozen=True, slots=True)
class Found:
    listing_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a peer found, best first, and where its time went."""

    results: tuple[Found, ...]
    milliseconds: dict[str, float]
    degraded: tuple[str, ...] = ()  # a peer answers whole, or fails


class System(Protocol):
    """What is compared: an engine of ours, or a peer."""

    def search(self, query: Query, only: Any = None) -> Answer | Page: ...


class Peer:
    """An index that answers by OpenSearch's `hybrid` query."""

    def __init__(self, cluster: Cluster, index: str, encoder: Encoder, words: Words, depth: int = DEPTH) -> None:
        self._cluster, self._index, self._encoder, self._words, self._depth = cluster, index, encoder, words, depth

    def search(self, query: Query, only: Any = None) -> Answer:
        """The best ``query.size`` listings. `only` is there for `fondaco run`'s sake: a peer is asked whole."""
        assert only is None
        started = time.perf_counter()
        vector = self._encoder.encode_queries([query.text])[0]
        encoded = time.perf_counter()
        hybrid = {
            "queries": [self._words(query), {"knn": {"vector": {"vector": vector, "k": self._depth}}}],
            "pagination_depth": self._depth,
        }
        body = {"size": query.size, "_source": list(SHOWN), "track_total_hits": False, "query": {"hybrid": hybrid}}
        hits = self._cluster.search(self._index, body, search_pipeline=PIPELINE)["hits"]["hits"]
        ended = time.perf_counter()
        found = tuple(Found(hit["_id"], float(hit["_score"])) for hit in hits)
        return Answer(found, {"encode": (encoded - started) * 1e3, "opensearch": (ended - encoded) * 1e3})


class Plain:
    """An engine of ours that looks for the query's own words: no bridge, no lexicon."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def search(self, query: Query, only: Any = None) -> Page:
        return self._engine.search(replace(query, expand=False), only)


def standard(cluster: Cluster, snapshot: Snapshot, encoder: Encoder, depth: int = DEPTH) -> Peer:
    """Title and description by OpenSearch's English analyser, `multi_match` over both; the vectors as they are."""
    index, english = "peer-standard", {"type": "text", "analyzer": "english"}
    mapping = {**SHOWN, "title": english, "description": english, "vector": _vector(cluster, snapshot)}

    def documents() -> Sources:
        for name, shown, vector in _rows(snapshot):
            yield name, {**shown, "vector": vector}

    def words(query: Query) -> dict[str, Any]:
        return {"multi_match": {"query": query.text, "fields": ["title^1", "description"]}}

    _build(cluster, index, {}, mapping, documents(), len(snapshot))
    return Peer(cluster, index, encoder, words, depth)


def same_tokens(cluster: Cluster, snapshot: Snapshot, encoder: Encoder, depth: int = DEPTH) -> Peer:
    """Our tokens, fields, weights and BM25, of the query's own words: what differs from ours is the fusion."""
    index = "peer-tokens"
    sources = ClusterSources(snapshot.folder, snapshot.manifest.dim, cluster.settings)

    def documents() -> Sources:
        for (name, tokens), (_, shown, vector) in zip(sources.read("words"), _rows(snapshot), strict=True):
            yield name, {**tokens, **shown, "vector": vector}

    def words(query: Query) -> dict[str, Any]:
        terms = understand(query, snapshot.tables).terms
        should = [{"term": {term.field: {"value": term.text, "boost": term.weight}}} for term in terms]
        return {"bool": {"should": should}} if should else {"match_none": {}}

    mapping = {**SHOWN, **sources.properties("words"), "vector": _vector(cluster, snapshot)}
    _build(cluster, index, sources.index_settings("words"), mapping, documents(), len(snapshot))
    return Peer(cluster, index, encoder, words, depth)


def _rows(snapshot: Snapshot) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Every listing's id, what is shown of it, and its vector."""
    for start in range(0, len(snapshot), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(snapshot)))
        vectors = snapshot.vectors[start : start + len(rows)].astype(np.float32)
        for text, vector in zip(snapshot.texts.take(rows), vectors, strict=True):
            yield text.listing_id, {name: getattr(text, name) for name in SHOWN}, vector


def _vector(cluster: Cluster, snapshot: Snapshot) -> dict[str, Any]:
    """The same field that our vectors index has: engine, space, m, ef_construction."""
    field: dict[str, Any] = vector_properties(snapshot.manifest.dim, cluster.settings)["vector"]
    return field


def _build(
    cluster: Cluster, index: str, settings: dict[str, Any], mapping: dict[str, Any], documents: Sources, count: int
) -> None:
    """One shard, written, merged to one segment and counted."""
    weights = {"technique": "arithmetic_mean", "parameters": {"weights": [0.5, 0.5]}}
    processor = {"normalization-processor": {"normalization": {"technique": "min_max"}, "combination": weights}}
    cluster.call("PUT", f"/_search/pipeline/{PIPELINE}", {"phase_results_processors": [processor]})
    cluster.call("DELETE", f"/{index}", params={"ignore_unavailable": "true"})
    alone = {"number_of_shards": 1, "number_of_replicas": 0, "knn": True, "refresh_interval": "-1"}
    body = {"settings": {"index": {**settings, **alone}}, "mappings": {"dynamic": "strict", "properties": mapping}}
    cluster.call("PUT", f"/{index}", body)
    with BulkWriter(cluster, index) as writer:
        for name, source in documents:
            writer.create(name, source)
    assert writer.report.acknowledged == count, writer.report
    cluster.call("POST", f"/{index}/_forcemerge", params={"max_num_segments": 1}, timeout_s=600.0)
    cluster.call("POST", f"/{index}/_refresh")
    assert cluster.call("GET", f"/{index}/_count")["count"] == count
