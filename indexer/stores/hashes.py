"""128-bit hashes of texts and ids, and sets of them that stay on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[Any]  # structured: HASH
HASH = np.dtype([("high", "<u8"), ("low", "<u8")])

_MERGE = 8  # runs of one size joined into one
_RUN_MAX = 1_000_000  # entries; longer runs are not joined further, so that joining takes bounded memory


def hash_texts(texts: Iterable[str]) -> Hashes:
    """One 128-bit hash a text: two different texts of one hash are not to be expected before the universe ends."""
    joined = b"".join(hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts)
    return np.frombuffer(joined, HASH)


def first_of_each(hashes: Hashes) -> npt.NDArray[np.bool_]:
    """Which hashes appear for the first time.  # (n,)"""
    first = np.zeros(len(hashes), np.bool_)
    first[np.unique(hashes, return_index=True)[1]] = True
    return first


class HashRuns:
    """A growing map from hash to row, held as sorted runs in files: memory does not grow with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self._runs: list[tuple[Hashes, npt.NDArray[np.int64]]] = []
        folder.mkdir(parents=True, exist_ok=True)

    def find(self, hashes: Hashes) -> npt.NDArray[np.int64]:
        """The row of each hash, -1 where it is not known."""
        rows = np.full(len(hashes), -1, np.int64)
        for known, at in self._runs:
            places = np.searchsorted(known["high"], hashes["high"])
            hit = places < len(known)
            hit[hit] = known[places[hit]] == hashes[hit]
            rows[hit] = at[places[hit]]
        return rows

    def add(self, hashes: Hashes, rows: npt.NDArray[np.int64]) -> None:
        """Remember the row of each hash."""
        if len(hashes):
            self._runs.append(self._store(hashes, rows))
        while self._tail_is_even():
            last = self._runs[-_MERGE:]
            del self._runs[-_MERGE:]
            self._runs.append(self._store(np.concatenate([h for h, _ in last]), np.concatenate([r for _, r in last])))

    def _tail_is_even(self) -> bool:
        last = [len(h) for h, _ in self._runs[-_MERGE:]]
        return len(last) == _MERGE and max(last) <= 2 * min(last) and sum(last) <= _RUN_MAX

    def _store(self, hashes: Hashes, rows: npt.NDArray[np.int64]) -> tuple[Hashes, npt.NDArray[np.int64]]:
        order = np.argsort(hashes["high"], kind="stable")
        paths = [self._folder / f"{self._made}.{what}.npy" for what in ("hash", "row")]
        self._made += 1
        for path, values in zip(paths, (hashes[order], rows[order]), strict=True):
            np.save(path, values)
        return np.load(paths[0], mmap_mode="r"), np.load(paths[1], mmap_mode="r")
