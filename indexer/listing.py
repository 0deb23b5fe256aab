"""A listing: one offer as its seller published it. Also the rejection of an invalid record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from indexer.country import country_codes
from indexer.currency import is_currency
from languages.locale import Locale

TITLE_MAX = 1_000  # characters; longer ones are stuffed or broken
TEXT_MAX = 100_000  # characters of a description
ID_MAX = 200


class InvalidRecord(ValueError):
    """A record breaks a rule: which field, which value, and why."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(f"{field}: {reason} (got {value!r})")
        self.field = field
        self.value = value
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rejected:
    """One line of ``rejected.jsonl``: the record's number from 1, field, cut value, reason."""

    record: int
    field: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A record that is no offer, or one that its shop does not show: number from 1, and the reason.

    Reasons are few, so that they can be counted: "an image row", "a draft".
    """

    record: int
    reason: str


@dataclass(frozen=True, slots=True)
class Sale:
    """A lower price for a period: ``starts <= request time < ends``, in seconds since 1970 UTC."""

    price_minor: int
    starts: int
    ends: int

    def __post_init__(self) -> None:
        require(self.price_minor >= 0, "sale.price_minor", self.price_minor, "must not be negative")
        require(self.starts < self.ends, "sale", (self.starts, self.ends), "must start before it ends")


@dataclass(frozen=True, slots=True)
class Translation:
    title: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One offer.

    Amounts are integers in the currency's minor unit; times are seconds since 1970 UTC. ``None`` is
    "not known" and never the same as zero.

    Raises:
        InvalidRecord: on construction; it names the field that breaks a rule.
    """

    listing_id: str
    seller_id: str
    locale: Locale
    title: str
    price_minor: int
    currency: str
    description: str | None = None
    brand: str | None = None
    model: str | None = None
    gtin: str | None = None
    category: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    sale: Sale | None = None
    shipping_template: str | None = None
    ships_from: str | None = None
    stock: int | None = None
    group_id: str | None = None
    rating_mean: float | None = None
    rating_count: int | None = None
    units_sold: int | None = None
    created_at: int | None = None
    updated_at: int | None = None
    image_url: str | None = None
    translations: Mapping[Locale, Translation] = field(default_factory=dict)
    adult: bool = False

    def __post_init__(self) -> None:
        require_text("listing_id", self.listing_id, ID_MAX)
        require(
            self.listing_id.split() == [self.listing_id],
            "listing_id", self.listing_id, "holds white space, which separates ids in files of judgements and runs",
        )  # fmt: skip
        require_text("seller_id", self.seller_id, ID_MAX)
        require_text("title", self.title, TITLE_MAX)
        require(self.price_minor >= 0, "price_minor", self.price_minor, "must not be negative")
        require(self.price_minor < 2**62, "price_minor", self.price_minor, "is too large for a price")
        require(is_currency(self.currency), "currency", self.currency, "is not an ISO 4217 code")
        for name, text, limit in (
            ("description", self.description, TEXT_MAX),
            ("brand", self.brand, TITLE_MAX),
            ("model", self.model, TITLE_MAX),
            ("gtin", self.gtin, ID_MAX),
        ):
            if text is not None:
                require_text(name, text, limit)
        for part in self.category:
            require_text("category", part, TITLE_MAX)
        if self.ships_from is not None:
            require_country("ships_from", self.ships_from)
        for name, count in (
            ("stock", self.stock),
            ("rating_count", self.rating_count),
            ("units_sold", self.units_sold),
        ):
            if count is not None:
                require(0 <= count < 2**31, name, count, "must be a count between 0 and 2147483647")
        if self.rating_mean is not None:
            require(0.0 <= self.rating_mean <= 5.0, "rating_mean", self.rating_mean, "must lie between 0 and 5")


def require(condition: bool, field: str, value: object, reason: str) -> None:
    """Raise InvalidRecord unless `condition` holds."""
    if not condition:
        raise InvalidRecord(field, value, reason)


def require_country(field: str, code: str) -> None:
    """Raise InvalidRecord unless `code` is the ISO 3166 code of a country."""
    require(len(code) == 2 and code in country_codes(), field, code, "is not an ISO 3166 country code")


def require_text(field: str, value: str, limit: int) -> None:
    """Raise InvalidRecord unless `value` is valid text of at most `limit` characters.

    It must not be blank and must not contain NUL or lone surrogates.
    """
    if not value or value.isspace():
        raise InvalidRecord(field, value, "is missing")
    if len(value) > limit:
        raise InvalidRecord(field, value, f"is longer than {limit:,} characters")
    if "\x00" in value:
        raise InvalidRecord(field, value, "holds a NUL character")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidRecord(field, ascii(value), "is not valid Unicode") from None
