"""Search by vectors: the `VectorIndex` protocol and its smallest implementation, an exact scan."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from indexer.encoders.encoder import Vectors
from indexer.hits import Hits, best
from indexer.selection import Selection

StoredVectors = npt.NDArray[np.float16]
STORED_DTYPE = np.dtype("<f2")
"""The type of stored vectors: half the bytes of float32; a cosine changes by less than 0.0005."""

_BLOCK = 65_536  # rows scored at once: bounds the float32 copy to 100 MB at 384 dimensions


class VectorIndex(Protocol):
    """Finds listings by cosine."""

    def search(self, queries: Vectors, selection: Selection, k: int) -> list[Hits]:
        """For each query at most `k` selected listings, best first, ties by row, no padding.

        The score is the cosine with the stored vector. A zero query finds nothing.
        """

    def cosines(self, rows: npt.NDArray[np.int64], query: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Cosine of a unit query with some rows.  # (len(rows),)"""

    def vector(self, row: int) -> npt.NDArray[np.float32]:
        """The vector of one row.  # (dim,)"""


def open_vectors(path: Path) -> StoredVectors:
    """The stored vectors, memory-mapped.  # (rows, dim) float16"""
    return np.load(path, mmap_mode="r")  # type: ignore[no-any-return]  # numpy returns Any


def read_block(vectors: StoredVectors, start: int, stop: int) -> Vectors:
    """Rows `start` to `stop` as float32.

    Rows of a memory-mapped file are read, not mapped: a pass over the file leaves no pages mapped.
    """
    if not isinstance(vectors, np.memmap) or vectors.filename is None:
        return vectors[start:stop].astype(np.float32)
    rows = min(stop, len(vectors)) - start
    offset = vectors.offset + start * vectors.strides[0]
    flat = np.fromfile(vectors.filename, vectors.dtype, rows * vectors.shape[1], offset=offset)
    return flat.reshape(rows, -1).astype(np.float32)


def cosines(
    vectors: StoredVectors, rows: npt.NDArray[np.int64], query: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """Cosine of a unit query with some stored rows.  # (len(rows),)"""
    scores = np.empty(len(rows), np.float64)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        scores[start : start + _BLOCK] = vectors[block].astype(np.float32) @ query
    return scores


class ExactVectorIndex:
    """Scores every selected row: exact, and what approximate indexes are compared with."""

    def __init__(self, vectors: StoredVectors) -> None:
        self._vectors = vectors

    def search(self, queries: Vectors, selection: Selection, k: int) -> list[Hits]:
        return [self._search_one(query, selection, k) for query in queries]

    def cosines(self, rows: npt.NDArray[np.int64], query: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        return cosines(self._vectors, rows, query)

    def vector(self, row: int) -> npt.NDArray[np.float32]:
        return np.asarray(self._vectors[row], np.float32)

    def _search_one(self, query: npt.NDArray[np.float32], selection: Selection, k: int) -> Hits:
        if not query.any() or k < 1:
            return Hits.none()
        return best(selection.rows, cosines(self._vectors, selection.rows, query), k)
