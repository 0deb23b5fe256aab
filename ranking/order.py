"""The order of the results: candidates by score, or by the sort of the query."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from indexer.stores.fact_fields import ABSENT_TIME
from ranking.blend import Blended
from ranking.candidate import Candidates, Floats
from ranking.features import Parameters, listing_rating
from ranking.profile import Profile
from ranking.query import Sort

LAST = np.inf  # unknown values sort behind all known ones


def order(
    candidates: Candidates, blended: Blended, sort: Sort, profile: Profile, floor: float
) -> npt.NDArray[np.int64]:
    """Positions in `candidates`, best first.  # (n,), int64, a permutation

    * best: by score
    * price: landed price, lowest first
    * delivery: days at most, then days at least, fewest first
    * rating: the listing's rating shrunk towards its seller's (`listing_rating`), highest first
    * newest: `created_at`, latest first

    Unknown values come last. Ties go by score, highest first, then by row. Candidates below the
    relevance `floor` do not answer the query and follow those that do, by relevance in every sort:
    all of them lie within a band or two, where the score is mostly the price. Nor are those sorted
    whose relevance is below ``sort_floor`` times the best one. The order does not depend on the
    order of `candidates`.
    """
    near = blended.relevance < floor
    by_relevance = np.where(near, -blended.relevance, 0.0)
    ties = (candidates.rows, -blended.scores)  # lexsort reads its last key first
    if sort is Sort.BEST:
        return np.lexsort((*ties, by_relevance, near)).astype(np.int64)
    irrelevant = near | _irrelevant(blended.relevance, profile.sort_floor)
    keys = (np.where(irrelevant, LAST, key) for key in _keys(candidates, sort, profile.parameters))
    return np.lexsort((*ties, *keys, irrelevant, by_relevance, near)).astype(np.int64)


RATING_DIGITS = 6
"""Means are stored in float32: 4.6 there is not the seller's 4.6 beside it."""


def _keys(candidates: Candidates, sort: Sort, parameters: Parameters) -> tuple[Floats, ...]:
    """Ascending keys of a sort, the least important first; LAST where unknown."""
    offers = candidates.offers
    facts = candidates.facts
    if sort is Sort.PRICE:
        return (_unknown_last(offers.landed),)
    if sort is Sort.DELIVERY:
        return _unknown_last(offers.days_min), _unknown_last(offers.days_max)
    if sort is Sort.RATING:
        ratings = listing_rating(facts, candidates.sellers, parameters)
        return (-np.round(ratings, RATING_DIGITS),)
    return (np.where(facts.created_at == ABSENT_TIME, LAST, -facts.created_at.astype(np.float64)),)


def _irrelevant(relevance: Floats, floor: float) -> npt.NDArray[np.bool_]:
    below: npt.NDArray[np.bool_] = relevance < floor * relevance.max(initial=0.0)
    return below


def _unknown_last(values: Floats) -> Floats:
    keys: Floats = np.where(np.isnan(values), LAST, values)
    return keys
