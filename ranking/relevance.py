"""Score fusion: the lexical and the vector scores of a candidate become one relevance in [0, 1]."""

from __future__ import annotations

import numpy as np

from ranking.candidate import Candidates, Floats

LEXICAL_SHARE = 0.5
"""The weight of the lexical score in relevance; the vector score has the rest.

Between 0.4 and 0.6 no difference could be measured (docs/figures.md). A share that depends on how
much of the query the matched words cover did not help: a query that matches no word has only
vectors anyway, and a match of a brand or a loanword is a good one.
"""

VECTOR_SPAN = 2.3
"""Cosines this many spreads below the best one count as 0.

A spread is the standard deviation of the cosine between two listings drawn at random, so that one
number fits every encoder. It is 0.026 for e5, which gives a cosine of 0.8 even to unrelated texts.
"""


def fuse(candidates: Candidates, spread: float) -> Floats:
    """The relevance of each candidate, (n,), in [0, 1]. `spread` is the snapshot's `cosine_spread`.

    ``LEXICAL_SHARE * lexical + (1 - LEXICAL_SHARE) * vector``, where ``lexical = score / best`` and
    ``vector = max(0, 1 - (best cosine - cosine) / (VECTOR_SPAN * spread))``. Where no candidate
    has one of the scores, the other has the whole weight. The order of the candidates does not
    matter. A convex combination of normalised scores, after Bruch, Gai & Ingber 2023
    (arXiv 2210.11934), section 4.
    """
    lexical = _normalised_lexical(candidates.lexical_scores)
    vector = _normalised_vector(candidates.vector_scores, VECTOR_SPAN * spread)
    if lexical is None:
        return np.zeros(len(candidates)) if vector is None else vector
    if vector is None:
        return lexical
    return LEXICAL_SHARE * lexical + (1.0 - LEXICAL_SHARE) * vector


def _normalised_lexical(lexical_scores: Floats) -> Floats | None:
    """Each score as a share of the best; None where no candidate matched a word."""
    scores = np.nan_to_num(lexical_scores, nan=0.0)
    best = float(scores.max(initial=0.0))
    return scores / best if best > 0 else None


def _normalised_vector(vector_scores: Floats, span: float) -> Floats | None:
    """1 at the best cosine, 0 at `span` below it; None where no candidate has a cosine."""
    if np.isnan(vector_scores).all():
        return None
    distance = np.nanmax(vector_scores) - vector_scores
    normalised: Floats = np.nan_to_num(np.clip(1.0 - distance / max(span, 1e-9), 0.0, 1.0), nan=0.0)
    return normalised
