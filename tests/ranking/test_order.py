from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from makers import make_candidates, shuffled

from languages.locale import Locale
from ranking.blend import Blended, blend
from ranking.candidate import Candidates
from ranking.features import listing_rating
from ranking.order import order
from ranking.profile import Profile, read_profiles
from ranking.query import Sort
from ranking.relevance_file import shipped_relevance

FLOOR = shipped_relevance().floor
PROFILE = read_profiles().profile_for("DE", Locale("de"))


def ordered(candidates: Candidates, relevance: list[float], sort: Sort) -> Any:
    return order(candidates, blend(candidates, np.array(relevance), PROFILE), sort, PROFILE, FLOOR).tolist()


def test_best_is_by_score_and_ties_by_row() -> None:
    candidates = make_candidates(4, rows=[30, 10, 40, 20])

    assert ordered(candidates, [0.5, 0.5, 0.9, 0.5], Sort.BEST) == [2, 1, 3, 0]


def test_cheapest_first_with_unknown_prices_last() -> None:
    candidates = make_candidates(4, landed=[2500, np.nan, 900, 1700])

    assert ordered(candidates, [0.9, 0.9, 0.8, 0.8], Sort.PRICE) == [2, 3, 0, 1]


def test_cheapest_first_does_not_start_with_irrelevant_listings() -> None:
    # Half of 0.9 is 0.45: the cases at 0.2 and 0.44 follow the phones, by score
    candidates = make_candidates(4, landed=[990, 64_900, 59_900, 490])

    assert ordered(candidates, [0.44, 0.9, 0.45, 0.2], Sort.PRICE) == [2, 1, 0, 3]


def test_fastest_first_looks_at_the_latest_day_then_at_the_earliest() -> None:
    candidates = make_candidates(4, days_min=[1, 5, 3, np.nan], days_max=[9, 7, 7, np.nan])

    assert ordered(candidates, [0.9] * 4, Sort.DELIVERY) == [2, 1, 0, 3]


def test_best_rated_first_does_not_start_with_one_five_star_rating() -> None:
    candidates = make_candidates(3, facts={"rating_mean": [5.0, 4.9, np.nan], "rating_count": [1, 900, -1]})

    assert ordered(candidates, [0.9] * 3, Sort.RATING) == [1, 0, 2]


def test_newest_first_with_unknown_ages_last() -> None:
    candidates = make_candidates(3, facts={"created_at": [1_600_000_000, 0, 1_700_000_000]})

    assert ordered(candidates, [0.9] * 3, Sort.NEWEST) == [2, 0, 1]


def test_without_a_relevant_listing_everything_is_sorted() -> None:
    assert ordered(make_candidates(3, landed=[3, 1, 2]), [0.0, np.nan, 0.0], Sort.PRICE) == [1, 2, 0]


@pytest.mark.parametrize("sort", Sort)
def test_what_is_near_follows_by_relevance_whatever_it_costs(sort: Sort) -> None:
    candidates = make_candidates(4, landed=[1, 2, 900, 3])

    assert ordered(candidates, [0.05, 0.9, 0.15, 0.1], sort) == [1, 2, 3, 0]


@pytest.mark.parametrize("sort", Sort)
def test_no_candidates_have_an_order(sort: Sort) -> None:
    assert ordered(make_candidates(0), [], sort) == []


def oracle(candidates: Candidates, blended: Blended, sort: Sort, profile: Profile) -> list[int]:
    """The same order, one listing at a time: a list of keys, sorted by Python."""
    stars = listing_rating(candidates.facts, candidates.sellers, profile.parameters)
    floor = profile.sort_floor * max(blended.relevance, default=0.0)

    def last(value: float) -> tuple[bool, float]:
        return (True, 0.0) if math.isnan(value) else (False, value)

    def key(position: int) -> tuple[Any, ...]:
        ties = (-blended.scores[position], candidates.rows[position])
        if blended.relevance[position] < FLOOR:
            return (True, -blended.relevance[position], *ties)
        if sort is Sort.BEST:
            return (False, *ties)
        if blended.relevance[position] < floor:
            return (False, True, *ties)
        days = (last(candidates.offers.days_max[position]), last(candidates.offers.days_min[position]))
        created = int(candidates.facts.created_at[position])
        keys: dict[Sort, tuple[Any, ...]] = {
            Sort.PRICE: (last(candidates.offers.landed[position]),),
            Sort.DELIVERY: days,
            Sort.RATING: (-stars[position],),
            Sort.NEWEST: (created == 0, -created),
        }
        return (False, False, *keys[sort], *ties)

    return sorted(range(len(candidates)), key=key)


@st.composite
def some_candidates(draw: st.DrawFn) -> tuple[Candidates, Any]:
    """Candidates with many ties and many unknown facts, in no order of rows."""
    n = draw(st.integers(0, 12))

    def of(*values: float) -> Any:
        return draw(arrays(np.float64, n, elements=st.sampled_from(values)))

    candidates = make_candidates(
        n, rows=draw(st.permutations(range(n))),
        facts={
            "rating_mean": of(3.0, 5.0, np.nan), "rating_count": of(-1, 0, 7, 900),
            "created_at": of(0, 1_600_000_000, 1_700_000_000),
        },
        landed=of(0, 100, 200, np.nan), days_min=of(1, 2, np.nan), days_max=of(2, 9, np.nan),
        rating_mean=of(4.0, np.nan), rating_count=of(10, np.nan),
    )  # fmt: skip
    return candidates, of(0.0, 0.2, 0.4, 0.8, np.nan)


@given(some_candidates(), st.sampled_from(Sort), st.sampled_from([0.0, 0.5, 1.0]))
def test_the_order_is_that_of_a_plain_sort(given: tuple[Candidates, Any], sort: Sort, floor: float) -> None:
    candidates, relevance = given
    profile = replace(PROFILE, sort_floor=floor)
    blended = blend(candidates, relevance, profile)

    assert order(candidates, blended, sort, profile, FLOOR).tolist() == oracle(candidates, blended, sort, profile)


@given(some_candidates(), st.sampled_from(Sort), st.data())
def test_the_order_does_not_depend_on_the_order_of_the_candidates(
    given: tuple[Candidates, Any], sort: Sort, data: st.DataObject
) -> None:
    candidates, relevance = given
    places = np.array(data.draw(st.permutations(range(len(candidates)))), np.int64)
    again = shuffled(candidates, places)
    rows = candidates.rows[order(candidates, blend(candidates, relevance, PROFILE), sort, PROFILE, FLOOR)]

    np.testing.assert_array_equal(
        again.rows[order(again, blend(again, relevance[places], PROFILE), sort, PROFILE, FLOOR)], rows
    )
