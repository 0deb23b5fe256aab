"""An open generation: its manifest and its stores. `indexer.open_snapshot` opens it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from indexer.arrangement import Arrangement
from indexer.snapshot.manifest import Manifest
from indexer.stores.facts import Facts
from indexer.stores.lexical import LexicalIndex
from indexer.stores.moments import Moments
from indexer.stores.tables import Tables
from indexer.stores.term_index import TermIndex
from indexer.stores.texts import TextSource
from indexer.stores.vector import StoredVectors, VectorIndex, open_vectors


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """An open generation. Every store is mapped or in a cluster; none is read as a whole."""

    root: Path  # the snapshot's folder, with every generation
    folder: Path  # this generation's folder
    manifest: Manifest
    tables: Tables
    facts: Facts
    texts: TextSource
    lexical: LexicalIndex
    vector_index: VectorIndex
    moments: Moments  # of the listings' vectors
    bridge: TermIndex

    @property
    def vectors(self) -> StoredVectors:
        """The stored vectors of the folder, mapped.  # (rows, dim) float16"""
        return open_vectors(self.folder / "vectors" / "vectors.npy")

    @property
    def engines(self) -> Arrangement:
        return self.manifest.engines

    def __len__(self) -> int:
        return self.manifest.listings
