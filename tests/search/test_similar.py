"""Similar listings: what is left out, what relevance depends on, and the order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import published

from indexer.listing import Listing
from languages.locale import Locale
from ranking.profile import read_profiles
from ranking.query import SIZE_MAX, Filters, Query
from search.bootstrap import open_engine
from search.engine import Engine
from search.page import Page, Result

NOW = 1_762_819_200
QUERY = Query("", Locale("en"), NOW, "US", size=10)
VARIANTS = 250  # more than a search reads at once


def listing(number: int, title: str, group_id: str | None = None) -> Listing:
    return Listing(
        listing_id=f"L{number:04d}",
        seller_id="S1",
        locale=Locale("en"),
        title=title,
        price_minor=1_000,
        currency="USD",
        group_id=group_id,
    )


@pytest.fixture(scope="module")
def variants(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """A lamp in many colours of one group, other lamps, and two groups of cups."""
    group = [listing(number, f"desk lamp colour{number}", "lamp") for number in range(VARIANTS)]
    lamps = [listing(1_000 + number, f"lamp model{number}") for number in range(25)]
    cups = [listing(2_000 + number, f"coffee cup shade{number}", f"cup{number % 2}") for number in range(6)]
    folder = tmp_path_factory.mktemp("variants")
    return open_engine(published(folder / "snapshot", [*group, *lamps, *cups], "hashing"), threads=1)


def ids(page: Page) -> list[str]:
    return [result.listing_id for result in page.results]


def relevance(result: Result) -> float:
    return next(term.utility for term in result.explanation if term.feature == "relevance")


def cosines(engine: Engine, listing_id: str, page: Page) -> list[float]:
    rows = engine.snapshot.lexical.rows_of([listing_id, *ids(page)])
    index = engine.snapshot.vector_index
    vector = index.vector(rows[listing_id])
    return [float(c) for c in index.cosines(np.array([rows[name] for name in ids(page)], np.int64), vector)]


def test_a_large_group_leaves_room_for_all_other_listings(variants: Engine) -> None:
    for size, expected in ((5, 5), (20, 20), (SIZE_MAX, 31)):
        page = variants.similar("L0007", replace(QUERY, size=size))

        assert len(page.results) == expected
        assert {result.text.group_id for result in page.results} <= {None, "cup0", "cup1"}
        assert page.found == 31


def test_the_list_is_the_same_on_pages_of_every_size(variants: Engine, small_engine: Engine) -> None:
    for engine, listing_id in ((variants, "L0007"), (variants, "L1003"), (small_engine, "L00000012")):
        whole = ids(engine.similar(listing_id, replace(QUERY, size=SIZE_MAX)))

        assert len(whole) > 20
        for size in (1, 5, 20):
            assert ids(engine.similar(listing_id, replace(QUERY, size=size))) == whole[:size]


def test_a_listing_without_a_group_leaves_out_itself_alone(variants: Engine) -> None:
    page = variants.similar("L1003", replace(QUERY, size=SIZE_MAX))

    assert len(page.results) == SIZE_MAX
    assert "L1003" not in ids(page)
    assert "lamp" in {result.text.group_id for result in page.results}


def test_relevance_grows_with_nearness_and_is_never_0(small_engine: Engine) -> None:
    for listing_id in ("L00000012", "L00000123", "L00001234"):
        page = small_engine.similar(listing_id, replace(QUERY, size=SIZE_MAX))
        by_cosine = sorted(zip(cosines(small_engine, listing_id, page), page.results, strict=True), key=lambda x: -x[0])
        relevances = [relevance(result) for _, result in by_cosine]

        assert relevances == pytest.approx(sorted(relevances, reverse=True), abs=1e-6)
        assert relevances[0] > relevances[-1] > 0


def test_relevance_depends_on_the_two_listings_alone(small_engine: Engine) -> None:
    everything = small_engine.similar("L00000123", replace(QUERY, size=SIZE_MAX))
    nearest = everything.results[0]
    filters = Filters(category=everything.results[-1].text.category)
    filtered = small_engine.similar("L00000123", replace(QUERY, size=SIZE_MAX, filters=filters))
    before = {result.listing_id: relevance(result) for result in everything.results}
    both = [result for result in filtered.results if result.listing_id in before]

    assert nearest.listing_id not in ids(filtered)
    assert both
    assert [relevance(result) for result in both] == pytest.approx([before[result.listing_id] for result in both])


def test_a_page_is_never_empty_while_others_are_eligible(small_engine: Engine) -> None:
    """However far they are: relevance has no floor here."""
    for listing_id in ("L00000012", "L00000123", "L00001234"):
        for category in ("Kitchen", "Automotive", "Sports"):
            page = small_engine.similar(listing_id, replace(QUERY, filters=Filters(category=(category,))))

            assert page.eligible > 10
            assert len(page.results) == 10
            assert page.near == ()


def test_a_listing_that_is_nearer_by_more_than_the_band_is_always_first(small_engine: Engine) -> None:
    band = read_profiles().profile_for("US", Locale("en")).band
    page = small_engine.similar("L00000123", replace(QUERY, size=SIZE_MAX))
    relevances = [relevance(result) for result in page.results]

    assert len(relevances) == SIZE_MAX
    for place, value in enumerate(relevances):
        assert all(later <= value + band + 1e-9 for later in relevances[place:])


def test_a_snapshot_with_no_other_listing_has_no_similar_ones(tmp_path: Path) -> None:
    group = [listing(number, f"lamp {number}", "lamp") for number in range(3)]
    engine = open_engine(published(tmp_path / "snapshot", group, "hashing"), threads=1)

    page = engine.similar("L0001", QUERY)

    assert (page.results, page.found) == ((), 0)


def test_the_product_of_variants_is_of_their_group_though_it_names_none(tmp_path: Path) -> None:
    parent = listing(0, "desk lamp")
    offers = [
        parent,
        *(listing(number, f"desk lamp {number}", parent.listing_id) for number in (1, 2)),
        listing(9, "lamp"),
    ]
    engine = open_engine(published(tmp_path / "snapshot", offers, "hashing"), threads=1)

    assert ids(engine.similar("L0000", QUERY)) == ["L0009"]
    assert ids(engine.similar("L0001", QUERY)) == ["L0009"]
