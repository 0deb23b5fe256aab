"""The wire format of the HTTP API: requests and responses.

Pydantic is used here and nowhere further in. An unknown fact is left out of a response, never null
and never zero. An unknown field in a request is an error, so that a misspelt filter is not ignored.
Amounts are integers in minor units of the currency beside them; times are days or milliseconds.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from indexer.listing import ID_MAX, TITLE_MAX
from languages.constraints.constraint import ConstraintKind
from ranking.query import SIZE_MAX, TEXT_MAX, RepairKind, Says, Sort, Source
from search.page import Index

AMOUNT_MAX = 2**53  # above it a float cannot tell two amounts apart
ATTRIBUTES_MAX = 32  # each is one more pass over the catalogue's facts
CURSOR_MAX = 400
_TAG_MAX = 35  # RFC 5646, 4.4.1: room enough for any language tag

Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=_TAG_MAX)]
Country = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, pattern="^[A-Za-z]{2}$"), Field(examples=["DE"])
]
Currency = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, pattern="^[A-Za-z]{3}$"), Field(examples=["EUR"])
]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_MAX)]
Minor = Annotated[int, Field(ge=0, le=AMOUNT_MAX)]

EXAMPLES: dict[str, dict[str, Any]] = {
    "query only": {"query": "kettle"},
    "for a buyer in Germany": {"query": "wasserkocher", "locale": "de", "country": "DE", "size": 5},
    "filtered and sorted": {
        "query": "headphones",
        "locale": "en-US",
        "filters": {"price_min_minor": 500, "price_max_minor": 20000, "attributes": {"color": "black"}},
        "sort": "price",
    },
    "explained, paid in another currency": {
        "query": "fone de ouvido",
        "locale": "pt-BR",
        "currency": "USD",
        "explain": True,
    },
}
"""Requests that work on any snapshot. The tests send each of them."""

Degraded = Annotated[
    tuple[Index, ...] | None,
    Field(description="The unavailable index: what it alone would have found is missing. Left out when none."),
]

_PATH_SCHEMA = {
    "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}],
    "examples": [["Kitchen", "Kettles"], "Kitchen > Kettles"],
}


def _path(value: object) -> object:
    """``A > B`` as a list; anything but text is left to the model's validation."""
    return [part for part in value.split(">") if part.strip()] if isinstance(value, str) else value


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FiltersModel(_Request):
    """What the buyer insists on; all must hold. Case does not matter."""

    category: Annotated[tuple[Name, ...], BeforeValidator(_path), WithJsonSchema(_PATH_SCHEMA)] = Field(
        default=(), description="Path from the root; its sub-categories count too."
    )
    brand: Name | None = None
    seller_id: Annotated[str, StringConstraints(min_length=1, max_length=ID_MAX)] | None = None
    attributes: dict[Name, Name] = Field(default_factory=dict, max_length=ATTRIBUTES_MAX)
    price_min_minor: Minor | None = Field(default=None, description="Lowest landed price, in the buyer's currency.")
    price_max_minor: Minor | None = Field(default=None, description="Highest landed price, in the buyer's currency.")
    in_stock: bool = Field(default=True, description="False shows sold out listings too.")


class Buyer(_Request):
    """Who searches: the language they read, the country it ships to, the currency they pay in."""

    locale: Tag = Field(default="en", description="BCP 47: `de`, `pt-BR`, `zh-Hant`.")
    country: Country | None = Field(
        default=None, description="Where it ships to. Default: the locale's region, else its first market."
    )
    currency: Currency | None = Field(default=None, description="The currency to pay in. Default: the market's.")


class SearchRequest(Buyer):
    """A query for one page of results."""

    model_config = ConfigDict(json_schema_extra={"examples": list(EXAMPLES.values())})

    query: str = Field(max_length=TEXT_MAX, description="The words, in any language.")
    filters: FiltersModel = FiltersModel()
    sort: Sort = Sort.BEST
    size: int = Field(default=20, ge=1, le=SIZE_MAX, description="Listings on the page.")
    cursor: str | None = Field(
        default=None,
        max_length=CURSOR_MAX,
        description="The last page's `next_cursor`. Only `size` and `explain` may change between pages.",
    )
    explain: bool = Field(default=False, description="Show the terms that sum to each score.")
    expand: bool = Field(
        default=True, description="Search for the catalogue's words for the query too; false: for its words alone."
    )
    repair: bool = Field(
        default=True, description="Search for what a mistyped query means where that finds more; false: as typed."
    )
    constraints: bool = Field(
        default=True, description="Read *under 20 €* and *without lid* as conditions; false: search for these words."
    )


class SimilarParameters(Buyer):
    size: int = Field(default=20, ge=1, le=SIZE_MAX)
    explain: bool = False


class Price(BaseModel):
    """`landed_minor = item_minor + shipping_minor + tax_minor`, an unknown shipping cost counting
    nothing.
    """

    currency: str
    item_minor: int = Field(description="The sale's price while `on_sale`.")
    shipping_minor: int | None = Field(default=None, description="Left out where it is not known.")
    tax_minor: int
    landed_minor: int
    on_sale: bool
    landed_text: str = Field(description="The landed price as the buyer's locale writes it.")


class Delivery(BaseModel):
    """Days to the buyer's door."""

    days_min: int
    days_max: int


class SellerModel(BaseModel):
    seller_id: str
    name: str
    country: str | None = None
    rating_mean: float | None = Field(default=None, description="0 to 5")
    rating_count: int | None = None
    years_active: float | None = None
    units_sold: int | None = None


class ListingModel(BaseModel):
    """A listing as this buyer sees it. `locale` is the one its title is written in."""

    listing_id: str
    title: str
    locale: str
    price: Price | None = Field(default=None, description="Left out where its currency has no rate.")
    delivery: Delivery | None = Field(default=None, description="Left out where it is not known.")
    seller: SellerModel
    stock: int | None = None
    rating_mean: float | None = Field(default=None, description="0 to 5")
    rating_count: int | None = None
    units_sold: int | None = None
    category: tuple[str, ...]
    brand: str | None = None
    attributes: dict[str, str]
    image_url: str | None = None


class TermModel(BaseModel):
    """One feature's part of a score: `contribution` is `weight` times `utility`."""

    feature: str
    utility: float
    weight: float
    contribution: float


class ResultModel(ListingModel):
    rank: int = Field(description="From 1, over all pages.")
    score: float
    explanation: tuple[TermModel, ...] | None = Field(
        default=None, description="Its contributions sum to the score exactly. Only with `explain`."
    )


class ExpansionModel(BaseModel):
    """What the search used too; at `weight` 1 it counts as much as the query's own words."""

    text: str
    source: Source = Field(
        description="Who says so: the lexicon, a dictionary, the shop's synonyms, or the encoder's guess."
    )
    weight: float


class PartModel(BaseModel):
    """Words of the query that say one thing. `importance` is their share in a listing's relevance;
    0: not searched for. The shares of all parts sum to 1.
    """

    text: str
    says: Says | None = Field(
        default=None, description="What the lexicon takes it for; left out where it does not know."
    )
    importance: float
    expansions: tuple[ExpansionModel, ...]


class RepairModel(BaseModel):
    """Words of the query that were searched for as others: a wrong keyboard layout, a foreign word
    in Latin letters, a slip, a space. With `repair` false they are not.
    """

    kind: RepairKind
    original: str
    repaired: str


class ConstraintModel(BaseModel):
    """Words of the query that were read as a condition. With `constraints` false they are not.

    A price is the landed price; an own filter of the request decides instead of it. Listings that
    say what is `excluded` are not found.
    """

    kind: ConstraintKind
    text: str = Field(description="The words that say it.")
    price_min_minor: int | None = None
    price_max_minor: int | None = None
    excluded: str | None = None


class Understood(BaseModel):
    """How the query was read. `languages` are shares that sum to 1."""

    text: str
    locale: str
    country: str
    currency: str
    languages: dict[str, float]
    expansions: tuple[ExpansionModel, ...] = Field(
        description="Of all parts, heaviest first; none where `expand` is false."
    )
    parts: tuple[PartModel, ...] = Field(description="In the order of the query.")
    certainty: float = Field(description="How sure the reading is, from 0 to 1; below 1 where words are guessed at.")
    repairs: tuple[RepairModel, ...] = Field(
        description="What was changed in the query before it was searched for; `text` is then what was."
    )
    constraints: tuple[ConstraintModel, ...] = Field(
        description="Conditions that words of the query say; `text` is without these words."
    )
    not_found: tuple[str, ...] = Field(description="Words of the query that no listing of the catalogue has.")
    not_searched: tuple[str, ...] = Field(description="Words of a long query that were not searched for.")


class RelaxationModel(BaseModel):
    """What could be left out of a query with too few answers; to accept it, search for `query`."""

    without: str = Field(description="The words that are left out.")
    found: int = Field(description="Listings that answer `query`, with the same filters.")
    found_is_exact: bool
    query: str


class SimilarResponse(BaseModel):
    """`found` counts the candidates behind all pages, `eligible` the listings this buyer could be
    shown at all.
    """

    results: tuple[ResultModel, ...]
    country: str
    currency: str
    found: int
    eligible: int
    generation: int
    milliseconds: dict[str, float] = Field(description="By phase, and `total`.")


class SearchResponse(BaseModel):
    """`found` counts the listings that answer the query, on all pages, `eligible` those this buyer
    could be shown at all.
    """

    understood: Understood
    results: tuple[ResultModel, ...] = Field(description="Listings that answer the query.")
    near: tuple[ResultModel, ...] = Field(
        description="Listings that do not answer it and are near. They fill the last page, and are no part of the list."
    )
    found: int
    found_is_exact: bool = Field(description="False: there may be more answers than can be paged through.")
    eligible: int
    relaxations: tuple[RelaxationModel, ...] = Field(
        description="At most three, most answers first; only where the first page has fewer than three answers."
    )
    next_cursor: str | None = Field(default=None, description="Left out on the last page.")
    degraded: Degraded = None
    generation: int
    milliseconds: dict[str, float] = Field(description="By phase, and `total`.")


class ListingResponse(ListingModel):
    description: str | None = None
    model: str | None = None
    gtin: str | None = None
    group_id: str | None = Field(default=None, description="Other offers of the same product share it.")
    adult: bool
    generation: int


class MarketModel(BaseModel):
    country: str
    currency: str
    locale: str
    languages: tuple[str, ...] = Field(description="Spoken there, the most common first.")


class MarketsResponse(BaseModel):
    markets: tuple[MarketModel, ...]
    currencies: tuple[str, ...] = Field(description="The currencies a buyer may pay in.")


class Alive(BaseModel):
    status: str


class Refused(BaseModel):
    """The current generation, which could not be opened; the log says why."""

    generation: int | None = None
    reason: str

    @classmethod
    def of(cls, generation: int | None, error: Exception) -> Refused:
        """The error's name alone: its message is for the operator, and may name files."""
        return cls(generation=generation, reason=type(error).__name__)


class Ready(BaseModel):
    status: str
    generation: int = Field(description="The one that answers.")
    listings: int
    encoder: str
    degraded: tuple[Index | Literal["facts"], ...] | None = Field(
        default=None, description="Unavailable indexes; facts: later changes are not seen."
    )
    refused: Refused | None = None


class FieldError(BaseModel):
    """`pointer` is a JSON pointer into the body (`/filters/brand`), or `#query/locale` for a query
    parameter.
    """

    pointer: str
    detail: str


class Problem(BaseModel):
    """RFC 9457: what went wrong, and how to fix it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: tuple[FieldError, ...] | None = None
