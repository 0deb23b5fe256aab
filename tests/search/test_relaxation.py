"""What could be left out of a query that finds too little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from indexer.errors import IndexUnavailable
from languages.locale import Locale
from ranking.query import Filters, Query, QueryConstraint
from search.engine import Engine
from search.http.translate import search_response
from search.understanding.relaxation import SUGGESTIONS_MAX, TOO_FEW, Count, relaxations
from search.understanding.written_parts import not_in_catalogue, written_parts

NOW = 1_795_000_000


def query_for(text: str, filters: Filters | None = None) -> Query:
    return Query(text, Locale("en"), NOW, "US", size=10, filters=filters or Filters())


def test_a_word_that_nothing_has_can_be_left_out(small_engine: Engine) -> None:
    query = query_for("wireless headphones zx98765", Filters(price_max_minor=5_000))
    page = small_engine.search(query)
    (first, *_) = page.relaxations
    accepted = small_engine.search(replace(query, text=first.query))

    assert page.found < TOO_FEW
    assert (first.without, first.query) == ("zx98765", "wireless headphones")
    assert first.count == Count(accepted.found, accepted.found_is_exact)
    assert accepted.relaxations == ()


@pytest.mark.parametrize("text", ["phone", "zx98765", "!?", ""])
def test_enough_answers_and_a_single_word_need_no_suggestion(small_engine: Engine, text: str) -> None:
    assert small_engine.search(query_for(text)).relaxations == ()


def test_the_words_that_no_listing_has_are_left_out_together(small_engine: Engine) -> None:
    page = small_engine.search(query_for("wireless headphones zx98765 XY-12345Z"))

    assert page.relaxations[0].without == "zx98765 XY-12345Z"
    assert page.relaxations[0].query == "wireless headphones"


def suggestions(engine: Engine, text: str, counts: dict[str, int], found: int = 0) -> tuple[list[str], list[str]]:
    """What is suggested where queries have these counts, and the queries that are counted."""
    understood = engine.search(query_for(text)).understood
    counted: list[str] = []

    def count(query: str, constraints: Sequence[QueryConstraint]) -> Count:
        counted.append(query)
        return Count(counts.get(query, 0), True)

    lacking = not_in_catalogue(understood, engine.snapshot.lexical)
    return [one.without for one in relaxations(understood, found, lacking, count)], counted


def test_what_the_thing_is_is_not_left_out(small_engine: Engine) -> None:
    shown, counted = suggestions(small_engine, "red wallet", {"red": 90, "wallet": 7})

    assert (shown, counted) == (["red"], ["wallet"])


def test_only_what_finds_more_is_shown_and_most_answers_first(small_engine: Engine) -> None:
    text = "red leather waterproof wallet"
    counts = {"leather waterproof wallet": 5, "red waterproof wallet": 2, "red leather wallet": 9}
    shown, _ = suggestions(small_engine, text, counts, found=2)

    assert shown == ["waterproof", "red"]


def test_a_long_query_costs_few_searches(small_engine: Engine) -> None:
    text = "red leather waterproof small new cheap wallet for men"
    every: Sequence[str] = [part.text for part in written_parts(small_engine.search(query_for(text)).understood)]
    shown, counted = suggestions(small_engine, text, {})

    assert shown == []
    assert len(counted) == 4 < len(every)


def test_counting_ends_with_three_suggestions(small_engine: Engine) -> None:
    class Everything(dict[str, int]):
        def get(self, key: str, default: int = 0) -> int:  # type: ignore[override]  # of one type
            return 50

    shown, counted = suggestions(small_engine, "red leather waterproof cheap wallet", Everything())

    assert len(shown) == len(counted) == SUGGESTIONS_MAX


def test_a_page_stands_without_suggestions_when_an_index_fails_meanwhile(
    small_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Count:
        raise IndexUnavailable("both are unavailable")

    monkeypatch.setattr(small_engine, "_count", fail)
    page = small_engine.search(query_for("wireless headphones zx98765"))

    assert (page.relaxations, page.degraded) == ((), ())
    assert page.near


def test_the_response_has_each_suggestion_as_a_query(small_engine: Engine) -> None:
    page = small_engine.search(query_for("wireless speaker zx98765"))
    response = search_response(page, explain=False)

    assert response.understood.not_found == ("zx98765",)
    assert response.found == 0
    assert response.near
    assert response.relaxations[0].model_dump() == {
        "without": "zx98765",
        "found": page.relaxations[0].count.found,
        "found_is_exact": True,
        "query": "wireless speaker",
    }
