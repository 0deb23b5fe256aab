"""Facts of listings (price, stock, seller, delivery ...) as memory-mapped columns.

Each column of `FACT_FIELDS` is one little-endian ``.npy`` file, with a value for every row of the
snapshot: 64 bytes a listing. The hashes of attributes take 8 bytes a listing and 8 for each
attribute. Changes since the build are set in memory, never in the files.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
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
_LOGGED_SHARE = 8  # if more than an eighth of the rows changed, reading all of them costs about the same
_LOGGED_AT_LEAST = 10_000
_FREQUENT_MAX = 32  # characters of an attribute's value that is likely to come again


@dataclass(frozen=True, slots=True, eq=False)
class FactRows:
    """The facts of some listings: one array for each of `FACT_FIELDS`, all (n,), in one order."""

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
    """The columns of a snapshot, memory-mapped; the worker processes of a machine share the pages.

    The files never change. `apply` sets values for this process alone: the mapping is copy on
    write, so only changed pages cost memory of their own. Any number of threads may read while
    others write, without a lock.
    """

    def __init__(self, folder: Path) -> None:
        self._columns = {field.name: np.load(folder / f"{field.name}.npy", mmap_mode="c") for field in FACT_FIELDS}
        self._offsets = np.load(folder / "attribute_offsets.npy", mmap_mode="r")
        self._hashes = np.load(folder / "attribute_hashes.npy", mmap_mode="r")
        self._version = 0  # odd while values are being set
        self._log: deque[tuple[int, Rows]] = deque()  # the version that a change led to, and its rows
        self._logged = 0  # rows in the log
        self._forgotten = 0  # the newest version that is no longer in the log
        self._writing = Lock()

    def __len__(self) -> int:
        return len(self._columns["price_minor"])

    @property
    def version(self) -> int:
        """Grows with every change. Read it *before* the values that you keep with it."""
        return self._version

    def column(self, name: str) -> Array:
        """A whole column, mapped, read-only for callers.  # (rows,)"""
        column: Array = self._columns[name]
        return column

    def all_rows(self) -> FactRows:
        """The facts of every row, as the mapped columns themselves; read-only for callers."""
        return FactRows(**self._columns)

    def take(self, rows: Rows) -> FactRows:
        """The facts of some rows, in that order, all from the same version."""
        for _ in range(_TRIES):
            version = self._version
            facts = self._take(rows)
            if version == self._version and version % 2 == 0:
                return facts
        with self._writing:  # changes came too fast: hold back the next one
            return self._take(rows)

    def apply(self, rows: Rows, values: Mapping[str, Array]) -> Rows:
        """Set columns of some distinct rows; returns the rows that really changed."""
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
        """Set whether some distinct sellers may sell; returns the positions that really changed."""
        with self._writing:
            differ = sellers.active[positions] != active
            changed: Rows = positions[differ]
            if len(changed):
                with self._change(np.flatnonzero(np.isin(self._columns["seller"], changed))):
                    sellers.active[changed] = active[differ]
        return changed

    def changed_since(self, version: int) -> Rows | None:
        """The rows whose facts or seller's status may have changed since `version`, ascending.

        None if the log no longer goes back that far. `version` comes from `Facts.version`.
        """
        with self._writing:
            if version < self._forgotten:
                return None
            newer = [rows for new_version, rows in self._log if new_version > version]
        rows: Rows = np.unique(np.concatenate(newer)) if newer else np.zeros(0, np.int64)
        return rows

    def _take(self, rows: Rows) -> FactRows:
        return FactRows(**{name: column[rows] for name, column in self._columns.items()})

    @contextmanager
    def _change(self, rows: Rows) -> Iterator[None]:
        """Within the block the caller sets values of these rows; then they are logged.

        A log that has grown too long drops its oldest changes.
        """
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
        """Rows of the listings whose attribute `name` is `value`, ascending; case is ignored."""
        positions = np.flatnonzero(self._hashes == np.uint64(attribute_hash(name, value)))
        rows: Rows = np.unique(np.searchsorted(self._offsets, positions, side="right") - 1)
        return rows


def attribute_hash(name: str, value: str) -> int:
    """A 64-bit hash of an attribute: a table of all values would not fit in memory."""
    return _hash_of_frequent(name, value) if len(value) <= _FREQUENT_MAX else _attribute_hash(name, value)


def _attribute_hash(name: str, value: str) -> int:
    return int.from_bytes(hashlib.blake2b(filter_term(name, value).encode(), digest_size=8).digest(), "little")


_hash_of_frequent = lru_cache(maxsize=20_000)(_attribute_hash)  # 5 MB; most values are few: colours, materials, sizes


@dataclass(frozen=True, slots=True, eq=False)
class SellerTable:
    """Sellers as arrays, all (sellers,); absent is NaN."""

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
    """Shipping templates by country, all (templates, countries)."""

    ids: tuple[str, ...]
    countries: tuple[str, ...]
    cost_minor: Array  # int64, ABSENT_MINOR where it does not ship
    currency: Array  # int16, position in the snapshot's currencies
    days_min: Array  # int16, days to the door; 0 where it does not ship
    days_max: Array  # int16
