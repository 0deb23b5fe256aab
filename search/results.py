"""From ranked candidates to the results that a shopper sees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from indexer.stores.facts import Rows
from indexer.stores.listing_text import ListingText
from indexer.stores.tables import Tables
from ranking.blend import Blended
from ranking.candidate import Candidates, Offers
from ranking.query import UnderstoodQuery
from search.page import Result, ShownOffer, ShownSeller


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Candidates with their scores and their order."""

    understood: UnderstoodQuery
    candidates: Candidates
    blended: Blended
    positions: npt.NDArray[np.int64]  # (n,), positions in `candidates`, best first
    floor: float  # the relevance of an answer

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def answers(self) -> int:
        """How many answer the query; they come first, the others are near at best."""
        return int(np.count_nonzero(self.blended.relevance >= self.floor))

    @property
    def rows(self) -> Rows:
        """The rows of the listings, best first.  # (n,)"""
        rows: Rows = self.candidates.rows[self.positions]
        return rows

    def slice(self, offset: int, size: int) -> Ranking:
        """At most `size` of them, from an offset on."""
        return replace(self, positions=self.positions[offset : offset + size])


def to_results(
    ranking: Ranking, texts: Sequence[ListingText], tables: Tables, first_rank: int = 1
) -> tuple[Result, ...]:
    """Every listing of a ranking as the shopper sees it; `texts` are in the ranking's order."""
    return tuple(
        _to_result(ranking, int(position), text, tables, rank)
        for rank, (position, text) in enumerate(zip(ranking.positions, texts, strict=True), start=first_rank)
    )


def _to_result(ranking: Ranking, position: int, text: ListingText, tables: Tables, rank: int) -> Result:
    candidates = ranking.candidates
    facts = candidates.facts
    return Result(
        rank=rank,
        score=float(ranking.blended.scores[position]),
        text=text,
        offer=_to_offer(candidates.offers, ranking.understood.currency, position),
        seller=_to_seller(candidates, position, tables),
        stock=_count_or_none(facts.stock[position]),
        rating_mean=_float_or_none(facts.rating_mean[position]),
        rating_count=_count_or_none(facts.rating_count[position]),
        units_sold=_count_or_none(facts.units_sold[position]),
        explanation=ranking.blended.explain(position),
    )


def _to_offer(offers: Offers, currency: str, position: int) -> ShownOffer:
    return ShownOffer(
        currency=currency,
        item_minor=_int_or_none(offers.item[position]),
        shipping_minor=_int_or_none(offers.shipping[position]),
        tax_minor=_int_or_none(offers.tax[position]),
        landed_minor=_int_or_none(offers.landed[position]),
        on_sale=bool(offers.on_sale[position]),
        days_min=_int_or_none(offers.days_min[position]),
        days_max=_int_or_none(offers.days_max[position]),
    )


def _to_seller(candidates: Candidates, position: int, tables: Tables) -> ShownSeller:
    seller = int(candidates.facts.seller[position])
    facts = candidates.sellers
    return ShownSeller(
        seller_id=tables.sellers.ids[seller],
        name=tables.sellers.names[seller],
        country=tables.sellers.countries[seller],
        rating_mean=_float_or_none(facts.rating_mean[position]),
        rating_count=_int_or_none(facts.rating_count[position]),
        years_active=_float_or_none(facts.years_active[position]),
        units_sold=_int_or_none(facts.units_sold[position]),
    )


def _float_or_none(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 4)


def _int_or_none(value: float) -> int | None:
    return None if math.isnan(value) else round(float(value))


def _count_or_none(value: int) -> int | None:
    return None if value < 0 else int(value)
