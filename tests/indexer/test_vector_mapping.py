"""The mapping of vectors for each k-NN engine. The faiss engine needs its native library to run."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from indexer.opensearch.cluster_settings import ClusterSettings
from indexer.opensearch.vector import properties

LUCENE = {"m": 16, "ef_construction": 128}


@pytest.mark.parametrize(
    ("engine", "quantisation", "encoder"),
    [
        ("lucene", "none", None),
        ("lucene", "scalar", {"name": "sq", "parameters": {"bits": 7}}),
        ("faiss", "none", None),
        ("faiss", "scalar", {"name": "sq", "parameters": {"type": "fp16"}}),
    ],
)
def test_engine_and_quantisation_are_settings(
    engine: Literal["lucene", "faiss"], quantisation: Literal["none", "scalar"], encoder: dict[str, Any] | None
) -> None:
    mapping = properties(384, ClusterSettings(knn_engine=engine, quantisation=quantisation))
    parameters = LUCENE if encoder is None else {**LUCENE, "encoder": encoder}

    assert mapping["vector"] == {
        "type": "knn_vector",
        "dimension": 384,
        "method": {"name": "hnsw", "engine": engine, "space_type": "innerproduct", "parameters": parameters},
    }
