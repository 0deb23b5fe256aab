"""Relevance: the probability that a listing answers the query, from what both indexes say of it.

It depends on the query and the listing alone, not on what else was found, so a number means the
same on every page: the band of the blend is a band of it, and the model's floor says what is an
answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ranking.candidate import Floats

Z_MAX = 6.0
"""Standard scores above it say no more: the vector is as good as the listing's own text."""

Z_TYPICAL = 2.0
"""The standard score of an answer where the vector index is not asked."""


@dataclass(frozen=True, slots=True)
class RelevanceModel:
    """A logistic model with known signs: more evidence never makes a listing less relevant.

    ``p = 1 / (1 + exp(-(bias + lexical * L + vector * (1 - L) * z)))``, where `L`, in [0, 1), is
    the lexical score and `z` the standard score of the cosine, cut to [0, Z_MAX]. The vector counts
    for what the words leave open: where they say all that was asked for, it adds nothing. Source:
    Platt 1999 for the form; docs/evaluation.md for the fit. The numbers are read from a file
    (`relevance_file`).

    Raises:
        ValueError: on construction, where `lexical` is below ``Z_MAX * vector``: more words of the
            query would make a near listing less relevant.
    """

    bias: float
    lexical: float
    vector: float
    near_bias: float  # where only vectors are compared, as for similar listings
    near_vector: float
    floor: float  # listings that are less likely to answer are not answers: they are near at best

    def __post_init__(self) -> None:
        if self.lexical < lexical_min(self.vector):
            raise ValueError(
                f"lexical {self.lexical:g} is below {Z_MAX:g} times vector {self.vector:g}: "
                "more words of the query would make a near listing less relevant"
            )

    def probability(self, lexical_scores: Floats, vector_scores: Floats) -> Floats:
        """The relevance of listings with these scores, NaN where not known.  # (n,), (0, 1)"""
        lexical, z = known_evidence(lexical_scores, vector_scores)
        return _logistic(self.bias + self.lexical * lexical + self.vector * (1.0 - lexical) * z)

    def nearness(self, vector_scores: Floats) -> Floats:
        """The relevance of listings of which only the vector is compared.  # (n,), (0, 1)"""
        return _logistic(self.near_bias + self.near_vector * np.clip(np.nan_to_num(vector_scores), 0.0, 2.0 * Z_MAX))

    def floor_for(self, certainty: float) -> float:
        """The relevance of an answer to a query that is read with a certainty in [0, 1].

        ``floor / certainty``: relevance is the probability that a listing answers the query *as it
        was read*, so its product with the certainty is what must reach the floor.
        """
        return self.floor / max(certainty, 1e-9)


def lexical_min(vector: float) -> float:
    """The least lexical number beside a vector number: ``Z_MAX * vector``, but for rounding."""
    return Z_MAX * vector * (1.0 - 1e-12)


def known_evidence(lexical_scores: Floats, vector_scores: Floats) -> tuple[Floats, Floats]:
    """`L` and `z` of the model, from scores that are NaN where not known.  # (n,), (n,)

    A lexical score that is not known is 0: the listing has no word of the query.
    """
    z = np.clip(np.nan_to_num(vector_scores, nan=Z_TYPICAL), 0.0, Z_MAX)
    return np.nan_to_num(lexical_scores), z


def _logistic(x: Floats) -> Floats:
    """``1 / (1 + exp(-x))`` without overflow."""
    values: Floats = 0.5 * (1.0 + np.tanh(0.5 * x))
    return values
