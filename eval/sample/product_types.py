"""ProductType: the price, materials, audiences and sizes of each kind of product in the sample.

They are read from ``product_types.tsv``. It has one row for each kind of the lexicon: the median
price in US dollars, an emoji that sellers use, and the facets, as in ``color; material=steel,glass;
size=1,1.5 liter; use=office``. Values are entries of the lexicon.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from zlib import crc32

from eval.sample.seeded_random import SeededRandom
from languages.kinds import kinds
from languages.lexicon import group, lexicon

GROUPS = ("material", "use", "audience", "style", "feature")
"""The facets whose values are words, apart from colour and size."""

BESTSELLERS = (
    "phone_case", "wireless_headphones", "smartphone", "laptop", "usb_cable", "power_bank", "coffee_maker",
    "frying_pan", "kitchen_knife", "water_bottle", "desk_lamp", "led_string_lights", "backpack", "handbag",
    "running_shoes", "t_shirt", "dress", "jacket", "socks", "watch", "necklace", "sunglasses", "yoga_mat", "dumbbell",
    "tent", "bicycle_light", "car_phone_holder", "drill", "screwdriver_set", "garden_hose", "plant_pot", "dog_bed",
    "cat_toy", "baby_stroller", "building_blocks", "puzzle", "lipstick", "hair_dryer", "notebook", "office_chair",
)  # fmt: skip
"""The kinds with the most listings, the most common first."""

_FILE = Path(__file__).with_name("product_types.tsv")
_COLUMNS = ["kind", "usd", "emoji", "facets"]
_SPREAD = {"jewellery_watches": 0.9, "computing": 0.7, "electronics": 0.7, "clothing": 0.55, "office_hobby": 0.55}


@dataclass(frozen=True, slots=True)
class ProductType:
    """One kind of product, as sellers offer it.

    `usd` is the median price, `spread` the standard deviation of its logarithm. `unit` is an id of
    the lexicon. `category` is the path in English, department first. `facets` are ids of the
    lexicon's entries, by facet.
    """

    kind_id: str
    category: tuple[str, ...]
    department: str
    usd: float
    spread: float
    emoji: str
    colors: tuple[str, ...]
    facets: Mapping[str, tuple[str, ...]]
    unit: str | None
    sizes: tuple[str, ...]


@cache
def product_types() -> tuple[ProductType, ...]:
    """One product type for each kind, in the lexicon's order.

    Raises:
        ValueError: naming file and line: other columns, an unknown kind, facet or value; or a kind
            without a row.
    """
    rows = _FILE.read_text("utf-8").splitlines()
    if rows[0].split("\t") != _COLUMNS:
        raise ValueError(f"{_FILE.name}, line 1: must name the columns {' '.join(_COLUMNS)}, separated by tabs")
    by_kind: dict[str, ProductType] = {}
    for number, row in enumerate(rows[1:], 2):
        try:
            kind_id, usd, emoji, facets = row.split("\t")
            by_kind[kind_id] = _product_type(kind_id, float(usd), emoji, facets)
        except (ValueError, KeyError) as problem:
            raise ValueError(f"{_FILE.name}, line {number}: {problem}") from None
    if missing := [kind_id for kind_id in kinds() if kind_id not in by_kind]:
        raise ValueError(f"{_FILE.name}: has no row for {', '.join(missing[:5])}")
    return tuple(by_kind[kind_id] for kind_id in kinds())


def draw_product_type(rng: SeededRandom) -> ProductType:
    """A random product type, by how common it is.

    The n-th most common has ``n ** -0.6`` times as many listings as the first. This is flatter than
    the distribution of words (Zipf's law has -1), since a marketplace has a long tail.
    """
    cumulative = _cumulative_weights()
    return _by_popularity()[bisect_right(cumulative, rng.below(cumulative[-1]))]


@cache
def _by_popularity() -> tuple[ProductType, ...]:
    """The bestsellers, then the others by a hash of their id."""
    rank = {kind_id: place for place, kind_id in enumerate(BESTSELLERS)}
    return tuple(
        sorted(product_types(), key=lambda type_: (rank.get(type_.kind_id, len(rank)), crc32(type_.kind_id.encode())))
    )


@cache
def _cumulative_weights() -> list[int]:
    """The running sum of the product types' weights, most common first."""
    return list(accumulate(round(1e6 * place**-0.6) for place in range(1, len(product_types()) + 1)))


def _product_type(kind_id: str, usd: float, emoji: str, cell: str) -> ProductType:
    kind = kinds()[kind_id]
    values_by_facet = {name: values for name, _, values in (part.partition("=") for part in cell.split("; ") if part)}
    numbers, _, unit = values_by_facet.pop("size", "").rpartition(" ")
    colors = values_by_facet.pop("color", None)
    facets = {name: tuple(values.split(",")) for name, values in values_by_facet.items()}
    for name, values in facets.items():
        if name not in GROUPS:
            raise ValueError(f"{name} is not a facet; the facets are color, size, {', '.join(GROUPS)}")
        if unknown := [value for value in values if value not in group(name, "en")]:
            raise ValueError(f"{name} {', '.join(unknown)} is not in the lexicon")
    if unit and unit not in group("unit", "en"):
        raise ValueError(f"unit {unit} is not in the lexicon")
    english = lexicon("en")
    return ProductType(
        kind_id=kind_id,
        category=(english[f"department:{kind.department}"].name, english[f"category:{kind.category}"].name),
        department=kind.department,
        usd=usd,
        spread=_SPREAD.get(kind.department, 0.6),
        emoji=emoji,
        colors=() if colors is None else tuple(colors.split(",")) if colors else tuple(group("color", "en")),
        facets=facets,
        unit=unit or None,
        sizes=tuple(numbers.split(",")) if unit else (),
    )
