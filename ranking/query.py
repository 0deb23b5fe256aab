"""Query, what was asked; UnderstoodQuery, how we read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from indexer.market import Market
from indexer.stores.lexical import Term
from languages.locale import Locale

TEXT_MAX = 1_000  # characters of a query; a longer one is a paste by accident
SIZE_MAX = 200  # listings a page
DEPTH = 400  # candidates an index gives; also how far a page can turn


class Sort(StrEnum):
    BEST = "best"
    PRICE = "price"
    DELIVERY = "delivery"
    RATING = "rating"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the buyer insists on; all must hold. Amounts are landed prices in minor units of the buyer's currency.

    Raises:
        ValueError: on construction, for a range that is empty or negative.
    """

    category: tuple[str, ...] = ()
    brand: str | None = None
    seller_id: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    price_min_minor: int | None = None
    price_max_minor: int | None = None
    in_stock: bool = True

    def __post_init__(self) -> None:
        low, high = self.price_min_minor, self.price_max_minor
        if low is not None and low < 0:
            raise ValueError(f"price_min_minor {low} is negative")
        if high is not None and high < (low or 0):
            raise ValueError(f"price_max_minor {high} is below price_min_minor {low or 0}")


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked: words, by whom (locale, country, currency), for which page.

    `now` is the request's time in seconds since 1970 UTC; sales are judged by it.
    `country` None asks the locale's region, then the locale's first market.
    `expand` False looks for the words alone, without the catalogue's own words for them.

    Raises:
        ValueError: on construction.
    """

    text: str
    locale: Locale
    now: int
    country: str | None = None
    currency: str | None = None
    filters: Filters = field(default_factory=Filters)
    sort: Sort = Sort.BEST
    size: int = 20
    cursor: str | None = None
    expand: bool = True

    def __post_init__(self) -> None:
        if len(self.text) > TEXT_MAX:
            raise ValueError(f"query has {len(self.text):,} characters, at most {TEXT_MAX:,} are read")
        if not 1 <= self.size <= SIZE_MAX:
            raise ValueError(f"size {self.size} is not between 1 and {SIZE_MAX}")


@dataclass(frozen=True, slots=True)
class Expansion:
    """Words of the catalogue that stand for the query's: as written, their lemmas, a weight in (0, 1]."""

    text: str
    lemmas: str
    weight: float


@dataclass(frozen=True, slots=True)
class UnderstoodQuery:
    """A query with its market, its likely languages and its weighted tokens.

    `languages` sums to 1. `terms` are the query's words as `languages.analyse` gives them for listings too, weighted
    by how likely their language is, and their `expansions`' lemmas; none: nothing to match by words.
    Amounts on the page are in `currency`.
    """

    query: Query
    text: str
    market: Market
    currency: str
    languages: Mapping[str, float]
    terms: tuple[Term, ...]
    expansions: tuple[Expansion, ...] = ()
