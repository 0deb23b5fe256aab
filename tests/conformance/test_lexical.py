"""Every LexicalIndex gives what a plain scan by the formula gives: rows, order and scores."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.hits import Hits
from indexer.selection import Selection
from indexer.stores.lexical import FIELDS, Clause, Document, Field, LexicalIndex, MemoryLexicalIndex, Term
from indexer.stores.lexical_tantivy import TantivyIndex, TantivyWriter

WORDS = [f"w{number}" for number in range(60)]
COUNT = 6_000


@cache
def _documents() -> list[Document]:
    random_words = random.Random(3)
    # at most 40 words a field: up to there tantivy stores a field's length exactly
    return [
        Document(
            text=tuple(random_words.choices(WORDS, k=random_words.randint(0, 40))),
            exact=tuple(random_words.choices(WORDS, k=random_words.randint(0, 12))),
            filters=(f"brand={number % 7}",),
        )
        for number in range(COUNT)
    ]


@cache
def _occurrences(field: Field, word: str) -> list[int]:
    """How often a word stands in the field of each document."""
    if word not in WORDS:
        return [0] * COUNT
    return [document.field(field).count(word) for document in _documents()]


@cache
def _lengths(field: Field) -> list[int]:
    return [len(document.field(field)) for document in _documents()]


def _saturation(term: Term, row: int) -> float:
    """``tf / (tf + k1 * (1 - b + b * length / mean))``: k1 = 1.2, b = 0.75."""
    occurrences, lengths = _occurrences(term.field, term.text), _lengths(term.field)
    times = occurrences[row]
    return times / (times + 1.2 * (0.25 + 0.75 * lengths[row] / (sum(lengths) / COUNT)))


def _scan(clauses: Sequence[Clause], selection: Selection, k: int) -> Hits:
    """Every document scored by the formula, with none of the product's code."""
    scores: dict[int, float] = {}
    for row in np.flatnonzero(selection.mask).tolist():
        score = 0.0
        for clause in clauses:
            of_alternatives = [
                sum(term.weight * _saturation(term, row) for term in alternative) for alternative in clause.alternatives
            ]
            score += clause.weight * max(of_alternatives)
        if score > 0:
            scores[row] = score
    rows = sorted(scores, key=lambda row: (-scores[row], row))[:k]
    return Hits(np.array(rows, np.int64), np.array([scores[row] for row in rows], np.float64))


def _assert_same(hits: Hits, expected: Hits) -> None:
    np.testing.assert_array_equal(hits.rows, expected.rows)
    np.testing.assert_allclose(hits.scores, expected.scores, atol=1e-6, rtol=1e-6)


def _tantivy(documents: list[Document], folder: Path) -> LexicalIndex:
    writer = TantivyWriter(folder)
    for row, document in enumerate(documents):
        writer.add(row, f"listing {row}", document)
    writer.close()
    return TantivyIndex(folder)


INDEXES: dict[str, Callable[[list[Document], Path], LexicalIndex]] = {
    "memory": lambda documents, _: MemoryLexicalIndex(documents, [f"listing {row}" for row in range(len(documents))]),
    "tantivy": _tantivy,
}
CLUSTERS: dict[str, dict[str, Any]] = {
    "opensearch": {},
    "opensearch, three shards": {"shards": 3},
}
"""Settings of an index in a cluster: each shard knows only its own listings."""
CLAUSES = [
    Clause(0.5, ((Term("text", "w3", 0.9), Term("exact", "w3", 0.1)), (Term("text", "w9", 0.7),))),
    Clause(0.3, ((Term("text", "w11", 1.0),),)),
    Clause(0.2, ((Term("text", "w3", 0.5), Term("text", "unheard-of", 0.5)), (Term("exact", "w12", 0.0),))),
]
"""Alternatives that compete, terms that add up, a word that no document has, a weight of 0."""
EVERYTHING = np.ones(COUNT, np.bool_)
ROWS = np.arange(COUNT)
SELECTIONS = {
    "everything": Selection(EVERYTHING),
    "a brand the index knows": Selection(ROWS % 7 == 3, ("brand=3",)),
    "a third, by its mask alone": Selection(ROWS % 3 == 0),
    "narrow": Selection(ROWS % 100 == 5),
    "one listing": Selection(ROWS == 1234),
    "nothing": Selection(~EVERYTHING),
}


@pytest.fixture(scope="module", params=[*INDEXES, *CLUSTERS])
def index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LexicalIndex]:
    folder = tmp_path_factory.mktemp("lexical")
    if request.param in INDEXES:
        yield INDEXES[request.param](_documents(), folder)
        return
    from opensearch_indexes import connected, lexical_index

    with connected(request.getfixturevalue("node"), **CLUSTERS[request.param]) as cluster:
        yield lexical_index(cluster, _documents(), folder)


@pytest.mark.parametrize("selection", SELECTIONS.values(), ids=SELECTIONS.keys())
@pytest.mark.parametrize("k", [1, 10, 300])
def test_gives_the_rows_and_scores_of_the_formula(index: LexicalIndex, selection: Selection, k: int) -> None:
    _assert_same(index.search(CLAUSES, selection, k), _scan(CLAUSES, selection, k))


def test_a_selection_too_large_for_a_bitmap_gives_the_same(
    index: LexicalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.opensearch.row_filter.BITMAP_MAX", 0)
    for name in ("a brand the index knows", "a third, by its mask alone", "narrow"):
        _assert_same(index.search(CLAUSES, SELECTIONS[name], 100), _scan(CLAUSES, SELECTIONS[name], 100))


def test_a_query_of_1500_terms_is_answered(index: LexicalIndex) -> None:
    # of equal clauses OpenSearch, which takes 1,000 terms, has to choose: all are of the same word
    page = [Clause(0.001, ((Term("text", "w3", 1.0),),)) for _ in range(1_500)]
    hits = index.search(page, SELECTIONS["everything"], 10)

    count = 1_000 if _is_in_cluster(index) else 1_500
    expected = _scan([Clause(0.001 * count, ((Term("text", "w3", 1.0),),))], SELECTIONS["everything"], 10)
    np.testing.assert_array_equal(hits.rows, expected.rows)
    np.testing.assert_allclose(hits.scores, expected.scores, rtol=1e-4)  # sums of 1,500 float32


def test_the_heaviest_clauses_of_a_long_query_are_searched(index: LexicalIndex) -> None:
    filler = [Clause(0.0001, ((Term("text", f"w{number % 60}", 1.0),),)) for number in range(1_200)]

    hits = index.search([*filler, *CLAUSES], SELECTIONS["everything"], 5)

    _assert_same(Hits(hits.rows, hits.scores.round(1)), Hits(hits.rows, _scores_of(hits.rows).round(1)))


def _scores_of(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The scores of CLAUSES alone."""
    hits = _scan(CLAUSES, SELECTIONS["everything"], COUNT)
    by_row = dict(zip(hits.rows.tolist(), hits.scores.tolist(), strict=True))
    return np.array([by_row[row] for row in rows.tolist()])


def _is_in_cluster(index: LexicalIndex) -> bool:
    return not isinstance(index, MemoryLexicalIndex | TantivyIndex)


@pytest.mark.parametrize(
    "clauses", [[], [Clause(1.0, ((Term("text", "unheard-of", 0.5),),))], [Clause(0.0, ((Term("text", "w3", 1.0),),))]]
)
def test_finds_nothing_without_a_term_that_counts(index: LexicalIndex, clauses: list[Clause]) -> None:
    hits = index.search(clauses, SELECTIONS["everything"], 10)

    assert (hits.rows.tolist(), hits.scores.tolist()) == ([], [])


def test_no_score_reaches_the_weight_of_all_clauses(index: LexicalIndex) -> None:
    hits = index.search(CLAUSES, SELECTIONS["everything"], 300)

    assert len(hits) == 300
    assert 0 < hits.scores.min() <= hits.scores.max() < sum(clause.weight for clause in CLAUSES)


def test_counts_the_listings_that_have_a_token_in_a_field(index: LexicalIndex) -> None:
    for field in FIELDS:
        for word in ("w0", "w3", "w59"):
            assert index.doc_freq(field, word) == sum(times > 0 for times in _occurrences(field, word)) > 500
        assert index.doc_freq(field, "unheard-of") == 0
    assert len(index) == COUNT


def test_alternatives_compete_and_terms_add_up_by_hand() -> None:
    # three documents, lengths 2, 1, 1, mean 4/3; saturation of "a" in row 0, tf 1 and length 2:
    # 1 / (1 + 1.2 * (0.25 + 0.75 * 1.5)) = 1 / 2.65 = 0.377358; of "b" there the same
    # row 1, length 1: 1 / (1 + 1.2 * (0.25 + 0.75 * 0.75)) = 1 / 1.975 = 0.506329
    index = MemoryLexicalIndex([Document(("a", "b"), ()), Document(("a",), ()), Document(("b",), ())])
    either = Clause(2.0, ((Term("text", "a", 1.0),), (Term("text", "b", 0.5),)))
    both = Clause(2.0, ((Term("text", "a", 0.5), Term("text", "b", 0.5)),))

    competing = index.search([either], Selection.everything(3), 10)
    added = index.search([both], Selection.everything(3), 10)

    # either: row 1 2 * 0.506329; row 0 2 * 0.377358 for "a", which beats "b";
    # row 2 2 * 0.5 * 0.506329
    assert competing.rows.tolist() == [1, 0, 2]
    assert competing.scores.tolist() == pytest.approx([1.012658, 0.754717, 0.506329], abs=1e-6)
    # both: row 0 2 * (0.5 + 0.5) * 0.377358, rows 1 and 2 2 * 0.5 * 0.506329
    assert added.rows.tolist() == [0, 1, 2]
    assert added.scores.tolist() == pytest.approx([0.754717, 0.506329, 0.506329], abs=1e-6)


def test_knows_the_row_of_a_listing_id(index: LexicalIndex) -> None:
    assert index.rows_of(["listing 2", "unknown", "listing", "listing 5999"]) == {"listing 2": 2, "listing 5999": 5999}
