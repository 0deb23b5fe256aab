"""Reads the entries of a ``.dict`` or ``.dict.dz`` file, in the order of the file."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.errors import DictionaryRefused

Places = npt.NDArray[np.int64]
"""Where each entry is: its offset and its size in bytes.  # (n, 2)"""

ENTRY_MAX = 1 << 22  # bytes; the largest real entries have some hundred thousand


def body_beside(path: Path) -> Path:
    """The ``.dict.dz`` or ``.dict`` file that belongs to an index file.

    Raises:
        DictionaryRefused: there is none.
    """
    for suffix in (".dict.dz", ".dict"):
        body = path.with_name(path.name.removesuffix(".gz").rpartition(".")[0] + suffix)
        if body.is_file():
            return body
    raise DictionaryRefused(f"{path}: no .dict.dz or .dict file of the same name is beside it; put it there")


def read_blocks(body: Path, places: Places, order: Sequence[int]) -> Iterator[bytes]:
    """The bytes of each entry, in `order`, by which offsets must not fall.

    Memory holds one entry. Entries that overlap are read again from what is held.

    Raises:
        DictionaryRefused: an entry lies outside the file, or the file is damaged.
    """
    held_at, held = 0, b""  # the bytes that were read last, and where they began
    with gzip.open(body) if body.suffix == ".dz" else body.open("rb") as file:
        for number in order:
            offset, size = (int(value) for value in places[number])
            if size > ENTRY_MAX:
                raise DictionaryRefused(f"{body}: an entry has {size:,} bytes; is its index another dictionary's?")
            try:
                if offset >= held_at + len(held):
                    file.seek(offset)
                    held_at, held = offset, b""
                held = held[offset - held_at :]
                held_at = offset
                held += file.read(size - len(held)) if size > len(held) else b""
            except (OSError, EOFError, zlib.error) as error:
                raise DictionaryRefused(f"{body}: is cut or damaged ({error}); get the file again") from error
            if len(held) < size:
                raise DictionaryRefused(
                    f"{body}: ends before the entry at byte {offset:,} of {size:,} bytes; "
                    "get it again, together with its index"
                )
            yield held[:size]
