"""The texts that are shown of listings, by row: an Arrow IPC file, memory-mapped."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from operator import attrgetter
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from indexer.listing import Listing
from indexer.stores.listing_text import ListingText

SCHEMA = pa.schema(
    [
        ("listing_id", pa.string()),
        ("seller_id", pa.string()),
        ("locale", pa.string()),
        ("title", pa.string()),
        ("description", pa.string()),
        ("brand", pa.string()),
        ("model", pa.string()),
        ("gtin", pa.string()),
        ("category", pa.list_(pa.string())),
        ("attributes", pa.map_(pa.string(), pa.string())),
        ("group_id", pa.string()),
        ("image_url", pa.string()),
        ("adult", pa.bool_()),
    ]
)

_BLOCK = 1_000  # rows read at once


class TextSource(Protocol):
    """The texts that are shown of listings, by row."""

    def __len__(self) -> int: ...

    def take(self, rows: Sequence[int] | npt.NDArray[np.int64]) -> list[ListingText]:
        """The texts of some rows, in that order."""

    def group_ids(self, rows: npt.NDArray[np.int64]) -> list[str]:
        """The group of each row, by itself its own id: much cheaper than the texts.

        A feed's product of variants has no group of its own, and its id is the group of the others.
        """


def to_batch(listings: Sequence[Listing]) -> pa.RecordBatch:
    """Listings as one Arrow record batch."""
    columns: dict[str, list[Any]] = {
        name: list(map(attrgetter(name), listings))
        for name in SCHEMA.names
        if name not in ("locale", "category", "attributes")
    }
    columns["locale"] = [str(listing.locale) for listing in listings]
    columns["category"] = [list(listing.category) for listing in listings]
    columns["attributes"] = [list(listing.attributes.items()) for listing in listings]
    return pa.record_batch([pa.array(columns[f.name], f.type) for f in SCHEMA], schema=SCHEMA)


def write_texts(path: Path, batches: Iterable[pa.RecordBatch]) -> int:
    """Write batches one after another; returns the number of listings."""
    count = 0
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, SCHEMA) as writer:
        for batch in batches:
            writer.write_batch(batch)
            count += batch.num_rows
    return count


class Texts:
    """A file that `write_texts` wrote."""

    def __init__(self, path: Path) -> None:
        self._reader = pa.ipc.open_file(pa.memory_map(str(path), "r"))
        sizes = (self._reader.get_batch(i).num_rows for i in range(self._reader.num_record_batches))
        self._ends = list(accumulate(sizes))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def take(self, rows: Sequence[int] | npt.NDArray[np.int64]) -> list[ListingText]:
        """The texts of some rows, in that order.

        Raises:
            IndexError: a row past the end.
        """
        return [self._read_row(int(row)) for row in rows]

    def group_ids(self, rows: npt.NDArray[np.int64]) -> list[str]:
        """The group of each row, else its own id.  # (rows,)

        Raises:
            IndexError: a row past the end.
        """
        outside = rows[(rows < 0) | (rows >= len(self))]
        if len(outside):
            raise IndexError(f"row {outside[0]} of {len(self)}")
        groups = np.full(len(rows), "", object)
        numbers = np.searchsorted(self._ends, rows, side="right")
        for number in np.unique(numbers):
            batch = self._reader.get_batch(int(number))
            inside = numbers == number
            offsets = rows[inside] - (self._ends[number] - batch.num_rows)
            own = pc.coalesce(*(batch.column(name).take(pa.array(offsets)) for name in ("group_id", "listing_id")))
            groups[inside] = own.to_pylist()
        return list(groups)

    def ids(self) -> Iterator[list[str]]:
        """All listing ids in order of rows, some thousands at a time."""
        for number in range(self._reader.num_record_batches):
            yield self._reader.get_batch(number).column("listing_id").to_pylist()

    def columns(self, *names: str) -> Iterator[tuple[Any, ...]]:
        """The values of some columns, row by row; the other columns are not decoded."""
        for number in range(self._reader.num_record_batches):
            batch = self._reader.get_batch(number)
            yield from zip(*(batch.column(name).to_pylist() for name in names), strict=True)

    def ids_of(self, rows: npt.NDArray[np.int64]) -> list[str]:
        """The listing ids of some rows, in that order: much faster than `take`."""
        batches = (self._reader.get_batch(number) for number in range(self._reader.num_record_batches))
        ids: list[str] = pa.chunked_array([b.column("listing_id") for b in batches], pa.string()).take(rows).to_pylist()
        return ids

    def read(self, start: int = 0) -> Iterator[ListingText]:
        """The texts from row `start` on, in order: ten times as fast as `take`."""
        for number in range(bisect_right(self._ends, start), len(self._ends)):
            batch = self._reader.get_batch(number)
            first = max(0, start - (self._ends[number] - batch.num_rows))
            for offset in range(first, batch.num_rows, _BLOCK):
                yield from map(_listing_text, batch.slice(offset, _BLOCK).to_pylist())

    def _read_row(self, row: int) -> ListingText:
        if not 0 <= row < len(self):
            raise IndexError(f"row {row} of {len(self)}")
        number = bisect_right(self._ends, row)
        start = self._ends[number - 1] if number else 0
        return _listing_text(self._reader.get_batch(number).slice(row - start, 1).to_pylist()[0])


def _listing_text(values: dict[str, Any]) -> ListingText:
    """A row of the file as a `ListingText`."""
    values["category"] = tuple(values["category"])
    values["attributes"] = dict(values["attributes"])
    return ListingText(**values)
