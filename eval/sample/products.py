"""SampleProduct: a product before a seller offers it. All brands are invented for this sample."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product as cartesian_product

from eval.sample.product_types import ProductType, draw_product_type
from eval.sample.seeded_random import SeededRandom

_HEADS = (
    "Quil", "Brav", "Tesk", "Olm", "Zarn", "Hupp", "Wend", "Juv", "Skal", "Fimb", "Yark", "Nuv", "Drel", "Pex",
    "Gwim", "Latz", "Uvr", "Moxt", "Cazz", "Ikw",
)  # fmt: skip
_TAILS = ("andro", "iveth", "umbo", "orrick", "elqua", "isko", "adune", "ybel", "onquo", "uzzera")
BRANDS: tuple[str, ...] = tuple(head + tail for head, tail in cartesian_product(_HEADS, _TAILS))
_BRANDS_OF_A_DEPARTMENT = 40

_MODEL_ENDS = ("", "", "", "", "A", "B", "S", "X", " Pro", " Plus", " Mini", " II")
_DEPARTMENT_STEP = 61  # spreads the departments over the brands
_SHARES = {"material": 75, "use": 55, "audience": 60, "style": 60}
"""Percent of the products that state the facet, where their kind has it."""


@dataclass(frozen=True, slots=True)
class SampleProduct:
    """One product.

    `facet_values` are ids of the lexicon's entries, ``{"color": ("black",), "feature": (…)}``.
    `size` is a position in its type's sizes; `usd` is its usual price in US dollars.
    """

    product_type: ProductType
    number: int
    brand: str | None
    model: str
    gtin: str | None
    facet_values: Mapping[str, tuple[str, ...]]
    size: int | None
    usd: float

    def has(self, facet: str, value: str) -> bool:
        return value in self.facet_values.get(facet, ())


def sample_product(seed: int, root: int, variant: int) -> SampleProduct:
    """Product number `root`.

    Variants 0 to 3 differ in colour, or in size where the kind has one colour.
    """
    rng = SeededRandom(seed, "product", root)
    product_type = draw_product_type(rng)
    brand = brands_of(product_type.department)[rng.below(_BRANDS_OF_A_DEPARTMENT)]
    branded = not rng.percent(8)
    color = rng.below(len(product_type.colors) or 1) + variant
    size = rng.below(len(product_type.sizes) or 1) + (
        variant if len(product_type.sizes) > 1 >= len(product_type.colors) else 0
    )
    tail = 2.0 if rng.percent(5) else 1.0  # one in twenty is far cheaper or more expensive than its kind
    price = product_type.usd * math.exp(product_type.spread * tail * rng.normal())
    colors = {"color": (product_type.colors[color % len(product_type.colors)],)} if product_type.colors else {}
    return SampleProduct(
        product_type=product_type,
        number=root + variant,
        brand=brand if branded else None,
        model=_model(brand, rng),
        gtin=_gtin(seed, root + variant) if rng.percent(70) else None,
        facet_values=colors | _facet_values(product_type, SeededRandom(seed, "words", root)),
        size=size % len(product_type.sizes) if product_type.sizes else None,
        usd=max(0.3, price),
    )


def can_vary(seed: int, root: int) -> bool:
    """Whether product `root` comes in several colours or sizes."""
    product_type = draw_product_type(SeededRandom(seed, "product", root))
    return len(product_type.colors) > 1 or len(product_type.sizes) > 1


@cache
def brands_of(department: str) -> tuple[str, ...]:
    """The forty brands of a department; two departments share some, as real ones do."""
    first = sum(department.encode()) * _DEPARTMENT_STEP
    return tuple(BRANDS[(first + place * 3) % len(BRANDS)] for place in range(_BRANDS_OF_A_DEPARTMENT))


def check_digit(digits: str) -> int:
    """The last digit of a GTIN-13 from its first twelve (GS1: weights 1 and 3 in turn)."""
    return -sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10


def _facet_values(product_type: ProductType, rng: SeededRandom) -> dict[str, tuple[str, ...]]:
    chosen: dict[str, tuple[str, ...]] = {}
    for facet, share in _SHARES.items():
        values = product_type.facets.get(facet, ())
        if values and rng.percent(share):
            chosen[facet] = (values[rng.below(len(values))],)
    features = product_type.facets.get("feature", ())
    if features:
        first = rng.below(len(features))
        count = min(rng.below(3), len(features))
        if count:
            chosen["feature"] = tuple(features[(first + place) % len(features)] for place in range(count))
    return chosen


def _gtin(seed: int, number: int) -> str:
    # GS1 reserves 20-29 for use inside one company, so none of these is a real product's.
    digits = f"29{(number * 7_368_787_931 + seed * 104_729) % 10**10:010d}"  # coprime to 10: never repeats
    return f"{digits}{check_digit(digits)}"


def _model(brand: str, rng: SeededRandom) -> str:
    letters = brand[0] + brand[3 + rng.below(3)]
    mark = ("", "-", " ")[rng.below(3)]
    number = 100 + rng.below(9_900)
    return f"{letters.upper()}{mark}{number}{_MODEL_ENDS[rng.below(len(_MODEL_ENDS))]}"
