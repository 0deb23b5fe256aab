"""SeededRandom: numbers by chance that depend on nothing but a seed, a purpose and a number."""

from __future__ import annotations

from hashlib import blake2b
from statistics import NormalDist

_NORMAL = tuple(NormalDist().inv_cdf((step + 0.5) / 4096) for step in range(4096))


class SeededRandom:
    """512 bits of a hash, spent from the low end.

    Hashing once a purpose costs a tenth of seeding ``random.Random``, which is what lets a listing depend on its
    number alone. The bits last for some sixty draws; what is left over a bound biases a draw by less than 1e-9 as long
    as a hundred bits remain.
    """

    __slots__ = ("_pool",)

    def __init__(self, seed: int, purpose: str, number: int) -> None:
        self._pool = int.from_bytes(blake2b(f"{seed}/{purpose}/{number}".encode()).digest(), "little")

    def below(self, bound: int) -> int:
        """A whole number: ``0 <= drawn < bound``."""
        self._pool, drawn = divmod(self._pool, bound)
        return drawn

    def percent(self, share: int) -> bool:
        """True in `share` of a hundred draws."""
        return self.below(100) < share

    def normal(self) -> float:
        """From the standard normal distribution, in 4,096 even steps: between -3.7 and 3.7."""
        return _NORMAL[self.below(4096)]
