"""SampleOffer: a listing's product, seller and language, and how honest it is.

It holds what grading needs to know of a listing, and nothing of its wording. Judgements are made
from offers; the catalogue is made from offers and words.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from eval.sample.products import SampleProduct, can_vary, sample_product
from eval.sample.seeded_random import SeededRandom
from eval.sample.sellers import draw_seller, is_fraudulent, sellers_for
from languages.locale import LANGUAGES, Locale

DUPLICATE_OFFERS_PERCENT = 5  # listings that offer a product already listed, by another seller
GROUPS_PERCENT = 12  # blocks of four listings that are variants of one product
STUFFED_PERCENT = 3
MISPLACED_PERCENT = 2
BAIT_PERMILLE = 8
BAIT_OF_FRAUDULENT_PERCENT = 35
EDGE_CASE_PERMILLE = 4
"""Shares of the listings that a marketplace should not show first: see `SampleOffer`."""

_OTHER_LANGUAGES = tuple(language for language in LANGUAGES if language not in ("en", "zh"))
_LOCALES = {language: (Locale(language),) for language in LANGUAGES} | {
    "en": (Locale("en"), Locale("en"), Locale("en", region="GB")),
    "es": (Locale("es"), Locale("es"), Locale("es", region="MX")),
    "pt": (Locale("pt", region="BR"), Locale("pt", region="BR"), Locale("pt", region="PT")),
    "zh": (*[Locale("zh", script="Hans")] * 3, Locale("zh", script="Hant")),
}


@dataclass(frozen=True, slots=True)
class SampleOffer:
    """One listing before it is written.

    Offers of one product variant share `product.number`. `duplicate_offer`: an earlier listing
    offers the same product. `stuffed`: the title names things that are not sold here. `bait`: the
    price is a fraction of what the product costs. `misplaced`: the category is another product's.
    `edge_case`: which of `eval.sample.edge_cases`, from 1; 0 is none.
    """

    number: int
    product: SampleProduct
    locale: Locale
    seller: int
    group: int | None
    duplicate_offer: bool
    stuffed: bool
    bait: bool
    misplaced: bool
    edge_case: int

    @property
    def listing_id(self) -> str:
        return f"L{self.number:08d}"


@dataclass(frozen=True, slots=True)
class _Identity:
    """Which product an offer is of."""

    root: int
    variant: int = 0
    group: int | None = None
    duplicate_offer: bool = False


def sample_offer(number: int, seed: int) -> SampleOffer:
    """Offer `number`, from the seed and the number alone.

    Its seller is among the first ``sellers_for(number)``.
    """
    identity = _identity(number, seed)
    first = number if identity.group is None else identity.root  # all variants of a product have one seller
    seller_rng = SeededRandom(seed, "shop", first)
    language = _language(seller_rng)
    locales = _LOCALES[language]
    locale = locales[seller_rng.below(len(locales))]
    seller = draw_seller(language, sellers_for(first), seller_rng)
    rng = SeededRandom(seed, "honesty", number)
    fraudulent = is_fraudulent(seller)
    return SampleOffer(
        number=number,
        product=sample_product(seed, identity.root, identity.variant),
        locale=locale,
        seller=seller,
        group=identity.group,
        duplicate_offer=identity.duplicate_offer,
        stuffed=rng.percent(STUFFED_PERCENT),
        misplaced=rng.percent(MISPLACED_PERCENT),
        bait=rng.percent(BAIT_OF_FRAUDULENT_PERCENT) if fraudulent else rng.below(1_000) < BAIT_PERMILLE,
        edge_case=1 + rng.below(1_000) if rng.below(1_000) < EDGE_CASE_PERMILLE else 0,
    )


def _identity(number: int, seed: int) -> _Identity:
    block = number // 4
    if _is_group(block, seed):
        return _Identity(block * 4, number % 4, group=block)
    rng = SeededRandom(seed, "identity", number)
    if number > 100 and rng.percent(DUPLICATE_OFFERS_PERCENT):
        earlier = number - 1 - rng.below(min(number, 2_000))
        if _is_group(earlier // 4, seed):
            return _Identity(earlier // 4 * 4, earlier % 4, duplicate_offer=True)
        return _Identity(earlier, duplicate_offer=True)
    return _Identity(number)


@lru_cache(maxsize=4_096)
def _is_group(block: int, seed: int) -> bool:
    return SeededRandom(seed, "group", block).percent(GROUPS_PERCENT) and can_vary(seed, block * 4)


def _language(rng: SeededRandom) -> str:
    share = rng.below(200)
    if share < 60:
        return "en" if share < 30 else "zh"
    return _OTHER_LANGUAGES[(share - 60) // 7]
