"""What is wrong with the prices and sales of a catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from indexer.check.mixed_amounts import find_mixed_amounts
from indexer.check.prices import Price, PriceHistogram
from indexer.check.problem import Problem, amount, listings_text, problem_of, shorten
from indexer.check.tally import Tally

_FAR, _FAR_MIN = 100, 100  # times what nearly all cost; prices that make 1 % of them a price


def price_problems(tally: Tally) -> Iterator[Problem]:
    """Cents beside units, prices of 0, placeholders, and sales that have all ended."""
    yield from _mixed_amounts(tally)
    yield from _free(tally)
    yield from _far_prices(tally)
    yield from _sales(tally)


def _mixed_amounts(tally: Tally) -> Iterator[Problem]:
    """Cents beside units. One or two in a group may be right: together they are one note."""
    found = find_mixed_amounts(tally.category_prices, tally.price_sample)
    if any(mixed.kind == "category" for mixed in found):  # the same prices by seller would say it twice
        found = [mixed for mixed in found if mixed.kind == "category" or mixed.is_whole]
    many = [mixed for mixed in found if not mixed.is_few]
    few = [mixed for mixed in found if mixed.is_few]
    for mixed in many:
        direction = "above" if mixed.are_high else "below"
        than = "what their categories cost" if mixed.is_whole else f"the other {mixed.others:,}"
        where = f"of {mixed.kind} {shorten(mixed.name)}" if mixed.name else "without category"
        text = (
            f"{listings_text(mixed.suspects)} {where} cost about 100 times {direction} {than}: {_price(mixed.example)}"
        )
        mend = "write all prices in one unit: these look like cents beside whole units"
        yield Problem("amounts", text, mend, listings=mixed.suspects, example=mixed.example.listing_id)
    if few:
        count = sum(mixed.suspects for mixed in few)
        text = f"{listings_text(count)} cost about 100 times more or less than others: {_price(few[0].example)}"
        yield Problem("amounts", text, "look at their prices", False, count, few[0].example.listing_id)


def _price(price: Price) -> str:
    return f"{amount(price.minor, price.currency)} {price.currency}"


def _free(tally: Tally) -> Iterator[Problem]:
    if tally.free.count:
        yield problem_of("prices", tally.free, "cost 0", "write the price, or leave the listing out")


def _far_prices(tally: Tally) -> Iterator[Problem]:
    """Prices far beyond those of nearly all: placeholders such as 0.01 and 999,999.99."""
    enough = [prices for prices in tally.prices.values() if prices.total >= _FAR_MIN]
    largest_first = sorted(enough, key=lambda prices: -prices.total)
    dear = [prices for prices in largest_first if prices.maximum > _FAR * prices.quantile(0.99)]
    cheap = [prices for prices in largest_first if _FAR * prices.minimum < prices.quantile(0.01)]
    if dear:
        yield _far("highest", "at most", dear, dear[0].maximum, 0.99)
    if cheap:
        yield _far("lowest", "at least", cheap, cheap[0].minimum, 0.01)


def _far(which: str, limit: str, currencies: list[PriceHistogram], minor: int, share: float) -> Problem:
    """One problem for all currencies, told by the first."""
    prices = currencies[0]
    first = prices.bins[(min if share < 0.5 else max)(prices.bins)].first
    usual = amount(prices.quantile(share), first.currency)
    text = f"the {which} price is {amount(minor, first.currency)} {first.currency}, 99 % cost {limit} about {usual}"
    if len(currencies) > 1:
        text += f"; likewise in {len(currencies) - 1} more currencies"
    mend = "look at such prices: some shops write them for none"
    return Problem("prices", text, mend, must_mend=False, example=first.listing_id)


def _sales(tally: Tally) -> Iterator[Problem]:
    if tally.sales and tally.ended_sales.count == tally.sales:
        yield problem_of(
            "sales", tally.ended_sales, "have a sale that has ended: all of them", "renew the sales", False
        )
