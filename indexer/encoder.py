"""Encoder: text to unit vectors, queries and listings apart. The seam, and its smallest implementation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


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
