"""SampleProduct: what is sold, before a seller offers it; and the brands, all invented for this sample."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product as pairs

from eval.sample.product_types import ProductType, draw_trade
from eval.sample.seeded_random import SeededRandom

_HEADS = (
    "Quil", "Brav", "Tesk", "Olm", "Zarn", "Hupp", "Wend", "Juv", "Skal", "Fimb", "Yark", "Nuv", "Drel", "Pex",
    "Gwim", "Latz", "Uvr", "Moxt", "Cazz", "Ikw",
)  # fmt: skip
_TAILS = ("andro", "iveth", "umbo", "orrick", "elqua", "isko", "adune", "ybel", "onquo", "uzzera")
BRANDS: tuple[str, ...] = tuple(head + tail for head, tail in pairs(_HEADS, _TAILS))
_BRANDS_OF_A_DEPARTMENT = 40

_MODEL_ENDS = ("", "", "", "", "A", "B", "S", "X", " Pro", " Plus", " Mini", " II")
_DEPARTMENTS = 61  # a step through the brands that visits each department's own forty
_SHARES = {"material": 75, "use": 55, "audience": 60, "style": 60}
"""Of a hundred products whose kind has the facet, how many say it."""


@dataclass(frozen=True, slots=True)
class SampleProduct:
    """One product. `words` are ids of the lexicon's entries by facet, ``{"color": ("black",), "feature": (…)}``.

    `size` is a position in its trade's sizes; `usd` its usual price in US dollars.
    """

    trade: ProductType
    number: int
    brand: str | None
    model: str
    gtin: str | None
    words: Mapping[str, tuple[str, ...]]
    size: int | None
    usd: float

    def has(self, facet: str, value: str) -> bool:
        return value in self.words.get(facet, ())


def sample_product(seed: int, root: int, variant: int) -> SampleProduct:
    """Product number `root`; its variants (0..3) differ in colour, or in size where the kind has one colour."""
    draws = SeededRandom(seed, "product", root)
    trade = draw_trade(draws)
    brand = brands_of(trade.department)[draws.below(_BRANDS_OF_A_DEPARTMENT)]
    branded = not draws.percent(8)
    color = draws.below(len(trade.colors) or 1) + variant
    size = draws.below(len(trade.sizes) or 1) + (variant if len(trade.sizes) > 1 >= len(trade.colors) else 0)
    wide = 2.0 if draws.percent(5) else 1.0  # the tail: one in twenty is far cheaper or dearer than its kind
    price = trade.usd * math.exp(trade.spread * wide * draws.normal())
    words = {"color": (trade.colors[color % len(trade.colors)],)} if trade.colors else {}
    return SampleProduct(
        trade=trade,
        number=root + variant,
        brand=brand if branded else None,
        model=_model(brand, draws),
        gtin=_gtin(seed, root + variant) if draws.percent(70) else None,
        words=words | _words(trade, SeededRandom(seed, "words", root)),
        size=size % len(trade.sizes) if trade.sizes else None,
        usd=max(0.3, price),
    )


def can_vary(seed: int, root: int) -> bool:
    """Whether product `root` comes in several colours or sizes."""
    trade = draw_trade(SeededRandom(seed, "product", root))
    return len(trade.colors) > 1 or len(trade.sizes) > 1


@cache
def brands_of(department: str) -> tuple[str, ...]:
    """The forty brands of a department; two departments share some, as real ones do."""
    first = sum(department.encode()) * _DEPARTMENTS
    return tuple(BRANDS[(first + place * 3) % len(BRANDS)] for place in range(_BRANDS_OF_A_DEPARTMENT))


def check_digit(digits: str) -> int:
    """The last digit of a GTIN-13 after its first twelve (GS1: weights 1 and 3 in turn)."""
    return -sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10


def _words(trade: ProductType, draws: SeededRandom) -> dict[str, tuple[str, ...]]:
    words: dict[str, tuple[str, ...]] = {}
    for facet, share in _SHARES.items():
        values = trade.facets.get(facet, ())
        if values and draws.percent(share):
            words[facet] = (values[draws.below(len(values))],)
    features = trade.facets.get("feature", ())
    if features:
        first, count = draws.below(len(features)), min(draws.below(3), len(features))
        if count:
            words["feature"] = tuple(features[(first + place) % len(features)] for place in range(count))
    return words


def _gtin(seed: int, number: int) -> str:
    # GS1 keeps 20-29 for codes inside one company, so none of these can be a real product's.
    digits = f"29{(number * 7_368_787_931 + seed * 104_729) % 10**10:010d}"  # odd, not a multiple of 5: never twice
    return f"{digits}{check_digit(digits)}"


def _model(brand: str, draws: SeededRandom) -> str:
    letters = brand[0] + brand[3 + draws.below(3)]
    mark = ("", "-", " ")[draws.below(3)]
    number = 100 + draws.below(9_900)
    return f"{letters.upper()}{mark}{number}{_MODEL_ENDS[draws.below(len(_MODEL_ENDS))]}"
