"""Maps listing ids to rows without an index. Memory-mapped, 20 bytes a listing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from indexer.stores.hashes import HASH, Hashes, hash_texts


class Ids:
    """The ids of a generation as ascending hashes, each with its row."""

    def __init__(self, folder: Path) -> None:
        self._hashes: Hashes = np.load(folder / "hashes.npy", mmap_mode="r").view(HASH).reshape(-1)
        self._rows = np.load(folder / "rows.npy", mmap_mode="r")

    def __len__(self) -> int:
        return len(self._rows)

    def rows_of(self, listing_ids: Sequence[str]) -> dict[str, int]:
        """The row of each listing id that the generation has; other ids are left out."""
        if not len(self._rows):
            return {}
        hashes = hash_texts(listing_ids)
        places = np.minimum(np.searchsorted(self._hashes["high"], hashes["high"]), len(self._rows) - 1)
        present = self._hashes[places] == hashes
        rows = zip(listing_ids, self._rows[places], present, strict=True)
        return {listing_id: int(row) for listing_id, row, is_present in rows if is_present}


def write_ids(parts: Iterable[Hashes], folder: Path) -> None:
    """Write the ids of all parts, in the order of their rows.

    Sorting takes 32 bytes of memory a listing.
    """
    hashes = np.concatenate([np.empty(0, HASH), *parts])
    order = np.argsort(hashes["high"], kind="stable")
    np.save(folder / "hashes.npy", hashes[order].view("<u8").reshape(-1, 2))
    np.save(folder / "rows.npy", order.astype("<u4"))
