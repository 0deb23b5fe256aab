"""Fuse: the evidence of both indexes becomes one relevance in [0, 1], over a fixed depth, never inside an engine."""

from __future__ import annotations

import numpy as np

from ranking.candidate import Candidates, Floats

LEXICAL_SHARE = 0.5
"""Of relevance; the rest is the vector's. Between 0.4 and 0.6 no difference could be measured (docs/figures.md).

A share that follows how much of the query the words cover did not help: a query that matches no word at all has only
vectors anyway, and one that matches a brand or a loanword is right to."""

VECTOR_SPAN = 2.3
"""Cosines so many spreads below the best count nothing. A spread is the standard deviation of the cosine between two
listings drawn at random (0.026 for e5, which puts even unrelated texts at 0.8), so that any encoder fits."""


def fuse(candidates: Candidates, spread: float) -> Floats:
    """Relevance of each candidate, in [0, 1], whatever their order. `spread` is the snapshot's `cosine_spread`.  # (n,)

    ``LEXICAL_SHARE * lexical / best lexical + (1 - LEXICAL_SHARE) * max(0, 1 - (best cosine - cosine) / span)``,
    where ``span = VECTOR_SPAN * spread``; evidence that is lacking for all candidates leaves its share to the other.
    A convex combination of normalised scores, after Bruch, Gai & Ingber 2023 (arXiv 2210.11934), section 4.
    """
    words, meaning = _matched(candidates.lexical_scores), _near(candidates.vector_scores, VECTOR_SPAN * spread)
    if words is None or meaning is None:
        return next((one for one in (words, meaning) if one is not None), np.zeros(len(candidates)))
    return LEXICAL_SHARE * words + (1.0 - LEXICAL_SHARE) * meaning


def _matched(lexical: Floats) -> Floats | None:
    """Each score as a share of the best; None where no candidate matched a word."""
    scores = np.nan_to_num(lexical, nan=0.0)
    best = float(scores.max(initial=0.0))
    return scores / best if best > 0 else None


def _near(vector: Floats, span: float) -> Floats | None:
    """1 at the best cosine, falling to 0 at `span` below it; None where no candidate has a vector."""
    if np.isnan(vector).all():
        return None
    below = np.nanmax(vector) - vector
    near: Floats = np.nan_to_num(np.clip(1.0 - below / max(span, 1e-9), 0.0, 1.0), nan=0.0)
    return near
