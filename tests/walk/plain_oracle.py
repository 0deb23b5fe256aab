"""The plain oracle: who may see a listing, what it costs there and when it comes, one listing at a time.

Slow and obvious, from the records alone: none of the columns, masks and arrays it is compared with.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

from indexer.currency import minor_digits
from indexer.listing import Listing
from indexer.market import Market, Rates, Seller, ShippingRow, ShippingTemplate


@dataclass(frozen=True)
class Door:
    """A listing at a buyer's door: parts and sum in minor units of the buyer's currency."""

    row: int
    listing: Listing
    seller: Seller
    item: int
    shipping: int
    tax: int
    days: tuple[int, int]

    @property
    def landed(self) -> int:
        return self.item + self.shipping + self.tax


@dataclass(frozen=True, eq=False)
class World:
    """The catalogue with its companions."""

    listings: tuple[Listing, ...]
    sellers: Mapping[str, Seller]
    templates: Mapping[str, ShippingTemplate]
    markets: Mapping[str, Market]
    rates: Rates

    @classmethod
    def of(
        cls,
        listings: tuple[Listing, ...],
        sellers: Iterable[Seller],
        templates: Iterable[ShippingTemplate],
        markets: Mapping[str, Market],
        rates: Rates,
    ) -> World:
        by_seller = {seller.seller_id: seller for seller in sellers}
        return cls(listings, by_seller, {t.template_id: t for t in templates}, markets, rates)

    @lru_cache(maxsize=64)  # noqa: B019  # a world lives as long as the tests that ask it again and again
    def doors(self, country: str, now: int, in_stock: bool = True) -> tuple[Door, ...]:
        """Every listing a buyer in `country` may be shown, at their door, in the order of rows."""
        return tuple(self._doors(country, now, in_stock))

    def _doors(self, country: str, now: int, in_stock: bool) -> Iterator[Door]:
        for row, listing in enumerate(self.listings):
            ships = self._ships(listing, country)
            seller = self.sellers[listing.seller_id]
            if ships is not None and seller.active and not (in_stock and listing.stock == 0):
                yield self._door(row, listing, seller, ships, self.markets[country], now)

    def _ships(self, listing: Listing, country: str) -> ShippingRow | None:
        assert listing.shipping_template is not None, "every sample listing has a template"
        rows = self.templates[listing.shipping_template].rows
        return next((row for row in rows if row.country == country), None)

    def _door(self, row: int, listing: Listing, seller: Seller, ships: ShippingRow, market: Market, now: int) -> Door:
        sale = listing.sale
        price = sale.price_minor if sale and sale.starts <= now < sale.ends else listing.price_minor
        item = self._in(price, listing.currency, market.currency)
        shipping = self._in(ships.cost_minor, ships.currency, market.currency)
        rule, tax = market.import_tax, 0
        inside = {market.country, *(rule.territory if rule else ())}
        if rule and listing.ships_from not in inside and item > rule.threshold_minor:
            tax = _half_up(Fraction(str(rule.rate)) * (item + shipping))
        return Door(row, listing, seller, item, shipping, tax, (ships.days_min, ships.days_max))

    def _in(self, minor: int, source: str, target: str) -> int:
        digits = minor_digits(target) - minor_digits(source)
        return _half_up(minor * self._per_base[target] / self._per_base[source] * Fraction(10) ** digits)

    @cached_property
    def _per_base(self) -> dict[str, Fraction]:
        rates = {code: Fraction(str(rate)) for code, rate in self.rates.per_base.items()}
        return rates | {self.rates.base: Fraction(1)}


def rating(door: Door, prior: float, prior_count: float) -> float:
    """A listing's rating, shrunk towards its seller's, and that towards `prior`."""

    def shrunk(mean: float | None, count: int | None, towards: float) -> float:
        if mean is None:
            return towards
        ratings = 1 if count is None else count
        return (ratings * mean + prior_count * towards) / (ratings + prior_count)

    of_seller = shrunk(door.seller.rating_mean, door.seller.rating_count, prior)
    return shrunk(door.listing.rating_mean, door.listing.rating_count, of_seller)


def _half_up(amount: Fraction) -> int:
    return math.floor(amount + Fraction(1, 2))
