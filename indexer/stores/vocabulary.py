"""How many listings have each word, without a request to a remote index.

A search needs these counts before it queries the index: to know which words the catalogue has, to
weight them, and to compute the score of a full match. Memory-mapped, 12 bytes a word.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from indexer.stores.lexical import FIELDS, Document, Field

_DISTINCT_MAX = 1_000_000  # words counted in memory before they are merged into arrays

Counts = tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32]]
"""Ascending hashes of words, and how many listings have each."""


@dataclass(frozen=True, slots=True)
class FieldTotals:
    """Of one field: how many listings have a token in it, and how many tokens it has in all."""

    listings: int
    tokens: int


class Vocabulary:
    """The words of a catalogue, by field. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        totals: dict[str, Any] = orjson.loads((folder / "totals.json").read_bytes())
        self.listings: int = totals["listings"]
        self._totals = {name: FieldTotals(**totals["fields"][name]) for name in FIELDS}
        self._words = {name: np.load(folder / f"{name}.words.npy", mmap_mode="r") for name in FIELDS}
        self._counts = {name: np.load(folder / f"{name}.counts.npy", mmap_mode="r") for name in FIELDS}

    def doc_freq(self, field: Field, token: str) -> int:
        """How many listings have a token in a field."""
        words = self._words[field]
        word = _hash(token)
        place = int(np.searchsorted(words, np.uint64(word)))
        return int(self._counts[field][place]) if place < len(words) and int(words[place]) == word else 0

    def totals(self, field: Field) -> FieldTotals:
        return self._totals[field]


def write_vocabulary(documents: Iterable[Document], folder: Path) -> None:
    """Count the words of all documents. Memory grows with the vocabulary alone."""
    counters: dict[Field, Counter[str]] = {name: Counter() for name in FIELDS}
    merged: dict[Field, Counts] = {name: _none() for name in FIELDS}
    filled = Counter[str]()
    tokens = Counter[str]()
    listings = 0
    for document in documents:
        listings += 1
        for name in FIELDS:
            words = document.field(name)
            counters[name].update(set(words))
            tokens[name] += len(words)
            filled[name] += bool(words)
            if len(counters[name]) > _DISTINCT_MAX:
                merged[name] = _merge(merged[name], counters[name])
                counters[name] = Counter()
    for name in FIELDS:
        hashes, counts = _merge(merged[name], counters[name])
        np.save(folder / f"{name}.words.npy", hashes)
        np.save(folder / f"{name}.counts.npy", counts)
    fields = {name: {"listings": filled[name], "tokens": tokens[name]} for name in FIELDS}
    (folder / "totals.json").write_bytes(orjson.dumps({"listings": listings, "fields": fields}))


def _hash(token: str) -> int:
    """The 64-bit hash of a word: the chance of a collision among 5 million words is 1e-6."""
    return int.from_bytes(hashlib.blake2b(token.encode(), digest_size=8).digest(), "little")


def _none() -> Counts:
    return np.empty(0, np.uint64), np.empty(0, np.uint32)


def _merge(merged: Counts, counter: Counter[str]) -> Counts:
    """Counts of both together."""
    hashes = np.fromiter((_hash(word) for word in counter), np.uint64, len(counter))
    counts = np.fromiter(counter.values(), np.uint32, len(counter))
    words, places = np.unique(np.concatenate([merged[0], hashes]), return_inverse=True)
    total = np.bincount(places, np.concatenate([merged[1], counts]).astype(np.float64), len(words))
    return words, total.astype(np.uint32)
