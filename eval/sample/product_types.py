"""What the sample's sellers know of each kind of product: its price, what it is made of, for whom, in which sizes.

``sample_trades.tsv`` stands beside this file, one row a kind of the lexicon: its median price in US dollars, an emoji
that sellers put beside it, and its facets, ``color; material=steel,glass; size=1,1.5 liter; use=office``. Values are
entries of the lexicon.
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
from languages.lexicon import group, kinds, lexicon

GROUPS = ("material", "use", "audience", "style", "feature")
"""The facets whose values are words, beside colour and size."""

BESTSELLERS = (
    "phone_case", "wireless_headphones", "smartphone", "laptop", "usb_cable", "power_bank", "coffee_maker",
    "frying_pan", "kitchen_knife", "water_bottle", "desk_lamp", "led_string_lights", "backpack", "handbag",
    "running_shoes", "t_shirt", "dress", "jacket", "socks", "watch", "necklace", "sunglasses", "yoga_mat", "dumbbell",
    "tent", "bicycle_light", "car_phone_holder", "drill", "screwdriver_set", "garden_hose", "plant_pot", "dog_bed",
    "cat_toy", "baby_stroller", "building_blocks", "puzzle", "lipstick", "hair_dryer", "notebook", "office_chair",
)  # fmt: skip
"""The kinds that are listed most, the most common first."""

_FILE = Path(__file__).with_name("product_types.tsv")
_COLUMNS = ["kind", "usd", "emoji", "facets"]
_SPREAD = {"jewellery_watches": 0.9, "computing": 0.7, "electronics": 0.7, "clothing": 0.55, "office_hobby": 0.55}


@dataclass(frozen=True, slots=True)
class ProductType:
    """`usd` is the median price and `spread` the sigma of its logarithm; `sizes` stand in the pattern of `unit`.

    `category` is the path in English, department first. ``facets[group]`` are ids of the lexicon's entries.
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
def trades() -> tuple[ProductType, ...]:
    """One trade a kind, in the lexicon's order.

    Raises:
        ValueError: naming file and line: other columns, an unknown kind, facet or value; or a kind without a row.
    """
    rows = _FILE.read_text("utf-8").splitlines()
    if rows[0].split("\t") != _COLUMNS:
        raise ValueError(f"{_FILE.name}, line 1: names the columns {' '.join(_COLUMNS)}, tabs between")
    found: dict[str, ProductType] = {}
    for number, row in enumerate(rows[1:], 2):
        try:
            kind_id, usd, emoji, facets = row.split("\t")
            found[kind_id] = _trade(kind_id, float(usd), emoji, facets)
        except (ValueError, KeyError) as problem:
            raise ValueError(f"{_FILE.name}, line {number}: {problem}") from None
    if missing := [kind_id for kind_id in kinds() if kind_id not in found]:
        raise ValueError(f"{_FILE.name}: has no row for {', '.join(missing[:5])}")
    return tuple(found[kind_id] for kind_id in kinds())


def draw_trade(draws: SeededRandom) -> ProductType:
    """A trade by how common its kind is: the n-th is listed ``n ** -0.6`` times as often as the first.

    A flatter law than the one of words (Zipf's has -1): a marketplace lives by its tail.
    """
    steps = _steps()
    return _by_popularity()[bisect_right(steps, draws.below(steps[-1]))]


@cache
def _by_popularity() -> tuple[ProductType, ...]:
    """The bestsellers, then the others as chance has it, always the same."""
    rank = {kind_id: place for place, kind_id in enumerate(BESTSELLERS)}
    return tuple(sorted(trades(), key=lambda one: (rank.get(one.kind_id, len(rank)), crc32(one.kind_id.encode()))))


@cache
def _steps() -> list[int]:
    """Where each trade's share of the whole numbers ends."""
    return list(accumulate(round(1e6 * place**-0.6) for place in range(1, len(trades()) + 1)))


def _trade(kind_id: str, usd: float, emoji: str, cell: str) -> ProductType:
    kind = kinds()[kind_id]
    given = {name: values for name, _, values in (facet.partition("=") for facet in cell.split("; ") if facet)}
    numbers, _, unit = given.pop("size", "").rpartition(" ")
    colors = given.pop("color", None)
    facets = {name: tuple(values.split(",")) for name, values in given.items()}
    for name, values in facets.items():
        if name not in GROUPS:
            raise ValueError(f"{name} is no facet; known: color, size, {', '.join(GROUPS)}")
        if strange := [value for value in values if value not in group(name, "en")]:
            raise ValueError(f"{name} {', '.join(strange)} is not in the lexicon")
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
