"""SampleOffer: which product a listing offers, by whom, in which language, and how honestly.

What a judge needs to know of a listing, and nothing of how it is written: the truth is made from offers, the
catalogue from offers and words.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from eval.sample.products import SampleProduct, can_vary, sample_product
from eval.sample.seeded_random import SeededRandom
from eval.sample.sellers import draw_seller, is_fraudulent, sellers_for
from languages.locale import LANGUAGES, Locale

TWINS_PERCENT = 5  # listings that offer a product already listed, by another seller
GROUPS_PERCENT = 12  # blocks of four listings that are variants of one product
STUFFED_PERCENT = 3
MISPLACED_PERCENT = 2
BAIT_PERMILLE = 8
BAIT_OF_FRAUDULENT_PERCENT = 35
ODD_PERMILLE = 4
"""Known shares of what a marketplace has and a shop would rather not: see `SampleOffer`."""

_OTHERS = tuple(language for language in LANGUAGES if language not in ("en", "zh"))
_LOCALES = {language: (Locale(language),) for language in LANGUAGES} | {
    "en": (Locale("en"), Locale("en"), Locale("en", region="GB")),
    "es": (Locale("es"), Locale("es"), Locale("es", region="MX")),
    "pt": (Locale("pt", region="BR"), Locale("pt", region="BR"), Locale("pt", region="PT")),
    "zh": (*[Locale("zh", script="Hans")] * 3, Locale("zh", script="Hant")),
}


@dataclass(frozen=True, slots=True)
class SampleOffer:
    """One listing before it is written.

    Offers of one product share `product.number`, one for each variant; `again` marks a product that another listing
    offered before. `stuffed` titles name things that are not sold here, `bait` prices are a fraction of what the thing
    costs, `misplaced` listings stand in a category that is not theirs, and `odd` ones (a number from 1, 0 for none) are
    valid records as nobody should write them.
    """

    number: int
    product: SampleProduct
    locale: Locale
    seller: int
    group: int | None
    again: bool
    stuffed: bool
    bait: bool
    misplaced: bool
    odd: int

    @property
    def listing_id(self) -> str:
        return f"L{self.number:08d}"


@dataclass(frozen=True, slots=True)
class _Identity:
    root: int
    variant: int = 0
    group: int | None = None
    again: bool = False


def sample_offer(number: int, seed: int) -> SampleOffer:
    """Offer `number`, from the seed and the number alone. Its seller is among the first ``sellers_for(number)``."""
    identity = _identity(number, seed)
    first = number if identity.group is None else identity.root  # a product's variants have one seller
    shop = SeededRandom(seed, "shop", first)
    language = _language(shop)
    locales = _LOCALES[language]
    locale = locales[shop.below(len(locales))]
    seller = draw_seller(language, sellers_for(first), shop)
    honesty = SeededRandom(seed, "honesty", number)
    fraudulent = is_fraudulent(seller)
    return SampleOffer(
        number=number,
        product=sample_product(seed, identity.root, identity.variant),
        locale=locale,
        seller=seller,
        group=identity.group,
        again=identity.again,
        stuffed=honesty.percent(STUFFED_PERCENT),
        misplaced=honesty.percent(MISPLACED_PERCENT),
        bait=honesty.percent(BAIT_OF_FRAUDULENT_PERCENT) if fraudulent else honesty.below(1_000) < BAIT_PERMILLE,
        odd=1 + honesty.below(1_000) if honesty.below(1_000) < ODD_PERMILLE else 0,
    )


def _identity(number: int, seed: int) -> _Identity:
    block = number // 4
    if _is_group(block, seed):
        return _Identity(block * 4, number % 4, group=block)
    draws = SeededRandom(seed, "identity", number)
    if number > 100 and draws.percent(TWINS_PERCENT):
        twin = number - 1 - draws.below(min(number, 2_000))
        if _is_group(twin // 4, seed):
            return _Identity(twin // 4 * 4, twin % 4, again=True)
        return _Identity(twin, again=True)
    return _Identity(number)


@lru_cache(maxsize=4_096)
def _is_group(block: int, seed: int) -> bool:
    return SeededRandom(seed, "group", block).percent(GROUPS_PERCENT) and can_vary(seed, block * 4)


def _language(draws: SeededRandom) -> str:
    drawn = draws.below(200)
    if drawn < 60:
        return "en" if drawn < 30 else "zh"
    return _OTHERS[(drawn - 60) // 7]
