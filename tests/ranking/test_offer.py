from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers import COUNTRIES, CURRENCIES, NO_SHIPPING, RATES, SHIPPING, fact_rows

from indexer.market import ImportTax, Market
from indexer.stores.facts import FactRows, ShippingTable
from languages.locale import Locale
from ranking.candidate import Offers
from ranking.offer import BuyerContext, PriceTables, offers, ships_to_country

EU = ("DE", "FR")
GERMANY = Market("DE", "EUR", Locale("de"), ImportTax(0.19, 0, EU))
UNTAXED = Market("DE", "EUR", Locale("de"))
EUR, USD, JPY, KWD, XAF = range(5)
DE, CN, FR, _US = range(4)
NOW = 1_767_400_000


def offered(
    facts: FactRows, market: Market = GERMANY, currency: str = "EUR", shipping: ShippingTable = SHIPPING, now: int = NOW
) -> Offers:
    tables = PriceTables(CURRENCIES, COUNTRIES, shipping, RATES)
    return offers(facts, tables, BuyerContext(market, currency, now))


def amounts(offer: Offers) -> list[Any]:
    """(item, shipping, tax, landed) of the first listing."""
    return [float(part[0]) for part in (offer.item, offer.shipping, offer.tax, offer.landed)]


def test_nineteen_dollars_from_china_to_germany_by_hand() -> None:
    # 19.99 USD / 1.10 = 18.1727 -> 18.17 EUR; shipping 3.00 EUR;
    # 19 % of 21.17 = 4.0223 -> 4.02; landed 25.19 EUR
    offer = offered(fact_rows(1, price_minor=1999, currency=USD, template=0, ships_from=CN))

    assert amounts(offer) == [1817, 300, 402, 2519]
    assert (offer.days_min[0], offer.days_max[0]) == (8, 14)


def test_goods_from_inside_the_tax_territory_are_not_taxed() -> None:
    offer = offered(fact_rows(1, price_minor=1999, currency=EUR, template=0, ships_from=FR))

    assert amounts(offer) == [1999, 300, 0, 2299]


def test_goods_from_the_buyers_own_country_are_not_taxed_even_if_the_territory_does_not_name_it() -> None:
    market = Market("DE", "EUR", Locale("de"), ImportTax(0.19))

    assert amounts(offered(fact_rows(1, price_minor=1999, ships_from=DE), market))[2] == 0


def test_no_tax_is_claimed_on_goods_of_unknown_origin() -> None:
    assert amounts(offered(fact_rows(1, price_minor=1999, template=0)))[2:] == [0, 2299]


def test_tax_begins_above_the_threshold_in_the_markets_currency() -> None:
    # Threshold 150.00 EUR, buyer pays in USD: 165.00 USD are exactly 150.00 EUR,
    # 165.01 USD are 150.009 -> 150.01 EUR.
    market = Market("DE", "EUR", Locale("de"), ImportTax(0.10, 15_000))
    offer = offered(fact_rows(2, price_minor=[16_500, 16_501], currency=USD, ships_from=CN), market, "USD")

    assert offer.tax.tolist() == [0, 1650]  # 10 % of 16501 = 1650.1
    assert offer.landed.tolist() == [16_500, 18_151]


def test_shipping_counts_for_the_tax_but_not_for_the_threshold() -> None:
    # Goods 149.00, threshold 150.00, shipping 3.00: together above it, yet free of tax.
    market = Market("DE", "EUR", Locale("de"), ImportTax(0.19, 15_000))

    assert amounts(offered(fact_rows(1, price_minor=14_900, template=0, ships_from=CN), market))[2] == 0


def test_currencies_without_and_with_three_decimals() -> None:
    # 1,000 JPY / 160 = 6.25 EUR. 1.000 KWD (1,000 fils) / 0.34 = 2.9411 -> 2.94 EUR.
    offer = offered(fact_rows(2, price_minor=1000, currency=[JPY, KWD]), UNTAXED)

    assert offer.item.tolist() == [625, 294]


def test_a_buyer_may_pay_in_yen() -> None:
    # 19.99 EUR * 160 = 3198.4 -> 3,198 JPY; shipping 3.00 EUR = 480 JPY
    assert amounts(offered(fact_rows(1, price_minor=1999, template=0), UNTAXED, "JPY")) == [3198, 480, 0, 3678]


def test_half_a_minor_unit_is_rounded_up_though_binary_fractions_fall_short() -> None:
    # 14.5 % of 1.00 is 14.5 cents; in binary 14.499999999999998
    market = Market("DE", "EUR", Locale("de"), ImportTax(0.145))

    assert amounts(offered(fact_rows(1, price_minor=100, ships_from=CN), market))[2] == 15


def test_a_currency_without_a_rate_leaves_the_price_unknown() -> None:
    offer = offered(fact_rows(1, price_minor=1999, currency=XAF, template=0, ships_from=CN))

    assert np.isnan([offer.item[0], offer.tax[0], offer.landed[0]]).all()
    assert (offer.shipping[0], offer.days_max[0]) == (300, 14)


def test_a_buyer_whose_currency_has_no_rate_sees_prices_in_it() -> None:
    offer = offered(fact_rows(2, price_minor=1999, currency=[XAF, EUR]), UNTAXED, "XAF")

    np.testing.assert_array_equal(offer.landed, [1999, np.nan])


def test_a_shipping_cost_without_a_rate_counts_nothing_and_is_not_known() -> None:
    offer = offered(fact_rows(1, price_minor=1999, template=1), UNTAXED)

    np.testing.assert_array_equal(amounts(offer), [1999, np.nan, 0, 1999])


def test_a_listing_without_a_template_or_without_a_row_has_no_days() -> None:
    france = Market("FR", "EUR", Locale("fr"))
    offer = offered(fact_rows(3, price_minor=1999, template=[-1, 0, 1]), france)

    np.testing.assert_array_equal(offer.days_min, [np.nan, np.nan, 2])
    np.testing.assert_array_equal(offer.shipping, [np.nan, np.nan, 500])  # 5.50 USD / 1.10


@pytest.mark.parametrize(
    ("now", "item", "on_sale"), [(99, 2000, False), (100, 1500, True), (199, 1500, True), (200, 2000, False)]
)
def test_a_sale_holds_from_its_start_until_just_before_its_end(now: int, item: int, on_sale: bool) -> None:
    offer = offered(fact_rows(1, price_minor=2000, sale_price_minor=1500, sale_starts=100, sale_ends=200), now=now)

    assert (offer.item[0], bool(offer.on_sale[0])) == (item, on_sale)


@pytest.mark.parametrize("sale", [0, 2000, 2999])
def test_a_sale_that_is_not_below_the_price_is_none(sale: int) -> None:
    offer = offered(fact_rows(1, price_minor=2000, sale_price_minor=sale, sale_starts=0, sale_ends=200), now=100)

    assert (offer.item[0], bool(offer.on_sale[0])) == (2000, False)


def test_where_a_listing_ships() -> None:
    facts = fact_rows(3, template=[-1, 0, 1])

    assert ships_to_country(facts, SHIPPING, "DE").tolist() == [True, True, True]
    assert ships_to_country(facts, SHIPPING, "FR").tolist() == [True, False, True]
    assert ships_to_country(facts, SHIPPING, "US").tolist() == [True, False, False]


def test_no_listings_and_no_templates_are_fine() -> None:
    assert len(offered(fact_rows(0)).landed) == 0
    assert amounts(offered(fact_rows(1, price_minor=5), shipping=NO_SHIPPING))[3] == 5
    assert ships_to_country(fact_rows(1), NO_SHIPPING, "DE").tolist() == [True]


@given(
    st.integers(0, 10**11), st.sampled_from([EUR, USD, JPY, KWD]), st.sampled_from([-1, 0]),
    st.integers(-1, 3), st.sampled_from(["EUR", "USD", "JPY", "KWD"]), st.integers(0, 1000),
)  # fmt: skip
def test_parts_are_integers_and_add_up_to_the_landed_price(
    price: int, money: int, template: int, origin: int, currency: str, per_mille: int
) -> None:
    market = Market("DE", "EUR", Locale("de"), ImportTax(per_mille / 1000, 0, EU))
    offer = offered(
        fact_rows(1, price_minor=price, currency=money, template=template, ships_from=origin), market, currency
    )
    item, shipping, tax, landed = amounts(offer)
    payable = item + (0 if np.isnan(shipping) else shipping)

    assert landed == payable + tax
    assert all(part == floor(part) for part in (item, tax, landed))
    if origin in (1, 3) and price > 0 and offered(fact_rows(1, price_minor=price, currency=money)).item[0] > 0:
        assert tax == floor(Fraction(int(payable)) * Fraction(per_mille, 1000) + Fraction(1, 2))
    else:
        assert tax == 0


@given(st.permutations(range(6)))
def test_a_batch_equals_one_by_one_in_any_order(places: list[int]) -> None:
    columns: dict[str, Any] = {
        "price_minor": np.array([0, 1999, 5, 10**9, 42, 7]),
        "currency": np.array([EUR, USD, JPY, KWD, XAF, EUR]),
        "template": np.array([0, 1, -1, 0, 1, -1]),
        "ships_from": np.array([-1, CN, FR, DE, CN, 3]),
    }
    batch = offered(fact_rows(6, **{name: values[places] for name, values in columns.items()}))

    for position, place in enumerate(places):
        alone = offered(fact_rows(1, **{name: values[place] for name, values in columns.items()}))
        for name in Offers.__slots__:
            np.testing.assert_array_equal(getattr(batch, name)[position], getattr(alone, name)[0])
