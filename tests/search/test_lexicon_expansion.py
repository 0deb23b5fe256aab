"""Lexicon expansion: words of the lexicon become the catalogue's, and nothing else changes."""

from collections.abc import Sequence

import pytest

from eval.sample.sample import NOW
from languages.lexicon import lexicon
from languages.locale import LANGUAGES, Locale
from ranking.query import Query, UnderstoodQuery
from search.engine import Engine
from search.lexicon_expansion import ALTERNATIVES, NAME, gloss, known
from search.understand import understand
from search.vector_expansion import unknown


def asked(engine: Engine, text: str, locale: str) -> UnderstoodQuery:
    return understand(Query(text, Locale(locale), NOW), engine.snapshot.tables)


def glossed(engine: Engine, query: UnderstoodQuery, languages: Sequence[str] = LANGUAGES) -> UnderstoodQuery:
    lexical = engine.snapshot.lexical
    return gloss(query, known(query), languages, lexical, unknown(query, lexical))


@pytest.mark.parametrize(("locale", "foreign"), [("ja", "en"), ("en", "ru"), ("ar", "es"), ("hi", "zh")])
def test_a_kind_is_looked_for_under_its_names_in_another_language(
    small_engine: Engine, locale: str, foreign: str
) -> None:
    query = asked(small_engine, lexicon(locale)["kind:phone_case"].name, locale)
    names = lexicon(foreign)["kind:phone_case"].texts()

    found = glossed(small_engine, query)

    assert set(names) & {one.text for one in found.alternatives}
    assert found.terms[: len(query.terms)] == query.terms
    assert len(found.alternatives) <= ALTERNATIVES
    assert all(0 < one.weight <= NAME for one in found.alternatives)


def test_only_the_catalogues_languages_are_asked_for(small_engine: Engine) -> None:
    query = asked(small_engine, lexicon("ja")["kind:phone_case"].name, "ja")

    assert glossed(small_engine, query, ()) is query
    german = glossed(small_engine, query, ("de",))
    words = set(lexicon("de")["kind:phone_case"].texts())
    assert {one.text for one in german.alternatives} <= words


def test_a_word_that_nobody_knows_changes_nothing(small_engine: Engine) -> None:
    query = asked(small_engine, "qwertzuiop", "de")

    assert known(query).covered == 0.0
    assert glossed(small_engine, query) is query


def test_coverage_is_the_share_of_known_words(small_engine: Engine) -> None:
    assert known(asked(small_engine, "phone case", "en")).covered == 1.0
    assert known(asked(small_engine, "qwertz phone case", "en")).covered == pytest.approx(2 / 3)


def test_a_buyer_may_look_for_the_words_alone(small_engine: Engine) -> None:
    plain = small_engine.search(Query("phone case", Locale("en"), NOW, expand=False))
    wide = small_engine.search(Query("phone case", Locale("en"), NOW))

    assert plain.understood.alternatives == ()
    assert wide.understood.alternatives
