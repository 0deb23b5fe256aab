from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from makers import column, fact_rows, make_candidates

from ranking.candidate import SellerFacts
from ranking.features import (
    FEATURES,
    Parameters,
    delivery_utility,
    listing_rating,
    price_utility,
    relevance_utility,
    seller_rating,
    seller_utility,
    shrunk,
)

P = Parameters(
    price_sensitivity=2.0,
    price_relevance_window=0.1,
    delivery_half_life_days=7.0,
    delivery_unknown_days=21.0,
    rating_prior_mean=4.0,
    rating_prior_count=20.0,
    rating_power=4.0,
    years_half_life=2.0,
    years_unknown=2.0,
    units_full=9_999.0,
    units_unknown=99.0,
)


def sellers(
    n: int = 1, mean: Any = np.nan, count: Any = np.nan, years: Any = np.nan, units: Any = np.nan
) -> SellerFacts:
    return SellerFacts(column(n, mean), column(n, count), column(n, years), column(n, units))


def price(landed: Sequence[float], category: list[int], relevance: list[float]) -> Any:
    return price_utility(np.array(landed), np.array(category), np.array(relevance), P)


def test_relevance_is_kept_between_0_and_1_and_unknown_is_0() -> None:
    given = np.array([-0.5, 0.25, 1.5, np.nan, np.inf, -np.inf])

    assert relevance_utility(given).tolist() == [0, 0.25, 1, 0, 1, 0]


def test_price_is_judged_by_the_median_of_its_category() -> None:
    # Median of 4, 9, 19, 39, 99 is 19; with one minor unit added: 5, 10, 20, 40, 100 beside 20.
    # 1 / (1 + (5/20)^2) = 16/17, 1 / (1 + 1/4) = 0.8, 0.5, 1 / (1 + 4) = 0.2, 1 / (1 + 25) = 1/26
    utility = price([99, 4, 19, 9, 39], [7] * 5, [0.1, 0.9, 0.5, 0.3, 0.7])

    np.testing.assert_allclose(utility, [1 / 26, 16 / 17, 0.5, 0.8, 0.2], atol=1e-15)


def test_the_median_of_an_even_category_lies_between_its_middle_prices() -> None:
    # 9 and 39: with one added 10 and 40, the geometric middle is 20
    utility = price([4, 9, 9, 39, 39, 99], [7] * 6, [0.5] * 6)

    np.testing.assert_allclose(utility[1:4], [0.8, 0.8, 0.2], atol=1e-15)


def test_a_phone_is_not_expensive_because_its_case_is_cheap() -> None:
    cases, phones = [999, 1099, 899, 1299, 1199], [59_900, 64_900, 54_900, 69_900, 61_900]
    utility = price(cases + phones, [1] * 5 + [2] * 5, [0.5] * 10)

    assert utility[[0, 1, 2, 3, 4]].tolist() == pytest.approx(price(cases, [1] * 5, [0.5] * 5).tolist())
    assert utility[7] > 0.5 > utility[8]


def test_a_small_category_is_compared_with_equally_relevant_listings() -> None:
    # Relevance 0.80 and 0.85 stand within 0.1, 0.2 stands alone. Middle of 10 and 40 is 20.
    utility = price([9, 39, 9_999], [1, 2, 1], [0.80, 0.85, 0.2])

    np.testing.assert_allclose(utility, [0.8, 0.2, 0.5], atol=1e-12)


def test_listings_without_a_category_are_not_one_category() -> None:
    utility = price([9, 39, 99, 99, 99, 99], [-1] * 6, [0.9, 0.9, 0.1, 0.1, 0.1, 0.1])

    np.testing.assert_allclose(utility, [0.8, 0.2, 0.5, 0.5, 0.5, 0.5], atol=1e-12)


def test_an_unknown_price_is_neutral_and_changes_no_other_listing() -> None:
    with_unknown = price([9, np.nan, 39], [-1] * 3, [0.5] * 3)

    np.testing.assert_allclose(with_unknown, [0.8, 0.5, 0.2], atol=1e-12)
    assert price([np.nan], [3], [0.5]).tolist() == [0.5]


def test_few_ratings_are_shrunk_towards_the_mean_by_hand() -> None:
    # (5 * 5 + 20 * 4) / 25 = 4.2; (980 * 4.9 + 20 * 4) / 1000 = 4.882
    assert seller_rating(sellers(2, [5, 4.9], [5, 980]), P).tolist() == pytest.approx([4.2, 4.882])


def test_an_unknown_rating_is_the_prior_and_not_zero() -> None:
    rating = seller_rating(sellers(3, [np.nan, np.nan, 1.0], [np.nan, 500, 0]), P)

    assert rating.tolist() == [4.0, 4.0, 4.0]


def test_a_rating_without_a_count_counts_once() -> None:
    # (1 * 1 + 20 * 4) / 21 = 81 / 21
    assert seller_rating(sellers(1, 1.0), P).tolist() == pytest.approx([81 / 21])


def test_a_listing_is_rated_by_its_seller_until_it_has_ratings_of_its_own() -> None:
    # The seller stands at 4.2 (above). Own: (60 * 3 + 20 * 4.2) / 80 = 3.3
    facts = fact_rows(2, rating_mean=[np.nan, 3.0], rating_count=[-1, 60])

    assert listing_rating(facts, sellers(2, 5, 5), P).tolist() == pytest.approx([4.2, 3.3])


def test_seller_by_hand() -> None:
    # Rating (980 * 4.9 + 20 * 4) / 1000 = 4.882; (4.882 / 5)^4 = 0.90887...;
    # units log(1 + 999) / log(10,000) = 0.75;
    # years 1 - 2^(-4/2) = 0.75. Together 0.6 * 0.90887 + 0.25 * 0.75 + 0.15 * 0.75
    utility = seller_utility(sellers(1, 4.9, 980, 4, 999), P)

    assert utility.tolist() == pytest.approx([0.6 * (4.882 / 5) ** 4 + 0.3])


def test_an_unknown_seller_counts_as_an_average_one() -> None:
    # (4 / 5)^4 = 0.4096; units log 100 / log 10,000 = 0.5; years 1 - 2^-1 = 0.5
    assert seller_utility(sellers(1), P).tolist() == pytest.approx([0.6 * 0.4096 + 0.2])


def test_units_sold_beyond_the_full_scale_do_not_count() -> None:
    utility = seller_utility(sellers(2, 5, 10**9, 10**6, [9_999, 10**9]), P)

    assert utility[0] == utility[1] <= 1.0


def test_a_half_life_halves_delivery() -> None:
    # Middle of 6 and 8 days is 7; unknown days count as 21, which are three half-lives
    utility = delivery_utility(np.array([0, 6, 14, np.nan]), np.array([0, 8, 14, np.nan]), P)

    assert utility.tolist() == [1.0, 0.5, 0.25, 0.125]


anything = st.floats(allow_nan=True, allow_infinity=True, width=64)


@given(st.data(), st.integers(0, 12))
def test_every_feature_stays_in_0_to_1_whatever_the_facts(data: st.DataObject, n: int) -> None:
    def some() -> Any:
        return data.draw(arrays(np.float64, n, elements=anything))

    candidates = make_candidates(
        n, facts={"category": data.draw(arrays(np.int32, n, elements=st.integers(-1, 1)))},
        landed=some(), days_min=some(), days_max=some(),
        rating_mean=some(), rating_count=some(), years_active=some(), units_sold=some(),
    )  # fmt: skip
    relevance = some()

    for feature in FEATURES:
        utility = feature.utility(candidates, relevance, P)

        assert utility.shape == (n,)
        assert ((utility >= 0) & (utility <= 1)).all(), feature.name


@given(st.floats(0, 5), st.integers(0, 10**6), st.floats(0, 5))
def test_a_shrunk_mean_lies_between_the_mean_and_the_prior(mean: float, count: int, prior: float) -> None:
    drawn = shrunk(np.array([mean]), np.array([count]), np.array([prior]), 20.0)[0]

    assert min(mean, prior) - 1e-12 <= drawn <= max(mean, prior) + 1e-12


@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=12), st.data())
def test_among_substitutes_the_cheaper_is_never_worse(landed: list[int], data: st.DataObject) -> None:
    utility = price(
        [float(minor) for minor in landed], [data.draw(st.sampled_from([-1, 3]))] * len(landed), [0.5] * len(landed)
    )

    for cheaper, dearer in zip(np.argsort(landed), np.argsort(landed)[1:], strict=False):
        assert utility[cheaper] >= utility[dearer]


def test_prices_beside_equal_relevances_are_the_same_to_the_last_bit_in_any_order() -> None:
    rng = np.random.default_rng(7)
    landed, relevance = rng.integers(1, 10**6, 200).astype(float), rng.integers(0, 5, 200) / 5
    places = rng.permutation(200)
    none = np.full(200, -1)

    np.testing.assert_array_equal(
        price_utility(landed[places], none, relevance[places], P), price_utility(landed, none, relevance, P)[places]
    )
