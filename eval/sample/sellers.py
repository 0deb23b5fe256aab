"""The sample's sellers: most in China, the others in the countries of the sample's languages."""

from __future__ import annotations

from collections.abc import Iterator

from eval.sample.products import BRANDS
from eval.sample.seeded_random import SeededRandom
from indexer.market import Seller

_CYCLE = 64  # seller n + 64 has the country of seller n
_LANGUAGE_OF_HOME = {
    "US": "en", "DE": "de", "BR": "pt", "JP": "ja", "FR": "fr", "ES": "es", "GB": "en", "IT": "it", "PL": "pl",
    "RU": "ru", "TR": "tr", "NL": "nl", "SE": "sv", "CZ": "cs", "UA": "uk", "IL": "he", "AE": "ar", "SA": "ar",
    "IN": "hi", "ID": "id", "TH": "th", "VN": "vi", "KR": "ko", "MX": "es", "AT": "de",
}  # fmt: skip
_HOMES = tuple(_LANGUAGE_OF_HOME)
"""The countries of sellers 1, 3, 5 ... of a cycle; the others are in China."""

_HOMES_OF = {
    language: tuple(place for place, country in enumerate(_HOMES) if _LANGUAGE_OF_HOME[country] == language)
    for language in _LANGUAGE_OF_HOME.values()
}
_KINDS_OF_NAME = ("Store", "Official Store", "Trading Co.", "Direct", "Shop", "Global", "Factory Outlet", "Selection")
_FIRST_SELLERS = 20
_LISTINGS_A_SELLER = 100


def sellers_for(listings: int) -> int:
    """How many sellers a sample has: twenty, and one more for every hundred listings."""
    return _FIRST_SELLERS + listings // _LISTINGS_A_SELLER


def sample_sellers(count: int, seed: int) -> Iterator[Seller]:
    """Sellers 0 to `count` - 1.

    Seller n does not depend on `count`. About one in a hundred is suspended.
    """
    for number in range(count):
        yield _seller(number, seed)


def seller_id(number: int) -> str:
    return f"s{number:06d}"


def home_country(number: int) -> str:
    """The country of seller `number`."""
    place, is_local = divmod(number % _CYCLE, 2)
    return _HOMES[place] if is_local and place < len(_HOMES) else "CN"


def is_fraudulent(number: int) -> bool:
    """Whether seller `number` is fraudulent: one in a hundred. A quarter of these are suspended."""
    return number % 100 == 61


def draw_seller(language: str, sellers: int, rng: SeededRandom) -> int:
    """A random seller, of the first `sellers`, that writes in `language`."""
    homes = _HOMES_OF.get(language, ())
    first = 2 * homes[rng.below(len(homes))] + 1 if homes else sellers
    if first < sellers and rng.percent(40):
        return first + _CYCLE * rng.below((sellers - first - 1) // _CYCLE + 1)
    number = rng.below(sellers)
    return number if home_country(number) == "CN" else number - 1  # the seller before a local one is in China


def _seller(number: int, seed: int) -> Seller:
    rng = SeededRandom(seed, "seller", number)
    years = round(rng.below(80 if is_fraudulent(number) else 1_400) / 100 + 0.1, 1)
    sold = int(2.718 ** (5 + 1.6 * rng.normal()) * (1 + years))
    ratings = sold * (10 + rng.below(25)) // 100
    name = f"{BRANDS[rng.below(len(BRANDS))]} {_KINDS_OF_NAME[rng.below(len(_KINDS_OF_NAME))]}"
    return Seller(
        seller_id=seller_id(number),
        name=f"{name} {number}" if rng.percent(30) else name,
        country=home_country(number),
        active=number % 100 != 37 and number % 400 != 61,
        rating_mean=round(min(5.0, max(1.0, 4.55 + 0.35 * rng.normal())), 2) if ratings else None,
        rating_count=ratings,
        years_active=years,
        units_sold=sold,
    )
