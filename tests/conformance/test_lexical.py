"""Every LexicalIndex gives what BM25 in memory gives: the same rows in the same order, the same scores."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.selection import Selection
from indexer.stores.lexical import Document, LexicalIndex, MemoryLexicalIndex, Term
from indexer.stores.lexical_tantivy import TantivyIndex, TantivyWriter

WORDS = [f"w{number}" for number in range(60)]
COUNT = 6_000


def _documents() -> list[Document]:
    draw = random.Random(3)
    # at most 40 words a field: up to there tantivy stores a field's length exactly
    return [
        Document(
            exact=tuple(draw.choices(WORDS, k=draw.randint(1, 12))),
            lemma=tuple(draw.choices(WORDS, k=draw.randint(0, 12))),
            body=tuple(draw.choices(WORDS, k=draw.randint(0, 40))),
            filters=(f"brand={number % 7}",),
        )
        for number in range(COUNT)
    ]


def _tantivy(documents: list[Document], folder: Path) -> LexicalIndex:
    writer = TantivyWriter(folder)
    for row, document in enumerate(documents):
        writer.add(row, f"listing {row}", document)
    writer.close()
    return TantivyIndex(folder)


INDEXES: dict[str, Callable[[list[Document], Path], LexicalIndex]] = {
    "memory": lambda documents, _: MemoryLexicalIndex(documents),
    "tantivy": _tantivy,
}
CLUSTERS: dict[str, dict[str, Any]] = {
    "opensearch": {},
    "opensearch, three shards": {"shards": 3},
}
"""Settings of an index in a cluster: its shards each know only their own listings."""
TERMS = [Term("exact", "w3", 0.4), Term("lemma", "w3", 0.6), Term("body", "w3", 0.18), Term("lemma", "w9", 0.6)]
EVERYTHING = np.ones(COUNT, np.bool_)
ROWS = np.arange(COUNT)
SELECTIONS = {
    "everything": Selection(EVERYTHING),
    "a brand the index knows": Selection(ROWS % 7 == 3, ("brand=3",)),
    "a third, not told to the index": Selection(ROWS % 3 == 0),
    "narrow": Selection(ROWS % 100 == 5),
    "one listing": Selection(ROWS == 1234),
    "nothing": Selection(~EVERYTHING),
}


@pytest.fixture(scope="module")
def truth() -> MemoryLexicalIndex:
    return MemoryLexicalIndex(_documents())


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
def test_gives_the_rows_and_scores_of_bm25(
    index: LexicalIndex, truth: MemoryLexicalIndex, selection: Selection, k: int
) -> None:
    hits, wanted = index.search(TERMS, selection, k), truth.search(TERMS, selection, k)

    np.testing.assert_array_equal(hits.rows, wanted.rows)
    np.testing.assert_allclose(hits.scores, wanted.scores, atol=1e-5)
    assert hits.max_score == pytest.approx(wanted.max_score)


def test_a_selection_too_large_for_a_bitmap_gives_the_same(
    index: LexicalIndex, truth: MemoryLexicalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.opensearch.row_filter.BITMAP_MAX", 0)
    for name in ("a brand the index knows", "a third, not told to the index", "narrow"):
        hits, wanted = index.search(TERMS, SELECTIONS[name], 100), truth.search(TERMS, SELECTIONS[name], 100)

        np.testing.assert_array_equal(hits.rows, wanted.rows)


def test_a_pasted_page_is_a_query_too(index: LexicalIndex, truth: MemoryLexicalIndex) -> None:
    many = [Term("lemma", f"w{number % 60}", 0.1 + number / 1_000) for number in range(1_500)]
    hits = index.search(many, SELECTIONS["everything"], 10)

    assert len(hits) == 10


def test_finds_nothing_without_terms(index: LexicalIndex) -> None:
    assert len(index.search([], SELECTIONS["everything"], 10)) == 0


def test_finds_nothing_for_a_word_no_listing_has(index: LexicalIndex) -> None:
    hits = index.search([Term("lemma", "unheard-of", 1.0)], SELECTIONS["everything"], 10)

    assert len(hits) == 0
    assert hits.max_score > 0


def test_no_score_is_above_max_score(index: LexicalIndex) -> None:
    hits = index.search(TERMS, SELECTIONS["everything"], 300)

    assert hits.scores.max() < hits.max_score


def test_bm25_is_what_the_formula_says() -> None:
    # three documents, lengths 2, 1, 1, mean 4/3; "a" is in two of them.
    # idf(a) = ln(1 + (3 - 2 + 0.5) / (2 + 0.5)) = ln(1.6) = 0.470004
    # row 1: tf 1, length 1: 0.470004 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 0.75)) = 1.034008 / 1.975 = 0.523549
    # row 0: tf 1, length 2: 1.034008 / (1 + 1.2 * (0.25 + 0.75 * 1.5)) = 1.034008 / 2.65 = 0.390192
    index = MemoryLexicalIndex([Document((), ("a", "b"), ()), Document((), ("a",), ()), Document((), ("b",), ())])

    hits = index.search([Term("lemma", "a", 1.0)], Selection.everything(3), 10)

    assert hits.rows.tolist() == [1, 0]
    assert hits.scores.tolist() == pytest.approx([0.523549, 0.390192], abs=1e-6)


def test_knows_the_row_of_a_listing_id(tmp_path: Path) -> None:
    index = _tantivy([Document(("a",), ("a",), ())] * 3, tmp_path)
    assert isinstance(index, TantivyIndex)

    assert index.rows_of(["listing 2", "unknown", "listing"]) == {"listing 2": 2}
