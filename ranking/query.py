"""A query as the buyer asks it, and as the service understands it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from indexer.market import Market
from indexer.stores.lexical import Term
from languages.locale import Locale

TEXT_MAX = 1_000  # characters of a query; a longer one is pasted by accident
SIZE_MAX = 200  # listings a page
DEPTH = 400  # hits taken from each index; a list has at most twice as many results


class Sort(StrEnum):
    BEST = "best"
    PRICE = "price"
    DELIVERY = "delivery"
    RATING = "rating"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions that every result must meet.

    Amounts are landed prices in minor units of the buyer's currency.

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
    """A search request: the text, the buyer's locale, country and currency, filters, sort and page.

    `now` is the time of the request in seconds since 1970 UTC; it decides which sales are on.
    `country` None takes the locale's region, then the locale's first market.
    `expand` False searches the words of the text alone, without expansions.
    A cursor depends on these fields and their order: it has a hash of the query's repr.

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
    """Words searched beside the query's own: as written, their lemmas, a weight in (0, 1]."""

    text: str
    lemmas: str
    weight: float


@dataclass(frozen=True, slots=True)
class UnderstoodQuery:
    """A query with its market, its likely languages and its weighted terms.

    `languages` maps languages to shares that sum to 1. `terms` are the query's tokens, analysed
    like listings and weighted by how likely their language is, and the lemmas of the `expansions`.
    Without terms, the lexical index has nothing to match. Amounts in results are in `currency`.
    """

    query: Query
    text: str
    market: Market
    currency: str
    languages: Mapping[str, float]
    terms: tuple[Term, ...]
    expansions: tuple[Expansion, ...] = ()
