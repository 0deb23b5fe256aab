"""What was counted in a catalogue, by reading it or in a generation that was built from it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TypeVar

from indexer.catalogue.notes import Notes
from indexer.check.language_sample import Disagreement
from indexer.check.mixed_amounts import PriceGroups, SampledPrice
from indexer.check.prices import COARSE, FINE, Price, PriceHistogram
from indexer.check.reservoir import Reservoir
from indexer.listing import Rejected

_NUMBER = re.compile(r"\d+")
Name = TypeVar("Name", str, tuple[str, ...])

OPTIONAL_FIELDS = (
    "description", "brand", "model", "gtin", "category", "attributes", "sale", "shipping_template", "ships_from",
    "stock", "group_id", "rating_mean", "rating_count", "units_sold", "created_at", "updated_at", "image_url",
    "translations",
)  # fmt: skip
"""The fields of a listing that may be absent. The others are always filled."""

_NAMES_MAX = 100_000  # sellers, templates and categories that are told apart: a limit for memory
_GROUPS_MAX = 10_000  # categories whose prices are compared
_PRICES_KEPT = 100_000  # prices that are compared by seller: 40 MB
_REASONS_MAX = 1_000


@dataclass(slots=True)
class Example:
    """How many listings have something in common, and one of them."""

    count: int = 0
    listing_id: str = ""

    def add(self, listing_id: str, count: int = 1) -> None:
        self.listing_id = self.listing_id or listing_id
        self.count += count


@dataclass(slots=True)
class RejectionGroup:
    """The records that were rejected for one reason, and the first of them."""

    first: Rejected
    count: int = 0


@dataclass(slots=True)
class Tally:
    """Counts of a catalogue.

    Memory grows with the number of sellers, categories and currencies, not with the listings. Of
    sellers, categories and reasons at most some thousand are told apart; `overflow` says so.
    """

    records: int = 0
    listings: int = 0
    left_out: Counter[str] = field(default_factory=Counter)  # records that are no offers, by reason
    notes: Notes = field(default_factory=Notes)  # values of kept listings that were not used
    rejections: dict[tuple[str, str], RejectionGroup] = field(default_factory=dict)
    filled: Counter[str] = field(default_factory=Counter)
    locales: Counter[str] = field(default_factory=Counter)
    disagreements: list[Disagreement] = field(default_factory=list)
    prices: dict[str, PriceHistogram] = field(default_factory=dict)  # by currency
    category_prices: PriceGroups = field(default_factory=dict)
    price_sample: Reservoir[SampledPrice] = field(default_factory=lambda: Reservoir(_PRICES_KEPT))
    free: Example = field(default_factory=Example)  # price 0
    categories: Counter[tuple[str, ...]] = field(default_factory=Counter)
    sellers: Counter[str] = field(default_factory=Counter)
    templates: Counter[str] = field(default_factory=Counter)
    sales: int = 0
    ended_sales: Example = field(default_factory=Example)
    in_stock: int = 0  # listings with a stock above 0
    stock_known: int = 0
    without_image: Example = field(default_factory=Example)
    broken_texts: dict[str, Example] = field(default_factory=lambda: defaultdict(Example))  # by what is broken
    shared_gtins: Example = field(default_factory=Example)  # offers of a product that another seller offers, too
    repeated_gtins: Example = field(default_factory=Example)  # offers of a product that the same seller offers, too
    repeated_titles: Example = field(default_factory=Example)  # same normalised title, same seller, no group
    overflow: bool = False

    @property
    def rejected(self) -> int:
        return sum(group.count for group in self.rejections.values())

    def add_rejected(self, rejected: Rejected) -> None:
        """Count a rejection under its field and reason; numbers in a reason do not matter.

        All attributes count as one field, and so do all translations.
        """
        name = rejected.field.split(".")[0] if rejected.field.startswith(("attributes.", "trans")) else rejected.field
        key = (name, _NUMBER.sub("N", rejected.reason))
        if key not in self.rejections and len(self.rejections) >= _REASONS_MAX:
            key = (name, "for other reasons")
        self.rejections.setdefault(key, RejectionGroup(rejected)).count += 1

    def add_price(self, price: Price, count: int = 1) -> None:
        """Count a price among those of its currency."""
        if price.minor <= 0:
            self.free.add(price.listing_id, count)
            return
        histogram = self.prices.get(price.currency)
        if histogram is None:
            histogram = self.prices[price.currency] = PriceHistogram(FINE)
        histogram.add(price, count)

    def add_category_price(self, category: str, price: Price, count: int = 1) -> None:
        """Count a price above 0 among those of its category ('' for none) and currency."""
        group = category, price.currency
        histogram = self.category_prices.get(group)
        if histogram is None:
            if len(self.category_prices) >= _GROUPS_MAX:
                self.overflow = True
                return
            histogram = self.category_prices[group] = PriceHistogram(COARSE)
        histogram.add(price, count)

    def count(self, names: Counter[Name], name: Name, count: int = 1) -> None:
        """Count a seller, template or category."""
        if name in names or len(names) < _NAMES_MAX:
            names[name] += count
        else:
            self.overflow = True
