"""The vector index in OpenSearch. Scores are exact; a narrow selection is scanned whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.encoders.encoder import Vectors
from indexer.errors import IndexUnavailable
from indexer.hits import Hits, best
from indexer.opensearch.cluster_generation import ClusterIndex
from indexer.opensearch.cluster_settings import ClusterSettings
from indexer.opensearch.row_filter import WINDOW, RowFilter, Rows, Scores, row_filter, rows_condition
from indexer.selection import Selection, roaring

QueryVector = npt.NDArray[np.float32]  # (dim,)

SETTINGS: dict[str, Any] = {"knn": True}

_SPACE = "innerproduct"
"""Of unit vectors it is the cosine. ``cosinesimil`` would divide by lengths that half floats have
rounded to 0.9999 or 1.0001, so its scores would differ from the embedded index's. It also refuses
the zero vector of a text without tokens."""

_RESCORE_FACTOR = 2  # of a quantised graph, so many times k hits are scored again by the full vectors


def properties(dim: int, settings: ClusterSettings) -> dict[str, Any]:
    """The mapping of `dim`-dimensional vectors, by the engine and quantisation of the settings."""
    parameters: dict[str, Any] = {"m": settings.m, "ef_construction": settings.ef_construction}
    if settings.quantisation == "scalar":
        precision: dict[str, Any] = {"type": "fp16"} if settings.knn_engine == "faiss" else {"bits": 7}
        parameters["encoder"] = {"name": "sq", "parameters": precision}
    method = {"name": "hnsw", "engine": settings.knn_engine, "space_type": _SPACE, "parameters": parameters}
    return {
        "row": {"type": "integer"},
        "filters": {"type": "keyword", "doc_values": False},
        "vector": {"type": "knn_vector", "dimension": dim, "method": method},
    }


def source(row: int, vector: npt.NDArray[np.float16], filters: tuple[str, ...]) -> dict[str, Any]:
    """The index's document of a listing."""
    return {"row": row, "filters": list(filters), "vector": vector.astype(np.float32)}


class OpenSearchVectorIndex:
    """The vectors of one generation in a cluster. Threads may share it."""

    def __init__(self, index: ClusterIndex) -> None:
        self._index = index

    def search(self, queries: Vectors, selection: Selection, k: int) -> list[Hits]:
        """For each query at most `k` selected listings, best first, ties by row, without padding.

        A zero query finds none.

        Raises:
            IndexUnavailable: the cluster did not answer in time.
        """
        return [self._search_one(query, selection, k) for query in queries]

    def cosines(self, rows: Rows, query: QueryVector) -> Scores:
        """Cosine of a unit query with some rows.  # (len(rows),)

        Raises:
            IndexUnavailable: the cluster did not answer in time.
        """
        distinct, positions = np.unique(rows, return_inverse=True)
        cosines = np.zeros(len(distinct), np.float64)
        for start in range(0, len(distinct), WINDOW):
            block = distinct[start : start + WINDOW]
            block_rows, block_cosines = self._scan([rows_condition(roaring(block))], query, len(block))
            cosines[start + np.searchsorted(block, block_rows)] = block_cosines
        scores: Scores = cosines[positions]
        return scores

    def vector(self, row: int) -> npt.NDArray[np.float32]:
        """The vector of one row.  # (dim,)

        Raises:
            IndexUnavailable: the cluster did not answer in time.
        """
        body = {"size": 1, "_source": ["vector"], "query": {"term": {"row": int(row)}}}
        hits = self._index.search(body)["hits"]["hits"]
        if not hits:
            raise IndexUnavailable(f"{self._index.name} has no row {row}; check it with: fondaco audit")
        return np.array(hits[0]["_source"]["vector"], np.float32)

    def _search_one(self, query: QueryVector, selection: Selection, k: int) -> Hits:
        if not query.any() or k < 1 or not selection.count:
            return Hits.none()
        if selection.is_narrow:
            exact = row_filter(selection, k, exact=True)
            rows, scores = self._scan(exact.conditions, query, exact.size)
        else:
            rows, scores = self._search_graph(query, selection, k)
        selected = selection.mask[rows]  # checked again: an ignored filter must not show other listings
        return best(rows[selected], scores[selected], k)

    def _search_graph(self, query: QueryVector, selection: Selection, k: int) -> tuple[Rows, Scores]:
        """Hits of the graph, with exact cosines."""
        is_quantised = self._index.meta.quantisation != "none"
        graph_k = k * _RESCORE_FACTOR if is_quantised else k
        chosen = row_filter(selection, graph_k)
        rows, scores = self._query_graph(chosen, query)
        if not chosen.is_exact and np.count_nonzero(selection.mask[rows]) < k:
            rows, scores = self._query_graph(row_filter(selection, graph_k, exact=True), query)
        return (rows, self.cosines(rows, query)) if is_quantised else (rows, scores)

    def _query_graph(self, chosen: RowFilter, query: QueryVector) -> tuple[Rows, Scores]:
        """The nearest rows inside a filter by the graph's own scores."""
        knn: dict[str, Any] = {
            "vector": query,
            "k": chosen.size,
            "method_parameters": {"ef_search": max(chosen.size, self._index.cluster.settings.ef_search)},
        }
        if chosen.conditions:
            knn["filter"] = {"bool": {"filter": chosen.conditions}}
        return self._run({"knn": {"vector": knn}}, chosen.size)

    def _scan(self, conditions: list[dict[str, Any]], query: QueryVector, k: int) -> tuple[Rows, Scores]:
        """The best of all listings that meet the conditions, with exact cosines."""
        script = {
            "lang": "knn",
            "source": "knn_score",
            "params": {"field": "vector", "query_value": query.tolist(), "space_type": _SPACE},
        }
        filtered = {"bool": {"filter": conditions}} if conditions else {"match_all": {}}
        return self._run({"script_score": {"query": filtered, "script": script}}, k)

    def _run(self, query: dict[str, Any], k: int) -> tuple[Rows, Scores]:
        """The rows and inner products of a k-NN query's hits."""
        body = {
            "size": k,
            "_source": False,
            "stored_fields": "_none_",  # no ids either: reading them took longer than the search
            "track_total_hits": False,
            "sort": ["_score", {"row": "asc"}],
            "query": query,
        }
        hits = self._index.search(body)["hits"]["hits"]
        rows = np.array([hit["sort"][1] for hit in hits], np.int64)
        return rows, _inner_products(np.array([hit["sort"][0] for hit in hits], np.float64))


def _inner_products(scores: Scores) -> Scores:
    """Inner products p from k-NN's scores: ``1 + p`` for p >= 0, ``1 / (1 - p)`` for p < 0."""
    is_negative = scores < 1.0
    return np.where(is_negative, 1.0 - 1.0 / np.where(is_negative, scores, 1.0), scores - 1.0)
