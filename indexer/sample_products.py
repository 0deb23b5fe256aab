"""SampleProduct: what is sold, before a seller offers it; and the brands, all invented for this sample."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product as pairs

from indexer.sample_draws import Draws
from indexer.sample_kinds import TRADES, Trade
from languages.sample_words import sample_phrases

_HEADS = (
    "Quil", "Brav", "Tesk", "Olm", "Zarn", "Hupp", "Wend", "Juv", "Skal", "Fimb", "Yark", "Nuv", "Drel", "Pex",
    "Gwim", "Latz", "Uvr", "Moxt", "Cazz", "Ikw",
)  # fmt: skip
_TAILS = ("andro", "iveth", "umbo", "orrick", "elqua", "isko", "adune", "ybel", "onquo", "uzzera")
BRANDS: tuple[str, ...] = tuple(head + tail for head, tail in pairs(_HEADS, _TAILS))
_BRANDS_OF_A_KIND = 40

COLORS: tuple[str, ...] = tuple(sample_phrases("color", "en"))
_MODEL_ENDS = ("", "", "", "", "A", "B", "S", "X", " Pro", " Plus", " Mini", " II")


@dataclass(frozen=True, slots=True)
class SampleProduct:
    """One product. `size` is a position in its trade's sizes; `usd` its usual price in US dollars."""

    trade: Trade
    kind: int
    brand: str | None
    model: str
    gtin: str | None
    color: str | None
    material: str | None
    size: int | None
    use: str
    usd: float


def sample_product(seed: int, root: int, variant: int) -> SampleProduct:
    """Product number `root`; its variants (0..3) differ in colour, or in size where the kind has no colours."""
    draws = Draws(seed, "product", root)
    kind = draws.below(len(TRADES))
    trade = TRADES[kind]
    brand = BRANDS[(kind * 61 + draws.below(_BRANDS_OF_A_KIND)) % len(BRANDS)]
    branded = not draws.percent(8)
    color = draws.below(len(COLORS)) + variant
    size = draws.below(len(trade.sizes)) if trade.sizes else 0
    if not trade.coloured:
        size = (size + variant) % len(trade.sizes)
    return SampleProduct(
        trade=trade,
        kind=kind,
        brand=brand if branded else None,
        model=_model(brand, draws),
        gtin=_gtin(seed, root + variant) if draws.percent(70) else None,
        color=COLORS[color % len(COLORS)] if trade.coloured else None,
        material=trade.materials[draws.below(len(trade.materials))] if trade.materials else None,
        size=size if trade.sizes else None,
        use=trade.uses[draws.below(len(trade.uses))],
        usd=trade.price * math.exp(trade.spread * draws.normal()),
    )


def check_digit(digits: str) -> int:
    """The last digit of a GTIN-13 after its first twelve (GS1: weights 1 and 3 in turn)."""
    return -sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10


def _gtin(seed: int, number: int) -> str:
    # GS1 keeps 20-29 for codes inside one company, so none of these can be a real product's.
    digits = f"29{(number * 7_368_787_931 + seed * 104_729) % 10**10:010d}"  # odd, not a multiple of 5: never twice
    return f"{digits}{check_digit(digits)}"


def _model(brand: str, draws: Draws) -> str:
    letters = brand[0] + brand[3 + draws.below(3)]
    mark = ("", "-", " ")[draws.below(3)]
    number = 100 + draws.below(9_900)
    return f"{letters.upper()}{mark}{number}{_MODEL_ENDS[draws.below(len(_MODEL_ENDS))]}"
