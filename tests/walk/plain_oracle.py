"""A plain oracle: who may see a listing, what it costs and when it arrives, one listing at a time.

It is slow and simple, and reads only records: none of the columns, masks and arrays of the code
that is compared with it.
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
class ExpectedOffer:
    """What a listing costs a buyer, in minor units of the buyer's currency, and how long it
    takes.
    """

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
class PlainCatalogue:
    """A catalogue with its reference data."""

    listings: tuple[Listing, ...]
    sellers: Mapping[str, Seller]
    templates: Mapping[str, ShippingTemplate]
    markets: Mapping[str, Market]
    rates: Rates

    @classmethod
    def from_records(
        cls,
        listings: tuple[Listing, ...],
        sellers: Iterable[Seller],
        templates: Iterable[ShippingTemplate],
        markets: Mapping[str, Market],
        rates: Rates,
    ) -> PlainCatalogue:
        by_seller = {seller.seller_id: seller for seller in sellers}
        return cls(listings, by_seller, {t.template_id: t for t in templates}, markets, rates)

    @lru_cache(maxsize=64)  # noqa: B019  # a catalogue lives as long as the tests
    def offers(self, country: str, now: int, in_stock: bool = True) -> tuple[ExpectedOffer, ...]:
        """The offers of every listing that a buyer in `country` may see, in the order of rows."""
        return tuple(self._offers(country, now, in_stock))

    def _offers(self, country: str, now: int, in_stock: bool) -> Iterator[ExpectedOffer]:
        for row, listing in enumerate(self.listings):
            shipping_row = self._shipping_row(listing, country)
            seller = self.sellers[listing.seller_id]
            if shipping_row is not None and seller.active and not (in_stock and listing.stock == 0):
                yield self._offer(row, listing, seller, shipping_row, self.markets[country], now)

    def _shipping_row(self, listing: Listing, country: str) -> ShippingRow | None:
        assert listing.shipping_template is not None, "every sample listing has a template"
        rows = self.templates[listing.shipping_template].rows
        return next((row for row in rows if row.country == country), None)

    def _offer(
        self, row: int, listing: Listing, seller: Seller, shipping_row: ShippingRow, market: Market, now: int
    ) -> ExpectedOffer:
        sale = listing.sale
        price = sale.price_minor if sale and sale.starts <= now < sale.ends else listing.price_minor
        item = self._convert(price, listing.currency, market.currency)
        shipping = self._convert(shipping_row.cost_minor, shipping_row.currency, market.currency)
        rule = market.import_tax
        tax = 0
        territory = {market.country, *(rule.territory if rule else ())}
        if rule and listing.ships_from not in territory and item > rule.threshold_minor:
            tax = _half_up(Fraction(str(rule.rate)) * (item + shipping))
        return ExpectedOffer(row, listing, seller, item, shipping, tax, (shipping_row.days_min, shipping_row.days_max))

    def _convert(self, minor: int, source: str, target: str) -> int:
        digits = minor_digits(target) - minor_digits(source)
        return _half_up(minor * self._per_base[target] / self._per_base[source] * Fraction(10) ** digits)

    @cached_property
    def _per_base(self) -> dict[str, Fraction]:
        rates = {code: Fraction(str(rate)) for code, rate in self.rates.per_base.items()}
        return rates | {self.rates.base: Fraction(1)}


def rating(offer: ExpectedOffer, prior: float, prior_count: float) -> float:
    """A listing's rating, shrunk towards its seller's, which is shrunk towards `prior`."""

    def shrunk(mean: float | None, count: int | None, towards: float) -> float:
        if mean is None:
            return towards
        ratings = 1 if count is None else count
        return (ratings * mean + prior_count * towards) / (ratings + prior_count)

    seller_rating = shrunk(offer.seller.rating_mean, offer.seller.rating_count, prior)
    return shrunk(offer.listing.rating_mean, offer.listing.rating_count, seller_rating)


def _half_up(amount: Fraction) -> int:
    return math.floor(amount + Fraction(1, 2))
