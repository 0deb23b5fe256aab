"""Which listings say what is not wanted, by hand over an index in memory."""

from __future__ import annotations

import pytest

from indexer.listing import Listing
from indexer.selection import Selection
from indexer.stores.lexical import MemoryLexicalIndex
from indexer.stores.listing_text import to_document
from languages.locale import Locale
from ranking.query import QueryConstraint
from search.retrieval.exclusion import excluded_rows
from search.understanding.query_parts import split_query

TITLES = (
    ("en", "Cooking pot with lid"),  # 0
    ("en", "Cooking pot without lid"),  # 1
    ("de", "Kochtopf ohne Deckel"),  # 2
    ("de", "Kleid rot ohne Ärmel"),  # 3
    ("fr", "Robe rouge"),  # 4
    ("en", "Blue dress"),  # 5
    ("en", "Widget zorblax"),  # 6
    ("en", "Widget zorblax mini"),  # 7
    ("de", "Topf und Deckel"),  # 8
)


@pytest.fixture(scope="module")
def index() -> MemoryLexicalIndex:
    listings = (
        Listing(str(row), "s", Locale(language), title, 2000, "EUR") for row, (language, title) in enumerate(TITLES)
    )
    return MemoryLexicalIndex(map(to_document, listings))


@pytest.mark.parametrize(
    ("excluded", "language", "rows"),
    [
        ("red", "en", [3, 4]),  # in every language; "ohne Ärmel" says nothing of the colour
        ("rot", "de", [3, 4]),
        ("lid", "en", [0, 8]),  # who says "without lid" is what is wanted
        ("deckel", "de", [0, 8]),
        ("zorblax mini", "en", [7]),  # all of its words
        ("zorblax", "en", [6, 7]),
        ("nothing", "en", []),
    ],
)
def test_listings_that_say_it_are_left_out(
    index: MemoryLexicalIndex, excluded: str, language: str, rows: list[int]
) -> None:
    parts = split_query(excluded, {language: 1.0})
    constraint = QueryConstraint("exclude", f"-{excluded}", excluded=excluded, parts=parts)
    found = excluded_rows(index, [constraint], Selection.everything(len(TITLES)))

    assert found.tolist() == rows


def test_only_selected_rows_are_looked_at(index: MemoryLexicalIndex) -> None:
    constraint = QueryConstraint("exclude", "-red", excluded="red", parts=split_query("red", {"en": 1.0}))
    selection = Selection.everything(len(TITLES)).without(excluded_rows(index, [constraint], Selection.everything(9)))

    assert excluded_rows(index, [constraint], selection).tolist() == []
