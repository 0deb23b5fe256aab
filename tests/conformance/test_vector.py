"""Every VectorIndex gives cosines; the exact ones give exactly what a scan gives, the others nearly all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.selection import EXACT_SCAN, Selection
from indexer.stores.vector import ExactVectorIndex, StoredVectors, VectorIndex, cosines
from indexer.stores.vector_faiss import FaissVectorIndex, build_faiss, factory_for, faiss, fast_cosines

COUNT, DIM = 20_000, 32
FACTORIES = {"SQfp16": 1.0, "IVF64,SQ8": 0.95, "IVF64,Flat": 0.95}
"""Factory string to the recall@50 it must reach on clustered vectors."""


@pytest.fixture(scope="module")
def vectors() -> StoredVectors:
    draw = np.random.default_rng(5)
    centres = draw.normal(size=(200, DIM))
    points = centres[draw.integers(0, len(centres), COUNT)] + 0.6 * draw.normal(size=(COUNT, DIM))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float16)


@pytest.fixture(scope="module")
def queries(vectors: StoredVectors) -> np.ndarray:
    picked = vectors[::1000].astype(np.float32) + 0.05
    return picked / np.linalg.norm(picked, axis=1, keepdims=True)


CLUSTERS: dict[str, dict[str, Any]] = {
    "opensearch": {},
    "opensearch, two shards, quantised": {"shards": 2, "quantisation": "scalar"},
}
"""Settings of an index in a cluster."""


@pytest.fixture(scope="module", params=["exact", *FACTORIES, *CLUSTERS])
def index(
    request: pytest.FixtureRequest, vectors: StoredVectors, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[VectorIndex, float]]:
    if request.param == "exact":
        yield ExactVectorIndex(vectors), 1.0
        return
    if request.param in CLUSTERS:
        from opensearch_indexes import connected, vector_index

        with connected(request.getfixturevalue("node"), **CLUSTERS[request.param]) as cluster:
            yield vector_index(cluster, vectors), 0.95
        return
    folder = tmp_path_factory.mktemp("faiss")
    build_faiss(vectors, folder, request.param)
    yield FaissVectorIndex(folder, vectors), FACTORIES[request.param]


ROWS = np.arange(COUNT)
SELECTIONS = {
    "everything": Selection.everything(COUNT),
    "half": Selection(ROWS % 2 == 0),
    "narrow": Selection(ROWS % 97 == 0),
    "one": Selection(ROWS == 777),
}


@pytest.mark.parametrize("selection", SELECTIONS.values(), ids=SELECTIONS.keys())
def test_finds_what_a_scan_finds_with_its_cosines(
    index: tuple[VectorIndex, float], vectors: StoredVectors, queries: np.ndarray, selection: Selection
) -> None:
    found_all = index[0].search(queries, selection, 50)
    shares = []
    exact = ExactVectorIndex(vectors).search(queries, selection, 50)
    for hits, wanted, query in zip(found_all, exact, queries, strict=True):
        assert len(hits) == min(50, selection.count)
        assert selection.mask[hits.rows].all()
        np.testing.assert_allclose(hits.scores, cosines(vectors, hits.rows, query), atol=1e-5)
        assert (np.diff(hits.scores) <= 1e-6).all()
        shares.append(len(np.intersect1d(hits.rows, wanted.rows)) / len(wanted))

    assert np.mean(shares) >= (1.0 if selection.is_narrow else index[1])


def test_a_selection_too_large_for_a_bitmap_gives_nearly_all(
    index: tuple[VectorIndex, float], vectors: StoredVectors, queries: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.opensearch.row_filter.BITMAP_MAX", 0)
    for selection in (SELECTIONS["half"], Selection(ROWS % 2 == 0, ("half=0",))):
        found = index[0].search(queries, selection, 50)
        exact = ExactVectorIndex(vectors).search(queries, selection, 50)
        shares = [len(np.intersect1d(a.rows, b.rows)) / 50 for a, b in zip(found, exact, strict=True)]

        assert np.mean(shares) >= index[1]
        assert all(selection.mask[hits.rows].all() for hits in found)


def test_finds_nothing_in_nothing_and_for_a_zero_query(index: tuple[VectorIndex, float], queries: np.ndarray) -> None:
    nothing = Selection(np.zeros(COUNT, np.bool_))

    assert len(index[0].search(queries[:1], nothing, 10)[0]) == 0
    assert len(index[0].search(np.zeros((1, DIM), np.float32), SELECTIONS["everything"], 10)[0]) == 0


def test_several_queries_give_what_each_gives_alone(index: tuple[VectorIndex, float], queries: np.ndarray) -> None:
    together = index[0].search(queries[:4], SELECTIONS["half"], 10)
    alone = [index[0].search(query[None], SELECTIONS["half"], 10)[0] for query in queries[:4]]

    assert [hits.rows.tolist() for hits in together] == [hits.rows.tolist() for hits in alone]


def test_fast_cosines_are_the_cosines(vectors: StoredVectors, queries: np.ndarray) -> None:
    rows = np.array([5, 3, 19_999, 3])

    np.testing.assert_allclose(fast_cosines(vectors, rows, queries[0]), cosines(vectors, rows, queries[0]), atol=1e-6)


def test_a_search_leaves_the_threads_of_faiss_as_they_were(
    vectors: StoredVectors, queries: np.ndarray, tmp_path: Path
) -> None:
    build_faiss(vectors[:1000], tmp_path, "SQfp16")
    index = FaissVectorIndex(tmp_path, vectors[:1000])
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(3)
    try:
        index.search(queries[:1], Selection.everything(1000), 5)

        assert faiss.omp_get_max_threads() == 3
    finally:
        faiss.omp_set_num_threads(before)


def test_a_flat_index_searched_whole_gives_what_a_scan_gives(
    vectors: StoredVectors, queries: np.ndarray, tmp_path: Path
) -> None:
    few, everything = vectors[:500], Selection.everything(500)  # narrow, and all there is
    build_faiss(few, tmp_path, "SQfp16")
    found = FaissVectorIndex(tmp_path, few).search(queries, everything, 50)

    for mine, truth in zip(found, ExactVectorIndex(few).search(queries, everything, 50), strict=True):
        np.testing.assert_allclose(mine.scores, truth.scores, atol=1e-6)


def test_the_index_holds_every_row_once(index: tuple[VectorIndex, float]) -> None:
    if isinstance(index[0], FaissVectorIndex):
        assert np.array_equal(np.sort(np.concatenate(list(index[0].ids()))), ROWS)


def test_the_factory_grows_with_the_catalogue() -> None:
    assert factory_for(1_000) == "SQfp16"
    assert factory_for(200_000).startswith("IVF")
    assert factory_for(10**9).startswith("IVF")


def test_a_narrow_selection_is_one_the_exact_scan_takes() -> None:
    assert SELECTIONS["narrow"].is_narrow
    assert SELECTIONS["half"].count > EXACT_SCAN


def test_an_empty_catalogue_has_an_index_that_finds_nothing(tmp_path: Path) -> None:
    empty = np.empty((0, DIM), np.float16)
    build_faiss(empty, tmp_path)

    index = FaissVectorIndex(tmp_path, empty)

    assert len(index.search(np.ones((1, DIM), np.float32), Selection.everything(0), 5)[0]) == 0
