"""Fuse: the evidence of both indexes becomes one relevance in [0, 1], over a fixed depth, never inside an engine."""

from __future__ import annotations

import numpy as np

from ranking.candidate import Candidates, Floats

LEXICAL_SHARE = 0.6
"""Of relevance, when the words of the query are all known and matched; the rest is the vector's."""

LEXICAL_TRUST = 0.25
"""Share of BM25's ceiling from which words are fully trusted. A query in another language than the listings matches
little of it, and relevance then leans on the vector: that is the weight per query."""

VECTOR_SPAN = 0.10
"""Cosines this far below the best count nothing: e5 puts even unrelated texts at 0.7 and above."""


def fuse(candidates: Candidates) -> Floats:
    """Relevance of each candidate, in [0, 1], whatever their order.  # (n,)

    ``share = LEXICAL_SHARE * min(1, best lexical / LEXICAL_TRUST)``;
    ``relevance = share * lexical / best lexical + (1 - share) * max(0, 1 - (best cosine - cosine) / VECTOR_SPAN)``.
    A convex combination of normalised scores, after Bruch, Gai & Ingber 2023 (arXiv 2210.11934), section 4.
    """
    lexical = np.nan_to_num(candidates.lexical, nan=0.0)
    vector = candidates.vector
    if not len(lexical):
        return np.empty(0, np.float64)
    best_lexical = float(lexical.max())
    matched = lexical / best_lexical if best_lexical > 0 else lexical
    if np.isnan(vector).all():
        return matched
    near = np.nan_to_num(np.clip(1.0 - (np.nanmax(vector) - vector) / VECTOR_SPAN, 0.0, 1.0), nan=0.0)
    share = LEXICAL_SHARE * min(1.0, best_lexical / LEXICAL_TRUST)
    return share * matched + (1.0 - share) * near
