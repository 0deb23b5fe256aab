"""The reference data beside a catalogue: sellers, shipping templates, markets, exchange rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from indexer.currency import is_currency, minor_digits
from indexer.listing import ID_MAX, TITLE_MAX, require, require_country, require_text
from languages.locale import Locale


@dataclass(frozen=True, slots=True)
class Seller:
    """A seller. ``active=False`` means suspended: none of its listings is shown."""

    seller_id: str
    name: str
    country: str | None = None
    active: bool = True
    rating_mean: float | None = None
    rating_count: int | None = None
    years_active: float | None = None
    units_sold: int | None = None

    def __post_init__(self) -> None:
        require_text("seller_id", self.seller_id, ID_MAX)
        require_text("name", self.name, TITLE_MAX)
        if self.rating_mean is not None:
            require(0.0 <= self.rating_mean <= 5.0, "rating_mean", self.rating_mean, "must lie between 0 and 5")


@dataclass(frozen=True, slots=True)
class ShippingRow:
    """Shipping to one country: cost in minor units of `currency`, and days to the door."""

    country: str
    cost_minor: int
    currency: str
    days_min: int
    days_max: int

    def __post_init__(self) -> None:
        require_country("country", self.country)
        require(self.cost_minor >= 0, "cost_minor", self.cost_minor, "must not be negative")
        require(is_currency(self.currency), "currency", self.currency, "is not an ISO 4217 code")
        require(0 <= self.days_min <= self.days_max, "days", (self.days_min, self.days_max), "must be 0 <= min <= max")


@dataclass(frozen=True, slots=True)
class ShippingTemplate:
    """Where a listing ships to: a listing does not ship to a country without a row."""

    template_id: str
    rows: tuple[ShippingRow, ...]

    def __post_init__(self) -> None:
        require_text("template_id", self.template_id, ID_MAX)
        countries = [row.country for row in self.rows]
        require(len(set(countries)) == len(countries), "rows", self.template_id, "names a country twice")


@dataclass(frozen=True, slots=True)
class ImportTax:
    """VAT or sales tax on goods from outside `territory`.

    ``tax = rate * (goods + shipping)`` when the goods are worth more than `threshold_minor`
    (minor units of the market's currency), else nothing. `source` says where the rule was found,
    `as_of` (``2025-06-30``) when.
    """

    rate: float
    threshold_minor: int = 0
    territory: tuple[str, ...] = ()
    as_of: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        require(0.0 <= self.rate <= 1.0, "import_tax.rate", self.rate, "must be between 0 and 1")
        require(self.threshold_minor >= 0, "import_tax.threshold_minor", self.threshold_minor, "must not be negative")


@dataclass(frozen=True, slots=True)
class Market:
    """One country's buyers: the currency they pay in, the locale they read, the tax on imports.

    `languages` are ISO 639 codes, the most spoken first; only the locale's if no other is known.
    """

    country: str
    currency: str
    locale: Locale
    import_tax: ImportTax | None = None
    languages: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_country("country", self.country)
        require(is_currency(self.currency), "currency", self.currency, "is not an ISO 4217 code")


@dataclass(frozen=True, slots=True)
class Rates:
    """Exchange rates of one day: one unit of `base` buys ``per_base[code]`` units of `code`."""

    base: str
    date: str
    per_base: Mapping[str, float]

    def __post_init__(self) -> None:
        for code, rate in self.per_base.items():
            require(is_currency(code), "rates", code, "is not an ISO 4217 code")
            require(rate > 0, f"rates.{code}", rate, "must be positive")

    def knows(self, code: str) -> bool:
        return code == self.base or code in self.per_base

    def minor_to_minor(self, source: str, target: str) -> float:
        """Factor from minor units of `source` to minor units of `target`.

        Raises:
            KeyError: no rate for one of them.
        """
        if source == target:
            return 1.0
        rates = {**self.per_base, self.base: 1.0}
        scale = float(10 ** (minor_digits(target) - minor_digits(source)))
        return rates[target] / rates[source] * scale


@dataclass(frozen=True, slots=True)
class ReferenceData:
    """The content of the files beside a catalogue.

    Without templates every listing ships everywhere, in unknown time.
    """

    sellers: tuple[Seller, ...]
    templates: tuple[ShippingTemplate, ...]
    markets: Mapping[str, Market]
    rates: Rates
