"""What a listing costs this buyer at the door, and how long it takes: facts to Offers, a million listings at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from indexer.market import ImportTax, Market, Rates
from indexer.stores.facts import ABSENT_MINOR, Array, FactRows, ShippingTable
from ranking.candidate import Floats, Offers

Bools = npt.NDArray[np.bool_]

_HALF = 0.5 - 1e-6
"""0.145 * 100 is 14.499999999999998 in binary: what lacks a millionth of a minor unit to the half is a half."""


def offers(
    facts: FactRows,
    shipping: ShippingTable,
    ships_to: Market,
    currency: str,
    currencies: tuple[str, ...],
    countries: tuple[str, ...],
    rates: Rates,
    now: int,
) -> Offers:
    """What each listing costs in minor units of `currency`, delivered to the market `ships_to` at the time `now`.

    * item: the price, or the sale's while ``starts <= now < ends``. NaN when its currency has no rate.
    * shipping: by the listing's template. NaN without a template, a row for the country, or a rate.
    * tax: ``rate * (item + shipping)`` by the market's ImportTax, where the goods are worth more than its threshold
      and are sent from outside. Zero when it is not known where they are sent from: no tax is claimed on a guess.
      NaN where the item is.
    * landed: item + shipping + tax, an unknown shipping cost counting nothing. NaN where the item is.

    Each part is rounded to whole minor units, halves up, *before* the next is derived from it, so that the parts
    shown add up to the landed price exactly (below 2**53 minor units). `facts.currency` and `shipping.currency`
    are positions in `currencies`, `facts.ships_from` in `countries`, `now` is in seconds since 1970 UTC.
    """
    price, on_sale = _price(facts, now)
    item = _half_up(price * _factors(currencies, currency, rates)[facts.currency])
    goods = item
    if ships_to.currency != currency:  # the tax rule's threshold is in the market's own money
        goods = _half_up(price * _factors(currencies, ships_to.currency, rates)[facts.currency])
    cost, days_min, days_max = _shipping(facts, shipping, ships_to.country, _factors(currencies, currency, rates))
    payable = item + np.where(np.isnan(cost), 0.0, cost)
    tax = np.zeros(len(facts))
    if ships_to.import_tax is not None:
        tax = _tax(payable, goods, _imported(facts, countries, ships_to), ships_to.import_tax)
    tax = np.where(np.isnan(item), np.nan, tax)
    return Offers(item, cost, tax, payable + tax, days_min, days_max, on_sale)


def ships_to_country(facts: FactRows, shipping: ShippingTable, country: str) -> Bools:
    """Whether each listing ships to `country`: its template has a row for it.

    A listing without a template is taken to ship everywhere: where it does is not known.  # (n,), bool
    """
    ships: Bools = facts.template < 0
    if country in shipping.countries:
        known = np.flatnonzero(~ships)
        costs = shipping.cost_minor[facts.template[known], shipping.countries.index(country)]
        ships[known] = costs != ABSENT_MINOR
    return ships


def _price(facts: FactRows, now: int) -> tuple[Floats, Bools]:
    """The price asked now, in minor units of the listing's currency, and whether it is the sale's."""
    on_sale: Bools = (facts.sale_price_minor >= 0) & (facts.sale_starts <= now) & (now < facts.sale_ends)
    price = np.where(on_sale, facts.sale_price_minor, facts.price_minor).astype(np.float64)
    price[price < 0] = np.nan
    return price, on_sale


def _factors(currencies: tuple[str, ...], target: str, rates: Rates) -> Floats:
    """Factor to minor units of `target` from those of each currency; NaN without a rate.  # (len(currencies),)"""
    return np.array(
        [
            rates.minor_to_minor(code, target)
            if code == target or (rates.knows(code) and rates.knows(target))
            else np.nan
            for code in currencies
        ],
        dtype=np.float64,
    )


def _shipping(facts: FactRows, shipping: ShippingTable, country: str, factors: Floats) -> tuple[Floats, Floats, Floats]:
    """Cost in the buyer's minor units, days at least, days at most, all (n,), NaN where not known."""
    cost, days_min, days_max = (np.full(len(facts), np.nan) for _ in range(3))
    if country not in shipping.countries:
        return cost, days_min, days_max
    column = shipping.countries.index(country)
    listing = np.flatnonzero(facts.template >= 0)
    template = facts.template[listing]
    minor = shipping.cost_minor[template, column]
    ships = minor != ABSENT_MINOR
    listing, template, minor = listing[ships], template[ships], minor[ships]
    cost[listing] = _half_up(minor * factors[shipping.currency[template, column]])
    days_min[listing] = shipping.days_min[template, column]
    days_max[listing] = shipping.days_max[template, column]
    return cost, days_min, days_max


def _imported(facts: FactRows, countries: tuple[str, ...], market: Market) -> Bools:
    """Whether a listing is known to be sent from outside the market's country and its tax territory."""
    inside = {market.country, *(market.import_tax.territory if market.import_tax else ())}
    # The last entry is found by ABSENT_ID (-1): an unknown origin is not abroad.
    abroad = np.array([code not in inside for code in countries] + [False])
    found: Bools = abroad[facts.ships_from]
    return found


def _tax(payable: Floats, goods: Floats, imported: Bools, rule: ImportTax) -> Floats:
    taxed = imported & (goods > rule.threshold_minor)  # NaN is not more than anything
    return np.where(taxed, _half_up(payable * rule.rate), 0.0)


def _half_up(amount: Array) -> Floats:
    """Whole minor units, halves upwards (numpy's rint sends halves to the even neighbour)."""
    whole = np.floor(amount)
    rounded: Floats = whole + (amount - whole >= _HALF)
    return rounded
