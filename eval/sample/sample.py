"""A generated catalogue, used by the first run, demonstrations and tests.

Listing n depends only on the seed and n. The first thousand listings of a longer sample are
therefore the sample of a thousand, and ten million need no more memory than one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from eval.sample.edge_cases import make_edge_case
from eval.sample.offer import SampleOffer, sample_offer
from eval.sample.product_types import product_types
from eval.sample.seeded_random import SeededRandom
from eval.sample.sellers import home_country, sample_sellers, seller_id, sellers_for
from eval.sample.shipping import WAREHOUSES, sample_shipping, warehouse_template
from eval.sample.titles import attributes, description, title, words_of
from indexer.currency import minor_digits
from indexer.listing import Listing, Sale

__all__ = ["sample_listings", "sample_sellers", "sample_shipping", "sellers_for"]

DAY = 86_400
NOW = 1_793_491_200  # 2026-11-01, midnight UTC: the day the sample was taken
_AGE = 3 * 365 * DAY
_NEW = 45 * DAY  # a younger listing has no ratings yet
_SINGLES_DAY = (10, 11)  # starts, ends, in days after NOW: a third of the listings take part
_SALES = ((9, 12), (0, 11), (8, 14), (19, 30), (26, 30))

_PER_USD = {  # not from rates.toml: newer rates must not change the sample's bytes
    "USD": 1.0, "CNY": 7.1, "EUR": 0.86, "GBP": 0.75, "JPY": 150.0, "BRL": 5.4, "PLN": 3.65, "RUB": 82.0,
    "TRY": 42.0, "AED": 3.67, "INR": 88.0, "KRW": 1420.0, "SEK": 9.4, "CZK": 20.9, "UAH": 42.0,
    "ILS": 3.3, "SAR": 3.75, "IDR": 16600.0, "THB": 32.5, "VND": 26300.0, "MXN": 18.4,
}  # fmt: skip
_CURRENCY = {
    "CN": "CNY", "AT": "EUR", "IT": "EUR", "NL": "EUR", "SE": "SEK", "CZ": "CZK", "UA": "UAH", "IL": "ILS",
    "SA": "SAR", "ID": "IDR", "VN": "VND", "MX": "MXN",
    **{country: warehouse.currency for country, warehouse in WAREHOUSES.items()},
}  # fmt: skip
_WAREHOUSE_OF = {  # the warehouse that sellers of a country without one use
    "AT": "DE", "NL": "DE", "SE": "DE", "IT": "FR", "CZ": "PL", "UA": "PL", "IL": "AE", "SA": "AE",
    "ID": "TH", "VN": "TH", "MX": "US",
}  # fmt: skip
_WAREHOUSE_FOR = {  # the local warehouse of a seller in China, by the listing's language
    "ar": "AE", "cs": "PL", "de": "DE", "en": "US", "es": "ES", "fr": "FR", "he": "AE", "hi": "IN", "id": "TH",
    "it": "FR", "ja": "JP", "ko": "KR", "nl": "DE", "pl": "PL", "pt": "BR", "ru": "RU", "sv": "DE", "th": "TH",
    "tr": "TR", "uk": "PL", "vi": "TH",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a listing ships from, and its currency."""

    currency: str
    template: str
    ships_from: str


def sample_listings(count: int, seed: int) -> Iterator[Listing]:
    """Listings 0 to `count` - 1 of the sample `seed`, in bounded memory."""
    for number in range(count):
        yield sample_listing(number, seed)


def sample_listing(number: int, seed: int) -> Listing:
    """Listing `number`. Its seller is among the first ``sellers_for(number)``."""
    return listing_from_offer(sample_offer(number, seed), seed)


def listing_from_offer(offer: SampleOffer, seed: int) -> Listing:
    """The listing as the offer's seller publishes it."""
    product = offer.product
    origin = _origin(offer, seed)
    rng = SeededRandom(seed, "listing", offer.number)
    text_rng = SeededRandom(seed, "hand", offer.number)
    words = words_of(offer, text_rng)
    price_minor = _price(offer, origin.currency, rng)
    created_at = NOW - 1 - rng.below(_AGE)
    units_sold, rating_count = _demand(created_at, rng)
    listing = Listing(
        listing_id=offer.listing_id,
        seller_id=seller_id(offer.seller),
        locale=offer.locale,
        title=title(offer, words, text_rng),
        price_minor=price_minor,
        currency=origin.currency,
        description=description(offer, words, text_rng) if rng.percent(85) else None,
        brand=product.brand,
        model=product.model,
        gtin=product.gtin,
        category=_category(offer, rng),
        attributes=attributes(words),
        sale=_sale(price_minor, rng),
        shipping_template=origin.template,
        ships_from=origin.ships_from,
        stock=0 if rng.percent(3) else 1 + rng.below(40) * rng.below(60),
        group_id=None if offer.group is None else f"G{offer.group:08d}",
        rating_mean=round(min(5.0, max(1.0, 4.5 + 0.4 * rng.normal())), 1) if rating_count else None,
        rating_count=rating_count,
        units_sold=units_sold,
        created_at=created_at,
        updated_at=created_at + rng.below(NOW - created_at),
    )
    return make_edge_case(listing, offer.edge_case) if offer.edge_case else listing


def _category(offer: SampleOffer, rng: SeededRandom) -> tuple[str, ...]:
    """The product's category; of a misplaced listing, one of another department."""
    own = offer.product.product_type
    place = rng.below(len(product_types()))
    if not offer.misplaced:
        return own.category
    types = product_types()
    others = (types[(place + step) % len(types)] for step in range(len(types)))
    return next(
        (product_type.category for product_type in others if product_type.department != own.department), own.category
    )


def _origin(offer: SampleOffer, seed: int) -> _Origin:
    language = offer.locale.language
    country = home_country(offer.seller)
    rng = SeededRandom(seed, "origin", offer.number if offer.group is None else offer.group * 4)
    if country != "CN":
        warehouse = _WAREHOUSE_OF.get(country, country)
        return _Origin(_CURRENCY[country], warehouse_template(warehouse), warehouse)
    if language in _WAREHOUSE_FOR and rng.percent(25):
        warehouse = _WAREHOUSE_FOR[language]
        return _Origin(_CURRENCY[warehouse], warehouse_template(warehouse), warehouse)
    speed = ("economy", "economy", "standard", "standard", "express")[rng.below(5)]
    return _Origin("CNY" if language == "zh" or rng.percent(30) else "USD", f"cn-{speed}", "CN")


def _price(offer: SampleOffer, currency: str, rng: SeededRandom) -> int:
    """In minor units, rounded as shops do: 24.99, 1,240, 3 980.

    A bait price is a tenth of the usual price or less.
    """
    usd = offer.product.usd * (0.8 + rng.below(40) / 100 if offer.duplicate_offer else 1.0)
    if offer.bait:
        usd *= (3 + rng.below(8)) / 100
    amount = usd * _PER_USD[currency]
    unit = _minor_in_one(currency)
    if amount >= 1_000:
        step = int(10 ** (len(str(int(amount))) - 3))
        return round(amount / step) * step * unit
    if unit == 1:
        return max(1, round(amount))
    return int(amount) * 100 + (99, 99, 90, 49, 95)[rng.below(5)]


def _sale(price_minor: int, rng: SeededRandom) -> Sale | None:
    percentile = rng.below(100)
    if percentile >= 40:
        return None
    starts, ends = _SINGLES_DAY if percentile < 33 else _SALES[rng.below(len(_SALES))]
    return Sale(price_minor * (55 + rng.below(36)) // 100, NOW + starts * DAY, NOW + ends * DAY)


def _demand(created_at: int, rng: SeededRandom) -> tuple[int, int]:
    """Units sold and ratings: long-tailed, and growing with age. A new listing has no ratings."""
    age = NOW - created_at
    sold = int(2.718 ** (3 + 1.9 * rng.normal()) * age / _AGE * 2)
    ratings = sold * (5 + rng.below(25)) // 100
    return sold, ratings if age >= _NEW else 0


@cache
def _minor_in_one(currency: str) -> int:
    return int(10 ** minor_digits(currency))
