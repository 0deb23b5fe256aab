"""Lexicon expansion: words of the lexicon become the catalogue's, and nothing else changes."""

from collections.abc import Sequence

import pytest

from eval.sample.sample import NOW
from languages.lexicon import lexicon
from languages.locale import LANGUAGES, Locale
from ranking.query import Query, UnderstoodQuery
from search.engine import Engine
from search.lexicon_expansion import EXPANSIONS_MAX, NAME_WEIGHT, lexicon_expansions, look_up_lexicon
from search.query_expansion import oov_score, with_expansions
from search.understand import understand


def understood(engine: Engine, text: str, locale: str) -> UnderstoodQuery:
    return understand(Query(text, Locale(locale), NOW), engine.snapshot.tables)


def expanded(engine: Engine, query: UnderstoodQuery, languages: Sequence[str] = LANGUAGES) -> UnderstoodQuery:
    lexical = engine.snapshot.lexical
    oov = oov_score(query, lexical)
    return with_expansions(query, lexicon_expansions(query, look_up_lexicon(query), tuple(languages), lexical, oov))


@pytest.mark.parametrize(("locale", "foreign"), [("ja", "en"), ("en", "ru"), ("ar", "es"), ("hi", "zh")])
def test_a_kind_is_expanded_to_its_names_in_another_language(small_engine: Engine, locale: str, foreign: str) -> None:
    query = understood(small_engine, lexicon(locale)["kind:phone_case"].name, locale)
    names = lexicon(foreign)["kind:phone_case"].texts()

    with_names = expanded(small_engine, query)

    assert set(names) & {expansion.text for expansion in with_names.expansions}
    assert with_names.terms[: len(query.terms)] == query.terms
    assert len(with_names.expansions) <= EXPANSIONS_MAX
    assert all(0 < expansion.weight <= NAME_WEIGHT for expansion in with_names.expansions)


def test_queries_are_expanded_only_to_languages_of_the_catalogue(small_engine: Engine) -> None:
    query = understood(small_engine, lexicon("ja")["kind:phone_case"].name, "ja")

    assert expanded(small_engine, query, ()) is query
    french = expanded(small_engine, query, ("fr",))
    names = set(lexicon("fr")["kind:phone_case"].texts())
    assert french.expansions
    assert {expansion.text for expansion in french.expansions} <= names


def test_a_word_outside_the_lexicon_is_not_expanded(small_engine: Engine) -> None:
    query = understood(small_engine, "qwertzuiop", "de")

    assert look_up_lexicon(query).coverage == 0.0
    assert expanded(small_engine, query) is query


def test_coverage_is_the_share_of_known_words(small_engine: Engine) -> None:
    assert look_up_lexicon(understood(small_engine, "phone case", "en")).coverage == 1.0
    assert look_up_lexicon(understood(small_engine, "qwertz phone case", "en")).coverage == pytest.approx(2 / 3)


def test_a_buyer_can_disable_expansion(small_engine: Engine) -> None:
    plain = small_engine.search(Query("phone case", Locale("en"), NOW, expand=False))
    wide = small_engine.search(Query("phone case", Locale("en"), NOW))

    assert plain.understood.expansions == ()
    assert wide.understood.expansions
