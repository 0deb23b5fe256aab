"""VectorIndex by OpenSearch's k-NN: filters inside the search, scores exact, a narrow selection scanned whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.encoders.encoder import Vectors
from indexer.errors import IndexUnavailable
from indexer.hits import Hits, best
from indexer.opensearch.cluster_generation import ClusterIndex
from indexer.opensearch.cluster_settings import ClusterSettings
from indexer.opensearch.row_filter import WINDOW, row_filter, rows_condition
from indexer.selection import Selection, roaring

SETTINGS: dict[str, Any] = {"knn": True}

_SPACE = "innerproduct"
"""Of unit vectors it is the cosine. ``cosinesimil`` would divide by lengths that half floats have rounded to 0.9999 or
1.0001, give scores other than the embedded engines', and refuse a text without tokens, whose vector is zero."""

_REFINE = 2  # times k hits of a quantised graph are scored again by the vectors themselves


def properties(dim: int, settings: ClusterSettings) -> dict[str, Any]:
    """The mapping of vectors of `dim` dimensions, by the engine and quantisation of the settings."""
    parameters: dict[str, Any] = {"m": settings.m, "ef_construction": settings.ef_construction}
    if settings.quantisation == "scalar":
        how: dict[str, Any] = {"type": "fp16"} if settings.knn_engine == "faiss" else {"bits": 7}
        parameters["encoder"] = {"name": "sq", "parameters": how}
    method = {"name": "hnsw", "engine": settings.knn_engine, "space_type": _SPACE, "parameters": parameters}
    return {
        "row": {"type": "integer"},
        "filters": {"type": "keyword", "doc_values": False},
        "vector": {"type": "knn_vector", "dimension": dim, "method": method},
    }


def source(row: int, vector: npt.NDArray[np.float16], filters: tuple[str, ...]) -> dict[str, Any]:
    """A listing as the index holds it."""
    return {"row": row, "filters": list(filters), "vector": vector.astype(np.float32)}


class OpenSearchVectorIndex:
    """One generation's vectors in a cluster. Safe to share between threads."""

    def __init__(self, index: ClusterIndex) -> None:
        self._index = index

    def search(self, queries: Vectors, selection: Selection, k: int) -> list[Hits]:
        """For each query at most `k` selected listings, best first, ties by row, no padding; a zero query finds none.

        Raises:
            IndexUnavailable: the cluster did not answer in time.
        """
        return [self._one(query, selection, k) for query in queries]

    def cosines(self, rows: npt.NDArray[np.int64], query: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Cosine of a unit query with some rows.  # (len(rows),)

        Raises:
            IndexUnavailable: the cluster did not answer in time.
        """
        wanted, places = np.unique(rows, return_inverse=True)
        found = np.zeros(len(wanted), np.float64)
        for start in range(0, len(wanted), WINDOW):
            block = wanted[start : start + WINDOW]
            at, cosines = self._scan([rows_condition(roaring(block))], query, len(block))
            found[start + np.searchsorted(block, at)] = cosines
        scores: npt.NDArray[np.float64] = found[places]
        return scores

    def vector(self, row: int) -> npt.NDArray[np.float32]:
        """The vector of one row.  # (dim,)

        Raises:
            IndexUnavailable: the cluster did not answer in time.
        """
        body = {"size": 1, "_source": ["vector"], "query": {"term": {"row": int(row)}}}
        hits = self._index.search(body)["hits"]["hits"]
        if not hits:
            raise IndexUnavailable(f"{self._index.name} has no row {row}; prove it with: fondaco audit")
        return np.array(hits[0]["_source"]["vector"], np.float32)

    def _one(self, query: npt.NDArray[np.float32], selection: Selection, k: int) -> Hits:
        if not query.any() or k < 1 or not selection.count:
            return Hits.none()
        if selection.is_narrow:
            asked = row_filter(selection, k, exact=True)
            rows, scores = self._scan(asked.conditions, query, asked.wanted)
        else:
            rows, scores = self._near(query, selection, k)
        inside = selection.mask[rows]  # again, after the engine: a filter that was ignored must not show
        return best(rows[inside], scores[inside], k, 1.0)

    def _near(self, query: npt.NDArray[np.float32], selection: Selection, k: int) -> tuple[Any, Any]:
        """Hits of the graph, with exact cosines."""
        quantised = self._index.meta.quantisation != "none"
        wanted = k * _REFINE if quantised else k
        asked = row_filter(selection, wanted)
        rows, scores = self._graph(asked.conditions, query, asked.wanted)
        if not asked.is_exact and np.count_nonzero(selection.mask[rows]) < k:
            asked = row_filter(selection, wanted, exact=True)
            rows, scores = self._graph(asked.conditions, query, asked.wanted)
        return (rows, self.cosines(rows, query)) if quantised else (rows, scores)

    def _graph(self, conditions: list[dict[str, Any]], query: npt.NDArray[np.float32], k: int) -> tuple[Any, Any]:
        near: dict[str, Any] = {
            "vector": query,
            "k": k,
            "method_parameters": {"ef_search": max(k, self._index.cluster.settings.ef_search)},
        }
        if conditions:
            near["filter"] = {"bool": {"filter": conditions}}
        return self._run({"knn": {"vector": near}}, k)

    def _scan(self, conditions: list[dict[str, Any]], query: npt.NDArray[np.float32], k: int) -> tuple[Any, Any]:
        """Every listing that meets the conditions, scored."""
        script = {
            "lang": "knn",
            "source": "knn_score",
            "params": {"field": "vector", "query_value": query.tolist(), "space_type": _SPACE},
        }
        inside = {"bool": {"filter": conditions}} if conditions else {"match_all": {}}
        return self._run({"script_score": {"query": inside, "script": script}}, k)

    def _run(self, query: dict[str, Any], k: int) -> tuple[Any, Any]:
        body = {
            "size": k,
            "_source": False,
            "stored_fields": "_none_",  # not even the ids: reading them took longer than the search
            "track_total_hits": False,
            "sort": ["_score", {"row": "asc"}],
            "query": query,
        }
        hits = self._index.search(body)["hits"]["hits"]
        rows = np.array([hit["sort"][1] for hit in hits], np.int64)
        return rows, _products(np.array([hit["sort"][0] for hit in hits], np.float64))


def _products(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Inner products from k-NN's scores, which are never negative: ``1 + p`` for p >= 0, ``1 / (1 - p)`` below."""
    below = scores < 1.0
    return np.where(below, 1.0 - 1.0 / np.where(below, scores, 1.0), scores - 1.0)
