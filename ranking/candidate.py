"""Candidates: the listings that some index found, with the scores of each index and their facts.

One array per column, so that a feature reads all candidates at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.stores.facts import FactRows

Floats = npt.NDArray[np.float64]
Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Offers:
    """What listings cost a buyer and how long they take, all (n,).

    Amounts are in minor units of the buyer's currency.
    ``landed = item + shipping + tax``, where an unknown shipping cost is NaN in `shipping` and
    counts as 0.
    """

    item: Floats
    shipping: Floats  # NaN when not known
    tax: Floats
    landed: Floats
    days_min: Floats  # NaN when not known
    days_max: Floats  # NaN when not known
    on_sale: Array  # bool: `item` is the sale price


@dataclass(frozen=True, slots=True, eq=False)
class SellerFacts:
    """The sellers of some listings, all (n,), NaN when not known."""

    rating_mean: Floats  # 0..5
    rating_count: Floats
    years_active: Floats
    units_sold: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """n listings, all columns (n,).

    A lexical score is NaN where the lexical index did not find the listing, a vector score where
    none is known.
    """

    rows: npt.NDArray[np.int64]
    lexical_scores: Floats  # in [0, 1): how much of the query the words and concepts match
    vector_scores: Floats  # standard score of the cosine among those of all listings
    in_buyers_language: Array  # bool: written in the language of the buyer's locale
    facts: FactRows
    sellers: SellerFacts
    offers: Offers

    def __len__(self) -> int:
        return len(self.rows)
