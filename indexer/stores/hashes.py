"""128-bit hashes of texts and ids, and a map from hash to row that stays on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[Any]  # structured: HASH
HASH = np.dtype([("high", "<u8"), ("low", "<u8")])

_MERGE = 8  # runs of similar size that are merged into one
_RUN_MAX = 1_000_000  # entries of a merged run; a limit, so that merging takes bounded memory


def hash_texts(texts: Iterable[str]) -> Hashes:
    """The 128-bit hash of each text; collisions are too improbable to consider."""
    joined = b"".join(hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts)
    return np.frombuffer(joined, HASH)


def first_of_each(hashes: Hashes) -> npt.NDArray[np.bool_]:
    """Whether each hash appears for the first time.  # (n,)"""
    first = np.zeros(len(hashes), np.bool_)
    first[np.unique(hashes, return_index=True)[1]] = True
    return first


class HashRuns:
    """A growing map from hash to row, stored as sorted runs in files in bounded memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._run_count = 0
        self._runs: list[tuple[Hashes, npt.NDArray[np.int64]]] = []
        folder.mkdir(parents=True, exist_ok=True)

    def find(self, hashes: Hashes) -> npt.NDArray[np.int64]:
        """The row of each hash; -1 for a hash that is not in the map."""
        rows = np.full(len(hashes), -1, np.int64)
        for run_hashes, run_rows in self._runs:
            places = np.searchsorted(run_hashes["high"], hashes["high"])
            present = places < len(run_hashes)
            present[present] = run_hashes[places[present]] == hashes[present]
            rows[present] = run_rows[places[present]]
        return rows

    def add(self, hashes: Hashes, rows: npt.NDArray[np.int64]) -> None:
        """Add the row of each hash."""
        if len(hashes):
            self._runs.append(self._store(hashes, rows))
        while self._last_runs_can_merge():
            last = self._runs[-_MERGE:]
            del self._runs[-_MERGE:]
            merged_hashes = np.concatenate([run_hashes for run_hashes, _ in last])
            merged_rows = np.concatenate([run_rows for _, run_rows in last])
            self._runs.append(self._store(merged_hashes, merged_rows))

    def _last_runs_can_merge(self) -> bool:
        sizes = [len(run_hashes) for run_hashes, _ in self._runs[-_MERGE:]]
        return len(sizes) == _MERGE and max(sizes) <= 2 * min(sizes) and sum(sizes) <= _RUN_MAX

    def _store(self, hashes: Hashes, rows: npt.NDArray[np.int64]) -> tuple[Hashes, npt.NDArray[np.int64]]:
        order = np.argsort(hashes["high"], kind="stable")
        hash_path = self._folder / f"{self._run_count}.hash.npy"
        row_path = self._folder / f"{self._run_count}.row.npy"
        self._run_count += 1
        np.save(hash_path, hashes[order])
        np.save(row_path, rows[order])
        return np.load(hash_path, mmap_mode="r"), np.load(row_path, mmap_mode="r")
