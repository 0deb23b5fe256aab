"""The selection of a search: the rows of the listings that it may return."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from languages.normalise import normalise

EXACT_SCAN = 8_192
"""A selection of at most so many listings is scanned whole.

An approximate index would find too few of them."""


@dataclass(frozen=True, eq=False)
class Selection:
    """The rows that a search may return.

    `mask` decides. `terms` are conditions that every selected row meets; they help an engine that
    indexes them to search fewer rows.
    """

    mask: npt.NDArray[np.bool_]  # (rows of the snapshot,)
    terms: tuple[str, ...] = field(default=())

    @classmethod
    def everything(cls, count: int) -> Selection:
        return cls(np.ones(count, np.bool_))

    def without(self, rows: npt.NDArray[np.int64]) -> Selection:
        """The selection but for some rows."""
        mask = self.mask.copy()
        mask[rows] = False
        return Selection(mask, self.terms)

    def only(self, rows: npt.NDArray[np.int64]) -> Selection:
        """Those of some rows that are in the selection."""
        mask = np.zeros_like(self.mask)
        mask[rows] = self.mask[rows]
        return Selection(mask, self.terms)

    @cached_property
    def count(self) -> int:
        return int(np.count_nonzero(self.mask))

    @cached_property
    def rows(self) -> npt.NDArray[np.int64]:
        """The selected rows, ascending."""
        return np.flatnonzero(self.mask)

    @cached_property
    def bits(self) -> npt.NDArray[Any]:
        """The mask as FAISS's bitmap, least significant bit first.  # (ceil(n / 8),) uint8"""
        return np.packbits(self.mask, bitorder="little")

    @cached_property
    def roaring(self) -> bytes:
        """The selected rows as a Roaring bitmap, which OpenSearch reads."""
        return roaring(self.rows)

    @property
    def is_everything(self) -> bool:
        return self.count == len(self.mask)

    @property
    def is_narrow(self) -> bool:
        return self.count <= EXACT_SCAN


def roaring(rows: npt.NDArray[Any]) -> bytes:
    """Rows as a Roaring bitmap in its portable format."""
    from pyroaring import BitMap

    bitmap = BitMap(array("I", rows.astype(np.uint32).tobytes()))  # ten times as fast as from the NumPy array itself
    bitmap.run_optimize()
    return bytes(bitmap.serialize())


def filter_term(name: str, value: str) -> str:
    """A condition as one indexed term: ``brand=acme``.

    Case, width, the form of accents, trade marks, the dot of a Turkish i and extra spaces do not
    matter.
    """
    return f"{name}={normalise(value).replace('ı', 'i')}"


def category_terms(path: tuple[str, ...]) -> list[str]:
    """The terms of a category path and each of its parents."""
    return [filter_term("category", " > ".join(path[:depth])) for depth in range(1, len(path) + 1)]
