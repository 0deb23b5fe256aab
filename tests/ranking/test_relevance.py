"""Fusion of lexical and vector scores into one relevance: examples computed by hand, and laws."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import make_candidates

from ranking.candidate import Candidates
from ranking.relevance import fuse

NAN = float("nan")
SCORES = st.one_of(st.just(NAN), st.sampled_from([0.0, 0.5, 0.55, 0.6, 1.0]), st.floats(0.0, 1.0))
FEW = st.lists(st.tuples(SCORES, SCORES), min_size=2, max_size=6)
EVIDENCE = st.lists(st.tuples(SCORES, SCORES), min_size=1, max_size=30)


def candidates_with(lexical: Sequence[float], vector: Sequence[float]) -> Candidates:
    return replace(
        make_candidates(len(lexical)), lexical_scores=np.array(lexical, float), vector_scores=np.array(vector, float)
    )


def test_relevance_is_half_lexical_and_half_vector() -> None:
    # words: 0.4 is the best, so 1.0, 0.5 and, without a score, 0. meaning: spread 0.1 spans 0.23;
    # 0.90 is the best, so 1; 0.90 - 0.046 is a fifth of the span below, so 0.8; 0.5 is beyond it,
    # so 0
    relevance = fuse(candidates_with(lexical=[0.4, 0.2, NAN], vector=[0.854, 0.5, 0.9]), spread=0.1)

    assert relevance.tolist() == pytest.approx([0.5 * 1.0 + 0.5 * 0.8, 0.25, 0.5])


def test_without_lexical_scores_relevance_comes_from_vectors() -> None:
    assert fuse(candidates_with(lexical=[NAN, NAN], vector=[0.9, 0.67]), 0.1).tolist() == pytest.approx([1.0, 0.0])


def test_without_vector_scores_relevance_comes_from_words() -> None:
    assert fuse(candidates_with(lexical=[0.1, 0.2], vector=[NAN, NAN]), 0.1).tolist() == pytest.approx([0.5, 1.0])


def test_no_candidates_give_no_relevance_and_no_evidence_gives_0() -> None:
    assert fuse(candidates_with(lexical=[], vector=[]), 0.1).tolist() == []
    assert fuse(candidates_with(lexical=[NAN], vector=[NAN]), 0.1).tolist() == [0.0]


@given(EVIDENCE, st.floats(0.001, 1.0))
def test_relevance_lies_between_0_and_1(evidence: list[tuple[float, float]], spread: float) -> None:
    lexical, vector = map(list, zip(*evidence, strict=True))
    relevance = fuse(candidates_with(lexical=lexical, vector=vector), spread)

    assert ((relevance >= 0.0) & (relevance <= 1.0)).all()


@given(EVIDENCE, st.floats(0.001, 1.0), st.randoms(use_true_random=False))
def test_the_order_of_candidates_does_not_matter(
    evidence: list[tuple[float, float]], spread: float, draw: random.Random
) -> None:
    lexical, vector = map(np.array, zip(*evidence, strict=True))
    order = list(range(len(evidence)))
    draw.shuffle(order)
    relevance = fuse(candidates_with(lexical=lexical, vector=vector), spread)
    shuffled = fuse(candidates_with(lexical=lexical[order], vector=vector[order]), spread)

    np.testing.assert_array_equal(shuffled, relevance[order])


@settings(max_examples=400)
@given(FEW, st.sampled_from([0.05, 0.2, 1.0]), st.integers(0, 5), st.sampled_from(["lexical", "vector"]))
def test_more_evidence_never_lowers_relevance(
    evidence: list[tuple[float, float]], spread: float, which: int, raised: str
) -> None:
    which %= len(evidence)
    lexical, vector = map(np.array, zip(*evidence, strict=True))
    better = {"lexical": lexical.copy(), "vector": vector.copy()}
    better[raised][which] = np.nan_to_num(better[raised][which]) + 0.1
    before = fuse(candidates_with(lexical, vector), spread)
    after = fuse(candidates_with(**better), spread)
    others = np.arange(len(evidence)) != which

    # a candidate that is ahead afterwards was ahead or equal before
    assert not (others & (after > after[which] + 1e-9) & (before < before[which] - 1e-9)).any()
