"""The catalogue's terms nearest to the query's vector, for words that it does not have.

A product's name in another language stands near its name in the catalogue's. So the encoder, which
is at its best on short names, becomes a dictionary for BM25, which is at its best on exact words.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from indexer.stores.term_index import TermIndex
from search.understanding.clauses import Guessed

EXPANSIONS_MAX = 10  # twice as many found no more
FULL_WEIGHT = 2.0
"""Standard deviations above chance at which the best expansion weighs as much as a word of the
query."""

CERTAIN = 3.0
"""Standard deviations above chance at which the best expansion is certain. Of strings that mean
nothing, one in fifty has an expansion at half of it."""


def vector_expansions(vector: npt.NDArray[np.float32], term_index: TermIndex, max_weight: float) -> tuple[Guessed, ...]:
    """The terms nearest to a query's vector, (dim,), the nearest first.

    A term weighs ``max_weight * min(1, best / FULL_WEIGHT) * excess / best``, where `excess` is
    how far it stands above chance and `best` is the excess of the nearest. Their certainty is
    ``min(1, best / CERTAIN) ** 2``. `max_weight`, in
    [0, 1], says how far out of the catalogue's vocabulary the words are; at 0 there are none.
    """
    nearest = term_index.nearest(vector, EXPANSIONS_MAX) if max_weight > 0 else []
    if not nearest:
        return ()
    best = nearest[0].excess
    weight = max_weight * min(1.0, best / FULL_WEIGHT)
    certainty = min(1.0, best / CERTAIN) ** 2
    return tuple(
        Guessed(near.term.text, tuple(near.term.lemmas.split()), weight * near.excess / best, certainty)
        for near in nearest
    )
