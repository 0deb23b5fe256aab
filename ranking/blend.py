"""The blend: one score from all features, and the terms that add up to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ranking.candidate import Candidates, Floats
from ranking.features import FEATURES
from ranking.profile import RELEVANCE, Profile

GRID = 2.0**40
"""Weights and contributions are whole multiples of 1 / GRID (9e-13). A few such numbers add up without any rounding,
in every order and by every adder (a client's in JavaScript, Python's compensated `sum`), so the terms of an explanation
*are* the score; and noise in the last bits of a utility makes a tie rather than an order."""

MARGIN = 1e-9  # of relevance, kept back from the band so that rounding to the grid cannot break its law


class ScoreTerm(NamedTuple):
    """One feature's part of a score: ``contribution = weight * utility``, rounded to 1 / GRID."""

    feature: str
    utility: float
    weight: float
    contribution: float


@dataclass(frozen=True, slots=True, eq=False)
class Blended:
    """n candidates' scores in [0, 1] and what they are made of, in the candidates' order.

    f features stand in the order of `features`; `weights` sum to 1.
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
        """The terms of one candidate's score; their contributions sum to it exactly, added in any order."""
        utilities = self.utilities[position]
        contributions = _contributions(utilities, self.weights)
        columns = (utilities.tolist(), self.weights.tolist(), contributions.tolist())
        return tuple(ScoreTerm(*term) for term in zip(self.features, *columns, strict=True))


def blend(candidates: Candidates, relevance: Floats, profile: Profile) -> Blended:
    """Score every candidate: ``score = sum(weight * utility)``, weights by `weights_of`, utilities by FEATURES.

    A difference of relevance above the profile's band (and above 2 / GRID) decides, whatever the others say.
    Raising one utility never lowers a score. A candidate's score does not depend on where it stands among the others.

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
    _refuse_outside(names, utilities)
    return Blended(names, utilities, weights, scored(utilities, weights))


def weights_of(profile: Profile) -> Floats:
    """Weights in the order of FEATURES, from the profile's band and shares; they sum to 1 exactly.  # (f,)

    The others together weigh S, relevance the rest: ``(1 - S) * band = S`` gives ``S = band / (1 + band)``. So no
    advantage in all the others (at most S) outweighs more than a band of relevance.
    """
    band = max(profile.band - MARGIN, 0.0)
    others, total = band / (1.0 + band), sum(profile.shares.values())
    shares = [profile.shares.get(feature.name, 0.0) / total for feature in FEATURES]
    weights = np.floor(np.array(shares) * others * GRID) / GRID
    weights[[feature.name for feature in FEATURES].index(RELEVANCE)] = 1.0 - weights.sum()
    return weights


def scored(utilities: Floats, weights: Floats) -> Floats:
    """``sum(weight * utility)`` of each row, each term rounded to 1 / GRID.  # (n, f), (f,) -> (n,)"""
    scores: Floats = _contributions(utilities, weights).sum(axis=-1)
    return scores


def _contributions(utilities: Floats, weights: Floats) -> Floats:
    terms: Floats = np.rint(utilities * weights * GRID) / GRID
    return terms


def _refuse_outside(names: tuple[str, ...], utilities: Floats) -> None:
    inside = (utilities >= 0.0) & (utilities <= 1.0)  # NaN is not inside
    if not inside.all():
        row, column = np.argwhere(~inside)[0]
        value = float(utilities[row, column])
        raise ValueError(f"feature {names[column]!r} gave {value} to candidate {row}; a utility lies in [0, 1]")
