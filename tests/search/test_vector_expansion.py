"""Vector expansion in a search: when it applies, its weights, and how a caller turns it off."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from http_client import ask

from languages.locale import Locale
from ranking.query import Query
from search.cursor import InvalidCursor
from search.engine import Engine
from search.engine_pool import EnginePool
from search.http.app import create_app
from search.understanding.clauses import Guessed
from search.understanding.vector_expansion import EXPANSIONS_MAX, vector_expansions


def expansions(engine: Engine, text: str, max_weight: float) -> tuple[Guessed, ...]:
    return vector_expansions(engine.encode(text), engine.snapshot.bridge, max_weight)


def test_expansions_weigh_in_proportion_to_their_maximum(small_engine: Engine) -> None:
    whole = expansions(small_engine, "headfones", 1.0)
    half = expansions(small_engine, "headfones", 0.5)

    assert whole
    assert [term.weight for term in half] == pytest.approx([term.weight / 2 for term in whole])
    assert expansions(small_engine, "headfones", 0.0) == ()


def test_a_misspelt_word_finds_the_words_it_resembles(small_engine: Engine) -> None:
    found = small_engine.search(Query("headfones", Locale("en"), 0, repair=False)).understood.expansions
    texts = [expansion.text for expansion in found]

    assert any("headphones" in text for text in texts[:3]), texts
    assert len(texts) <= EXPANSIONS_MAX
    assert [expansion.weight for expansion in found] == sorted((e.weight for e in found), reverse=True)
    assert all(0 < expansion.weight <= 1 and expansion.source == "encoder" for expansion in found)


def test_a_query_of_words_in_the_catalogue_is_not_guessed(small_engine: Engine) -> None:
    found = small_engine.search(Query("phone case", Locale("en"), 0)).understood.expansions

    assert {expansion.source for expansion in found} == {"lexicon"}


def test_expand_false_searches_the_querys_own_words_alone(small_engine: Engine) -> None:
    query = Query("headfones", Locale("en"), 0, repair=False)
    with_them, without = small_engine.search(query), small_engine.search(replace(query, expand=False))

    assert with_them.understood.expansions
    assert without.understood.expansions == ()


def test_a_cursor_is_invalid_with_another_expand_setting(small_engine: Engine) -> None:
    query = Query("headphones", Locale("en"), 0, size=1)
    cursor = small_engine.search(query).next_cursor

    assert cursor
    with pytest.raises(InvalidCursor):
        small_engine.search(replace(query, expand=False, cursor=cursor))


def test_without_a_vector_nothing_is_guessed(small_engine: Engine) -> None:
    query = Query("headfones", Locale("en"), 0, repair=False)

    assert small_engine.search(query, only="lexical").understood.expansions == ()
    assert small_engine.search(query, only="vector").understood.expansions == ()


def test_the_api_shows_expansions_and_can_disable_them(small_snapshot: Path) -> None:
    with TestClient(create_app(EnginePool(small_snapshot, threads=1))) as client:
        shown = ask(client, "headfones", repair=False)["understood"]["expansions"]
        undone = ask(client, "headfones", expand=False, repair=False)["understood"]["expansions"]

    assert shown
    assert set(shown[0]) == {"text", "source", "weight"}
    assert undone == []
