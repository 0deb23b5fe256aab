"""Embeds texts whose vectors cannot be reused."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from indexer.build.vector_reuse import VectorReuse
from indexer.encoders.encoder import Encoder
from indexer.stores.hashes import Hashes, hash_texts
from indexer.stores.vector import STORED_DTYPE, StoredVectors

_REPORT_TEXTS = 256  # encoded between two reports: two to five seconds with the real encoder on two cores


def embed_passages(
    encoder: Encoder,
    passages: Sequence[str],
    hashes: Hashes,
    reuse: VectorReuse,
    report: Callable[[int], None],
) -> tuple[npt.NDArray[np.float16], int]:
    """A vector for each passage, and how many texts were encoded. Equal texts are encoded once.

    `hashes` are those of the passages.  # (n,), vectors (n, dim)
    `report` is called every few seconds with the number of texts encoded so far.
    """
    vectors = np.zeros((len(passages), encoder.dim), STORED_DTYPE)
    missing = ~reuse.fill(hashes, vectors)
    _, first, inverse = np.unique(hashes[missing], return_index=True, return_inverse=True)
    rows = np.flatnonzero(missing)[first]
    encoded = np.zeros((len(rows), encoder.dim), STORED_DTYPE)
    for start in range(0, len(rows), _REPORT_TEXTS):
        texts = [passages[row] for row in rows[start : start + _REPORT_TEXTS]]
        encoded[start : start + len(texts)] = encoder.encode_listings(texts)
        if start + len(texts) < len(rows):
            report(start + len(texts))
    vectors[missing] = encoded[inverse]
    return vectors, len(rows)


def replace_known(
    vectors: npt.NDArray[np.float16], hashes: Hashes, reuse: VectorReuse
) -> tuple[npt.NDArray[np.float16], int]:
    """The vectors of texts with these hashes, the stored ones where there are any.  # (n, dim)

    Also returns how many different texts have no stored vector.
    """
    known = reuse.fill(hashes, vectors)
    return vectors, len(np.unique(hashes[~known]))


def embed_terms(
    encoder: Encoder,
    terms: Sequence[str],
    reuse: VectorReuse,
    progress: Callable[[int, int], None],
) -> StoredVectors:
    """A vector for each term of the catalogue, encoded as queries.  # (n, dim)

    `progress` is called with (done, total) after each batch.
    """
    vectors = np.zeros((len(terms), encoder.dim), STORED_DTYPE)
    missing = np.flatnonzero(~reuse.fill(hash_texts(terms), vectors))
    for start in range(0, len(missing), _REPORT_TEXTS):
        rows = missing[start : start + _REPORT_TEXTS]
        vectors[rows] = encoder.encode_queries([terms[row] for row in rows]).astype(STORED_DTYPE)
        progress(start + len(rows), len(missing))
    return vectors
