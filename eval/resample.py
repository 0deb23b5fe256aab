"""Statistics of figures: bootstrap intervals and a paired randomisation test, over judged queries.

Several topics share one judged query (in 22 languages, with typing errors). They are not
independent: a query that is hard in German is often hard in Thai. Resampling therefore draws, or
flips, whole queries with all their topics. Drawing topics would make the interval of a mean over 22
languages several times too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

RESAMPLES = 5_000  # the ends of an interval are then stable to about 0.003
FLIPS = 9_999  # the smallest p-value is 2 / 10,000
CONFIDENCE = 0.95
TEST = f"paired randomisation test (sign flips by judged query, two-sided, {FLIPS:,} flips, scipy permutation_test)"
INTERVAL = f"percentile bootstrap over judged queries ({RESAMPLES:,} draws)"


@dataclass(frozen=True, slots=True, eq=False)
class Slices:
    """Which topics each row of a table has, and which judged query each topic belongs to.

    `members` is (slices, topics); every slice has a topic. `queries` is (topics,), int64 from 0.
    """

    members: Booleans
    queries: npt.NDArray[np.int64]

    @classmethod
    def from_labels(cls, labels: Sequence[str], rows: Sequence[str], queries: Sequence[str]) -> Slices:
        """One slice for each of `rows`: the topics with that label."""
        numbers = {query: i for i, query in enumerate(sorted(set(queries)))}
        members = np.array([[label == row for label in labels] for row in rows])
        return cls(members, np.array([numbers[query] for query in queries], dtype=np.int64))

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
        """Sums of values (topics, measures): (slices, queries, measures)."""
        sums = np.zeros((len(self.members), self.query_count, values.shape[1]))
        for total, row in zip(sums, self.members, strict=True):
            np.add.at(total, self.queries[row], values[row])
        return sums


def bootstrap_means(slices: Slices, values: Floats, seed: int) -> Floats:
    """Means of each slice over judged queries drawn with replacement.

    The shape is (RESAMPLES, slices, measures). A sample has the same queries for all slices, so
    that they can be averaged over slices. The same seed gives the same samples. NaN where a sample
    has no topic of the slice.
    """
    n = slices.query_count
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=RESAMPLES).astype(np.float64)
    sums = np.einsum("bq,sqm->bsm", weights, slices.by_query(values), optimize=True)
    counts = weights @ slices.by_query(np.ones((values.shape[0], 1)))[:, :, 0].T
    means = np.full(sums.shape, np.nan)
    np.divide(sums, counts[:, :, None], out=means, where=counts[:, :, None] > 0)
    return means


def interval(samples: Floats) -> tuple[Floats, Floats]:
    """The ends of the middle 95 % of the samples along the first axis, without NaN."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.nanquantile(samples, [tail, 1 - tail], axis=0)
    return low, high


def paired_p(shares: Floats, seed: int) -> Floats:
    """Two-sided p-values of the null hypothesis that each row's differences sum to zero.  # (rows,)

    `shares` is (rows, judged queries). Signs are flipped at random, or in every combination where
    there are few queries.
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
        batch=256,  # bounds memory: otherwise the sums of a whole table are computed at once
        axis=-1,
        rng=np.random.default_rng(seed),
    )
    return np.asarray(result.pvalue, dtype=np.float64)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for multiple tests (Holm, "A simple sequentially rejective ...",
    1979).
    """
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for place, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[i]))
        corrected[i] = highest
    return corrected


def _difference(zeros: Floats, shares: Floats, axis: int) -> Floats:
    return np.asarray(shares.sum(axis=axis) - zeros.sum(axis=axis), dtype=np.float64)
