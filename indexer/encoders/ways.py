"""The ways to run a model: which library computes it, in which type, and how a machine picks one.

All ways of a model are served under one fingerprint, because each is admitted only when its
vectors agree with those in float32.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

TOLERANCE = 1.1  # of two ways that differ by less than a tenth, the more exact one is taken
TORCH_COST = 1.5  # torch must be so many times as fast: it takes a gigabyte and seconds to load


@dataclass(frozen=True, slots=True)
class Way:
    """A library and a numeric type.

    `min_cosine` and `mean_cosine` are the lowest and the mean cosine to float32 that its vectors
    must reach on the check texts. `needs` are features of processors of which one is needed to
    reach them; none means any processor.
    """

    library: str  # openvino, torch
    precision: str  # f32, bf16, int8
    min_cosine: float
    mean_cosine: float
    needs: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return f"{self.library}-{self.precision}"

    def suits(self, flags: frozenset[str]) -> bool:
        """Whether a processor with these features reaches the cosines."""
        return not self.needs or not self.needs.isdisjoint(flags)


INT8_DOT_PRODUCT = frozenset({"avx512_vnni", "avx_vnni", "asimddp", "i8mm"})
"""Of x86 and ARM. Without one int8 vectors were down to a cosine of 0.988 to float32."""

WAYS = {
    way.name: way
    for way in (
        Way("openvino", "f32", 0.999, 0.9999),
        Way("torch", "f32", 0.999, 0.9999),
        Way("openvino", "bf16", 0.999, 0.9995),
        Way("torch", "bf16", 0.99, 0.998),  # it rounds after each operation: measured down to 0.996
        Way("openvino", "int8", 0.99, 0.998, needs=INT8_DOT_PRODUCT),
    )
}
"""Every way by name, the more exact ones first."""


@dataclass(frozen=True, slots=True)
class WayFigures:
    """What was measured of a way. A way with a reason in `refused` may not be used."""

    way: str
    cosine_mean: float | None = None
    cosine_min: float | None = None
    listings_per_s: float | None = None
    query_ms: float | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The names of the ways that encode queries and listings."""

    queries: str
    listings: str


def choose(figures: Iterable[WayFigures], library: str = "") -> Choice | None:
    """The fastest way for one query and for many listings; None where no way is admitted.

    Only ways of `library` are considered, where it is given. Ways within `TOLERANCE` of the fastest
    count as equally fast, and the most exact of them is taken. The times of torch are multiplied by
    `TORCH_COST`.
    """
    order = list(WAYS)
    admitted = [row for row in figures if row.refused is None and row.way.startswith(library)]
    admitted.sort(key=lambda row: order.index(row.way))
    queries = {row.way: row.query_ms for row in admitted if row.query_ms}
    listings = {row.way: 1 / row.listings_per_s for row in admitted if row.listings_per_s}
    if not queries or not listings:
        return None
    return Choice(queries=_fastest(queries), listings=_fastest(listings))


def _fastest(seconds: dict[str, float]) -> str:
    """The first way whose cost is within `TOLERANCE` of the lowest."""
    costs = {way: time * (TORCH_COST if WAYS[way].library == "torch" else 1) for way, time in seconds.items()}
    limit = min(costs.values()) * TOLERANCE
    return next(way for way, cost in costs.items() if cost <= limit)


def likely_way(flags: frozenset[str], int8_at_hand: bool) -> str:
    """The way that is probably the fastest, by the processor's features, where nothing is measured.

    bf16 pays with matrix tiles (``amx_bf16``); with ``avx512_bf16`` alone it was slower than f32 on
    some processors. int8 pays with ``vnni``, and needs a graph that is already in the cache.
    """
    if int8_at_hand and flags & {"avx512_vnni", "avx_vnni"}:
        return "openvino-int8"
    return "openvino-bf16" if "amx_bf16" in flags else "openvino-f32"
