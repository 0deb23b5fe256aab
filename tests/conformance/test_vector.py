"""Every VectorIndex gives cosines; exact ones find all that a scan finds, others nearly all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    random = np.random.default_rng(5)
    centres = random.normal(size=(200, DIM))
    points = centres[random.integers(0, len(centres), COUNT)] + 0.6 * random.normal(size=(COUNT, DIM))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float16)


@pytest.fixture(scope="module")
def queries(vectors: StoredVectors) -> np.ndarray:
    moved = vectors[::1000].astype(np.float32) + 0.05
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


def _scan(vectors: StoredVectors, query: np.ndarray, selection: Selection, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The best rows and their cosines, in float64, with none of the product's code."""
    scores = _cosines(vectors, selection.rows, query)
    order = np.lexsort((selection.rows, -scores))[:k]
    return selection.rows[order], scores[order]


def _cosines(vectors: StoredVectors, rows: np.ndarray, query: np.ndarray) -> np.ndarray:
    return vectors[rows].astype(np.float64) @ query.astype(np.float64)


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
NOTHING = Selection(np.zeros(COUNT, np.bool_))


@pytest.mark.parametrize("selection", SELECTIONS.values(), ids=SELECTIONS.keys())
def test_finds_what_a_scan_finds_with_its_cosines(
    index: tuple[VectorIndex, float], vectors: StoredVectors, queries: np.ndarray, selection: Selection
) -> None:
    recall = []
    for hits, query in zip(index[0].search(queries, selection, 50), queries, strict=True):
        rows, scores = _scan(vectors, query, selection, 50)
        assert len(hits) == len(rows) == min(50, selection.count)
        assert selection.mask[hits.rows].all()
        np.testing.assert_allclose(hits.scores, _cosines(vectors, hits.rows, query), atol=1e-5)
        assert (np.diff(hits.scores) <= 1e-6).all()
        assert (hits.scores <= scores + 1e-5).all()
        recall.append(len(np.intersect1d(hits.rows, rows)) / len(rows))

    assert len(recall) == len(queries) == 20
    assert np.mean(recall) >= (1.0 if selection.is_narrow else index[1])


def test_a_selection_too_large_for_a_bitmap_gives_nearly_all(
    index: tuple[VectorIndex, float], vectors: StoredVectors, queries: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.opensearch.row_filter.BITMAP_MAX", 0)
    for selection in (SELECTIONS["half"], Selection(ROWS % 2 == 0, ("half=0",))):
        recall = []
        for hits, query in zip(index[0].search(queries, selection, 50), queries, strict=True):
            rows, _ = _scan(vectors, query, selection, 50)
            np.testing.assert_allclose(hits.scores, _cosines(vectors, hits.rows, query), atol=1e-5)
            assert selection.mask[hits.rows].all()
            recall.append(len(np.intersect1d(hits.rows, rows)) / 50)

        assert np.mean(recall) >= index[1]


def test_finds_nothing_in_an_empty_selection_and_for_a_zero_query(
    index: tuple[VectorIndex, float], queries: np.ndarray
) -> None:
    zero = np.zeros((2, DIM), np.float32)

    for hits in (*index[0].search(queries[:2], NOTHING, 10), *index[0].search(zero, SELECTIONS["everything"], 10)):
        assert (hits.rows.tolist(), hits.scores.tolist()) == ([], [])


def test_a_zero_query_does_not_change_the_results_of_others(
    index: tuple[VectorIndex, float], vectors: StoredVectors, queries: np.ndarray
) -> None:
    batch = np.stack([queries[0], np.zeros(DIM, np.float32), queries[1]])
    first, blank, second = index[0].search(batch, SELECTIONS["narrow"], 10)

    assert blank.rows.tolist() == []
    assert first.rows.tolist() == _scan(vectors, queries[0], SELECTIONS["narrow"], 10)[0].tolist()
    assert second.rows.tolist() == _scan(vectors, queries[1], SELECTIONS["narrow"], 10)[0].tolist()


def test_several_queries_give_what_each_gives_alone(index: tuple[VectorIndex, float], queries: np.ndarray) -> None:
    together = index[0].search(queries[:4], SELECTIONS["half"], 10)
    alone = [index[0].search(query[None], SELECTIONS["half"], 10)[0] for query in queries[:4]]

    assert [len(hits) for hits in together] == [10] * 4
    assert [hits.rows.tolist() for hits in together] == [hits.rows.tolist() for hits in alone]
    np.testing.assert_allclose([hits.scores for hits in together], [hits.scores for hits in alone], atol=1e-6)


def test_gives_the_cosines_of_some_rows_in_the_requested_order(
    index: tuple[VectorIndex, float], vectors: StoredVectors, queries: np.ndarray
) -> None:
    rows = np.array([5, 3, 19_999, 3])

    np.testing.assert_allclose(index[0].cosines(rows, queries[0]), _cosines(vectors, rows, queries[0]), atol=1e-5)
    assert index[0].cosines(rows[:0], queries[0]).tolist() == []


def test_gives_the_vector_of_a_row(index: tuple[VectorIndex, float], vectors: StoredVectors) -> None:
    for row in (0, 777, COUNT - 1):
        np.testing.assert_allclose(index[0].vector(row), vectors[row].astype(np.float32), atol=1e-6)


@pytest.mark.parametrize("quick", [cosines, fast_cosines])
def test_fast_cosines_are_the_cosines(
    vectors: StoredVectors, queries: np.ndarray, quick: Callable[..., np.ndarray]
) -> None:
    rows = np.array([5, 3, 19_999, 3])

    np.testing.assert_allclose(quick(vectors, rows, queries[0]), _cosines(vectors, rows, queries[0]), atol=1e-6)
    assert quick(vectors, rows[:0], queries[0]).tolist() == []


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

    for hits, query in zip(FaissVectorIndex(tmp_path, few).search(queries, everything, 50), queries, strict=True):
        rows, scores = _scan(few, query, everything, 50)
        assert hits.rows.tolist() == rows.tolist()
        np.testing.assert_allclose(hits.scores, scores, atol=1e-6)


def test_the_index_holds_every_row_once(index: tuple[VectorIndex, float], queries: np.ndarray) -> None:
    rows = np.concatenate(list(_rows_of(index[0], queries[:1])))

    np.testing.assert_array_equal(np.sort(rows), ROWS)


def _rows_of(index: VectorIndex, query: np.ndarray) -> Iterator[np.ndarray]:
    """The rows an index holds: FAISS lists them, another index finds them by thirds."""
    if isinstance(index, FaissVectorIndex):
        yield from index.ids()
        return
    for rows in np.array_split(ROWS, 3):
        third = Selection(np.isin(ROWS, rows))
        assert third.is_narrow
        yield index.search(query, third, third.count)[0].rows


def test_the_factory_grows_with_the_catalogue() -> None:
    assert factory_for(1_000) == "SQfp16"
    assert factory_for(200_000).startswith("IVF")
    assert factory_for(10**9).startswith("IVF")


def test_a_narrow_selection_is_searched_by_the_exact_scan() -> None:
    assert SELECTIONS["narrow"].is_narrow
    assert SELECTIONS["half"].count > EXACT_SCAN
    assert not SELECTIONS["half"].is_narrow


def test_an_empty_catalogue_has_an_index_that_finds_nothing(tmp_path: Path) -> None:
    empty = np.empty((0, DIM), np.float16)
    build_faiss(empty, tmp_path)

    index = FaissVectorIndex(tmp_path, empty)

    assert [hits.rows.tolist() for hits in index.search(np.ones((2, DIM), np.float32), Selection.everything(0), 5)] == [
        [],
        [],
    ]
