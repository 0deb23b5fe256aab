"""What each listing costs a buyer at the door, and how long delivery takes.

Arrays of a million listings are usual.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.market import ImportTax, Market, Rates
from indexer.stores.fact_fields import ABSENT_MINOR
from indexer.stores.facts import Array, FactRows, ShippingTable
from ranking.candidate import Floats, Offers

Bools = npt.NDArray[np.bool_]

_HALF = 0.5 - 1e-6
"""A fraction within a millionth of a half counts as a half: 0.145 * 100 is 14.499999999999998."""


@dataclass(frozen=True, slots=True)
class BuyerContext:
    """Who buys and when: the market to ship to, the currency to pay in, the time of the search."""

    market: Market
    currency: str
    now: int  # seconds since 1970 UTC


@dataclass(frozen=True, slots=True)
class PriceTables:
    """The tables of a snapshot that prices depend on.

    `FactRows.currency` and `ShippingTable.currency` are positions in `currencies`,
    `FactRows.ships_from` in `countries`.
    """

    currencies: tuple[str, ...]
    countries: tuple[str, ...]
    shipping: ShippingTable
    rates: Rates


def offers(facts: FactRows, tables: PriceTables, buyer: BuyerContext) -> Offers:
    """What each listing costs the buyer, delivered, in minor units of the buyer's currency.

    * item: the price, or the sale price while ``starts <= now < ends``. NaN when its currency has
      no rate.
    * shipping: by the listing's template. NaN without a template, a row for the country, or a rate.
    * tax: ``rate * (item + shipping)`` by the market's ImportTax, where the goods are worth more
      than its threshold and are sent from outside. Zero when it is not known where they are sent
      from: no tax is claimed on a guess. NaN where the item is.
    * landed: item + shipping + tax; an unknown shipping cost counts as 0. NaN where the item is.

    Each part is rounded to whole minor units, halves up, *before* the next is derived from it, so
    that the parts shown add up to the landed price exactly (below 2**53 minor units).
    """
    market = buyer.market
    price, on_sale = _price(facts, buyer.now)
    factors = _factors(tables, buyer.currency)
    item = _half_up(price * factors[facts.currency])
    goods = item
    if market.currency != buyer.currency:  # the threshold of the tax rule is in the market's currency
        goods = _half_up(price * _factors(tables, market.currency)[facts.currency])
    shipping, days_min, days_max = _shipping(facts, tables.shipping, market.country, factors)
    payable = item + np.where(np.isnan(shipping), 0.0, shipping)
    tax = np.zeros(len(facts))
    if market.import_tax is not None:
        tax = _tax(payable, goods, _imported(facts, tables.countries, market), market.import_tax)
    tax = np.where(np.isnan(item), np.nan, tax)
    return Offers(item, shipping, tax, payable + tax, days_min, days_max, on_sale)


def ships_to_country(facts: FactRows, shipping: ShippingTable, country: str) -> Bools:
    """Whether each listing ships to `country`: its template has a row for it.

    A listing without a template counts as shipping everywhere, because nothing is known.
    """
    ships: Bools = facts.template < 0
    if country in shipping.countries:
        with_template = np.flatnonzero(~ships)
        costs = shipping.cost_minor[facts.template[with_template], shipping.countries.index(country)]
        ships[with_template] = costs != ABSENT_MINOR
    return ships


def _price(facts: FactRows, now: int) -> tuple[Floats, Bools]:
    """The current price in minor units of its currency, and whether it is the sale price.

    A sale counts only below the regular price, which an update may have lowered since.
    """
    is_lower = (facts.sale_price_minor > 0) & (facts.sale_price_minor < facts.price_minor)
    on_sale: Bools = is_lower & (facts.sale_starts <= now) & (now < facts.sale_ends)
    price = np.where(on_sale, facts.sale_price_minor, facts.price_minor).astype(np.float64)
    price[price < 0] = np.nan
    return price, on_sale


def _factors(tables: PriceTables, target: str) -> Floats:
    """Factors from minor units of each currency to those of `target`; NaN without a rate."""
    factors = np.full(len(tables.currencies), np.nan)
    for position, code in enumerate(tables.currencies):
        if code == target or (tables.rates.knows(code) and tables.rates.knows(target)):
            factors[position] = tables.rates.minor_to_minor(code, target)
    return factors


def _shipping(facts: FactRows, shipping: ShippingTable, country: str, factors: Floats) -> tuple[Floats, Floats, Floats]:
    """Cost in the buyer's minor units, least and most days; all (n,), NaN where not known."""
    cost = np.full(len(facts), np.nan)
    days_min = np.full(len(facts), np.nan)
    days_max = np.full(len(facts), np.nan)
    if country not in shipping.countries:
        return cost, days_min, days_max
    column = shipping.countries.index(country)
    positions = np.flatnonzero(facts.template >= 0)
    positions = positions[shipping.cost_minor[facts.template[positions], column] != ABSENT_MINOR]
    template = facts.template[positions]
    cost_minor = shipping.cost_minor[template, column]
    cost[positions] = _half_up(cost_minor * factors[shipping.currency[template, column]])
    days_min[positions] = shipping.days_min[template, column]
    days_max[positions] = shipping.days_max[template, column]
    return cost, days_min, days_max


def _imported(facts: FactRows, countries: tuple[str, ...], market: Market) -> Bools:
    """Whether a listing is known to come from outside the market's country and tax territory."""
    territory = {market.country, *(market.import_tax.territory if market.import_tax else ())}
    # ABSENT_ID (-1) selects the last entry: an unknown origin does not count as abroad.
    abroad = np.array([code not in territory for code in countries] + [False])
    imported: Bools = abroad[facts.ships_from]
    return imported


def _tax(payable: Floats, goods: Floats, imported: Bools, rule: ImportTax) -> Floats:
    taxed = imported & (goods > rule.threshold_minor)  # NaN is not more than anything
    return np.where(taxed, _half_up(payable * rule.rate), 0.0)


def _half_up(amount: Array) -> Floats:
    """Whole minor units, halves upwards (numpy's rint sends halves to the even neighbour)."""
    whole = np.floor(amount)
    rounded: Floats = whole + (amount - whole >= _HALF)
    return rounded
