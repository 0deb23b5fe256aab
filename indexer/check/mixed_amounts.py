"""The test for amounts in cents beside amounts in whole units.

A group is a category in one currency, or a seller. A seller's prices are compared as ratios to the
median of their category and currency, since one seller sells cheap and expensive things.

The logarithms of a group's prices are cut at their emptiest stretch of half a factor of ten. This
is the valley (mode) method of Prewitt and Mendelsohn, "The Analysis of Cell Images", Ann. N.Y.
Acad. Sci. 128 (1966), 1035-1053. The sides are cents and units where

* the medians of the sides are a factor of 100 apart, within t factors of ten,
* the stretch holds at most 2 % of the smaller side, and
* if the upper side is the smaller one, 90 % of it has no cents: 4999 cents, read as units, are
  4,999.00.

t = min(0.5, 0.2 + 2 * 1.2533 * s / sqrt(n)): twice the standard error of a median of n suspects,
where s is half the width of the middle 68 % of the others. Medians do not move with a few wild
prices, and up to half of a group may be wrong. A seller whose median ratio is itself 50 to 200, or
as far below 1, is wrong as a whole. Groups of fewer than 10 prices are not tested. A catalogue that
is wrong as a whole cannot be told from a right one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from indexer.check.prices import COARSE, Price, PriceHistogram

_DIGITS = 2  # cents are 10 ** 2 times too much
_TOLERANCE = 0.2, 0.3, 0.5  # factors of ten: of a median of many prices, of a seller's, at most
_VALLEY_DIGITS = 0.5
_VALLEY_SHARE = 0.02
_ROUND_SHARE = 0.9
_MIN_PRICES = 10
_FEW = 3
_FEW_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class MixedAmounts:
    """Prices of a group that are about 100 times too high or too low."""

    kind: str  # "category" or "seller"
    name: str
    suspects: int
    others: int  # prices of the group that agree with what is usual
    are_high: bool
    example: Price  # in the middle of the suspects

    @property
    def is_whole(self) -> bool:
        """Whether a seller's prices are wrong as a whole."""
        return not self.others

    @property
    def is_few(self) -> bool:
        """Whether there are so few suspects that they may be right prices.

        Low prices have no sign but their number; bait prices are low, too.
        """
        return self.suspects < _FEW or (not self.are_high and self.suspects < _FEW_SHARE * self.others)


PriceGroups = dict[tuple[str, str], PriceHistogram]
"""Prices by category and currency."""


@dataclass(frozen=True, slots=True)
class SampledPrice:
    """A price with its seller and category ('' for none)."""

    price: Price
    seller: str
    category: str


def find_mixed_amounts(categories: PriceGroups, sample: Iterable[SampledPrice]) -> list[MixedAmounts]:
    """The categories and sellers with suspect prices, most suspects first."""
    mixed = [
        *_in_groups("category", ((name, prices) for (name, _), prices in categories.items())),
        *_in_groups("seller", _ratios_by_seller(categories, sample).items()),
    ]
    return sorted(mixed, key=lambda found: (-found.suspects, found.kind, found.name))


def _in_groups(kind: str, groups: Iterable[tuple[str, PriceHistogram]]) -> Iterator[MixedAmounts]:
    for name, prices in groups:
        if prices.total >= _MIN_PRICES:
            found = _whole_group(kind, name, prices) if kind == "seller" else None
            found = found or _split_group(kind, name, prices)
            if found is not None:
                yield found


def _ratios_by_seller(categories: PriceGroups, sample: Iterable[SampledPrice]) -> dict[str, PriceHistogram]:
    """The ratios of each seller's prices to the median of their category, where that is known."""
    usual = {group: prices.quantile(0.5) for group, prices in categories.items() if prices.total >= _MIN_PRICES}
    ratios: dict[str, PriceHistogram] = {}
    for sampled in sample:
        median = usual.get((sampled.category, sampled.price.currency))
        if median is not None:
            ratios.setdefault(sampled.seller, PriceHistogram(COARSE)).add(sampled.price, usual=median)
    return ratios


def _whole_group(kind: str, name: str, ratios: PriceHistogram) -> MixedAmounts | None:
    numbers = sorted(ratios.bins)
    middle = ratios.quantile_bin(numbers, 0.5)
    if abs(abs(middle / ratios.per_digit) - _DIGITS) > _TOLERANCE[1]:
        return None
    if middle > 0 and ratios.round_share(numbers) < _ROUND_SHARE:
        return None
    return MixedAmounts(kind, name, ratios.total, 0, middle > 0, ratios.bins[middle].first)


def _split_group(kind: str, name: str, prices: PriceHistogram) -> MixedAmounts | None:
    numbers = sorted(prices.bins)
    counts = [prices.bins[number].count for number in numbers]
    width = round(_VALLEY_DIGITS * prices.per_digit)
    valleys: list[tuple[float, int, int]] = []  # (share of the smaller side inside, last bin below, first bin above)
    for low in range(len(numbers) - 1):
        high = next((i for i in range(low + 1, len(numbers)) if numbers[i] > numbers[low] + width), None)
        if high is None:
            break
        share = sum(counts[low + 1 : high]) / min(sum(counts[: low + 1]), sum(counts[high:]))
        if share <= _VALLEY_SHARE:
            valleys.append((share, low, high))
    for _, low, high in sorted(valleys):
        lower, upper = numbers[: low + 1], numbers[high:]
        suspects, others = sorted((upper, lower), key=prices.count)
        middle = prices.quantile_bin(suspects, 0.5)
        digits = abs(middle - prices.quantile_bin(others, 0.5)) / prices.per_digit
        tolerance = _tolerance(prices, others, prices.count(suspects))
        are_high = suspects is upper
        if abs(digits - _DIGITS) <= tolerance and not (are_high and prices.round_share(suspects) < _ROUND_SHARE):
            example = prices.bins[middle].first
            return MixedAmounts(kind, name, prices.count(suspects), prices.count(others), are_high, example)
    return None


def _tolerance(prices: PriceHistogram, others: list[int], suspects: int) -> float:
    """How far from a factor of 100 the medians may be, in factors of ten."""
    spread = (prices.quantile_bin(others, 0.84) - prices.quantile_bin(others, 0.16)) / 2 / prices.per_digit
    return min(_TOLERANCE[2], _TOLERANCE[0] + 2 * 1.2533 * spread / math.sqrt(suspects))
