"""Ranking features: what makes one listing better than another, as utilities in [0, 1].

A new feature is a function here, a line in FEATURES, and its share in ``profiles/default.toml``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.stores.facts import Array, FactRows
from ranking.candidate import Candidates, Floats, SellerFacts

SUBSTITUTES_MIN = 5  # priced listings of a category; with fewer, one odd price would move the median
NEUTRAL = 0.5  # the price utility of a listing that costs what its substitutes do
RATING_BEST = 5.0

SELLER_RATING = 0.60  # what buyers say about the seller is the best evidence
SELLER_UNITS = 0.25  # hard to fake, but a big seller is not always a good one
SELLER_YEARS = 0.15  # sellers who cheat do not last; after some years it says little more


@dataclass(frozen=True, slots=True)
class Parameters:
    """The numbers of the formulas; ``profiles/default.toml`` gives each with its reason."""

    price_sensitivity: float  # exponent of the price ratio
    price_relevance_window: float  # substitutes without a category: relevance within +- this
    delivery_half_life_days: float
    delivery_unknown_days: float  # for a listing without a delivery time
    rating_prior_mean: float  # 0..5
    rating_prior_count: float  # ratings
    rating_power: float  # exponent of rating / 5
    years_half_life: float  # years
    years_unknown: float  # years
    units_full: float  # units sold that give a utility of 1
    units_unknown: float  # units sold


@dataclass(frozen=True, slots=True)
class Feature:
    """A name and a function of (candidates, relevance, parameters).

    The function gives the utilities, (n,), in [0, 1].
    """

    name: str
    utility: Callable[[Candidates, Floats, Parameters], Floats]


# Each line shows what its feature reads. Lambdas allow the table above the functions it lists.
FEATURES: tuple[Feature, ...] = (
    Feature("relevance", lambda _, relevance, __: relevance_utility(relevance)),
    Feature("price", lambda c, relevance, p: price_utility(c.offers.landed, c.facts.category, relevance, p)),
    Feature("seller", lambda c, _, p: seller_utility(c.sellers, p)),
    Feature("delivery", lambda c, _, p: delivery_utility(c.offers.days_min, c.offers.days_max, p)),
    Feature("language", lambda c, _, __: language_utility(c.in_buyers_language)),
)


def relevance_utility(relevance: Floats) -> Floats:
    """How well the listing answers the query; NaN (found by no index) is 0.

    Formula: ``min(max(relevance, 0), 1)``. Source: `ranking.relevance`.
    """
    return np.clip(np.where(np.isnan(relevance), 0.0, relevance), 0.0, 1.0)


def price_utility(landed: Floats, category: Array, relevance: Floats, p: Parameters) -> Floats:
    """The landed price compared with those of close substitutes.

    Formula: ``1 / (1 + ((landed + 1) / (typical + 1)) ** price_sensitivity)``, amounts in minor
    units of the buyer's currency; the typical price gives 0.5. A log-logistic curve: half the price
    gains as much as the double price loses.

    `typical` is the median of the candidates of the same category when at least SUBSTITUTES_MIN of
    them have a price; otherwise the geometric mean of the candidates whose relevance is within
    ``price_relevance_window`` of the listing's. (A phone is not expensive because its case is
    cheap.) Medians are of logarithms. An unknown landed price gives NEUTRAL.
    Source: `Offers.landed`, `FactRows.category` (negative is none).
    """
    utility = np.full(len(landed), NEUTRAL)
    priced = np.flatnonzero(np.isfinite(landed) & (landed >= 0))
    if priced.size == 0:
        return utility
    log_price = np.log1p(landed[priced])
    typical = _typical_of_category(log_price, category[priced])
    without_median = np.isnan(typical)
    by_relevance = _typical_of_relevance(log_price, relevance_utility(relevance[priced]), p.price_relevance_window)
    typical[without_median] = by_relevance[without_median]
    # 1 / (1 + exp(x)) written so that no x overflows
    utility[priced] = 0.5 * (1.0 - np.tanh(0.5 * p.price_sensitivity * (log_price - typical)))
    return utility


def seller_utility(sellers: SellerFacts, p: Parameters) -> Floats:
    """How much the seller can be trusted.

    Formula: ``0.60 * rating + 0.25 * units + 0.15 * years``, where

    * rating: ``(seller_rating / 5) ** rating_power``; ratings crowd between 4 and 5, the power
      spreads them
    * units: ``log(1 + units sold) / log(1 + units_full)``, at most 1
    * years: ``1 - 2 ** (-years active / years_half_life)``

    Unknown units and years count as ``units_unknown`` and ``years_unknown``. Source: `SellerFacts`.
    """
    rating = (seller_rating(sellers, p) / RATING_BEST) ** p.rating_power
    sold = _known_or(sellers.units_sold, p.units_unknown)
    units = np.minimum(np.log1p(sold) / np.log1p(p.units_full), 1.0)
    years = 1.0 - np.exp2(-_known_or(sellers.years_active, p.years_unknown) / p.years_half_life)
    utility: Floats = SELLER_RATING * rating + SELLER_UNITS * units + SELLER_YEARS * years
    return np.minimum(utility, 1.0)


def delivery_utility(days_min: Floats, days_max: Floats, p: Parameters) -> Floats:
    """How soon the listing is at the buyer's door.

    Formula: ``2 ** (-days / delivery_half_life_days)``, where days is the middle of the promised
    range. An unknown range counts as ``delivery_unknown_days``.
    Source: `Offers.days_min`, `Offers.days_max`.
    """
    unknown = p.delivery_unknown_days
    days = np.where(days_min <= days_max, _known_or(days_min, unknown) / 2 + _known_or(days_max, unknown) / 2, unknown)
    return np.exp2(-days / p.delivery_half_life_days)


def language_utility(in_buyers_language: Array) -> Floats:
    """Whether the buyer can read the listing.

    Formula: 1 where it is written in the language of the buyer's locale, else 0.
    Source: `Candidates.in_buyers_language`.
    """
    return np.asarray(in_buyers_language, np.float64)


def seller_rating(sellers: SellerFacts, p: Parameters) -> Floats:
    """The seller's rating, 0..5, shrunk towards ``rating_prior_mean``; that one when unknown."""
    prior = np.full(len(sellers.rating_mean), p.rating_prior_mean)
    return shrunk(sellers.rating_mean, sellers.rating_count, prior, p.rating_prior_count)


def listing_rating(facts: FactRows, sellers: SellerFacts, p: Parameters) -> Floats:
    """The listing's own rating, 0..5, shrunk towards its `seller_rating`; that one when unknown."""
    return shrunk(facts.rating_mean, facts.rating_count, seller_rating(sellers, p), p.rating_prior_count)


def shrunk(mean: Array, count: Array, prior: Floats, prior_count: float) -> Floats:
    """A mean of few ratings, shrunk towards the prior mean.

    Formula: ``(count * mean + prior_count * prior) / (count + prior_count)``, the posterior mean of
    a normal model. Five stars from one buyer are not better than 4.9 from a thousand.
    A mean without a known count (NaN or negative) counts as one rating; no mean gives `prior`.
    """
    rated = np.isfinite(mean) & (mean >= 0)
    ratings = np.where(rated, _known_or(count, 1.0), 0.0)
    stars = np.where(rated, np.minimum(np.asarray(mean, np.float64), RATING_BEST), 0.0)
    # The formula as a step from the prior to the mean, which no large count overflows.
    shrunk_mean: Floats = prior + ratings / (ratings + prior_count) * (stars - prior)
    return shrunk_mean


def _known_or(values: Array, otherwise: float) -> Floats:
    """`values`, with `otherwise` where they are negative, infinite or NaN."""
    filled: Floats = np.where(np.isfinite(values) & (values >= 0), values, otherwise).astype(np.float64)
    return filled


def _typical_of_category(log_price: Floats, category: Array) -> Floats:
    """The median of each listing's category.

    NaN without a category or with fewer than SUBSTITUTES_MIN listings.
    """
    by_category = np.lexsort((log_price, category))
    values = log_price[by_category]
    categories, start, member, count = np.unique(
        category[by_category], return_index=True, return_inverse=True, return_counts=True
    )
    median = (values[start + (count - 1) // 2] + values[start + count // 2]) / 2.0
    median[(categories < 0) | (count < SUBSTITUTES_MIN)] = np.nan
    typical = np.empty(len(log_price))
    typical[by_category] = median[member]
    return typical


def _typical_of_relevance(log_price: Floats, relevance: Floats, window: float) -> Floats:
    """The mean log price of the listings within `window` of each one's relevance, itself too."""
    # Sorted by price too, so that equal relevances are added in one order whatever the input.
    by_relevance = np.lexsort((log_price, relevance))
    steps = relevance[by_relevance]
    total: npt.NDArray[np.float64] = np.concatenate(([0.0], np.cumsum(log_price[by_relevance])))
    left = np.searchsorted(steps, relevance - window, side="left")
    right = np.searchsorted(steps, relevance + window, side="right")
    means: Floats = (total[right] - total[left]) / (right - left)
    return means
