"""Peers to compare with: OpenSearch's `hybrid` query on the same listings, vectors and encoder.

The pipeline is OpenSearch's: normalization-processor, min_max, arithmetic_mean, equal weights for
words and vectors.
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
from ranking.query import Query, Word
from search.engine import Engine
from search.page import Page
from search.understanding.clauses import EXACT_WEIGHT
from search.understanding.understand import understand

DEPTH = 400  # hits of each half that are fused, as many as ours; with 100, nDCG is slightly lower
PIPELINE = "peer-hybrid"
SHOWN = {name: {"type": "text", "index": False} for name in ("title", "description", "brand")}  # stored for the page
_BLOCK = 512

Sources = Iterator[tuple[str, dict[str, Any]]]
Words = Callable[[Query], dict[str, Any]]
"""The lexical half of a hybrid query."""


@dataclass(frozen=True, slots=True)
class PeerHit:
    listing_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A peer's hits, best first, and the milliseconds of each phase."""

    results: tuple[PeerHit, ...]
    milliseconds: dict[str, float]
    degraded: tuple[str, ...] = ()  # a peer has no partial answers


class System(Protocol):
    """What is compared: one of our engines, or a peer."""

    def search(self, query: Query, only: Any = None) -> Answer | Page: ...


class Peer:
    """An index that answers by OpenSearch's `hybrid` query."""

    def __init__(self, cluster: Cluster, index: str, encoder: Encoder, words: Words, depth: int = DEPTH) -> None:
        self._cluster = cluster
        self._index = index
        self._encoder = encoder
        self._words = words
        self._depth = depth

    def search(self, query: Query, only: Any = None) -> Answer:
        """The best ``query.size`` listings. `only` must be None; `answer_topics` passes it."""
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
        results = tuple(PeerHit(hit["_id"], float(hit["_score"])) for hit in hits)
        return Answer(results, {"encode": (encoded - started) * 1e3, "opensearch": (ended - encoded) * 1e3})


class Plain:
    """One of our engines, without query expansion."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def search(self, query: Query, only: Any = None) -> Page:
        return self._engine.search(replace(query, expand=False), only)


def standard(cluster: Cluster, snapshot: Snapshot, encoder: Encoder, depth: int = DEPTH) -> Peer:
    """Title and description with OpenSearch's English analyser, and `multi_match` over both."""
    index = "peer-standard"
    english = {"type": "text", "analyzer": "english"}
    mapping = {**SHOWN, "title": english, "description": english, "vector": _vector(cluster, snapshot)}

    def documents() -> Sources:
        for name, shown, vector in _rows(snapshot):
            yield name, {**shown, "vector": vector}

    def words(query: Query) -> dict[str, Any]:
        return {"multi_match": {"query": query.text, "fields": ["title^1", "description"]}}

    _build(cluster, index, {}, mapping, documents(), len(snapshot))
    return Peer(cluster, index, encoder, words, depth)


def same_tokens(cluster: Cluster, snapshot: Snapshot, encoder: Encoder, depth: int = DEPTH) -> Peer:
    """Our tokens, fields and weights for the query's own words, by the index's BM25."""
    index = "peer-tokens"
    sources = ClusterSources(snapshot.folder, snapshot.manifest.dim, cluster.settings)

    def documents() -> Sources:
        for (name, tokens), (_, shown, vector) in zip(sources.read("words"), _rows(snapshot), strict=True):
            yield name, {**tokens, **shown, "vector": vector}

    def words(query: Query) -> dict[str, Any]:
        parts = understand(query, snapshot.tables).parts
        should = [_word(word, part.weight) for part in parts for word in part.words]
        return {"bool": {"should": should}} if should else {"match_none": {}}

    mapping = {**SHOWN, **sources.properties("words"), "vector": _vector(cluster, snapshot)}
    _build(cluster, index, sources.index_settings("words"), mapping, documents(), len(snapshot))
    return Peer(cluster, index, encoder, words, depth)


def _word(word: Word, weight: float) -> dict[str, Any]:
    """The best lemma of a word, and a little for the word as written."""
    lemmas = [
        {"term": {"text": {"value": lemma, "boost": weight * share * (1.0 - EXACT_WEIGHT)}}}
        for lemma, share in zip(word.lemmas, word.weights, strict=True)
    ]
    exact = {"term": {"exact": {"value": word.surface, "boost": weight * EXACT_WEIGHT}}}
    return {"bool": {"should": [{"dis_max": {"queries": lemmas}}, exact]}}


def _rows(snapshot: Snapshot) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Each listing's id, stored fields and vector."""
    for start in range(0, len(snapshot), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(snapshot)))
        vectors = snapshot.vectors[start : start + len(rows)].astype(np.float32)
        for text, vector in zip(snapshot.texts.take(rows), vectors, strict=True):
            yield text.listing_id, {name: getattr(text, name) for name in SHOWN}, vector


def _vector(cluster: Cluster, snapshot: Snapshot) -> dict[str, Any]:
    """The vector field of our own index: engine, space, m, ef_construction."""
    field: dict[str, Any] = vector_properties(snapshot.manifest.dim, cluster.settings)["vector"]
    return field


def _build(
    cluster: Cluster, index: str, settings: dict[str, Any], mapping: dict[str, Any], documents: Sources, count: int
) -> None:
    """Write an index of one shard, merge it to one segment, and count its documents."""
    weights = {"technique": "arithmetic_mean", "parameters": {"weights": [0.5, 0.5]}}
    processor = {"normalization-processor": {"normalization": {"technique": "min_max"}, "combination": weights}}
    cluster.call("PUT", f"/_search/pipeline/{PIPELINE}", {"phase_results_processors": [processor]})
    cluster.call("DELETE", f"/{index}", params={"ignore_unavailable": "true"})
    one_shard = {"number_of_shards": 1, "number_of_replicas": 0, "knn": True, "refresh_interval": "-1"}
    body = {"settings": {"index": {**settings, **one_shard}}, "mappings": {"dynamic": "strict", "properties": mapping}}
    cluster.call("PUT", f"/{index}", body)
    with BulkWriter(cluster, index) as writer:
        for name, source in documents:
            writer.create(name, source)
    assert writer.report.acknowledged == count, writer.report
    cluster.call("POST", f"/{index}/_forcemerge", params={"max_num_segments": 1}, timeout_s=600.0)
    cluster.call("POST", f"/{index}/_refresh")
    assert cluster.call("GET", f"/{index}/_count")["count"] == count
