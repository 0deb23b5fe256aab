"""Relevance: examples computed by hand, and laws."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.relevance import Z_MAX, Z_TYPICAL, RelevanceModel
from ranking.relevance_file import shipped_relevance

NAN = float("nan")
MODEL = shipped_relevance()
HAND = RelevanceModel(bias=-4.0, lexical=6.0, vector=0.5, near_bias=-3.0, near_vector=1.0, floor=0.3)
LEXICAL = st.one_of(st.just(NAN), st.floats(0.0, 1.0))
VECTOR = st.one_of(st.just(NAN), st.floats(-10.0, 20.0))


def logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


def probability(lexical: float, vector: float, model: RelevanceModel = MODEL) -> float:
    return float(model.probability(np.array([lexical]), np.array([vector]))[0])


def test_relevance_is_the_logistic_of_the_weighted_evidence() -> None:
    # -4 + 6 * 0.5 + 0.5 * 0.5 * 4 = 0; -4 + 6 * 0.8 + 0.5 * 0.2 * 4 = 1.2
    assert probability(0.5, 4.0, HAND) == pytest.approx(0.5)
    assert probability(0.8, 4.0, HAND) == pytest.approx(logistic(1.2))


def test_the_vector_decides_what_the_words_leave_open() -> None:
    def gain(lexical: float) -> float:
        far, near = (math.log(p / (1.0 - p)) for p in (probability(lexical, 1.0), probability(lexical, 5.0)))
        return near - far

    assert gain(0.0) == pytest.approx(4.0 * MODEL.vector)
    assert gain(0.75) == pytest.approx(gain(0.0) / 4)
    assert gain(1.0) == pytest.approx(0.0)


def test_words_that_would_count_against_a_near_listing_are_refused() -> None:
    with pytest.raises(ValueError, match=r"lexical 2\.9 is below 6 times vector 0\.5"):
        replace(HAND, lexical=2.9)
    assert replace(HAND, lexical=3.0).lexical == 3.0


def test_a_listing_without_a_word_of_the_query_has_a_lexical_score_of_0() -> None:
    assert probability(NAN, 3.0, HAND) == probability(0.0, 3.0, HAND) == pytest.approx(logistic(-2.5))


def test_an_unknown_cosine_is_that_of_a_typical_answer() -> None:
    assert probability(0.5, NAN, HAND) == probability(0.5, Z_TYPICAL, HAND)


def test_cosines_below_the_mean_and_beyond_the_maximum_say_no_more() -> None:
    assert probability(0.5, -3.0) == probability(0.5, 0.0)
    assert probability(0.5, 100.0) == probability(0.5, Z_MAX)


def test_where_only_vectors_are_compared_they_decide_alone() -> None:
    near = HAND.nearness(np.array([3.0, 5.0, NAN]))

    assert near.tolist() == pytest.approx([0.5, logistic(2.0), logistic(-3.0)])


def test_every_part_named_in_the_title_is_an_answer_and_nothing_is_none() -> None:
    assert probability(0.8, NAN) > MODEL.floor
    assert probability(0.0, 2.0) < MODEL.floor


@given(LEXICAL, VECTOR)
def test_relevance_lies_between_0_and_1(lexical: float, vector: float) -> None:
    assert 0.0 < probability(lexical, vector) < 1.0
    assert 0.0 < float(MODEL.nearness(np.array([vector]))[0]) < 1.0


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), VECTOR)
def test_more_of_the_query_in_the_words_is_never_less_relevant(less: float, more: float, vector: float) -> None:
    less, more = sorted((less, more))

    assert probability(less, vector) <= probability(more, vector)


@given(st.floats(-10.0, 20.0), st.floats(-10.0, 20.0), LEXICAL)
def test_a_nearer_vector_is_never_less_relevant(far: float, near: float, lexical: float) -> None:
    far, near = sorted((far, near))

    assert probability(lexical, far) <= probability(lexical, near)
    assert MODEL.nearness(np.array([far]))[0] <= MODEL.nearness(np.array([near]))[0]


@given(st.lists(st.tuples(LEXICAL, VECTOR), min_size=1, max_size=20))
def test_relevance_does_not_depend_on_the_other_candidates(evidence: list[tuple[float, float]]) -> None:
    lexical, vector = map(np.array, zip(*evidence, strict=True))

    together = MODEL.probability(lexical, vector)

    assert together.tolist() == [probability(*pair) for pair in evidence]


def test_the_signs_of_the_model_are_those_of_its_docstring() -> None:
    assert min(MODEL.lexical, MODEL.vector, MODEL.near_vector) > 0
    assert replace(MODEL, bias=0.0).probability(np.array([0.0]), np.array([0.0]))[0] == 0.5
