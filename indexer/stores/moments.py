"""The first two moments of vectors: the mean and spread of a query's cosines without a scan."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.stores.vector import StoredVectors, read_block

_BLOCK = 8_192  # vectors converted to float32 at once
_BLOCKS_MAX = 32  # of a large catalogue: a quarter of a million vectors tell the moments to 0.2 %
_DEVIATION_MIN = 1e-6  # below it the cosines are all alike


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Of vectors x: ``mean = E[x]``, (dim,), and ``second = E[x x']``, (dim, dim)."""

    mean: npt.NDArray[np.float64]
    second: npt.NDArray[np.float64]

    @classmethod
    def of(cls, vectors: StoredVectors) -> Moments:
        """The moments of stored rows, (rows, dim); of evenly spread blocks of many rows."""
        starts = range(0, len(vectors), _BLOCK)
        chosen = [starts[place] for place in np.linspace(0, len(starts) - 1, min(len(starts), _BLOCKS_MAX)).astype(int)]
        dim = vectors.shape[1]
        total, second, count = np.zeros(dim), np.zeros((dim, dim)), 0
        for start in chosen:
            block = read_block(vectors, start, start + _BLOCK)
            total += block.sum(axis=0, dtype=np.float64)
            second += block.T @ block
            count += len(block)
        return cls(total / max(count, 1), second / max(count, 1))

    @classmethod
    def read(cls, path: Path) -> Moments:
        with np.load(path) as arrays:
            return cls(arrays["mean"], arrays["second"])

    def write(self, path: Path) -> None:
        np.savez(path, allow_pickle=False, mean=self.mean, second=self.second)

    def spread(self, query: npt.NDArray[np.float32]) -> tuple[float, float]:
        """Mean and standard deviation of the cosines of a unit query, (dim,), with all vectors."""
        mean = float(self.mean @ query)
        return mean, math.sqrt(max(float(query @ self.second @ query) - mean * mean, 0.0))

    def standard_scores(
        self, cosines: npt.NDArray[np.float64], query: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float64]:
        """By how many standard deviations each cosine exceeds the mean; NaN for a query without a
        direction.  # (n,)
        """
        mean, deviation = self.spread(query)
        if not query.any() or deviation < _DEVIATION_MIN:
            return np.full(len(cosines), np.nan)
        return (cosines - mean) / deviation
