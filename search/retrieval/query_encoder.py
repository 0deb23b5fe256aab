"""Encodes the texts of queries, and keeps the vectors of recent ones."""

from __future__ import annotations

from functools import lru_cache

from indexer.encoders.encoder import Encoder
from search.retrieval.candidates import Vector


class QueryEncoder:
    """An encoder of queries with a cache of `cache_size` vectors. Safe to share between threads."""

    def __init__(self, encoder: Encoder, cache_size: int) -> None:
        self._encoder = encoder
        self._cached = lru_cache(cache_size)(self._encode)

    def encode(self, text: str) -> Vector:
        """The unit vector of a text.  # (dim,)"""
        return self._cached(text)

    def _encode(self, text: str) -> Vector:
        vector: Vector = self._encoder.encode_queries([text])[0]
        return vector
