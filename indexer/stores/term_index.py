"""The catalogue's words and word pairs with their vectors, to find those nearest to a query.

A query in any language finds the words that the catalogue uses for it. The files of the store:

  terms.arrow    text, lemmas, listings; most frequent first
  vectors.npy    (terms, dim) float16, encoded as queries: both sides are short names
  hashes.npy     of the texts, so that the next build encodes only new ones
  moments.npz    mean (dim,) and second moment (dim, dim) of the vectors
  faiss/         the index that is searched
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from indexer.selection import Selection
from indexer.stores.catalogue_terms import CatalogueTerm
from indexer.stores.hashes import hash_texts
from indexer.stores.moments import Moments
from indexer.stores.vector import StoredVectors, open_vectors
from indexer.stores.vector_faiss import FaissVectorIndex, build_faiss

Encode = Callable[[Sequence[str]], StoredVectors]
"""Vectors of terms as the encoder reads queries.  # (n, dim) float16"""

_SCHEMA = pa.schema([("text", pa.string()), ("lemmas", pa.string()), ("listings", pa.uint32())])


@dataclass(frozen=True, slots=True)
class NearTerm:
    """A term, and by how many standard deviations its cosine exceeds the best one by chance."""

    term: CatalogueTerm
    excess: float


def write_term_index(terms: Sequence[CatalogueTerm], encode: Encode, folder: Path) -> None:
    """Write the store into an empty folder. A text that several terms share is encoded once."""
    text_rows = {text: row for row, text in enumerate(dict.fromkeys(term.text for term in terms))}
    vectors = encode(list(text_rows))[[text_rows[term.text] for term in terms]]
    np.save(folder / "vectors.npy", vectors)
    np.save(folder / "hashes.npy", hash_texts(term.text for term in terms).view("<u8").reshape(-1, 2))
    Moments.of(vectors).write(folder / "moments.npz")
    columns = [pa.array([getattr(term, field.name) for term in terms], field.type) for field in _SCHEMA]
    table = pa.table(columns, schema=_SCHEMA)
    with pa.OSFile(str(folder / "terms.arrow"), "wb") as sink, pa.ipc.new_file(sink, _SCHEMA) as writer:
        writer.write_table(table)
    build_faiss(open_vectors(folder / "vectors.npy"), folder / "faiss", "SQfp16")


class TermIndex:
    """A store that `write_term_index` wrote, memory-mapped; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self._terms = pa.ipc.open_file(pa.memory_map(str(folder / "terms.arrow"), "r")).read_all()
        vectors = open_vectors(folder / "vectors.npy")
        self._index = FaissVectorIndex(folder / "faiss", vectors)
        self._everything = Selection.everything(len(vectors))
        self._moments = Moments.read(folder / "moments.npz")
        self._hashes: npt.NDArray[np.uint64] = np.load(folder / "hashes.npy", mmap_mode="r")

    def __len__(self) -> int:
        return len(self._everything.mask)

    def terms(self) -> Iterator[CatalogueTerm]:
        """All terms, most frequent first."""
        for batch in self._terms.to_batches():
            yield from (CatalogueTerm(**term) for term in batch.to_pylist())

    @property
    def digest(self) -> str:
        """A hash of the terms."""
        return hashlib.blake2b(self._hashes.tobytes(), digest_size=8).hexdigest()

    def nearest(self, query: npt.NDArray[np.float32], k: int) -> list[NearTerm]:
        """At most `k` terms nearest to a unit query (dim,), best first, ties by frequency.

        Only terms with an excess above 0 are given:
        ``excess = (cosine - mean) / deviation - sqrt(2 ln n)``, over the query's cosines with all n
        terms. The last part is what the largest of n normal draws tends to (David & Nagaraja 2003,
        section 10.5), so it fits every encoder and every size of catalogue.
        """
        chance = math.sqrt(2.0 * math.log(max(len(self), 1)))
        hits = self._index.search(query[None], self._everything, k)[0]
        excesses = self._moments.standard_scores(hits.scores, query) - chance  # NaN exceeds nothing
        pairs = zip(hits.rows, excesses, strict=True)
        return [NearTerm(self._term(int(row)), float(excess)) for row, excess in pairs if excess > 0]

    def _term(self, row: int) -> CatalogueTerm:
        return CatalogueTerm(**self._terms.slice(row, 1).to_pylist()[0])
