"""From a sample catalogue to the page, compared by value with a plain oracle."""

from __future__ import annotations

import math
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import orjson
import pytest
from conftest import SEED, SMALL, published
from plain_oracle import ExpectedOffer, PlainCatalogue, rating

from eval.sample.offer import sample_offer
from eval.sample.sample import NOW, sample_sellers, sample_shipping, sellers_for
from indexer.catalogue.reference_data import read_markets, read_rates
from indexer.errors import SnapshotMismatch
from indexer.listing import Listing
from indexer.roll_back import roll_back
from indexer.snapshot.generations import current_generation
from languages.lexicon import lexicon
from languages.locale import Locale
from ranking.profile import read_profiles
from ranking.query import Filters, Query, Sort
from search.bootstrap import open_engine
from search.cursor import ExpiredCursor
from search.engine import Engine, UnknownListing
from search.page import Page, Result

SALES = NOW + 10 * 86_400 + 3_600  # one hour after the start of Singles' Day
KITCHEN = Filters(category=("Kitchen",))
BUYERS = (("en", "US"), ("de", "DE"), ("pt-BR", "BR"), ("ja", "JP"), ("tr", "TR"))


@pytest.fixture(scope="module")
def catalogue(small_listings: tuple[Listing, ...]) -> PlainCatalogue:
    sellers = sample_sellers(sellers_for(SMALL), SEED)
    return PlainCatalogue.from_records(small_listings, sellers, sample_shipping(), read_markets(), read_rates())


def query_for(text: str, locale: str, country: str, filters: Filters = KITCHEN, **more: object) -> Query:
    return replace(Query(text, Locale.parse(locale), SALES, country, filters=filters), **more)  # type: ignore[arg-type]  # a test's shorthand


def all_results(engine: Engine, query: Query, size: int = 200) -> list[Result]:
    """Every answer to a query, from all its pages."""
    results: list[Result] = []
    page = engine.search(replace(query, size=size))
    while True:
        assert len(page.results) <= size
        results += page.results
        if page.next_cursor is None:
            return results
        page = engine.search(replace(query, size=size, cursor=page.next_cursor))


def everything_shown(engine: Engine, query: Query) -> list[Result]:
    """The answers to a query and what is near, as far as the largest page shows them."""
    page = engine.search(replace(query, size=200))
    return [*page.results, *page.near]


def relevance(result: Result) -> float:
    return next(term.utility for term in result.explanation if term.feature == "relevance")


def ids(results: Sequence[Result]) -> list[str]:
    return [result.listing_id for result in results]


def most_common_attributes(offers: Sequence[ExpectedOffer], language: str, count: int) -> dict[str, str]:
    """The combination of attributes that most listings of a language have, in capitals: case is
    ignored.
    """
    combinations_ = Counter(
        pairs
        for offer in offers
        if offer.listing.locale.language == language
        for pairs in combinations(sorted(offer.listing.attributes.items()), count)
    )
    return {name: value.upper() for name, value in combinations_.most_common(1)[0][0]}


def has_all(offer: ExpectedOffer, filters: Filters) -> bool:
    has = {name: value.casefold() for name, value in offer.listing.attributes.items()}
    return all(has.get(name) == value.casefold() for name, value in filters.attributes.items())


def is_in_kitchen(offer: ExpectedOffer) -> bool:
    return offer.listing.category[0] == "Kitchen"


@pytest.mark.parametrize(
    ("language", "country"), [("en", "US"), ("de", "DE"), ("ja", "JP"), ("es", "ES"), ("ko", "KR")]
)
def test_the_everyday_names_of_the_most_common_kinds_find_them(
    small_engine: Engine, small_listings: tuple[Listing, ...], language: str, country: str
) -> None:
    kinds = {listing.listing_id: kind_of(listing) for listing in small_listings}
    of_language = [listing.listing_id for listing in small_listings if listing.locale.language == language]
    for kind, _ in Counter(kinds[listing_id] for listing_id in of_language).most_common(3):
        name = lexicon(language)[f"kind:{kind}"].name

        page = small_engine.search(replace(query_for(name, language, country, Filters(in_stock=False)), expand=False))

        assert kind in {kinds[result.listing_id] for result in page.results[:3]}, name
        assert page.understood.languages[language] == max(page.understood.languages.values())


def kind_of(listing: Listing) -> str:
    return sample_offer(int(listing.listing_id[1:]), SEED).product.product_type.kind_id


@pytest.mark.parametrize(("locale", "country"), BUYERS)
def test_a_page_has_only_listings_that_ship_there_are_in_stock_and_have_an_active_seller(
    small_engine: Engine, catalogue: PlainCatalogue, locale: str, country: str
) -> None:
    eligible = catalogue.offers(country, SALES)

    page = small_engine.search(query_for("lamp", locale, country, Filters(), size=200))

    assert page.eligible == len(eligible) < len(catalogue.listings)
    assert page.near
    assert set(ids([*page.results, *page.near])) <= {offer.listing.listing_id for offer in eligible}


@pytest.mark.parametrize(("locale", "country"), BUYERS)
def test_the_landed_price_is_the_sum_of_its_parts(
    small_engine: Engine, catalogue: PlainCatalogue, locale: str, country: str
) -> None:
    expected_offers = {offer.listing.listing_id: offer for offer in catalogue.offers(country, SALES)}

    results = everything_shown(small_engine, query_for("lamp", locale, country))

    assert results
    for result in results:
        expected, offer = expected_offers[result.listing_id], result.offer
        parts = (offer.item_minor, offer.shipping_minor, offer.tax_minor, offer.landed_minor)
        assert parts == (expected.item, expected.shipping, expected.tax, expected.landed)
        assert (offer.days_min, offer.days_max) == expected.days
        sale = expected.listing.sale
        assert offer.on_sale == (sale is not None and sale.starts <= SALES < sale.ends)


def middle_third(offers: Sequence[ExpectedOffer]) -> tuple[int, int]:
    """The middle third of the landed prices. Both ends are prices of offers."""
    prices = sorted(offer.landed for offer in offers)
    return prices[len(prices) // 3], prices[2 * len(prices) // 3]


FILTERS: dict[str, tuple[Callable[[Sequence[ExpectedOffer]], Filters], Callable[[ExpectedOffer, Filters], bool]]] = {
    "category": (
        lambda offers: Filters(category=("Sports", "Fitness")),
        lambda offer, filters: offer.listing.category == filters.category,
    ),
    "a parent category": (lambda offers: KITCHEN, lambda offer, filters: is_in_kitchen(offer)),
    "brand": (
        lambda offers: Filters(brand="cazzadune"),
        lambda offer, filters: offer.listing.brand == "Cazzadune",
    ),
    "seller": (
        lambda offers: Filters(seller_id="s000006"),
        lambda offer, filters: offer.listing.seller_id == "s000006",
    ),
    "attribute": (
        lambda offers: Filters(attributes=most_common_attributes(offers, "ru", 1)),
        lambda offer, filters: has_all(offer, filters),
    ),
    "two attributes": (
        lambda offers: Filters(attributes=most_common_attributes(offers, "en", 2)),
        lambda offer, filters: has_all(offer, filters),
    ),
    "landed price": (
        lambda offers: Filters(
            category=("Kitchen",),
            price_min_minor=middle_third([d for d in offers if is_in_kitchen(d)])[0],
            price_max_minor=middle_third([d for d in offers if is_in_kitchen(d)])[1],
        ),
        lambda offer, filters: is_in_kitchen(offer)
        and (filters.price_min_minor or 0) <= offer.landed <= (filters.price_max_minor or 0),
    ),
    "sold out as well": (
        lambda offers: Filters(category=("Kitchen",), in_stock=False),
        lambda offer, filters: is_in_kitchen(offer),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("locale", "country"), BUYERS)
@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_keeps_exactly_the_answers_that_match_it(
    small_engine: Engine, catalogue: PlainCatalogue, name: str, locale: str, country: str
) -> None:
    make, matches = FILTERS[name]
    filters = make(catalogue.offers(country, SALES))
    offers = catalogue.offers(country, SALES, filters.in_stock)
    matching = {offer.listing.listing_id for offer in offers if matches(offer, filters)}
    query = query_for("black", locale, country, Filters(in_stock=filters.in_stock), expand=False)
    unfiltered = ids(all_results(small_engine, query))

    page = small_engine.search(replace(query, filters=filters, size=200))

    assert page.found_is_exact
    assert unfiltered
    assert set(ids(page.results)) == matching.intersection(unfiltered)
    assert page.found == len(page.results) <= len(unfiltered)
    assert page.eligible == len(matching)
    assert set(ids(page.near)) <= matching


def test_every_filter_matches_some_offers(catalogue: PlainCatalogue) -> None:
    offers = {country: catalogue.offers(country, SALES) for _, country in BUYERS}

    matched = {
        name: sum(matches(offer, make(offers[country])) for _, country in BUYERS for offer in offers[country])
        for name, (make, matches) in FILTERS.items()
    }

    assert all(matched.values()), matched
    assert any(not seller.active for seller in catalogue.sellers.values())
    assert len(catalogue.offers("US", SALES, in_stock=False)) > len(offers["US"])


KEYS: dict[Sort, Callable[[ExpectedOffer], tuple[float, ...]]] = {
    Sort.BEST: lambda offer: (),
    Sort.PRICE: lambda offer: (offer.landed,),
    Sort.DELIVERY: lambda offer: (offer.days[1], offer.days[0]),
    Sort.NEWEST: lambda offer: (-(offer.listing.created_at or -math.inf),),
}


@pytest.mark.parametrize(("locale", "country"), BUYERS)
@pytest.mark.parametrize("sort", Sort)
def test_a_sort_orders_the_answers_and_what_is_near_follows_by_relevance(
    small_engine: Engine, catalogue: PlainCatalogue, sort: Sort, locale: str, country: str
) -> None:
    profile = read_profiles().profile_for(country, Locale.parse(locale))
    prior, count = profile.parameters.rating_prior_mean, profile.parameters.rating_prior_count
    keys = KEYS | {Sort.RATING: lambda offer: (-round(rating(offer, prior, count), 6),)}
    offers = {offer.listing.listing_id: offer for offer in catalogue.offers(country, SALES) if is_in_kitchen(offer)}

    page = small_engine.search(query_for("frying pan", locale, country, sort=sort, size=200))
    min_relevance = profile.sort_floor * max(map(relevance, page.results))

    def sort_key(result: Result) -> tuple[float, ...]:
        offer = offers[result.listing_id]
        if sort is Sort.BEST:
            return -result.score, offer.row
        last = relevance(result) < min_relevance
        key = keys[sort](offer)
        return last, *((math.inf,) * len(key) if last else key), -result.score, offer.row

    assert len(page.results) > 3
    assert ids(page.results) == ids(sorted(page.results, key=sort_key))
    assert page.near
    near = [(-relevance(result), -result.score, offers[result.listing_id].row) for result in page.near]
    assert near == sorted(near)
    assert max(map(relevance, page.near)) < min(map(relevance, page.results))


@pytest.mark.parametrize("size", [1, 7, 200])
@pytest.mark.parametrize("sort", [Sort.BEST, Sort.PRICE])
def test_pages_neither_repeat_nor_skip(small_engine: Engine, size: int, sort: Sort) -> None:
    query = query_for("black", "en", "US", Filters(), sort=sort)
    one_page = small_engine.search(replace(query, size=200))

    results = all_results(small_engine, query, size)

    assert 20 < one_page.found < 200
    assert ids(results) == ids(one_page.results)
    assert [result.rank for result in results] == list(range(1, one_page.found + 1))
    assert [result.score for result in results] == [result.score for result in one_page.results]


@pytest.mark.parametrize("size", [3, 7, 50])
def test_what_is_near_follows_the_answers_on_the_last_page_and_repeats_none(small_engine: Engine, size: int) -> None:
    query = query_for("black", "en", "US", Filters())
    shown = everything_shown(small_engine, query)
    pages = [small_engine.search(replace(query, size=size))]
    while pages[-1].next_cursor is not None:
        pages.append(small_engine.search(replace(query, size=size, cursor=pages[-1].next_cursor)))

    results = [result for page in pages for result in (*page.results, *page.near)]
    assert all(page.near == () for page in pages[:-1])
    assert len(results) == math.ceil(pages[0].found / size) * size
    assert ids(results) == ids(shown)[: len(results)]
    assert [result.rank for result in results] == list(range(1, len(results) + 1))
    assert {page.found for page in pages} == {pages[0].found}


def test_a_query_without_an_answer_shows_a_page_of_what_is_near(small_engine: Engine) -> None:
    page = small_engine.search(query_for("qwrtpsdf xjkqzv", "en", "US", Filters(), size=7))

    assert (page.found, page.results, page.next_cursor) == (0, (), None)
    assert len(page.near) == 7
    assert [result.rank for result in page.near] == list(range(1, 8))


def test_an_empty_text_has_no_answer_and_nothing_near(small_engine: Engine) -> None:
    page = small_engine.search(query_for("", "en", "US", Filters()))

    assert (page.found, page.results, page.near, page.next_cursor) == (0, (), (), None)


def test_a_cursor_keeps_the_time_of_its_first_page(small_engine: Engine) -> None:
    query = query_for("black", "en", "US", Filters(), size=10, sort=Sort.PRICE)
    first = small_engine.search(query)

    second = small_engine.search(replace(query, cursor=first.next_cursor, now=SALES + 3 * 86_400))

    assert ids(first.results) + ids(second.results) == ids(all_results(small_engine, query))[:20]
    assert second.understood.query.now == SALES


def test_the_terms_of_an_explanation_are_the_score_exactly(small_engine: Engine) -> None:
    for locale, country in BUYERS:
        results = everything_shown(small_engine, query_for("lamp", locale, country))

        assert results
        for result in results:
            assert sum(term.contribution for term in result.explanation) == result.score


def test_similar_listings_are_the_nearest_that_are_eligible_without_the_listings_own_group(
    small_engine: Engine, small_listings: tuple[Listing, ...], catalogue: PlainCatalogue
) -> None:
    start = next(
        row for row, listing in enumerate(small_listings) if listing.group_id and listing.locale.language == "en"
    )
    listing = small_listings[start]
    group = {other.listing_id for other in small_listings if other.group_id == listing.group_id}
    vectors = np.asarray(small_engine.snapshot.vectors, np.float32)
    rows = np.array([offer.row for offer in catalogue.offers("US", SALES)])
    nearest = rows[np.argsort(-(vectors[rows] @ vectors[start]), kind="stable")][:200]

    page = small_engine.similar(listing.listing_id, query_for("", "en", "US", Filters(), size=50))

    assert len(page.results) == 50
    assert set(ids(page.results)) <= {small_listings[row].listing_id for row in nearest} - group


def test_one_listing_equals_its_result_on_a_page(small_engine: Engine) -> None:
    query = query_for("frying pan", "de", "DE")
    on_page = small_engine.search(query).results[0]

    alone = small_engine.listing(on_page.listing_id, query)

    assert (alone.text, alone.offer, alone.seller) == (on_page.text, on_page.offer, on_page.seller)
    with pytest.raises(UnknownListing):
        small_engine.listing("L99999999", query)


def test_a_roll_back_restores_the_former_listings(
    tmp_path: Path, small_snapshot: Path, small_listings: tuple[Listing, ...]
) -> None:
    out = tmp_path / "snapshot"
    shutil.copytree(small_snapshot, out)
    query = query_for("black", "en", "US", Filters())
    before = open_engine(out).search(query)
    removed = before.results[0].listing_id
    published(out, [listing for listing in small_listings if listing.listing_id != removed], "hashing")
    after = open_engine(out).search(query)

    assert current_generation(out) == after.generation == 2
    assert removed not in ids(after.results)
    with pytest.raises(ExpiredCursor, match="generation 1"):
        open_engine(out).search(replace(query, cursor=before.next_cursor))
    assert roll_back(out) == 1
    assert same(open_engine(out).search(query), before)


def same(page: Page, other: Page) -> bool:
    return page.results == other.results and page.next_cursor == other.next_cursor


def test_the_error_about_another_format_names_the_command_that_builds_it_again(
    tmp_path: Path, small_snapshot: Path, small_listings: tuple[Listing, ...]
) -> None:
    out = tmp_path / "snapshot"
    shutil.copytree(small_snapshot, out)
    manifest = out / "generations" / "000001" / "manifest.json"
    manifest.write_bytes(orjson.dumps({"format": 0, "catalogue": "catalogue.jsonl", "of_old": True}))

    with pytest.raises(SnapshotMismatch, match=r"format 0.*build it again with: fondaco index catalogue\.jsonl"):
        open_engine(out)
    published(out, small_listings[:50], "hashing")
    assert len(open_engine(out).snapshot) == 50
