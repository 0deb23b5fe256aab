"""SeededRandom: random numbers that depend only on a seed, a purpose and a number."""

from __future__ import annotations

from hashlib import blake2b
from statistics import NormalDist

_NORMAL = tuple(NormalDist().inv_cdf((step + 0.5) / 4096) for step in range(4096))


class SeededRandom:
    """512 bits of a hash, used from the low end.

    One hash costs a tenth of seeding ``random.Random``, so every listing can have its own. The bits
    last for about sixty draws. A draw's bias is below 1e-9 while a hundred bits remain.
    """

    __slots__ = ("_pool",)

    def __init__(self, seed: int, purpose: str, number: int) -> None:
        self._pool = int.from_bytes(blake2b(f"{seed}/{purpose}/{number}".encode()).digest(), "little")

    def below(self, bound: int) -> int:
        """A whole number from 0 to `bound` - 1."""
        self._pool, number = divmod(self._pool, bound)
        return number

    def percent(self, share: int) -> bool:
        """True with a probability of `share` percent."""
        return self.below(100) < share

    def normal(self) -> float:
        """From the standard normal distribution, in 4,096 even steps: between -3.7 and 3.7."""
        return _NORMAL[self.below(4096)]
