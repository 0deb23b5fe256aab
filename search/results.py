"""Show: one ranked candidate as the shopper sees it."""

from __future__ import annotations

import math

from indexer.stores.tables import Tables
from indexer.stores.texts import ListingText
from ranking.blend import Blended
from ranking.candidate import Candidates, Offers
from ranking.query import UnderstoodQuery
from search.page import Result, ShownOffer, ShownSeller


def shown(
    rank: int,
    text: ListingText,
    understood: UnderstoodQuery,
    candidates: Candidates,
    blended: Blended,
    position: int,
    tables: Tables,
) -> Result:
    """The candidate at `position`, with its text, offer, seller and explanation."""
    facts = candidates.facts
    return Result(
        rank=rank,
        score=float(blended.scores[position]),
        text=text,
        offer=_offer(candidates.offers, understood.currency, position),
        seller=_seller(candidates, position, tables),
        stock=_count(facts.stock[position]),
        rating_mean=_known(facts.rating_mean[position]),
        rating_count=_count(facts.rating_count[position]),
        units_sold=_count(facts.units_sold[position]),
        explanation=blended.explain(position),
    )


def _offer(offers: Offers, currency: str, at: int) -> ShownOffer:
    return ShownOffer(
        currency=currency,
        item_minor=_whole(offers.item[at]),
        shipping_minor=_whole(offers.shipping[at]),
        tax_minor=_whole(offers.tax[at]),
        landed_minor=_whole(offers.landed[at]),
        on_sale=bool(offers.on_sale[at]),
        days_min=_whole(offers.days_min[at]),
        days_max=_whole(offers.days_max[at]),
    )


def _seller(candidates: Candidates, at: int, tables: Tables) -> ShownSeller:
    number = int(candidates.facts.seller[at])
    sellers = candidates.sellers
    return ShownSeller(
        seller_id=tables.sellers.ids[number],
        name=tables.sellers.names[number],
        country=tables.sellers.countries[number],
        rating_mean=_known(sellers.rating_mean[at]),
        rating_count=_whole(sellers.rating_count[at]),
        years_active=_known(sellers.years_active[at]),
        units_sold=_whole(sellers.units_sold[at]),
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 4)


def _whole(value: float) -> int | None:
    return None if math.isnan(value) else round(float(value))


def _count(value: int) -> int | None:
    return None if value < 0 else int(value)
