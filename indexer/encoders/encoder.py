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
    """The encoder that was asked for cannot be opened; the message says why and what to do."""


class Encoder(Protocol):
    """Turns texts into unit vectors.

    A batch gives the same rows as one text at a time, within 1e-3 of cosine.
    A text without tokens gives a zero row.
    """

    @property
    def name(self) -> str:
        """The fingerprint: weights, adapter and revision. Two encoders of one name give the same vectors."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def encode_listings(self, texts: Sequence[str]) -> Vectors:
        """Vectors of what is searched.  # (len(texts), dim), float32, unit rows"""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of what is asked.  # (len(texts), dim), float32, unit rows"""


# --- what every encoder needs

_UNSEEN = "\ufffd\u2581"  # print, but stand for nothing: the replacement character, SentencePiece's space
_SURROGATE = re.compile("[\ud800-\udfff]")


def is_blank(text: str) -> bool:
    """Whether `text` holds no character to see: spaces, controls, joiners and marks of direction alone."""
    return not any(char.isprintable() and not char.isspace() and char not in _UNSEEN for char in text)


def tidy(text: str, characters: int) -> str:
    """The first `characters` of `text`, without outer spaces; half characters, which no tokenizer takes, are spaces."""
    return _SURROGATE.sub(" ", text.strip()[:characters])


def unit_rows(vectors: npt.NDArray[np.floating]) -> Vectors:
    """`vectors` as float32 with rows of length 1; a zero row stays zero."""
    rows = np.asarray(vectors, np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    lengths[lengths == 0] = 1
    unit: Vectors = rows / lengths[:, None]
    return unit
