"""What is searched for: the alternatives of each part, and how much a part decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from eval.sample.sample import NOW
from indexer.stores.lexical import Document, MemoryLexicalIndex, idf
from languages.lexicon import lexicon
from languages.locale import Locale
from ranking.query import Query, UnderstoodQuery
from search.engine import Engine
from search.understanding.clauses import END_SHARE, EXACT_WEIGHT, NEAR_WEIGHT, WRITTEN_SHARE, Guessed, with_clauses
from search.understanding.query_parts import KIND_WEIGHT, PARTS_MAX
from search.understanding.understand import understand


def no_guess(text: str, max_weight: float) -> Sequence[Guessed]:
    return ()


def understood(engine: Engine, text: str, locale: str = "en", *, expand: bool = True) -> UnderstoodQuery:
    return understand(Query(text, Locale(locale), NOW, expand=expand), engine.snapshot.tables)


def terms(query: UnderstoodQuery) -> set[str]:
    return {term.text for clause in query.clauses for alternative in clause.alternatives for term in alternative}


def index(*documents: str) -> MemoryLexicalIndex:
    """Of documents as words with spaces between."""
    return MemoryLexicalIndex([Document(tuple(text.split()), tuple(text.split())) for text in documents])


def test_an_unknown_word_is_searched_as_written_and_by_its_lemma(small_engine: Engine) -> None:
    query = with_clauses(understood(small_engine, "zzyzxes"), index("zzyzx"), no_guess)

    (clause,) = query.clauses
    weights = {(term.field, term.text): term.weight for term in clause.alternatives[0]}
    assert clause.weight == 1.0
    assert weights == {("text", "zzyzx"): pytest.approx(1 - EXACT_WEIGHT), ("exact", "zzyzxes"): EXACT_WEIGHT}


@pytest.mark.parametrize(("locale", "foreign"), [("ja", "en"), ("en", "ru"), ("ar", "es"), ("hi", "zh")])
def test_a_kind_is_one_term_in_all_languages(small_engine: Engine, locale: str, foreign: str) -> None:
    lexical = small_engine.snapshot.lexical
    here, there = (
        with_clauses(understood(small_engine, lexicon(language)["kind:phone_case"].name, language), lexical, no_guess)
        for language in (locale, foreign)
    )

    assert "kind:phone_case" in terms(here) & terms(there)


def test_the_words_as_written_stay_beside_the_concept(small_engine: Engine) -> None:
    query = with_clauses(understood(small_engine, "kettle"), index("kettl kind:kettle", "kettl"), no_guess)
    (word,) = query.parts[0].words  # in every likely language
    written = word.lemmas

    competing, echo = query.clauses
    assert competing.weight == pytest.approx(1 - WRITTEN_SHARE)
    assert echo.weight == pytest.approx(WRITTEN_SHARE)
    assert [alternative[0].text for alternative in competing.alternatives] == [*written, "kind:kettle"]
    assert [alternative[0].text for alternative in echo.alternatives] == list(written)


def test_a_kind_that_a_buyer_would_accept_instead_weighs_less(small_engine: Engine) -> None:
    lexical = index("kind:smartphone", "kind:foldable_smartphone")
    query = with_clauses(understood(small_engine, "smartphone"), lexical, no_guess)

    weights = {terms[0].text: terms[0].weight for terms in query.clauses[0].alternatives if ":" in terms[0].text}
    assert weights == {"kind:smartphone": 1.0, "kind:foldable_smartphone": NEAR_WEIGHT}
    assert {expansion.source for expansion in query.expansions} == {"lexicon"}


def test_a_meaning_that_no_listing_has_leaves_its_probability_to_the_others(small_engine: Engine) -> None:
    query = with_clauses(understood(small_engine, "blush"), index("kind:blush", "lamp"), no_guess)

    weights = {alternative[0].text: alternative[0].weight for alternative in query.clauses[0].alternatives[1:]}
    assert weights["kind:blush"] == 1.0
    assert "color:light_pink" not in weights


def test_a_rare_word_decides_more_than_a_frequent_one(small_engine: Engine) -> None:
    lexical = index("zorno lamp", "brisk lamp", "lamp", "lamp")
    query = with_clauses(understood(small_engine, "zorno brisk"), lexical, no_guess)
    frequent = with_clauses(understood(small_engine, "zorno lamp"), lexical, no_guess)

    assert [part.importance for part in query.parts] == [0.5, 0.5]
    assert frequent.parts[0].importance > frequent.parts[1].importance
    assert sum(part.importance for part in frequent.parts) == pytest.approx(1.0)
    assert sum(clause.weight for clause in frequent.clauses) == pytest.approx(1.0)


def test_words_that_the_catalogue_lacks_are_guessed_in_proportion(small_engine: Engine) -> None:
    asked: list[tuple[str, float]] = []

    def guess(text: str, max_weight: float) -> Sequence[Guessed]:
        asked.append((text, max_weight))
        return (Guessed("coffee machine", ("coffe", "machin"), 0.5, 0.25),) if max_weight else ()

    query = with_clauses(understood(small_engine, "zzyzx"), index("coffe machin", "lamp"), guess)

    assert set(asked) == {("zzyzx", 1.0)}
    assert [(e.text, e.source, e.weight) for e in query.expansions] == [("coffee machine", "encoder", 0.5)]
    assert query.certainty == 0.25
    phrase = query.clauses[0].alternatives[-1]
    assert sum(term.weight for term in phrase) == pytest.approx(0.5)


def test_unknown_words_are_guessed_with_their_neighbours_and_the_query_and_model_numbers_never(
    small_engine: Engine,
) -> None:
    asked: list[str] = []

    def guess(text: str, max_weight: float) -> Sequence[Guessed]:
        asked.append(text)
        return ()

    lexical = index(*["zorno kind:kettle"] * 5)
    for text in ("wh1000xm5", "kettle"):
        with_clauses(understood(small_engine, text), lexical, guess)
    with_clauses(understood(small_engine, "zorno"), lexical, guess)
    assert asked == []
    with_clauses(understood(small_engine, "zorna brisk kettle zzyzx"), lexical, guess)
    assert set(asked) == {"zorna brisk", "zzyzx", "zorna brisk kettle zzyzx"}


def test_a_buyer_can_search_for_the_words_alone(small_engine: Engine) -> None:
    query = with_clauses(
        understood(small_engine, "smartphone", expand=False), index("kind:smartphone smartphon"), no_guess
    )

    assert query.expansions == ()
    assert terms(query) == {"smartphon", "smartphone"}


def test_of_a_pasted_paragraph_the_words_that_listings_have_decide_and_the_last_are_not_read(
    small_engine: Engine,
) -> None:
    words = " ".join(f"zz{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(PARTS_MAX + 10))
    lexical = index(*[words.partition(" ")[0]] * 3)
    query = with_clauses(understood(small_engine, words), lexical, no_guess)

    importances = [part.importance for part in query.parts]
    assert len(importances) == PARTS_MAX + 10
    assert sum(importance > 0 for importance in importances) == PARTS_MAX
    assert importances[0] > max(importances[1:])  # all listings have it, and none has the others
    assert sum(clause.weight for clause in query.clauses) == pytest.approx(1.0)


def test_the_weights_of_an_alternative_sum_to_at_most_1(small_engine: Engine) -> None:
    lexical = small_engine.snapshot.lexical
    for text, locale in (("schwarzer wasserkocher aus edelstahl", "de"), ("gift for men", "en"), ("黑色平底锅", "zh")):
        query = with_clauses(understood(small_engine, text, locale), lexical, no_guess)
        for clause in query.clauses:
            assert all(sum(term.weight for term in alternative) <= 1.0 + 1e-9 for alternative in clause.alternatives)


def test_the_engine_shows_and_disables_expansions(small_engine: Engine) -> None:
    query = Query("phone case", Locale("en"), NOW)

    assert small_engine.search(query).understood.expansions
    assert small_engine.search(replace(query, expand=False)).understood.expansions == ()


def test_the_end_of_a_compound_and_guesses_of_the_whole_share_its_importance(small_engine: Engine) -> None:
    def guess(text: str, max_weight: float) -> Sequence[Guessed]:
        return (Guessed("kitchen", ("kitchen",), 0.9, 1.0),)

    query = with_clauses(understood(small_engine, "küchenlampe", "de"), index("lamp general:lamp", "kitchen"), guess)
    by_term = {clause.alternatives[-1][0].text: clause.weight for clause in query.clauses}

    assert by_term["general:lamp"] == pytest.approx((1 - WRITTEN_SHARE) * END_SHARE)
    assert by_term["kitchen"] == pytest.approx((1 - WRITTEN_SHARE) * (1 - END_SHARE))
    assert sum(clause.weight for clause in query.clauses) == pytest.approx(1.0)


def test_the_beginning_of_a_compound_counts_as_if_it_stood_by_itself(small_engine: Engine) -> None:
    lexical = index("general:cable", "general:cable hdmi", "chair")
    cable = with_clauses(understood(small_engine, "hdmikabel", "de"), lexical, no_guess)
    by_term = {clause.alternatives[-1][0].text: clause.weight for clause in cable.clauses}

    assert by_term["hdmi"] / by_term["general:cable"] == pytest.approx(idf(3, 1) / (KIND_WEIGHT * idf(3, 2)))
    assert sum(clause.weight for clause in cable.clauses) == pytest.approx(1.0)
