"""Reliability: how often listings with some predicted relevance are in fact relevant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ranking.candidate import Floats

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The judged candidates whose prediction is in ``[low, high)``; the last bin has 1 as well.

    Means are weighted as in the fit, and None where there are no candidates.
    """

    low: float
    high: float
    count: int
    mean_prediction: float | None
    relevant: float | None  # share


def reliability(predictions: Floats, relevant: Floats, weights: Floats) -> tuple[Bin, ...]:
    """Ten bins of equal width. A model is calibrated where both means of a bin agree.

    All arrays are (n,); candidates of weight 0 are left out.
    """
    place = np.minimum((predictions * BINS).astype(np.int64), BINS - 1)
    return tuple(_bin(i, (place == i) & (weights > 0), predictions, relevant, weights) for i in range(BINS))


def _bin(number: int, mask: npt.NDArray[np.bool_], predictions: Floats, relevant: Floats, weights: Floats) -> Bin:
    low, high = number / BINS, (number + 1) / BINS
    count = int(np.count_nonzero(mask))
    if not count:
        return Bin(low, high, 0, None, None)
    means = (float(np.average(values[mask], weights=weights[mask])) for values in (predictions, relevant))
    return Bin(low, high, count, *means)
