"""A catalogue of our own, by seed: what the first run, demonstrations and tests stand on.

Listing number n depends on the seed and n alone, so that the first thousand listings of a longer sample are the
sample of a thousand, and ten million need no more memory than one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from indexer.currency import minor_digits
from indexer.listing import Listing, Sale
from indexer.sample_draws import Draws
from indexer.sample_products import SampleProduct, sample_product
from indexer.sample_sellers import draw_seller, home, sample_sellers, seller_id, sellers_for
from indexer.sample_shipping import WAREHOUSES, sample_markets, sample_shipping, warehouse_template
from indexer.sample_titles import Words, description, title, words_of
from languages.locale import LANGUAGES, Locale
from languages.sample_words import sample_kinds

__all__ = ["sample_listings", "sample_markets", "sample_sellers", "sample_shipping", "sellers_for"]

DAY = 86_400
NOW = 1_793_491_200  # 2026-11-01, midnight UTC: the day the sample was taken
_AGE = 3 * 365 * DAY
_NEW = 45 * DAY  # a younger listing has no ratings yet
_SALES = (  # starts, ends (days after NOW); the first is Singles' Day
    (10, 11), (10, 11), (10, 11), (9, 12), (0, 11), (8, 14), (19, 30), (19, 30), (26, 30),
)  # fmt: skip

_PER_USD = {  # its own, so that newer rates in rates.toml do not change the sample's bytes
    "USD": 1.0, "CNY": 7.1, "EUR": 0.86, "GBP": 0.75, "JPY": 150.0, "BRL": 5.4, "PLN": 3.65, "RUB": 82.0,
    "TRY": 42.0, "AED": 3.67, "INR": 88.0, "KRW": 1420.0, "SEK": 9.4, "CZK": 20.9, "UAH": 42.0,
    "ILS": 3.3, "SAR": 3.75, "IDR": 16600.0, "THB": 32.5, "VND": 26300.0, "MXN": 18.4,
}  # fmt: skip
_CURRENCY = {
    "CN": "CNY", "AT": "EUR", "IT": "EUR", "NL": "EUR", "SE": "SEK", "CZ": "CZK", "UA": "UAH", "IL": "ILS",
    "SA": "SAR", "ID": "IDR", "VN": "VND", "MX": "MXN",
    **{country: house.currency for country, house in WAREHOUSES.items()},
}  # fmt: skip
_WAREHOUSE_OF = {  # whose shelf a seller without a warehouse in the country uses
    "AT": "DE", "NL": "DE", "SE": "DE", "IT": "FR", "CZ": "PL", "UA": "PL", "IL": "AE", "SA": "AE",
    "ID": "TH", "VN": "TH", "MX": "US",
}  # fmt: skip
_WAREHOUSE_FOR = {  # where a seller in China keeps what it writes about in this language
    "ar": "AE", "cs": "PL", "de": "DE", "en": "US", "es": "ES", "fr": "FR", "he": "AE", "hi": "IN", "id": "TH",
    "it": "FR", "ja": "JP", "ko": "KR", "nl": "DE", "pl": "PL", "pt": "BR", "ru": "RU", "sv": "DE", "th": "TH",
    "tr": "TR", "uk": "PL", "vi": "TH",
}  # fmt: skip
_OTHERS = tuple(language for language in LANGUAGES if language not in ("en", "zh"))
_LOCALES = {language: Locale(language) for language in LANGUAGES} | {
    "pt": Locale("pt", region="BR"),
    "zh": Locale("zh", script="Hans"),
}


@dataclass(frozen=True, slots=True)
class _Identity:
    """Which product a listing offers, and as what: a variant of a group, or one more offer of another's product."""

    root: int
    variant: int = 0
    group: int | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Offer:
    """Where a listing is sold from and in what money."""

    currency: str
    template: str
    ships_from: str


def sample_listings(count: int, seed: int) -> Iterator[Listing]:
    """Listings 0 to `count` - 1 of the sample `seed`, in bounded memory."""
    for number in range(count):
        yield sample_listing(number, seed)


def sample_listing(number: int, seed: int) -> Listing:
    """Listing `number`. Its seller is among the first ``sellers_for(number)``."""
    identity = _identity(number, seed)
    product = sample_product(seed, identity.root, identity.variant)
    shop = Draws(seed, "shop", number if identity.group is None else identity.root)
    language = _language(shop)
    seller = draw_seller(language, sellers_for(number if identity.group is None else identity.root), shop)
    offer = _offer(home(seller), language, shop)
    draws = Draws(seed, "listing", number)
    words = words_of(product, language, draws)
    price_minor = _price(product, offer.currency, identity, draws)
    created_at = NOW - 1 - draws.below(_AGE)
    units_sold, rating_count = _demand(created_at, draws)
    return Listing(
        listing_id=f"L{number:08d}",
        seller_id=seller_id(seller),
        locale=_LOCALES[language],
        title=title(product, words, draws),
        price_minor=price_minor,
        currency=offer.currency,
        description=description(product, words, draws) if draws.percent(85) else None,
        brand=product.brand,
        model=product.model,
        gtin=product.gtin,
        category=sample_kinds()[product.trade.kind_id].category,
        attributes=_attributes(words),
        sale=_sale(price_minor, draws),
        shipping_template=offer.template,
        ships_from=offer.ships_from,
        stock=0 if draws.percent(3) else 1 + draws.below(40) * draws.below(60),
        group_id=None if identity.group is None else f"G{identity.group:08d}",
        rating_mean=round(min(5.0, max(1.0, 4.5 + 0.4 * draws.normal())), 1) if rating_count else None,
        rating_count=rating_count,
        units_sold=units_sold,
        created_at=created_at,
        updated_at=created_at + draws.below(NOW - created_at),
    )


def _identity(number: int, seed: int) -> _Identity:
    block = number // 4
    if _is_group(block, seed):
        return _Identity(block * 4, number % 4, group=block)
    draws = Draws(seed, "identity", number)
    if number > 100 and draws.percent(5):  # one more offer of a product listed not long before
        twin = number - 1 - draws.below(min(number, 2_000))
        grouped = _is_group(twin // 4, seed)
        return _Identity(twin // 4 * 4, twin % 4, again=True) if grouped else _Identity(twin, again=True)
    return _Identity(number)


@lru_cache(maxsize=4_096)
def _is_group(block: int, seed: int) -> bool:
    return Draws(seed, "group", block).percent(12)


def _language(draws: Draws) -> str:
    drawn = draws.below(200)
    if drawn < 60:
        return "en" if drawn < 30 else "zh"
    return _OTHERS[(drawn - 60) // 7]


def _offer(country: str, language: str, draws: Draws) -> _Offer:
    if country != "CN":
        house = _WAREHOUSE_OF.get(country, country)
        return _Offer(_CURRENCY[country], warehouse_template(house), house)
    if language in _WAREHOUSE_FOR and draws.percent(25):
        house = _WAREHOUSE_FOR[language]
        return _Offer(_CURRENCY[house], warehouse_template(house), house)
    speed = ("economy", "economy", "standard", "standard", "express")[draws.below(5)]
    return _Offer("CNY" if language == "zh" or draws.percent(30) else "USD", f"cn-{speed}", "CN")


def _price(product: SampleProduct, currency: str, identity: _Identity, draws: Draws) -> int:
    """In minor units, ending as prices end: 24.99, 1,240, 3 980."""
    usd = product.usd * (0.8 + draws.below(40) / 100 if identity.again else 1.0)
    amount = usd * _PER_USD[currency]
    unit = _minor_in_one(currency)
    if amount >= 1_000:
        step = int(10 ** (len(str(int(amount))) - 3))
        return round(amount / step) * step * unit
    if unit == 1:
        return max(1, round(amount))
    return int(amount) * 100 + (99, 99, 90, 49, 95)[draws.below(5)]


def _sale(price_minor: int, draws: Draws) -> Sale | None:
    if not draws.percent(10):
        return None
    starts, ends = _SALES[draws.below(len(_SALES))]
    return Sale(price_minor * (55 + draws.below(36)) // 100, NOW + starts * DAY, NOW + ends * DAY)


def _demand(created_at: int, draws: Draws) -> tuple[int, int]:
    """Units sold and ratings: long-tailed, growing with age; no ratings on a new listing."""
    age = NOW - created_at
    sold = int(2.718 ** (3 + 1.9 * draws.normal()) * age / _AGE * 2)
    ratings = sold * (5 + draws.below(25)) // 100
    return sold, ratings if age >= _NEW else 0


def _attributes(words: Words) -> dict[str, str]:
    """English names, so that one filter reaches every language; values as the seller writes them."""
    values = (("color", words.color), ("material", words.material), ("size", words.size))
    return {name: value for name, value in values if value}


@cache
def _minor_in_one(currency: str) -> int:
    return int(10 ** minor_digits(currency))
