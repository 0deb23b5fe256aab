"""Embeds texts whose vectors cannot be reused."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from indexer.build.vector_reuse import VectorReuse
from indexer.encoders.encoder import Encoder
from indexer.stores.hashes import Hashes, hash_texts
from indexer.stores.vector import STORED_DTYPE, StoredVectors


def embed_passages(
    encoder: Encoder, passages: Sequence[str], hashes: Hashes, reuse: VectorReuse
) -> tuple[npt.NDArray[np.float16], int]:
    """A vector for each passage, and how many texts were encoded. Equal texts are encoded once.

    `hashes` are those of the passages.  # (n,), vectors (n, dim)
    """
    vectors = np.zeros((len(passages), encoder.dim), STORED_DTYPE)
    missing = ~reuse.fill(hashes, vectors)
    _, first, inverse = np.unique(hashes[missing], return_index=True, return_inverse=True)
    rows = np.flatnonzero(missing)[first]
    if len(rows):
        encoded = encoder.encode_listings([passages[row] for row in rows]).astype(STORED_DTYPE)
        vectors[missing] = encoded[inverse]
    return vectors, len(rows)


def embed_terms(
    encoder: Encoder,
    terms: Sequence[str],
    reuse: VectorReuse,
    batch_size: int,
    progress: Callable[[int, int], None],
) -> StoredVectors:
    """A vector for each term of the catalogue, encoded as queries.  # (n, dim)

    `progress` is called with (done, total) after each batch.
    """
    vectors = np.zeros((len(terms), encoder.dim), STORED_DTYPE)
    missing = np.flatnonzero(~reuse.fill(hash_texts(terms), vectors))
    for start in range(0, len(missing), batch_size):
        rows = missing[start : start + batch_size]
        vectors[rows] = encoder.encode_queries([terms[row] for row in rows]).astype(STORED_DTYPE)
        progress(start + len(rows), len(missing))
    return vectors
