"""Facts: what changes often about a listing (price, stock, seller, delivery), as memory-mapped columns.

Here is my row number, give me its price: one little-endian ``.npy`` file a column, all of the same length,
in the order of the snapshot's rows. 60 bytes a listing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.selection import filter_term

Array = npt.NDArray[Any]
Rows = npt.NDArray[np.int64]

ABSENT_MINOR = -1  # no such amount
ABSENT_COUNT = -1
ABSENT_ID = -1
ABSENT_TIME = 0  # nothing was listed in 1970

COLUMNS: tuple[tuple[str, str], ...] = (
    ("price_minor", "<i8"),  # in `currency`
    ("sale_price_minor", "<i8"),  # ABSENT_MINOR without a sale
    ("sale_starts", "<u4"),  # seconds since 1970 UTC
    ("sale_ends", "<u4"),
    ("currency", "u1"),  # position in Tables.currencies
    ("locale", "u1"),  # position in Tables.locales
    ("ships_from", "<i2"),  # position in Tables.countries; ABSENT_ID when not known
    ("stock", "<i4"),  # ABSENT_COUNT when not known
    ("seller", "<i4"),  # position in Tables.sellers
    ("template", "<i4"),  # position in Shipping; ABSENT_ID when not known
    ("category", "<i4"),  # position in Tables.categories; ABSENT_ID without one
    ("brand", "<i4"),  # position in Tables.brands; ABSENT_ID without one
    ("rating_mean", "<f4"),  # 0..5, NaN when not known
    ("rating_count", "<i4"),  # ABSENT_COUNT when not known
    ("units_sold", "<i4"),
    ("created_at", "<u4"),  # ABSENT_TIME when not known
)


@dataclass(frozen=True, slots=True, eq=False)
class FactRows:
    """The facts of some listings, one array a column, all (n,), in the order asked for."""

    price_minor: Array
    sale_price_minor: Array
    sale_starts: Array
    sale_ends: Array
    currency: Array
    locale: Array
    ships_from: Array
    stock: Array
    seller: Array
    template: Array
    category: Array
    brand: Array
    rating_mean: Array
    rating_count: Array
    units_sold: Array
    created_at: Array

    def __len__(self) -> int:
        return len(self.price_minor)


class Facts:
    """The columns of a snapshot, memory-mapped; every worker of a machine shares the pages."""

    def __init__(self, folder: Path) -> None:
        self._columns = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name, _ in COLUMNS}
        self._offsets = np.load(folder / "attribute_offsets.npy", mmap_mode="r")
        self._hashes = np.load(folder / "attribute_hashes.npy", mmap_mode="r")

    def __len__(self) -> int:
        return len(self._columns["price_minor"])

    def column(self, name: str) -> Array:
        """One column whole, mapped.  # (rows,)"""
        column: Array = self._columns[name]
        return column

    def take(self, rows: Rows) -> FactRows:
        """The facts of some rows, in that order."""
        return FactRows(**{name: column[rows] for name, column in self._columns.items()})

    def with_attribute(self, name: str, value: str) -> Rows:
        """Rows of the listings whose attribute `name` is `value`, ascending; case does not matter."""
        places = np.flatnonzero(self._hashes == np.uint64(attribute_hash(name, value)))
        rows: Rows = np.unique(np.searchsorted(self._offsets, places, side="right") - 1)
        return rows


def attribute_hash(name: str, value: str) -> int:
    """64 bits that stand for an attribute's name and value: no table of values has to fit in memory."""
    return int.from_bytes(hashlib.blake2b(filter_term(name, value).encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True, eq=False)
class SellerTable:
    """Sellers as arrays (S,); absent is NaN."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    countries: tuple[str | None, ...]
    active: Array  # bool
    rating_mean: Array  # float64, 0..5
    rating_count: Array  # float64
    years_active: Array  # float64
    units_sold: Array  # float64


@dataclass(frozen=True, slots=True, eq=False)
class ShippingTable:
    """Shipping templates by country: all (templates, countries). Absent where a template does not ship."""

    ids: tuple[str, ...]
    countries: tuple[str, ...]
    cost_minor: Array  # int64, ABSENT_MINOR where it does not ship
    currency: Array  # int16, position in the snapshot's currencies
    days_min: Array  # int16
    days_max: Array  # int16
