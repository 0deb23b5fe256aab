"""The page that a shopper sees: results, how the query was understood, and which index was
unavailable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from indexer.stores.listing_text import ListingText
from ranking.blend import ScoreTerm
from ranking.query import UnderstoodQuery
from search.understanding.relaxation import Relaxation

Index = Literal["lexical", "vector"]
INDEXES: tuple[Index, ...] = ("lexical", "vector")


@dataclass(frozen=True, slots=True)
class ShownOffer:
    """What the buyer pays, in minor units of `currency`, and waits, in days; None is unknown."""

    currency: str
    item_minor: int | None
    shipping_minor: int | None
    tax_minor: int | None
    landed_minor: int | None
    on_sale: bool
    days_min: int | None
    days_max: int | None


@dataclass(frozen=True, slots=True)
class ShownSeller:
    seller_id: str
    name: str
    country: str | None
    rating_mean: float | None
    rating_count: int | None
    years_active: float | None
    units_sold: int | None


@dataclass(frozen=True, slots=True)
class Result:
    """One listing on a page; `rank` counts from 1 over all pages.

    The explanation's contributions sum to the score.
    """

    rank: int
    score: float
    text: ListingText
    offer: ShownOffer
    seller: ShownSeller
    stock: int | None
    rating_mean: float | None
    rating_count: int | None
    units_sold: int | None
    explanation: tuple[ScoreTerm, ...]

    @property
    def listing_id(self) -> str:
        return self.text.listing_id


@dataclass(frozen=True, slots=True)
class Page:
    """`found` counts the listings that answer the query, on all pages; `eligible` those this buyer
    could be shown at all. There may be more answers than `found` where it is not exact: a list ends
    at the depth of the indexes.

    `near` follows the answers on the last page, as far as it has room: listings that do not answer
    the query and are near it. They are no part of the list.

    `not_found` are the words of the query that no listing of the catalogue has, `not_searched`
    those beyond the number that is searched. `relaxations` say what could be left out where the
    first page has too few answers.

    `degraded` names the index that was unavailable: what it alone would have found is missing.
    """

    understood: UnderstoodQuery
    results: tuple[Result, ...]
    near: tuple[Result, ...]
    found: int
    found_is_exact: bool
    eligible: int
    next_cursor: str | None
    generation: int
    milliseconds: Mapping[str, float]
    degraded: tuple[Index, ...] = ()
    not_found: tuple[str, ...] = ()
    not_searched: tuple[str, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
