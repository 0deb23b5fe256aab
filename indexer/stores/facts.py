"""Facts: what changes often about a listing (price, stock, seller, delivery), as memory-mapped columns.

Here is my row number, give me its price: one little-endian ``.npy`` file a column, all of the same length,
in the order of the snapshot's rows. 60 bytes a listing. What changed since the build is set in memory, never in the
files.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.selection import filter_term
from indexer.stores.fact_fields import FACT_FIELDS

Array = npt.NDArray[Any]
Rows = npt.NDArray[np.int64]

_TRIES = 3  # a change takes microseconds, `take` of a few hundred rows not much more
_LOGGED_SHARE = 8  # where more than an eighth of the rows changed, looking at all of them anew costs about the same
_LOGGED_AT_LEAST = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class FactRows:
    """The facts of some listings, one array a column, all (n,), in the order asked for."""

    price_minor: Array
    currency: Array
    sale_price_minor: Array
    sale_starts: Array
    sale_ends: Array
    stock: Array
    template: Array
    ships_from: Array
    seller: Array
    locale: Array
    category: Array
    brand: Array
    rating_mean: Array
    rating_count: Array
    units_sold: Array
    created_at: Array

    def __len__(self) -> int:
        return len(self.price_minor)


class Facts:
    """The columns of a snapshot, memory-mapped; every worker of a machine shares the pages.

    The files never change. `apply` sets values for this process alone: the mapping is copy on write, and only pages
    that were written to cost memory of its own. Any number of threads may read while others write, without a lock.
    """

    def __init__(self, folder: Path) -> None:
        self._columns = {field.name: np.load(folder / f"{field.name}.npy", mmap_mode="c") for field in FACT_FIELDS}
        self._offsets = np.load(folder / "attribute_offsets.npy", mmap_mode="r")
        self._hashes = np.load(folder / "attribute_hashes.npy", mmap_mode="r")
        self._version = 0  # odd while values are being set
        self._log: deque[tuple[int, Rows]] = deque()  # the version that a change led to, and its rows
        self._logged = self._forgotten = 0  # rows in the log; the newest version that is no longer in it
        self._writing = Lock()

    def __len__(self) -> int:
        return len(self._columns["price_minor"])

    @property
    def version(self) -> int:
        """Grows with every change. Read it *before* the values that it is to be remembered with."""
        return self._version

    def column(self, name: str) -> Array:
        """One column whole, mapped; for reading.  # (rows,)"""
        column: Array = self._columns[name]
        return column

    def take(self, rows: Rows) -> FactRows:
        """The facts of some rows, in that order, all as they were at one moment."""
        for _ in range(_TRIES):
            before = self._version
            found = self._take(rows)
            if before == self._version and before % 2 == 0:
                return found
        with self._writing:  # changes came one upon the other: the next one waits
            return self._take(rows)

    def apply(self, rows: Rows, values: Mapping[str, Array]) -> Rows:
        """Set columns of some rows, each row once; gives back the rows that really changed."""
        with self._writing:
            differ = np.zeros(len(rows), np.bool_)
            for name, new in values.items():
                differ |= self._columns[name][rows] != new
            changed: Rows = rows[differ]
            if len(changed):
                with self._change(changed):
                    for name, new in values.items():
                        self._columns[name][changed] = new[differ]
        return changed

    def apply_sellers(self, sellers: SellerTable, positions: Rows, active: Array) -> Rows:
        """Set whether some sellers, each once, may sell; gives back the positions that really changed."""
        with self._writing:
            differ = sellers.active[positions] != active
            changed: Rows = positions[differ]
            if len(changed):
                with self._change(np.flatnonzero(np.isin(self._columns["seller"], changed))):
                    sellers.active[changed] = active[differ]
        return changed

    def changed_since(self, version: int) -> Rows | None:
        """The rows that may have other facts, or another seller's status, than at `version`, which must have been read
        from here; None where that was too many changes ago to say.
        """
        with self._writing:
            if version < self._forgotten:
                return None
            newer = [rows for led_to, rows in self._log if led_to > version]
        rows: Rows = np.unique(np.concatenate(newer)) if newer else np.zeros(0, np.int64)
        return rows

    def _take(self, rows: Rows) -> FactRows:
        return FactRows(**{name: column[rows] for name, column in self._columns.items()})

    @contextmanager
    def _change(self, rows: Rows) -> Iterator[None]:
        """Values of these rows are set within; the log forgets its oldest changes once it holds more than a share."""
        self._version += 1
        try:
            yield
        finally:
            self._log.append((self._version + 1, rows))
            self._logged += len(rows)
            while self._logged > max(_LOGGED_AT_LEAST, len(self) // _LOGGED_SHARE):
                self._forgotten, oldest = self._log.popleft()
                self._logged -= len(oldest)
            self._version += 1

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
