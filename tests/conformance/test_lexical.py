"""Every LexicalIndex gives what a plain scan by the BM25 formula gives: rows, order and scores."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.hits import Hits
from indexer.selection import Selection
from indexer.stores.lexical import FIELDS, Document, Field, LexicalIndex, MemoryLexicalIndex, Term
from indexer.stores.lexical_tantivy import TantivyIndex, TantivyWriter

WORDS = [f"w{number}" for number in range(60)]
COUNT = 6_000


@cache
def _documents() -> list[Document]:
    random_words = random.Random(3)
    # at most 40 words a field: up to there tantivy stores a field's length exactly
    return [
        Document(
            exact=tuple(random_words.choices(WORDS, k=random_words.randint(1, 12))),
            lemma=tuple(random_words.choices(WORDS, k=random_words.randint(0, 12))),
            body=tuple(random_words.choices(WORDS, k=random_words.randint(0, 40))),
            filters=(f"brand={number % 7}",),
        )
        for number in range(COUNT)
    ]


@cache
def _occurrences(field: Field, word: str) -> list[int]:
    """How often a word stands in the field of each document."""
    return [document.field(field).count(word) for document in _documents()]


@cache
def _lengths(field: Field) -> list[int]:
    return [len(document.field(field)) for document in _documents()]


def _scan(terms: Sequence[Term], selection: Selection, k: int) -> Hits:
    """Every document scored by the formula, with none of the product's code: k1 = 1.2, b = 0.75."""
    scores: dict[int, float] = {}
    max_score = 0.0
    for term in terms:
        occurrences, lengths = _occurrences(term.field, term.text), _lengths(term.field)
        doc_freq = sum(times > 0 for times in occurrences)
        idf = math.log(1 + (COUNT - doc_freq + 0.5) / (doc_freq + 0.5))
        max_score += term.weight * idf * 2.2
        mean = sum(lengths) / COUNT
        for row, times in enumerate(occurrences):
            if times and selection.mask[row]:
                tf = times * 2.2 / (times + 1.2 * (0.25 + 0.75 * lengths[row] / mean))
                scores[row] = scores.get(row, 0.0) + term.weight * idf * tf
    rows = sorted(scores, key=lambda row: (-scores[row], row))[:k]
    return Hits(np.array(rows, np.int64), np.array([scores[row] for row in rows], np.float64), max_score)


def _assert_same(hits: Hits, expected: Hits) -> None:
    np.testing.assert_array_equal(hits.rows, expected.rows)
    np.testing.assert_allclose(hits.scores, expected.scores, atol=1e-5, rtol=1e-6)
    assert hits.max_score == pytest.approx(expected.max_score)


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
TERMS = [Term("exact", "w3", 0.4), Term("lemma", "w3", 0.6), Term("body", "w3", 0.18), Term("lemma", "w9", 0.6)]
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
def test_gives_the_rows_and_scores_of_bm25(index: LexicalIndex, selection: Selection, k: int) -> None:
    _assert_same(index.search(TERMS, selection, k), _scan(TERMS, selection, k))


def test_a_selection_too_large_for_a_bitmap_gives_the_same(
    index: LexicalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.opensearch.row_filter.BITMAP_MAX", 0)
    for name in ("a brand the index knows", "a third, by its mask alone", "narrow"):
        _assert_same(index.search(TERMS, SELECTIONS[name], 100), _scan(TERMS, SELECTIONS[name], 100))


def test_a_query_of_1500_terms_is_answered(index: LexicalIndex) -> None:
    page = [Term("lemma", f"w{number % 60}", 0.1 + number / 1_000) for number in range(1_500)]
    hits = index.search(page, SELECTIONS["everything"], 10)

    expected = _scan(_heaviest(page) if _is_in_cluster(index) else page, SELECTIONS["everything"], 10)
    np.testing.assert_array_equal(hits.rows, expected.rows)
    np.testing.assert_allclose(hits.scores, expected.scores, rtol=1e-5)  # sums of 1,500 float32
    assert hits.max_score == pytest.approx(_scan(page, SELECTIONS["everything"], 10).max_score)


def _is_in_cluster(index: LexicalIndex) -> bool:
    return not isinstance(index, MemoryLexicalIndex | TantivyIndex)


def _heaviest(terms: list[Term]) -> list[Term]:
    """The 1,000 terms that can add the most: a query to OpenSearch has no more."""

    def gain(term: Term) -> float:
        return _scan([term], SELECTIONS["nothing"], 1).max_score

    return sorted(terms, key=gain, reverse=True)[:1_000]


def test_finds_nothing_without_terms(index: LexicalIndex) -> None:
    hits = index.search([], SELECTIONS["everything"], 10)

    assert (hits.rows.tolist(), hits.scores.tolist(), hits.max_score) == ([], [], 0.0)


def test_finds_nothing_for_a_word_no_listing_has(index: LexicalIndex) -> None:
    hits = index.search([Term("lemma", "unheard-of", 0.5)], SELECTIONS["everything"], 10)

    # a full match would score weight * idf * (k1 + 1)
    # = 0.5 * ln(1 + (6000 - 0 + 0.5) / (0 + 0.5)) * 2.2 = 0.5 * 9.392829 * 2.2 = 10.332111
    assert (hits.rows.tolist(), hits.scores.tolist()) == ([], [])
    assert hits.max_score == pytest.approx(10.332111, abs=1e-6)


def test_no_score_is_above_max_score(index: LexicalIndex) -> None:
    hits = index.search(TERMS, SELECTIONS["everything"], 300)

    assert len(hits) == 300
    assert 0 < hits.scores.min() <= hits.scores.max() < hits.max_score


def test_counts_the_listings_that_have_a_token_in_a_field(index: LexicalIndex) -> None:
    for field in FIELDS:
        for word in ("w0", "w3", "w59"):
            assert index.doc_freq(field, word) == sum(times > 0 for times in _occurrences(field, word)) > 500
        assert index.doc_freq(field, "unheard-of") == 0
    assert len(index) == COUNT


def test_bm25_is_what_the_formula_says() -> None:
    # three documents, lengths 2, 1, 1, mean 4/3; "a" is in two of them.
    # idf(a) = ln(1 + (3 - 2 + 0.5) / (2 + 0.5)) = ln(1.6) = 0.470004
    # row 1: tf 1, length 1:
    # 0.470004 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 0.75)) = 1.034008 / 1.975 = 0.523549
    # row 0: tf 1, length 2: 1.034008 / (1 + 1.2 * (0.25 + 0.75 * 1.5)) = 1.034008 / 2.65 = 0.390192
    index = MemoryLexicalIndex([Document((), ("a", "b"), ()), Document((), ("a",), ()), Document((), ("b",), ())])

    hits = index.search([Term("lemma", "a", 1.0)], Selection.everything(3), 10)

    assert hits.rows.tolist() == [1, 0]
    assert hits.scores.tolist() == pytest.approx([0.523549, 0.390192], abs=1e-6)


def test_knows_the_row_of_a_listing_id(index: LexicalIndex) -> None:
    assert index.rows_of(["listing 2", "unknown", "listing", "listing 5999"]) == {"listing 2": 2, "listing 5999": 5999}
