"""The moments of vectors: what a scan would give, without a scan."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexer.stores.moments import Moments


@pytest.fixture
def vectors() -> np.ndarray:  # type: ignore[type-arg]
    rows = np.random.default_rng(3).normal(size=(500, 16)) + 0.3
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def test_standard_scores_are_those_of_all_cosines(vectors: np.ndarray, tmp_path: Path) -> None:  # type: ignore[type-arg]
    query = vectors[7].astype(np.float32)
    cosines = vectors.astype(np.float32) @ query
    Moments.of(vectors).write(tmp_path / "moments.npz")

    scores = Moments.read(tmp_path / "moments.npz").standard_scores(cosines.astype(np.float64), query)

    np.testing.assert_allclose(scores, (cosines - cosines.mean()) / cosines.std(), atol=2e-3)


def test_a_query_without_a_direction_has_no_scores(vectors: np.ndarray) -> None:  # type: ignore[type-arg]
    moments = Moments.of(vectors)

    assert np.isnan(moments.standard_scores(np.zeros(3), np.zeros(16, np.float32))).all()


def test_vectors_that_are_all_alike_have_no_spread() -> None:
    one = np.zeros((4, 8), np.float16)
    one[:, 0] = 1.0

    assert np.isnan(Moments.of(one).standard_scores(np.ones(4), one[0].astype(np.float32))).all()


def test_no_vectors_have_moments_too() -> None:
    assert Moments.of(np.empty((0, 8), np.float16)).mean.tolist() == [0.0] * 8
