"""Selection: the listings a search may answer with."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

EXACT_SCAN = 8_192
"""A selection of at most so many listings is scanned whole: a narrow filter must not starve in an approximate index."""


@dataclass(frozen=True, eq=False)
class Selection:
    """Which rows may be found. `terms` name conditions every selected row meets, for engines that index them.

    `mask` is the truth; `terms` only help an engine to look inside it.
    """

    mask: npt.NDArray[np.bool_]  # (rows of the snapshot,)
    terms: tuple[str, ...] = field(default=())

    @classmethod
    def everything(cls, count: int) -> Selection:
        return cls(np.ones(count, np.bool_))

    @cached_property
    def count(self) -> int:
        return int(np.count_nonzero(self.mask))

    @cached_property
    def rows(self) -> npt.NDArray[np.int64]:
        """The selected rows, ascending."""
        return np.flatnonzero(self.mask)

    @cached_property
    def bits(self) -> npt.NDArray[Any]:
        """The mask as bits, least significant first, as FAISS reads a bitmap.  # (ceil(n / 8),) uint8"""
        return np.packbits(self.mask, bitorder="little")

    @cached_property
    def roaring(self) -> bytes:
        """The selected rows as a Roaring bitmap, as OpenSearch reads one."""
        return roaring(self.rows)

    @property
    def is_everything(self) -> bool:
        return self.count == len(self.mask)

    @property
    def is_narrow(self) -> bool:
        return self.count <= EXACT_SCAN


def roaring(rows: npt.NDArray[Any]) -> bytes:
    """Some rows as a Roaring bitmap, in its portable format."""
    from pyroaring import BitMap

    made = BitMap(array("I", rows.astype(np.uint32).tobytes()))  # ten times as fast as from the NumPy array itself
    made.run_optimize()
    return bytes(made.serialize())


def filter_term(name: str, value: str) -> str:
    """A condition as one indexed term: ``brand=acme``. Case and width do not matter."""
    return f"{name}={' '.join(value.casefold().split())}"


def category_terms(path: tuple[str, ...]) -> list[str]:
    """A term for the path and each of its parents."""
    return [filter_term("category", " > ".join(path[:depth])) for depth in range(1, len(path) + 1)]
