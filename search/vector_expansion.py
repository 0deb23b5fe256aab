"""The catalogue's terms nearest to the query's vector, for words that it does not have.

A product's name in another language stands near its name in the catalogue's. So the encoder, which
is at its best on short names, becomes a dictionary for BM25, which is at its best on exact words.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from indexer.stores.term_index import TermIndex
from ranking.query import Expansion

EXPANSIONS_MAX = 10  # twice as many found no more
SURE = 2.0
"""Standard deviations above chance at which the best expansion weighs as much as a word of the
query."""


def vector_expansions(
    vector: npt.NDArray[np.float32], term_index: TermIndex, max_weight: float
) -> tuple[Expansion, ...]:
    """The terms nearest to a query's vector, (dim,), the nearest first.

    An expansion weighs ``max_weight * min(1, best / SURE) * excess / best``, where `excess` is how
    far it stands above chance and `best` is the excess of the nearest. `max_weight`, in [0, 1], is
    the query's `oov_score` times the share of its words that the lexicon does not know; at 0 there
    are none.
    """
    nearest = term_index.nearest(vector, EXPANSIONS_MAX) if max_weight > 0 else []
    if not nearest:
        return ()
    best = nearest[0].excess
    sure = max_weight * min(1.0, best / SURE)
    return tuple(Expansion(near.term.text, near.term.lemmas, sure * near.excess / best) for near in nearest)
