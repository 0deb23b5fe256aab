"""The `Encoder` protocol, and the text and vector helpers that every encoder needs.

The smallest implementation is `indexer.encoders.hashing.HashingEncoder`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from indexer.errors import FondacoError

Vectors = npt.NDArray[np.float32]


class EncoderUnavailable(FondacoError):
    """The requested encoder cannot be opened; the message says why and what to do."""


class Encoder(Protocol):
    """Turns texts into unit vectors.

    A batch gives the same rows as one text at a time, within 1e-3 of cosine.
    A text without tokens gives a zero row.
    """

    @property
    def name(self) -> str:
        """The fingerprint: weights, adapter and revision.

        Two encoders with the same name give the same vectors.
        """

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def encode_listings(self, texts: Sequence[str]) -> Vectors:
        """Encode the texts of listings.  # (len(texts), dim), float32, unit rows"""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode queries.  # (len(texts), dim), float32, unit rows"""


# --- what every encoder needs

_PLACEHOLDERS = "\ufffd\u2581"  # printable but without meaning: the replacement character, SentencePiece's space
_SURROGATE = re.compile("[\ud800-\udfff]")


def is_blank(text: str) -> bool:
    """Whether `text` has no visible character: only spaces, controls, joiners, direction marks."""
    return not any(char.isprintable() and not char.isspace() and char not in _PLACEHOLDERS for char in text)


def clean_text(text: str, max_characters: int) -> str:
    """The first `max_characters` of `text`, without spaces around it.

    Lone surrogates become spaces, because no tokenizer accepts them.
    """
    return _SURROGATE.sub(" ", text.strip()[:max_characters])


def unit_rows(vectors: npt.NDArray[np.floating]) -> Vectors:
    """`vectors` as float32 with rows of length 1; a zero row stays zero."""
    rows = np.asarray(vectors, np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    lengths[lengths == 0] = 1
    unit: Vectors = rows / lengths[:, None]
    return unit
