"""VectorReuse: vectors of texts already embedded: by the served generation, by earlier parts, by a build cut short."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.errors import SnapshotMismatch, SnapshotMissing
from indexer.snapshot.generations import current_generation, generation_folder
from indexer.snapshot.manifest import read_manifest
from indexer.stores.hashes import HASH, Hashes, HashRuns
from indexer.stores.vector import open_vectors

_BLOCK = 1_000_000  # hashes read at once


class VectorReuse:
    """A map from a text's hash to its stored vector, over any number of vector files; memory does not grow with it."""

    def __init__(self, folder: Path) -> None:
        self._runs = HashRuns(folder)
        self._files: list[Path] = []
        self._starts: list[int] = [0]

    def add(self, folder: Path) -> None:
        """Remember the texts of a folder with `hashes.npy` and `vectors.npy`."""
        hashes: Hashes = np.load(folder / "hashes.npy", mmap_mode="r")
        start = self._starts[-1]
        for at in range(0, len(hashes), _BLOCK):
            block = np.ascontiguousarray(hashes[at : at + _BLOCK]).view(HASH).reshape(-1)
            self._runs.add(block, np.arange(start + at, start + at + len(block)))
        self._files.append(folder / "vectors.npy")
        self._starts.append(start + len(hashes))

    def fill(self, hashes: Hashes, into: npt.NDArray[np.float16]) -> npt.NDArray[np.bool_]:
        """Copy the vectors of the known texts; tells which were known.  # (n,)"""
        rows = self._runs.find(hashes)
        owners = np.searchsorted(self._starts, rows, side="right") - 1
        for owner in np.unique(owners[rows >= 0]):
            mine = (owners == owner) & (rows >= 0)
            into[mine] = open_vectors(self._files[owner])[rows[mine] - self._starts[owner]]
        return rows >= 0


def served(snapshot: Path, encoder: str, store: str) -> Iterator[Path]:
    """The served generation's folder of a store with vectors, where that encoder made them; else nothing."""
    try:
        folder = generation_folder(snapshot, current_generation(snapshot))
        if read_manifest(folder).encoder == encoder and (folder / store).exists():
            yield folder / store
    except (SnapshotMissing, SnapshotMismatch):
        return  # the first build, or one of another format
