"""The blend: one score per candidate from all features, and the terms that add up to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ranking.candidate import Candidates, Floats
from ranking.features import FEATURES
from ranking.profile import RELEVANCE, Profile

GRID = 2.0**40
"""Weights and contributions are whole multiples of 1 / GRID (9e-13).

Sums of a few such numbers are exact, in every order and with every method (JavaScript's addition,
Python's compensated `sum`). So the terms of an explanation add up to the score exactly, and noise
in the last bits of a utility gives a tie instead of an order.
"""

MARGIN = 1e-9  # of relevance; the band is narrowed by it, so that rounding to the grid cannot break its promise


class ScoreTerm(NamedTuple):
    """One feature's part of a score: ``contribution = weight * utility``, rounded to 1 / GRID."""

    feature: str
    utility: float
    weight: float
    contribution: float


@dataclass(frozen=True, slots=True, eq=False)
class Blended:
    """The scores of n candidates in [0, 1], with the utilities and weights they come from.

    Rows are in the order of the candidates, columns in the order of the f `features`; `weights` sum
    to 1.
    """

    features: tuple[str, ...]
    utilities: Floats  # (n, f), [0, 1]
    weights: Floats  # (f,)
    scores: Floats  # (n,)

    @property
    def relevance(self) -> Floats:
        """The utility of relevance.  # (n,), [0, 1]"""
        column: Floats = self.utilities[:, self.features.index(RELEVANCE)]
        return column

    def explain(self, position: int) -> tuple[ScoreTerm, ...]:
        """The terms of one candidate's score; their contributions sum to it in any order."""
        utilities = self.utilities[position]
        contributions = _contributions(utilities, self.weights)
        columns = (utilities.tolist(), self.weights.tolist(), contributions.tolist())
        return tuple(ScoreTerm(*term) for term in zip(self.features, *columns, strict=True))


def blend(candidates: Candidates, relevance: Floats, profile: Profile) -> Blended:
    """Score every candidate: ``score = sum(weight * utility)``.

    The utilities come from FEATURES, the weights from `weights_of`.

    A difference of relevance above the profile's band (and above 2 / GRID) decides, whatever the
    other features say. Raising one utility never lowers a score. A score does not depend on the
    order of the candidates.

    Raises:
        ValueError: `relevance` is not (n,), or a feature gave a utility outside [0, 1].
    """
    if relevance.shape != (len(candidates),):
        raise ValueError(f"relevance has shape {relevance.shape}, but there are {len(candidates):,} candidates")
    utilities = np.empty((len(candidates), len(FEATURES)))
    for column, feature in enumerate(FEATURES):
        utilities[:, column] = feature.utility(candidates, relevance, profile.parameters)
    weights = weights_of(profile)
    names = tuple(feature.name for feature in FEATURES)
    _check_range(names, utilities)
    return Blended(names, utilities, weights, weighted_sum(utilities, weights))


def weights_of(profile: Profile) -> Floats:
    """Weights (f,) in the order of FEATURES, from the profile's band and shares.

    They sum to 1 exactly. The other features together have the weight S, relevance has the rest.
    ``(1 - S) * band = S`` gives ``S = band / (1 + band)``, so an advantage in all other features
    (at most S) never outweighs more than a band of relevance.
    """
    band = max(profile.band - MARGIN, 0.0)
    others_weight = band / (1.0 + band)
    shares_total = sum(profile.shares.values())
    names = [feature.name for feature in FEATURES]
    shares = np.array([profile.shares.get(name, 0.0) / shares_total for name in names])
    weights = np.floor(shares * others_weight * GRID) / GRID
    weights[names.index(RELEVANCE)] = 1.0 - weights.sum()
    return weights


def weighted_sum(utilities: Floats, weights: Floats) -> Floats:
    """``sum(weight * utility)`` of each row, (n, f) and (f,) to (n,).

    Each term is rounded to 1 / GRID.
    """
    scores: Floats = _contributions(utilities, weights).sum(axis=-1)
    return scores


def _contributions(utilities: Floats, weights: Floats) -> Floats:
    contributions: Floats = np.rint(utilities * weights * GRID) / GRID
    return contributions


def _check_range(names: tuple[str, ...], utilities: Floats) -> None:
    inside = (utilities >= 0.0) & (utilities <= 1.0)  # NaN is not inside
    if not inside.all():
        row, column = np.argwhere(~inside)[0]
        value = float(utilities[row, column])
        raise ValueError(
            f"feature {names[column]!r} gave candidate {row} the utility {value}; a utility lies in [0, 1]"
        )
