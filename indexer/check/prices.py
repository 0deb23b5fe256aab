"""Histograms of prices on a logarithmic scale."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

FINE = 231  # bins per factor of ten: 1 % wide
COARSE = 20  # bins per factor of ten: 12 % wide, for the many histograms of sellers and categories

_ROUND = 100  # minor units: an amount in cents that was read as units has no cents


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a listing."""

    minor: int
    currency: str
    listing_id: str


@dataclass(slots=True)
class Bin:
    """The prices of one bin: how many, how many without cents, and the first one."""

    first: Price
    count: int = 0
    round_count: int = 0


@dataclass(slots=True)
class PriceHistogram:
    """Counts of amounts above 0, in bins of equal width on a logarithmic scale.

    Memory is bounded: 19 times `per_digit` bins hold every price there is.
    """

    per_digit: int
    bins: dict[int, Bin] = field(default_factory=dict)
    total: int = 0
    minimum: int = 0  # exact, in minor units, as is `maximum`; 0 while the histogram is empty
    maximum: int = 0

    def add(self, price: Price, count: int = 1, usual: float = 1.0) -> None:
        """Count a price, in the bin of its ratio to what is usual; the first of a bin is kept."""
        number = math.floor(math.log10(price.minor / usual) * self.per_digit)
        self.widen(price.minor)
        self.total += count
        found = self.bins.get(number)
        if found is None:
            found = self.bins[number] = Bin(price)
        found.count += count
        found.round_count += count * (price.minor % _ROUND == 0)

    def widen(self, minor: int) -> None:
        """Let the range include a price without counting it."""
        if minor < self.minimum or not self.minimum:
            self.minimum = minor
        self.maximum = max(self.maximum, minor)

    def quantile(self, share: float) -> int:
        """A price of the bin in which this share of the prices is reached, in minor units.

        It is exact to the width of a bin. The histogram must not be empty.
        """
        return self.bins[self.quantile_bin(sorted(self.bins), share)].first.minor

    def quantile_bin(self, numbers: list[int], share: float) -> int:
        """The bin, among these ascending ones, in which this share of their prices is reached."""
        wanted = share * self.count(numbers)
        seen = 0
        for number in numbers:
            seen += self.bins[number].count
            if seen >= wanted:
                return number
        return numbers[-1]

    def count(self, numbers: list[int]) -> int:
        return sum(self.bins[number].count for number in numbers)

    def round_share(self, numbers: list[int]) -> float:
        """The share of the prices in some bins that have no cents."""
        return sum(self.bins[number].round_count for number in numbers) / max(1, self.count(numbers))
