"""Vector expansion in a search: when it applies, its weights, and how a caller turns it off."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from http_client import ask

from indexer.stores.catalogue_terms import LISTINGS_MIN
from indexer.stores.lexical import BODY_WEIGHT, Document, MemoryLexicalIndex
from languages.locale import Locale
from ranking.query import Query, UnderstoodQuery
from search.cursor import InvalidCursor
from search.engine import Engine
from search.engine_pool import EnginePool
from search.http.app import create_app
from search.query_expansion import oov_score, with_expansions
from search.understand import EXACT_WEIGHT, understand
from search.vector_expansion import EXPANSIONS_MAX, vector_expansions


def understood(engine: Engine, text: str, locale: str = "en") -> UnderstoodQuery:
    return understand(Query(text, Locale.parse(locale), 0), engine.snapshot.tables)


def expanded_by_oov(engine: Engine, text: str, locale: str = "en") -> UnderstoodQuery:
    query = understood(engine, text, locale)
    return expanded(engine, query, oov_score(query, engine.snapshot.lexical))


def expanded(engine: Engine, query: UnderstoodQuery, max_weight: float) -> UnderstoodQuery:
    vector = engine.encode(query.text)
    return with_expansions(query, vector_expansions(vector, engine.snapshot.bridge, max_weight))


def test_a_query_of_words_in_the_catalogue_is_not_expanded(small_engine: Engine) -> None:
    query = understood(small_engine, "phone case")

    assert oov_score(query, small_engine.snapshot.lexical) == 0.0
    assert expanded_by_oov(small_engine, "phone case") == query


def test_the_oov_score_of_a_query_is_that_of_its_least_known_word(small_engine: Engine) -> None:
    lexical = small_engine.snapshot.lexical

    assert oov_score(understood(small_engine, "zzyzx"), lexical) == 1.0
    assert oov_score(understood(small_engine, "knife zzyzx"), lexical) == 1.0
    assert oov_score(understood(small_engine, "!!!"), lexical) == 0.0


def test_the_oov_score_by_hand_with_an_index_in_memory(small_engine: Engine) -> None:
    lexical = MemoryLexicalIndex([Document(("lamps",), ("lamp",), ("lamp", "desk"))] * 2, ["a", "b"])

    assert oov_score(understood(small_engine, "lamps"), lexical) == pytest.approx(1 - 2 / LISTINGS_MIN)
    assert oov_score(understood(small_engine, "desk"), lexical) == 1.0  # of the description, not of the title
    assert (len(lexical), lexical.rows_of(["b", "c"])) == (2, {"b": 1})


def test_expansions_weigh_in_proportion_to_their_maximum(small_engine: Engine) -> None:
    query = understood(small_engine, "headfones")
    whole = expanded(small_engine, query, 1.0)
    half = expanded(small_engine, query, 0.5)

    assert whole.expansions
    assert [expansion.weight for expansion in half.expansions] == pytest.approx(
        [expansion.weight / 2 for expansion in whole.expansions]
    )
    assert expanded(small_engine, query, 0.0) is query


def test_a_misspelt_word_finds_the_words_it_resembles(small_engine: Engine) -> None:
    query = expanded_by_oov(small_engine, "headfones")
    texts = [expansion.text for expansion in query.expansions]

    assert any("headphones" in text for text in texts[:3]), texts
    assert len(texts) <= EXPANSIONS_MAX
    assert [expansion.weight for expansion in query.expansions] == sorted(
        (expansion.weight for expansion in query.expansions), reverse=True
    )
    assert all(0 < expansion.weight <= 1 for expansion in query.expansions)


def test_expansions_are_appended_and_the_querys_own_terms_stay(small_engine: Engine) -> None:
    own, query = understood(small_engine, "headfones"), expanded_by_oov(small_engine, "headfones")
    best = query.expansions[0]
    weights = {(term.field, term.text): term.weight for term in query.terms}

    assert query.terms[: len(own.terms)] == own.terms
    assert weights["lemma", best.lemmas.split()[0]] == pytest.approx((1 - EXACT_WEIGHT) * best.weight)
    assert weights["body", best.lemmas.split()[0]] == pytest.approx((1 - EXACT_WEIGHT) * best.weight * BODY_WEIGHT)


def test_expand_false_searches_the_querys_own_words_alone(small_engine: Engine) -> None:
    query = Query("headfones", Locale("en"), 0)
    with_them, without = small_engine.search(query), small_engine.search(replace(query, expand=False))

    assert with_them.understood.expansions
    assert without.understood.expansions == ()
    assert without.understood.terms == understood(small_engine, "headfones").terms


def test_a_cursor_is_invalid_with_another_expand_setting(small_engine: Engine) -> None:
    query = Query("headfones", Locale("en"), 0, size=1)
    cursor = small_engine.search(query).next_cursor

    with pytest.raises(InvalidCursor):
        small_engine.search(replace(query, expand=False, cursor=cursor))


def test_one_index_alone_is_searched_without_expansions(small_engine: Engine) -> None:
    query = Query("headfones", Locale("en"), 0)

    assert small_engine.search(query, only="lexical").understood.expansions == ()
    assert small_engine.search(query, only="vector").understood.expansions == ()


def test_the_api_shows_expansions_and_can_disable_them(small_snapshot: Path) -> None:
    with TestClient(create_app(EnginePool(small_snapshot, threads=1))) as client:
        shown = ask(client, "headfones")["understood"]["expansions"]
        undone = ask(client, "headfones", expand=False)["understood"]["expansions"]

    assert shown
    assert set(shown[0]) == {"text", "weight"}
    assert undone == []
