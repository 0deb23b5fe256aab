"""A query as the buyer asks it, and as the service understands it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal, get_args

from indexer.market import Market
from indexer.stores.lexical import Clause
from languages.constraints.constraint import ConstraintKind
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
    `expand` False searches the words of the text alone, without expansions; `repair` False searches
    them as they were typed; `constraints` False searches for words such as *under 20 €* and
    *without lid* too, instead of reading them as conditions.
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
    repair: bool = True
    constraints: bool = True

    def __post_init__(self) -> None:
        if len(self.text) > TEXT_MAX:
            raise ValueError(f"query has {len(self.text):,} characters, at most {TEXT_MAX:,} are read")
        if not 1 <= self.size <= SIZE_MAX:
            raise ValueError(f"size {self.size} is not between 1 and {SIZE_MAX}")


RepairKind = Literal["layout", "transliteration", "spelling", "spacing"]


@dataclass(frozen=True, slots=True)
class Repair:
    """Words of a query as typed, and what was searched for instead: the catalogue answers it
    better.
    """

    kind: RepairKind
    original: str
    repaired: str


@dataclass(frozen=True, slots=True)
class QueryConstraint:
    """A condition that words of a query say; ``text`` are the words.

    Amounts are landed prices in minor units of the buyer's currency. `excluded` has the words for
    what is not wanted, `parts` what they mean.
    """

    kind: ConstraintKind
    text: str
    price_min_minor: int | None = None
    price_max_minor: int | None = None
    excluded: str = ""
    parts: tuple[QueryPart, ...] = ()


Source = Literal["lexicon", "dictionary", "synonym", "encoder"]


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a query: as written, and its lemmas in the query's likely languages.

    The likeliest language comes first. `weights` are in (0, 1], one for each lemma.
    """

    surface: str
    lemmas: tuple[str, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Meaning:
    """An entry of the lexicon that a part of a query may mean, with a probability in (0, 1]."""

    entry_id: str
    probability: float


@dataclass(frozen=True, slots=True)
class Expansion:
    """What is searched for beside the words of a part: as shown, where from, a weight in (0, 1]."""

    text: str
    source: Source
    weight: float


Says = Literal[
    "thing", "recipient", "color", "material", "style", "use", "feature", "topic", "condition",
    "brand", "series", "make", "character",
]  # fmt: skip
"""What a part says of what is wanted, by the group of its meaning in the lexicon."""

_SAYS: Mapping[str, Says] = {"kind": "thing", "general": "thing", "audience": "recipient"}


@dataclass(frozen=True, slots=True)
class QueryPart:
    """Adjacent words of a query that say one thing, and what the lexicon knows they may mean.

    `weight` says how much the part decides, before the rarity of its words: 1.0 for most. A part's
    `importance` is its share in the relevance of a listing, once the catalogue has been asked; the
    shares of all parts sum to 1. Its `certainty`, in [0, 1], is below 1 where the catalogue lacks
    its words and something else is searched for by guess. `is_compound` says that its meanings are
    those of its end alone: a Küchenlampe is a lamp; `modifier` has the tokens that say what stands
    before the end, in any of these ways. `start` is the position of its first word among
    the words that the analysis makes of the query.
    """

    text: str
    words: tuple[Word, ...]
    meanings: tuple[Meaning, ...] = ()
    weight: float = 1.0
    importance: float = 0.0
    certainty: float = 1.0
    expansions: tuple[Expansion, ...] = ()
    is_compound: bool = False
    modifier: tuple[str, ...] = ()
    start: int = 0

    @property
    def says(self) -> Says | None:
        """What the likeliest meaning says: a thing, a colour, a recipient ...; None without one."""
        if not self.meanings:
            return None
        group = max(self.meanings, key=lambda meaning: meaning.probability).entry_id.partition(":")[0]
        named: tuple[Says, ...] = get_args(Says)
        return _SAYS.get(group) or next((says for says in named if says == group), None)


@dataclass(frozen=True, slots=True)
class UnderstoodQuery:
    """A query with its market, its likely languages and its parts.

    `languages` maps languages to shares that sum to 1. The `clauses` are what the lexical index
    searches for: one or two for each part, once the catalogue has been asked. Amounts in results
    are in `currency`. Where the query was repaired, `text` is what is searched for, and `repairs`
    say what was changed; `query` has the text as typed. `text` is without the words that say
    `constraints`.
    """

    query: Query
    text: str
    market: Market
    currency: str
    languages: Mapping[str, float]
    parts: tuple[QueryPart, ...]
    clauses: tuple[Clause, ...] = ()
    repairs: tuple[Repair, ...] = ()
    constraints: tuple[QueryConstraint, ...] = ()

    @property
    def filters(self) -> Filters:
        """The query's filters, with the prices that its words ask for where it has none itself."""
        filters = self.query.filters
        low = _chosen(filters.price_min_minor, [one.price_min_minor for one in self.constraints], max)
        high = _chosen(filters.price_max_minor, [one.price_max_minor for one in self.constraints], min)
        if low is not None and high is not None and low > high:
            return filters
        return replace(filters, price_min_minor=low, price_max_minor=high)

    @property
    def exclusions(self) -> tuple[QueryConstraint, ...]:
        """The constraints that say what is not wanted."""
        return tuple(one for one in self.constraints if one.kind == "exclude")

    @property
    def certainty(self) -> float:
        """How sure the reading of the query is, in [0, 1]: that of its parts by importance."""
        total = sum(part.importance for part in self.parts)
        return sum(part.importance * part.certainty for part in self.parts) / total if total else 1.0

    @property
    def expansions(self) -> tuple[Expansion, ...]:
        """Those of all parts, the heaviest first, each text once."""
        by_weight = sorted((e for part in self.parts for e in part.expansions), key=lambda e: -e.weight)
        return tuple({expansion.text: expansion for expansion in reversed(by_weight)}.values())[::-1]


def _chosen(own: int | None, said: Iterable[int | None], choose: Callable[[list[int]], int]) -> int | None:
    """The caller's own bound, else the narrowest of those that words say."""
    known = [bound for bound in said if bound is not None]
    return own if own is not None or not known else choose(known)
