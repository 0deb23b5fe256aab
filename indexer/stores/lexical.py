"""Search by words: the `LexicalIndex` protocol and its smallest implementation, in memory.

A query is a list of clauses, one for each part of what the buyer typed. The alternatives of a
clause compete: the best one counts, so that a title that says a thing in five ways gains nothing
over one that says it once (Pirkola, SIGIR 1998; the maximum is Lucene's `DisjunctionMaxQuery`).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from indexer.hits import Hits, best
from indexer.selection import Selection

Field = Literal["text", "exact"]
FIELDS: tuple[Field, ...] = ("text", "exact")

K1 = 1.2
B = 0.75
"""Robertson & Zaragoza 2009, section 3.2. Lucene and tantivy use the same values: engines agree."""


@dataclass(frozen=True, slots=True)
class Document:
    """A listing's tokens by field, and its filter terms.

    `text` has the lemmas and concepts of all its texts, each repeated by the weight of the text it
    stands in: one field whose frequencies are weighted, after BM25F (Robertson, Zaragoza & Taylor,
    CIKM 2004, section 3). `exact` has the title's words as written.
    """

    text: tuple[str, ...]
    exact: tuple[str, ...]
    filters: tuple[str, ...] = ()

    def field(self, name: Field) -> tuple[str, ...]:
        return getattr(self, name)  # type: ignore[no-any-return]  # the Literal names the fields


@dataclass(frozen=True, slots=True)
class Term:
    """One token to search for in one field, and the weight of a match."""

    field: Field
    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of a query: alternatives that compete, each of terms that add up.

    The weights of an alternative's terms sum to at most 1, so that a clause gives at most `weight`.
    """

    weight: float
    alternatives: tuple[tuple[Term, ...], ...]


class LexicalIndex(Protocol):
    """Finds listings by the tokens of `languages.analyse`."""

    def search(self, clauses: Sequence[Clause], selection: Selection, k: int) -> Hits:
        """At most `k` selected listings with a term, best first, ties by row; no terms, no hits.

        The score is a sum over clauses,
        ``sum(clause.weight * max over alternatives(sum(term.weight * saturation(term))))``, where
        ``saturation = tf / (tf + k1 * (1 - b + b * length / mean length))`` is BM25 without its
        inverse document frequency, in [0, 1). What a rare word is worth is the caller's to say, in
        the weights: see `idf` and `doc_freq`.
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


def present_clauses(clauses: Iterable[Clause], doc_freqs: Mapping[tuple[Field, str], int]) -> Iterator[Clause]:
    """The clauses without what cannot match: terms that no listing has, or with a weight of 0."""
    for clause in clauses:
        alternatives = tuple(
            terms
            for alternative in clause.alternatives
            if (terms := tuple(term for term in alternative if term.weight > 0 and doc_freqs[term.field, term.text]))
        )
        if alternatives and clause.weight > 0:
            yield Clause(clause.weight, alternatives)


def terms_of(clauses: Iterable[Clause]) -> Iterator[Term]:
    """Every term of some clauses."""
    return (term for clause in clauses for alternative in clause.alternatives for term in alternative)


class MemoryLexicalIndex:
    """The formula over documents in memory: exact, and what engines are compared with in tests."""

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

    def search(self, clauses: Sequence[Clause], selection: Selection, k: int) -> Hits:
        scores: dict[int, float] = defaultdict(float)
        for clause in clauses:
            best_scores: dict[int, float] = {}
            for alternative in clause.alternatives:
                for row, score in self._scores(alternative).items():
                    best_scores[row] = max(best_scores.get(row, 0.0), score)
            for row, score in best_scores.items():
                scores[row] += clause.weight * score
        rows = [row for row, score in scores.items() if score > 0 and selection.mask[row]]
        return best(np.array(rows, np.int64), np.array([scores[row] for row in rows], np.float64), k)

    def _scores(self, terms: Sequence[Term]) -> dict[int, float]:
        """The weighted sum of an alternative's terms, by row."""
        scores: dict[int, float] = defaultdict(float)
        for term in terms:
            for row, term_freq in self._postings[term.field].get(term.text, {}).items():
                scores[row] += term.weight * self._saturation(term.field, row, term_freq)
        return scores

    def _saturation(self, name: Field, row: int, term_freq: int) -> float:
        length = len(self._documents[row].field(name)) / self._mean_length[name]
        return term_freq / (term_freq + K1 * (1.0 - B + B * length))
