"""Vocabulary: how many listings have a word, known without asking a far index. Memory-mapped, 12 bytes a word.

A search needs these counts before it can ask: to know which words the catalogue has, to weigh them, and to say what a
full match would score.
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
"""Hashes of words, ascending, and how many listings have each."""


@dataclass(frozen=True, slots=True)
class FieldTotals:
    """Of one field: how many listings have any token in it, and how many tokens there are."""

    listings: int
    tokens: int


class Vocabulary:
    """The words of a catalogue, by field. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        plain: dict[str, Any] = orjson.loads((folder / "totals.json").read_bytes())
        self.listings: int = plain["listings"]
        self._totals = {name: FieldTotals(**plain["fields"][name]) for name in FIELDS}
        self._words = {name: np.load(folder / f"{name}.words.npy", mmap_mode="r") for name in FIELDS}
        self._counts = {name: np.load(folder / f"{name}.counts.npy", mmap_mode="r") for name in FIELDS}

    def doc_freq(self, field: Field, token: str) -> int:
        """How many listings have a token in a field."""
        words, wanted = self._words[field], _hash(token)
        place = int(np.searchsorted(words, np.uint64(wanted)))
        return int(self._counts[field][place]) if place < len(words) and int(words[place]) == wanted else 0

    def totals(self, field: Field) -> FieldTotals:
        return self._totals[field]


def write_vocabulary(documents: Iterable[Document], folder: Path) -> None:
    """Count the words of all documents, in memory that grows with the vocabulary alone."""
    counters: dict[Field, Counter[str]] = {name: Counter() for name in FIELDS}
    merged: dict[Field, Counts] = {name: _none() for name in FIELDS}
    filled, tokens = Counter[str](), Counter[str]()
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
        words_of, counts = _merge(merged[name], counters[name])
        np.save(folder / f"{name}.words.npy", words_of)
        np.save(folder / f"{name}.counts.npy", counts)
    fields = {name: {"listings": filled[name], "tokens": tokens[name]} for name in FIELDS}
    (folder / "totals.json").write_bytes(orjson.dumps({"listings": listings, "fields": fields}))


def _hash(token: str) -> int:
    """64 bits that stand for a word: two of 5 million words share them in one catalogue of a million."""
    return int.from_bytes(hashlib.blake2b(token.encode(), digest_size=8).digest(), "little")


def _none() -> Counts:
    return np.empty(0, np.uint64), np.empty(0, np.uint32)


def _merge(known: Counts, counter: Counter[str]) -> Counts:
    hashes = np.fromiter((_hash(word) for word in counter), np.uint64, len(counter))
    counts = np.fromiter(counter.values(), np.uint32, len(counter))
    words, places = np.unique(np.concatenate([known[0], hashes]), return_inverse=True)
    total = np.bincount(places, np.concatenate([known[1], counts]).astype(np.float64), len(words))
    return words, total.astype(np.uint32)
