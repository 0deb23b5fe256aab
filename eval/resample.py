"""How sure a figure is: bootstrap intervals and a paired randomisation test, over judged queries.

Several topics share one judged query (in 22 languages, with typing errors), so they are not independent: what is
hard in German is often hard in Thai. Whole queries are drawn, or flipped, with all their topics. Drawing topics
instead would make the interval of a mean over 22 languages several times too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

RESAMPLES = 5_000  # an interval's end is then stable to about 0.003
FLIPS = 9_999  # the smallest p-value is 2 / 10,000
CONFIDENCE = 0.95
TEST = f"paired randomisation test (sign flips by judged query, two-sided, {FLIPS:,} flips, scipy permutation_test)"
INTERVAL = f"percentile bootstrap over judged queries ({RESAMPLES:,} draws)"


@dataclass(frozen=True, slots=True, eq=False)
class Slices:
    """Which topics stand in which row of a table, and which judged query each belongs to.

    `members` is (slices, topics), every slice with at least one topic. `queries` is (topics,), int64 in 0..n-1.
    """

    members: Flags
    queries: npt.NDArray[np.int64]

    @classmethod
    def by(cls, labels: Sequence[str], rows: Sequence[str], queries: Sequence[str]) -> Slices:
        """Slices of the topics whose label is each of `rows`."""
        known = {query: i for i, query in enumerate(sorted(set(queries)))}
        members = np.array([[label == row for label in labels] for row in rows])
        return cls(members, np.array([known[query] for query in queries], dtype=np.int64))

    @property
    def query_count(self) -> int:
        return int(self.queries.max()) + 1

    def means(self, values: Floats) -> Floats:
        """The mean of each slice of values (topics, measures).  # (slices, measures)"""
        return np.asarray(self.members @ values / self.members.sum(axis=1)[:, None], dtype=np.float64)

    def topic_counts(self) -> list[int]:
        return [int(count) for count in self.members.sum(axis=1)]

    def query_counts(self) -> list[int]:
        return [len(np.unique(self.queries[row])) for row in self.members]

    def by_query(self, values: Floats) -> Floats:
        """Sums of values (topics, measures) by slice and judged query.  # (slices, queries, measures)"""
        sums = np.zeros((len(self.members), self.query_count, values.shape[1]))
        for total, row in zip(sums, self.members, strict=True):
            np.add.at(total, self.queries[row], values[row])
        return sums


def bootstrap_means(slices: Slices, values: Floats, seed: int) -> Floats:
    """Means of each slice when judged queries are drawn anew, with replacement.  # (RESAMPLES, slices, measures)

    The draws are the same for all slices, so that means over slices can be taken of them, and the same for the
    same seed. NaN where a draw holds no topic of the slice.
    """
    n = slices.query_count
    draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=RESAMPLES).astype(np.float64)
    sums = np.einsum("bq,sqm->bsm", draws, slices.by_query(values), optimize=True)
    counts = draws @ slices.by_query(np.ones((values.shape[0], 1)))[:, :, 0].T
    means = np.full(sums.shape, np.nan)
    np.divide(sums, counts[:, :, None], out=means, where=counts[:, :, None] > 0)
    return means


def interval(samples: Floats) -> tuple[Floats, Floats]:
    """The ends of the middle 95 % of the samples along their first axis, NaN passed over."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.nanquantile(samples, [tail, 1 - tail], axis=0)
    return low, high


def paired_p(shares: Floats, seed: int) -> Floats:
    """Two-sided p-values that the differences (rows, judged queries) of each row sum to zero by chance.  # (rows,)

    Each query's difference keeps or changes its sign, at random or, where there are few queries, in every way.
    """
    from scipy.stats import permutation_test

    if shares.shape[1] < 2:
        return np.ones(len(shares))
    result = permutation_test(
        (np.zeros_like(shares), shares),
        _difference,
        permutation_type="samples",
        vectorized=True,
        n_resamples=FLIPS,
        batch=256,  # the sums of a whole table are held at once otherwise
        axis=-1,
        rng=np.random.default_rng(seed),
    )
    return np.asarray(result.pvalue, dtype=np.float64)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for looking at all of them (Holm 1979, A simple sequentially rejective test)."""
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for place, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[i]))
        corrected[i] = highest
    return corrected


def _difference(zeros: Floats, shares: Floats, axis: int) -> Any:
    return shares.sum(axis=axis) - zeros.sum(axis=axis)
