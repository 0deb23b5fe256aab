"""Reuse of the vectors of the served generation, of earlier parts and of a given-up build."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.errors import SnapshotMismatch, SnapshotMissing
from indexer.snapshot.generations import generation_folder, generation_manifest
from indexer.stores.hashes import HASH, Hashes, HashRuns
from indexer.stores.vector import open_vectors

_BLOCK = 1_000_000  # hashes read at once


class VectorReuse:
    """A map from the hash of a text to its stored vector, over any number of vector files.

    It is kept in files below `folder`: memory does not grow with it.
    """

    def __init__(self, folder: Path) -> None:
        self._runs = HashRuns(folder)
        self._files: list[Path] = []
        self._starts: list[int] = [0]

    def add(self, folder: Path) -> None:
        """Add the texts of a folder with `hashes.npy` and `vectors.npy`."""
        hashes: Hashes = np.load(folder / "hashes.npy", mmap_mode="r")
        start = self._starts[-1]
        for offset in range(0, len(hashes), _BLOCK):
            block = np.ascontiguousarray(hashes[offset : offset + _BLOCK]).view(HASH).reshape(-1)
            self._runs.add(block, np.arange(start + offset, start + offset + len(block)))
        self._files.append(folder / "vectors.npy")
        self._starts.append(start + len(hashes))

    def fill(self, hashes: Hashes, into: npt.NDArray[np.float16]) -> npt.NDArray[np.bool_]:
        """Copy the vectors of the texts that are in the map; returns which are.  # (n,)"""
        rows = self._runs.find(hashes)
        owners = np.searchsorted(self._starts, rows, side="right") - 1
        for owner in np.unique(owners[rows >= 0]):
            owned = (owners == owner) & (rows >= 0)
            into[owned] = open_vectors(self._files[owner])[rows[owned] - self._starts[owner]]
        return rows >= 0


def current_vectors(out: Path, encoder: str, store: str) -> Iterator[Path]:
    """The folder of a store with vectors in the served generation, if that encoder made them."""
    try:
        manifest = generation_manifest(out)
    except (SnapshotMissing, SnapshotMismatch):
        return  # the first build, or one of another format
    folder = generation_folder(out, manifest.generation) / store
    if manifest.encoder == encoder and folder.exists():
        yield folder
