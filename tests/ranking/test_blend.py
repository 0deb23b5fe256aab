from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from makers import make_candidates, shuffled

from languages.locale import Locale
from ranking.blend import GRID, blend, weighted_sum, weights_of
from ranking.candidate import Candidates
from ranking.features import FEATURES
from ranking.profile import Profile, read_profiles

PROFILE = read_profiles().profile_for("DE", Locale("de"))
F = len(FEATURES)

shares = st.lists(st.floats(0, 10), min_size=F - 1, max_size=F - 1).filter(any)
units = st.floats(0, 1)
rows_of_units = arrays(np.float64, st.tuples(st.integers(1, 8), st.just(F)), elements=units)


def profile(band: float, of: list[float]) -> Profile:
    return replace(PROFILE, band=band, shares=dict(zip(PROFILE.shares, of, strict=True)))


profiles = st.builds(profile, st.floats(0, 1), shares)


@st.composite
def some_candidates(draw: st.DrawFn) -> tuple[Candidates, Any]:
    """Candidates whose facts may be anything, NaN and infinite among them, with their relevance."""
    n = draw(st.integers(0, 10))
    amount = st.one_of(st.sampled_from([0.0, 999.0, 1999.0, np.nan, np.inf, -1.0]), st.floats())

    def some() -> Any:
        return draw(arrays(np.float64, n, elements=amount))

    candidates = make_candidates(
        n, facts={"category": draw(arrays(np.int32, n, elements=st.integers(-1, 1)))},
        landed=some(), days_min=some(), days_max=some(),
        rating_mean=some(), rating_count=some(), years_active=some(), units_sold=some(),
    )  # fmt: skip
    return candidates, draw(arrays(np.float64, n, elements=st.one_of(units, st.just(np.nan))))


def test_weights_by_hand() -> None:
    # Band 0.25: the others weigh 0.25 / 1.25 = 0.2, relevance 0.8.
    # Shares 2 : 1 : 1 of 0.2 are 0.10, 0.05, 0.05.
    weights = weights_of(profile(0.25, [2.0, 1.0, 1.0, 0.0]))

    assert weights.tolist() == pytest.approx([0.8, 0.10, 0.05, 0.05, 0.0], abs=1e-8)


def test_score_by_hand() -> None:
    # 0.8 * 0.9 + 0.10 * 0.5 + 0.05 * 0.2 + 0.05 * 1 + 0 * 1 = 0.72 + 0.05 + 0.01 + 0.05 = 0.83
    weights = weights_of(profile(0.25, [2.0, 1.0, 1.0, 0.0]))

    assert weighted_sum(np.array([[0.9, 0.5, 0.2, 1.0, 1.0]]), weights).tolist() == pytest.approx([0.83], abs=1e-8)


def test_a_band_of_zero_leaves_everything_to_relevance() -> None:
    assert weights_of(profile(0.0, [1.0, 1.0, 1.0, 1.0])).tolist() == [1, 0, 0, 0, 0]


def test_between_equals_the_cheaper_from_the_better_seller_who_is_faster_wins() -> None:
    candidates = make_candidates(
        2, landed=[2519, 2199], days_min=[8, 1], days_max=[14, 3], rating_mean=[4.1, 4.9], rating_count=[50, 2000]
    )
    blended = blend(candidates, np.array([0.7, 0.7]), PROFILE)

    assert (np.diff(blended.utilities, axis=0)[0, 1:4] > 0).all()
    assert blended.scores[1] > blended.scores[0]


def test_between_equals_the_one_that_the_buyer_can_read_wins() -> None:
    candidates = make_candidates(2, landed=[2519, 2519], in_buyers_language=[False, True])
    blended = blend(candidates, np.array([0.7, 0.7]), PROFILE)

    assert blended.scores[1] > blended.scores[0]


def test_no_price_makes_an_irrelevant_listing_win() -> None:
    # Free, tomorrow, from the best seller there is; but a case where a phone was asked for
    candidates = make_candidates(
        2, landed=[59_900, 0], days_min=[30, 0], days_max=[60, 0],
        rating_mean=[1, 5], rating_count=10**6, years_active=[0, 30], units_sold=[0, 10**7],
    )  # fmt: skip
    blended = blend(candidates, np.array([0.80, 0.64]), PROFILE)

    assert blended.scores[0] > blended.scores[1]


def test_relevance_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(2,\), but there are 3 candidates"):
        blend(make_candidates(3), np.zeros(2), PROFILE)


@given(profiles)
def test_weights_sum_to_1_exactly(chosen: Profile) -> None:
    weights = weights_of(chosen)

    assert (weights >= 0).all()
    assert sum(weights.tolist()) == 1.0


@given(some_candidates(), profiles, st.randoms(use_true_random=False))
def test_terms_sum_to_the_score_exactly_in_any_order(
    given: tuple[Candidates, Any], chosen: Profile, rng: random.Random
) -> None:
    candidates, relevance = given
    blended = blend(candidates, relevance, chosen)

    for position, score in enumerate(blended.scores.tolist()):
        terms = list(blended.explain(position))
        rng.shuffle(terms)
        assert sum(term.contribution for term in terms) == score
        assert math.fsum(term.contribution for term in terms) == score
        assert {term.feature for term in terms} == {feature.name for feature in FEATURES}
        assert all(term.contribution == pytest.approx(term.weight * term.utility, abs=1e-12) for term in terms)


@given(some_candidates(), profiles)
def test_scores_lie_in_0_to_1_whatever_the_facts(given: tuple[Candidates, Any], chosen: Profile) -> None:
    scores = blend(*given, chosen).scores

    assert ((scores >= 0) & (scores <= 1)).all()


@given(some_candidates(), profiles, st.data())
def test_scores_do_not_depend_on_the_order_of_the_candidates(
    given: tuple[Candidates, Any], chosen: Profile, data: st.DataObject
) -> None:
    candidates, relevance = given
    places = np.array(data.draw(st.permutations(range(len(candidates)))), np.int64)

    again = blend(shuffled(candidates, places), relevance[places], chosen)
    np.testing.assert_array_equal(again.scores, blend(candidates, relevance, chosen).scores[places])


@given(rows_of_units, profiles, st.data())
def test_improving_one_utility_never_lowers_a_rank(utilities: Any, chosen: Profile, data: st.DataObject) -> None:
    row, feature = data.draw(st.integers(0, len(utilities) - 1)), data.draw(st.integers(0, F - 1))
    better = utilities.copy()
    better[row, feature] = data.draw(st.floats(utilities[row, feature], 1))
    weights = weights_of(chosen)

    def rank(of: Any) -> int:
        return int(np.flatnonzero(np.lexsort((np.arange(len(of)), -weighted_sum(of, weights))) == row)[0])

    assert rank(better) <= rank(utilities)


@given(arrays(np.float64, (2, F), elements=units), profiles)
def test_a_difference_above_the_band_decides(utilities: Any, chosen: Profile) -> None:
    first, second = sorted(utilities.tolist(), reverse=True)  # relevance is the first column
    if first[0] - second[0] > max(chosen.band, 2 / GRID):  # a difference below the grid is none
        high, low = weighted_sum(np.array([first, second]), weights_of(chosen))

        assert high > low


@pytest.mark.parametrize("band", [1e-12, 1e-6, 0.01, 0.15, 1 / 3, 0.5, 0.999])
def test_the_band_is_exact_to_the_last_digit(band: float) -> None:
    # The worst case: nothing else speaks for the more relevant, everything for the other
    chosen = profile(band, [2.0, 1.0, 1.0, 0.0])  # at a band of 1/3 no weight needs rounding: only the margin decides
    relevance = np.nextafter(band, 2.0)
    high, low = weighted_sum(np.array([[relevance, 0, 0, 0, 0], [0, 1, 1, 1, 1]], np.float64), weights_of(chosen))

    assert high > low
