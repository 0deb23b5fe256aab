"""The walk: a sample catalogue all the way to the page, compared by value with a plain oracle."""

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
from plain_oracle import Door, World, rating

from eval.sample.offer import sample_offer
from eval.sample.sample import NOW, sample_sellers, sample_shipping, sellers_for
from indexer.catalogue.reference_data import read_markets, read_rates
from indexer.errors import SnapshotMismatch
from indexer.listing import Listing
from indexer.opensearch.publish import roll_back
from indexer.snapshot.generations import current_generation
from languages.lexicon import lexicon
from languages.locale import Locale
from ranking.profile import read_profiles
from ranking.query import Filters, Query, Sort
from search.bootstrap import open_engine
from search.cursor import ExpiredCursor
from search.engine import Engine, UnknownListing
from search.page import Page, Result

SALES = NOW + 10 * 86_400 + 3_600  # an hour into Singles' Day
KITCHEN = Filters(category=("Kitchen",))
BUYERS = (("en", "US"), ("de", "DE"), ("pt-BR", "BR"), ("ja", "JP"), ("tr", "TR"))


@pytest.fixture(scope="module")
def world(small_listings: tuple[Listing, ...]) -> World:
    sellers = sample_sellers(sellers_for(SMALL), SEED)
    return World.of(small_listings, sellers, sample_shipping(), read_markets(), read_rates())


def asked(text: str, locale: str, country: str, filters: Filters = KITCHEN, **more: object) -> Query:
    return replace(Query(text, Locale.parse(locale), SALES, country, filters=filters), **more)  # type: ignore[arg-type]  # a test's shorthand


def whole(engine: Engine, query: Query, size: int = 200) -> list[Result]:
    """Every result of a query, page after page."""
    found: list[Result] = []
    page = engine.search(replace(query, size=size))
    while True:
        assert len(page.results) <= size
        found += page.results
        if page.next_cursor is None:
            return found
        page = engine.search(replace(query, size=size, cursor=page.next_cursor))


def ids(results: list[Result] | tuple[Result, ...]) -> list[str]:
    return [result.listing_id for result in results]


def commonest(doors: Sequence[Door], language: str, count: int) -> dict[str, str]:
    """The attributes that most listings of a language have together, shouted: case does not matter."""
    sets = Counter(
        pairs
        for door in doors
        if door.listing.locale.language == language
        for pairs in combinations(sorted(door.listing.attributes.items()), count)
    )
    return {name: value.upper() for name, value in sets.most_common(1)[0][0]}


def has_all(door: Door, filters: Filters) -> bool:
    has = {name: value.casefold() for name, value in door.listing.attributes.items()}
    return all(has.get(name) == value.casefold() for name, value in filters.attributes.items())


def in_kitchen(door: Door) -> bool:
    return door.listing.category[0] == "Kitchen"


@pytest.mark.parametrize(
    ("language", "country"), [("en", "US"), ("de", "DE"), ("ja", "JP"), ("es", "ES"), ("ko", "KR")]
)
def test_the_everyday_names_of_its_commonest_kinds_find_them(
    small_engine: Engine, small_listings: tuple[Listing, ...], language: str, country: str
) -> None:
    kinds = {one.listing_id: kind_of(one) for one in small_listings}
    common = Counter(kinds[one.listing_id] for one in small_listings if one.locale.language == language).most_common(3)
    for kind, _ in common:
        name = lexicon(language)[f"kind:{kind}"].name

        page = small_engine.search(replace(asked(name, language, country, Filters(in_stock=False)), expand=False))

        assert kind in {kinds[result.listing_id] for result in page.results[:3]}, name
        assert page.understood.languages[language] == max(page.understood.languages.values())


def kind_of(listing: Listing) -> str:
    return sample_offer(int(listing.listing_id[1:]), SEED).product.product_type.kind_id


@pytest.mark.parametrize(("locale", "country"), BUYERS)
def test_a_page_holds_what_ships_there_is_in_stock_and_sold_by_an_active_seller(
    small_engine: Engine, world: World, locale: str, country: str
) -> None:
    eligible = world.doors(country, SALES)

    page = small_engine.search(asked("lamp", locale, country, Filters()))

    assert page.eligible == len(eligible) < len(world.listings)
    assert set(ids(page.results)) <= {door.listing.listing_id for door in eligible}


@pytest.mark.parametrize(("locale", "country"), BUYERS)
def test_the_landed_price_is_the_plain_sum_at_the_door(
    small_engine: Engine, world: World, locale: str, country: str
) -> None:
    doors = {door.listing.listing_id: door for door in world.doors(country, SALES)}

    results = whole(small_engine, asked("lamp", locale, country))

    assert results
    for result in results:
        door, offer = doors[result.listing_id], result.offer
        parts = (offer.item_minor, offer.shipping_minor, offer.tax_minor, offer.landed_minor)
        assert parts == (door.item, door.shipping, door.tax, door.landed)
        assert (offer.days_min, offer.days_max) == door.days
        assert offer.on_sale == (
            door.listing.sale is not None and door.listing.sale.starts <= SALES < door.listing.sale.ends
        )


def a_range(doors: Sequence[Door]) -> tuple[int, int]:
    """From the first to the second third of the landed prices, both ends prices that somebody asks."""
    prices = sorted(door.landed for door in doors)
    return prices[len(prices) // 3], prices[2 * len(prices) // 3]


FILTERS: dict[str, tuple[Callable[[Sequence[Door]], Filters], Callable[[Door, Filters], bool]]] = {
    "category": (
        lambda doors: Filters(category=("Sports", "Fitness")),
        lambda door, filters: door.listing.category == filters.category,
    ),
    "a parent category": (lambda doors: KITCHEN, lambda door, filters: in_kitchen(door)),
    "brand": (
        lambda doors: Filters(brand="cazzadune"),
        lambda door, filters: door.listing.brand == "Cazzadune",
    ),
    "seller": (
        lambda doors: Filters(seller_id="s000006"),
        lambda door, filters: door.listing.seller_id == "s000006",
    ),
    "attribute": (
        lambda doors: Filters(attributes=commonest(doors, "ru", 1)),
        lambda door, filters: has_all(door, filters),
    ),
    "two attributes": (
        lambda doors: Filters(attributes=commonest(doors, "en", 2)),
        lambda door, filters: has_all(door, filters),
    ),
    "landed price": (
        lambda doors: Filters(
            category=("Kitchen",),
            price_min_minor=a_range([d for d in doors if in_kitchen(d)])[0],
            price_max_minor=a_range([d for d in doors if in_kitchen(d)])[1],
        ),
        lambda door, filters: in_kitchen(door)
        and (filters.price_min_minor or 0) <= door.landed <= (filters.price_max_minor or 0),
    ),
    "sold out as well": (
        lambda doors: Filters(category=("Kitchen",), in_stock=False),
        lambda door, filters: in_kitchen(door),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("locale", "country"), BUYERS)
@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_leaves_exactly_what_meets_it(
    small_engine: Engine, world: World, name: str, locale: str, country: str
) -> None:
    make, meets = FILTERS[name]
    filters = make(world.doors(country, SALES))
    doors = world.doors(country, SALES, filters.in_stock)
    wanted = {door.listing.listing_id for door in doors if meets(door, filters)}

    found = ids(whole(small_engine, asked("lamp", locale, country, filters)))

    assert set(found) == wanted
    assert len(found) == len(wanted)


def test_the_sample_tries_every_filter(world: World) -> None:
    doors = {country: world.doors(country, SALES) for _, country in BUYERS}

    met = {
        name: sum(meets(door, make(doors[country])) for _, country in BUYERS for door in doors[country])
        for name, (make, meets) in FILTERS.items()
    }

    assert all(met.values()), met
    assert any(not seller.active for seller in world.sellers.values())
    assert len(world.doors("US", SALES, in_stock=False)) > len(doors["US"])


KEYS: dict[Sort, Callable[[Door], tuple[float, ...]]] = {
    Sort.BEST: lambda door: (),
    Sort.PRICE: lambda door: (door.landed,),
    Sort.DELIVERY: lambda door: (door.days[1], door.days[0]),
    Sort.NEWEST: lambda door: (-(door.listing.created_at or -math.inf),),
}


@pytest.mark.parametrize(("locale", "country"), BUYERS)
@pytest.mark.parametrize("sort", Sort)
def test_a_sort_is_the_plain_order_over_all_that_is_eligible(
    small_engine: Engine, world: World, sort: Sort, locale: str, country: str
) -> None:
    profile = read_profiles().profile_for(country, Locale.parse(locale))
    prior, count = profile.parameters.rating_prior_mean, profile.parameters.rating_prior_count
    keys = KEYS | {Sort.RATING: lambda door: (-round(rating(door, prior, count), 9),)}
    doors = {door.listing.listing_id: door for door in world.doors(country, SALES) if in_kitchen(door)}

    results = whole(small_engine, asked("frying pan", locale, country, sort=sort))
    relevance = {r.listing_id: next(t.utility for t in r.explanation if t.feature == "relevance") for r in results}
    floor = profile.sort_floor * max(relevance.values())

    def place(result: Result) -> tuple[float, ...]:
        door = doors[result.listing_id]
        if sort is Sort.BEST:
            return -result.score, door.row
        outside = relevance[result.listing_id] < floor
        key = keys[sort](door)
        return outside, *((math.inf,) * len(key) if outside else key), -result.score, door.row

    assert sorted(ids(results)) == sorted(doors)
    assert ids(results) == ids(sorted(results, key=place))


@pytest.mark.parametrize("size", [1, 7, 200])
@pytest.mark.parametrize("sort", [Sort.BEST, Sort.PRICE])
def test_pages_neither_repeat_nor_skip(small_engine: Engine, size: int, sort: Sort) -> None:
    query = asked("Lampe", "de", "DE", sort=sort)
    one_page = small_engine.search(replace(query, size=200))

    results = whole(small_engine, query, size)

    assert 100 < one_page.found <= 200
    assert ids(results) == ids(one_page.results)
    assert [result.rank for result in results] == list(range(1, one_page.found + 1))
    assert [result.score for result in results] == [result.score for result in one_page.results]


def test_a_cursor_keeps_the_moment_of_its_first_page(small_engine: Engine) -> None:
    query = asked("Lampe", "de", "DE", size=50, sort=Sort.PRICE)
    first = small_engine.search(query)

    second = small_engine.search(replace(query, cursor=first.next_cursor, now=SALES + 3 * 86_400))

    assert ids(first.results) + ids(second.results) == ids(whole(small_engine, query))[:100]
    assert second.understood.query.now == SALES


def test_the_terms_of_an_explanation_are_the_score_exactly(small_engine: Engine) -> None:
    for locale, country in BUYERS:
        results = whole(small_engine, asked("lamp", locale, country))

        assert results
        for result in results:
            assert sum(term.contribution for term in result.explanation) == result.score


def test_similar_listings_are_the_nearest_that_are_eligible_without_the_listings_own_group(
    small_engine: Engine, small_listings: tuple[Listing, ...], world: World
) -> None:
    start = next(row for row, one in enumerate(small_listings) if one.group_id and one.locale.language == "en")
    group = {one.listing_id for one in small_listings if one.group_id == small_listings[start].group_id}
    vectors = np.asarray(small_engine.snapshot.vectors, np.float32)
    rows = np.array([door.row for door in world.doors("US", SALES)])
    near = rows[np.argsort(-(vectors[rows] @ vectors[start]), kind="stable")][:200]

    page = small_engine.similar(small_listings[start].listing_id, asked("", "en", "US", Filters(), size=50))

    assert len(page.results) == 50
    assert set(ids(page.results)) <= {small_listings[row].listing_id for row in near} - group


def test_one_listing_is_what_a_page_shows_of_it(small_engine: Engine) -> None:
    query = asked("lamp", "de", "DE")
    on_page = small_engine.search(query).results[0]

    alone = small_engine.listing(on_page.listing_id, query)

    assert (alone.text, alone.offer, alone.seller) == (on_page.text, on_page.offer, on_page.seller)
    with pytest.raises(UnknownListing):
        small_engine.listing("L99999999", query)


def test_a_roll_back_shows_the_former_listings_again(
    tmp_path: Path, small_snapshot: Path, small_listings: tuple[Listing, ...]
) -> None:
    out = tmp_path / "snapshot"
    shutil.copytree(small_snapshot, out)
    query = asked("lamp", "en", "US", Filters())
    before = open_engine(out).search(query)
    gone = before.results[0].listing_id
    published(out, [one for one in small_listings if one.listing_id != gone], "hashing")
    after = open_engine(out).search(query)

    assert current_generation(out) == after.generation == 2
    assert gone not in ids(after.results)
    with pytest.raises(ExpiredCursor, match="generation 1"):
        open_engine(out).search(replace(query, cursor=before.next_cursor))
    assert roll_back(out) == 1
    assert same(open_engine(out).search(query), before)


def same(page: Page, other: Page) -> bool:
    return page.results == other.results and page.next_cursor == other.next_cursor


def test_a_snapshot_of_another_format_is_built_anew_by_the_command_its_refusal_names(
    tmp_path: Path, small_snapshot: Path, small_listings: tuple[Listing, ...]
) -> None:
    out = tmp_path / "snapshot"
    shutil.copytree(small_snapshot, out)
    manifest = out / "generations" / "000001" / "manifest.json"
    manifest.write_bytes(orjson.dumps({"format": 0, "catalogue": "catalogue.jsonl", "of_old": True}))

    with pytest.raises(SnapshotMismatch, match=r"format 0.*build it anew with: fondaco index catalogue\.jsonl"):
        open_engine(out)
    published(out, small_listings[:50], "hashing")
    assert len(open_engine(out).snapshot) == 50
