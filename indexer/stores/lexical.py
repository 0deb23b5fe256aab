"""LexicalIndex: finds listings by words. The seam, and its smallest implementation: BM25 in memory."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from indexer.hits import Hits, best
from indexer.selection import Selection
from languages.analyse import AnalysedText

Field = Literal["exact", "lemma", "body"]
FIELDS: tuple[Field, ...] = ("exact", "lemma", "body")

K1 = 1.2
B = 0.75
"""Robertson & Zaragoza 2009, section 3.2; the values Lucene and tantivy use, so that engines agree."""

BODY_WEIGHT = 0.3
"""A word of the description says less than one of the title."""


@dataclass(frozen=True, slots=True)
class Document:
    """A listing's tokens by field: the title's words as written, their lemmas, all other lemmas; its filter terms."""

    exact: tuple[str, ...]
    lemma: tuple[str, ...]
    body: tuple[str, ...]
    filters: tuple[str, ...] = ()

    def field(self, name: Field) -> tuple[str, ...]:
        return getattr(self, name)  # type: ignore[no-any-return]  # the Literal names the fields


@dataclass(frozen=True, slots=True)
class Term:
    """One token to look for in one field, and how much a match says."""

    field: Field
    text: str
    weight: float


class LexicalIndex(Protocol):
    """Finds listings by BM25 over tokens of `languages.analyse`."""

    def search(self, terms: Sequence[Term], selection: Selection, k: int) -> Hits:
        """At most `k` selected listings with a term, best first, ties by row; no terms give none.

        The score is ``sum(weight * BM25(term in field))``.
        """

    def doc_freq(self, field: Field, token: str) -> int:
        """How many listings have a token in a field."""

    def rows_of(self, listing_ids: Sequence[str]) -> dict[str, int]:
        """The row of each known listing id; one that is not known is left out."""

    def __len__(self) -> int:
        """How many listings there are."""


def document(titles: Iterable[AnalysedText], others: Iterable[AnalysedText], filters: Iterable[str] = ()) -> Document:
    """A document from the analysed texts of a listing."""
    named = [token for text in titles for token in text.tokens]
    rest = [token for text in others for token in text.tokens]
    return Document(
        exact=tuple(token.surface for token in named),
        lemma=tuple(token.lemma for token in named if token.lemma),
        body=tuple(token.lemma for token in rest if token.lemma),
        filters=tuple(filters),
    )


def idf(count: int, matching: int) -> float:
    """``ln(1 + (N - n + 0.5) / (n + 0.5))``: Lucene's form of Robertson-Sparck Jones, never negative."""
    return math.log(1.0 + (count - matching + 0.5) / (matching + 0.5))


def max_score(terms: Sequence[Term], count: int, matching: Sequence[int]) -> float:
    """What BM25 tends to with every term often: ``sum(weight * idf * (k1 + 1))``, unknown terms included."""
    return sum(t.weight * idf(count, n) * (K1 + 1.0) for t, n in zip(terms, matching, strict=True))


class MemoryLexicalIndex:
    """BM25 over documents held in memory: exact, for tests and as the truth that engines are compared with."""

    def __init__(self, documents: Iterable[Document], listing_ids: Iterable[str] = ()) -> None:
        """Rows are numbered in the order of `documents`; `listing_ids`, where they matter, are in the same order."""
        self._documents = list(documents)
        self._rows = {listing_id: row for row, listing_id in enumerate(listing_ids)}
        n = max(1, len(self._documents))
        self._postings: dict[Field, dict[str, dict[int, int]]] = {name: {} for name in FIELDS}
        self._mean: dict[Field, float] = {}
        for name in FIELDS:
            for row, doc in enumerate(self._documents):
                for token, times in Counter(doc.field(name)).items():
                    self._postings[name].setdefault(token, {})[row] = times
            self._mean[name] = sum(len(doc.field(name)) for doc in self._documents) / n or 1.0

    def __len__(self) -> int:
        return len(self._documents)

    def doc_freq(self, field: Field, token: str) -> int:
        return len(self._postings[field].get(token, {}))

    def rows_of(self, listing_ids: Sequence[str]) -> dict[str, int]:
        return {listing_id: self._rows[listing_id] for listing_id in listing_ids if listing_id in self._rows}

    def search(self, terms: Sequence[Term], selection: Selection, k: int) -> Hits:
        scores: dict[int, float] = defaultdict(float)
        matching = []
        for term in terms:
            rows = self._postings[term.field].get(term.text, {})
            matching.append(len(rows))
            for row, times in rows.items():
                scores[row] += term.weight * self._bm25(term.field, row, times, len(rows))
        found = [row for row in scores if selection.mask[row]]
        top = max_score(terms, len(self._documents), matching)
        return best(np.array(found, np.int64), np.array([scores[row] for row in found], np.float64), k, top)

    def _bm25(self, name: Field, row: int, times: int, matching: int) -> float:
        length = len(self._documents[row].field(name)) / self._mean[name]
        return idf(len(self._documents), matching) * times * (K1 + 1.0) / (times + K1 * (1.0 - B + B * length))
