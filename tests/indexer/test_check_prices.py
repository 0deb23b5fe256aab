"""Price histograms, and the test for cents beside whole units."""

from __future__ import annotations

import random
from collections.abc import Iterable

import numpy as np
import pytest

from indexer.check.mixed_amounts import MixedAmounts, PriceGroups, SampledPrice, find_mixed_amounts
from indexer.check.prices import COARSE, FINE, Price, PriceHistogram


def shop_prices(count: int, median: float, digits: float = 0.25, seed: int = 1) -> list[int]:
    """Prices in cents that end in 9, as shops write them; spread: `digits` factors of ten."""
    rng = random.Random(seed)
    return [int(median * 10 ** (rng.gauss(0, digits) + 2)) // 10 * 10 + 9 for _ in range(count)]


def histogram(prices: Iterable[int], per_digit: int = COARSE) -> PriceHistogram:
    found = PriceHistogram(per_digit)
    for number, minor in enumerate(prices):
        found.add(Price(minor, "EUR", f"L{number}"))
    return found


def in_category(prices: Iterable[int]) -> list[MixedAmounts]:
    return find_mixed_amounts({("Chairs", "EUR"): histogram(prices)}, [])


@pytest.mark.parametrize("share", [0.01, 0.25, 0.5, 0.99])
def test_a_quantile_is_exact_to_one_percent(share: float) -> None:
    prices = shop_prices(5_000, 40, 0.6)

    assert histogram(prices, FINE).quantile(share) == pytest.approx(
        np.quantile(prices, share, method="lower"), rel=0.011
    )


def test_the_range_is_exact() -> None:
    found = histogram([1999, 1, 123_456_789, 4999], FINE)

    assert (found.minimum, found.maximum, found.total) == (1, 123_456_789, 4)


def test_memory_is_bounded_by_the_number_of_bins() -> None:
    assert len(histogram(range(1, 200_000), FINE).bins) <= 6 * FINE


@pytest.mark.parametrize("wrong", [3, 20, 90])
def test_cents_read_as_units_are_found(wrong: int) -> None:
    prices = shop_prices(100, 50)
    mixed = in_category([*(minor * 100 for minor in prices[:wrong]), *prices[wrong:]])

    assert [(found.suspects, found.others) for found in mixed] == [(min(wrong, 100 - wrong), max(wrong, 100 - wrong))]
    assert mixed[0].are_high == (wrong < 50)


@pytest.mark.parametrize("wrong", [3, 20])
def test_units_read_as_cents_are_found(wrong: int) -> None:
    prices = shop_prices(100, 50)
    mixed = in_category([*(minor // 100 for minor in prices[:wrong]), *prices[wrong:]])

    assert [(found.suspects, found.are_high) for found in mixed] == [(wrong, False)]


@pytest.mark.parametrize("digits", [0.1, 0.3, 0.5, 0.8])
def test_prices_that_range_widely_are_no_cents(digits: float) -> None:
    assert in_category(shop_prices(1_000, 50, digits)) == []


def test_a_second_kind_of_thing_ten_times_as_dear_is_no_mistake() -> None:
    assert in_category([*shop_prices(50, 30), *shop_prices(50, 400)]) == []


def test_dear_prices_with_cents_are_no_mistake() -> None:
    """4999 cents that were read as units are 4,999.00; nobody's cents become 4,999.09."""
    assert in_category([*shop_prices(100, 20, 0.1), *shop_prices(10, 2_000, 0.1)]) == []


def test_few_prices_are_not_tested() -> None:
    assert in_category([1999, 2099, 2199, 199_900]) == []


def categories_of(sample: Iterable[SampledPrice]) -> PriceGroups:
    groups: PriceGroups = {}
    for entry in sample:
        group = entry.category, entry.price.currency
        groups.setdefault(group, PriceHistogram(COARSE)).add(entry.price)
    return groups


def offers(seller: str, factor: int, seed: int, count: int = 30) -> list[SampledPrice]:
    """A seller of pens and of wardrobes, whose prices are too high by `factor`."""
    return [
        SampledPrice(Price(minor * factor, "EUR", f"{seller}-{category}-{number}"), seller, category)
        for category, median in (("Pens", 4), ("Wardrobes", 300))
        for number, minor in enumerate(shop_prices(count, median, 0.15, seed))
    ]


def test_a_seller_of_cheap_and_expensive_things_is_no_mistake() -> None:
    sample = [entry for number in range(4) for entry in offers(f"S{number}", 1, number)]

    assert find_mixed_amounts(categories_of(sample), sample) == []


def test_a_seller_who_writes_cents_alone_among_others_is_found() -> None:
    sample = [entry for number in range(4) for entry in offers(f"S{number}", 100 if number == 2 else 1, number)]
    mixed = find_mixed_amounts(categories_of(sample), sample)

    assert [(found.kind, found.name, found.suspects, found.are_high) for found in mixed] == [
        ("seller", "S2", 60, True), ("category", "Pens", 30, True), ("category", "Wardrobes", 30, True),
    ]  # fmt: skip


def test_another_currency_is_another_group() -> None:
    """A thousand yen are not a mistake beside ten euros."""
    euros = [SampledPrice(Price(minor, "EUR", "e"), "S1", "Pens") for minor in shop_prices(30, 10)]
    yen = [SampledPrice(Price(minor // 10 * 10, "JPY", "y"), "S1", "Pens") for minor in shop_prices(30, 1_700)]

    assert find_mixed_amounts(categories_of([*euros, *yen]), [*euros, *yen]) == []
