"""Search by words: the `LexicalIndex` protocol and its smallest implementation, BM25 in memory."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from indexer.hits import Hits, best
from indexer.selection import Selection

Field = Literal["exact", "lemma", "body"]
FIELDS: tuple[Field, ...] = ("exact", "lemma", "body")

K1 = 1.2
B = 0.75
"""Robertson & Zaragoza 2009, section 3.2. Lucene and tantivy use the same values: engines agree."""

BODY_WEIGHT = 0.3
"""A word of the description says less than one of the title."""


@dataclass(frozen=True, slots=True)
class Document:
    """A listing's tokens by field, and its filter terms.

    `exact` has the title's words as written, `lemma` their lemmas, `body` all other lemmas.
    """

    exact: tuple[str, ...]
    lemma: tuple[str, ...]
    body: tuple[str, ...]
    filters: tuple[str, ...] = ()

    def field(self, name: Field) -> tuple[str, ...]:
        return getattr(self, name)  # type: ignore[no-any-return]  # the Literal names the fields


@dataclass(frozen=True, slots=True)
class Term:
    """One token to search for in one field, and the weight of a match."""

    field: Field
    text: str
    weight: float


class LexicalIndex(Protocol):
    """Finds listings by BM25 over tokens of `languages.analyse`."""

    def search(self, terms: Sequence[Term], selection: Selection, k: int) -> Hits:
        """At most `k` selected listings with a term, best first, ties by row; no terms, no hits.

        The score is ``sum(weight * BM25(term in field))``.
        """

    def doc_freq(self, field: Field, token: str) -> int:
        """How many listings have a token in a field."""

    def rows_of(self, listing_ids: Sequence[str]) -> dict[str, int]:
        """The row of each listing id that the index has; other ids are left out."""

    def __len__(self) -> int:
        """How many listings there are."""


def idf(count: int, doc_freq: int) -> float:
    """``ln(1 + (N - n + 0.5) / (n + 0.5))``: Lucene's form of Robertson-Sparck Jones, above 0."""
    return math.log(1.0 + (count - doc_freq + 0.5) / (doc_freq + 0.5))


def max_score(terms: Sequence[Term], count: int, doc_freqs: Sequence[int]) -> float:
    """The limit of BM25 when every term is frequent: ``sum(weight * idf * (k1 + 1))``.

    Terms that no listing has are included.
    """
    pairs = zip(terms, doc_freqs, strict=True)
    return sum(term.weight * idf(count, doc_freq) * (K1 + 1.0) for term, doc_freq in pairs)


class MemoryLexicalIndex:
    """BM25 over documents in memory: exact, and what engines are compared with in tests."""

    def __init__(self, documents: Iterable[Document], listing_ids: Iterable[str] = ()) -> None:
        """Rows are numbered in the order of `documents`; `listing_ids` are in the same order."""
        self._documents = list(documents)
        self._rows = {listing_id: row for row, listing_id in enumerate(listing_ids)}
        count = max(1, len(self._documents))
        self._postings: dict[Field, dict[str, dict[int, int]]] = {name: {} for name in FIELDS}
        self._mean_length: dict[Field, float] = {}
        for name in FIELDS:
            for row, document in enumerate(self._documents):
                for token, term_freq in Counter(document.field(name)).items():
                    self._postings[name].setdefault(token, {})[row] = term_freq
            self._mean_length[name] = sum(len(document.field(name)) for document in self._documents) / count or 1.0

    def __len__(self) -> int:
        return len(self._documents)

    def doc_freq(self, field: Field, token: str) -> int:
        return len(self._postings[field].get(token, {}))

    def rows_of(self, listing_ids: Sequence[str]) -> dict[str, int]:
        return {listing_id: self._rows[listing_id] for listing_id in listing_ids if listing_id in self._rows}

    def search(self, terms: Sequence[Term], selection: Selection, k: int) -> Hits:
        scores: dict[int, float] = defaultdict(float)
        doc_freqs = []
        for term in terms:
            postings = self._postings[term.field].get(term.text, {})
            doc_freqs.append(len(postings))
            for row, term_freq in postings.items():
                scores[row] += term.weight * self._bm25(term.field, row, term_freq, len(postings))
        rows = [row for row in scores if selection.mask[row]]
        full_match = max_score(terms, len(self._documents), doc_freqs)
        return best(np.array(rows, np.int64), np.array([scores[row] for row in rows], np.float64), k, full_match)

    def _bm25(self, name: Field, row: int, term_freq: int, doc_freq: int) -> float:
        length = len(self._documents[row].field(name)) / self._mean_length[name]
        saturation = term_freq + K1 * (1.0 - B + B * length)
        return idf(len(self._documents), doc_freq) * term_freq * (K1 + 1.0) / saturation
