"""Changed prices, stock, delivery and sellers reach running services and no other index."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from cluster_snapshots import ENCODER, NOW, ClusterSnapshot, cluster_snapshot, listings
from opensearch_nodes import Nodes
from tcp_proxy import running_tcp_proxy
from typer.testing import CliRunner

from eval.sample.sample import sample_sellers, sample_shipping, sellers_for
from fondaco import app
from indexer.arrangement import Arrangement
from indexer.errors import IndexUnavailable, SnapshotMismatch
from indexer.listing import Listing, Rejected, Sale
from indexer.open_snapshot import open_snapshot
from indexer.opensearch.cluster_generation import ClusterIndex
from indexer.opensearch.cluster_settings import ClusterAccess
from indexer.opensearch.connection import Cluster
from indexer.opensearch.follower import FactFollower
from indexer.opensearch.update_writer import facts_index, next_number, write_facts
from indexer.opensearch.updates import FactUpdate, ListingUpdate, SellerUpdate
from languages.locale import Locale
from ranking.query import Filters, Query
from search.engine import UnknownListing
from search.engine_pool import EnginePool
from search.page import Result

COUNT = 400
QUERY = Query("steel", Locale("en"), NOW, country="US", size=50)
SELLERS = {seller.seller_id for seller in sample_sellers(sellers_for(COUNT), 7) if seller.active}
US_TEMPLATES = {
    template.template_id for template in sample_shipping() if any(row.country == "US" for row in template.rows)
}
ELIGIBLE = tuple(
    listing
    for listing in listings(COUNT)
    if listing.seller_id in SELLERS
    and listing.shipping_template in US_TEMPLATES
    and listing.stock
    and listing.currency == "USD"
)


@pytest.fixture(scope="module")
def published(node: Nodes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterSnapshot]:
    with cluster_snapshot(tmp_path_factory.mktemp("facts"), node) as published:
        published.publish(Arrangement.MIXED, listings(COUNT))
        yield published


@pytest.fixture(scope="module")
def service(published: ClusterSnapshot) -> Iterator[EnginePool]:
    engines = EnginePool(published.path, encoder=ENCODER, threads=1, cluster=published.cluster)
    engines.start()
    yield engines
    engines.close()


@pytest.fixture(scope="module")
def index(published: ClusterSnapshot) -> ClusterIndex:
    return facts_index(
        open_snapshot(published.path, cluster=published.cluster).manifest, published.path, published.cluster
    )


def send(index: ClusterIndex, *updates: FactUpdate) -> None:
    report = write_facts(lambda: index, enumerate(updates, start=1))

    assert (report.written, report.rejected) == (len(updates), 0)


def result(engines: EnginePool, listing: Listing) -> Result | None:
    with suppress(UnknownListing):
        return engines.current().listing(listing.listing_id, replace(QUERY, currency=listing.currency))
    return None


def wait_until(condition: Callable[[], Any], seconds: float = 30.0) -> None:
    """Wait until a condition holds. How long it takes is measured by benchmarks/facts.py."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.01)


def item_price(engines: EnginePool, listing: Listing) -> int | None:
    found = result(engines, listing)
    return None if found is None else found.offer.item_minor


def test_a_price_is_shown_and_filtered_by(service: EnginePool, index: ClusterIndex) -> None:
    listing = ELIGIBLE[0]
    query = replace(QUERY, text=listing.title, currency="USD", locale=listing.locale)
    expensive = replace(query, filters=Filters(price_min_minor=87_654_300))
    before = service.current().search(expensive).found
    send(index, ListingUpdate(listing.listing_id, price_minor=87_654_321, sale=None))
    wait_until(lambda: item_price(service, listing) == 87_654_321)
    page = service.current().search(expensive)

    assert before == 0
    assert [(result.listing_id, result.offer.item_minor) for result in page.results] == [
        (listing.listing_id, 87_654_321)
    ]


def test_a_price_in_another_currency_is_read_as_such(service: EnginePool, index: ClusterIndex) -> None:
    listing = ELIGIBLE[1]
    send(index, ListingUpdate(listing.listing_id, price_minor=1_234, currency="JPY", sale=None))
    query = replace(QUERY, currency="JPY")

    wait_until(lambda: service.current().listing(listing.listing_id, query).offer.item_minor == 1_234)


def test_updates_start_and_end_a_sale(service: EnginePool, index: ClusterIndex) -> None:
    listing = ELIGIBLE[2]
    send(index, ListingUpdate(listing.listing_id, price_minor=5_000, sale=Sale(3_000, NOW - 10, NOW + 10)))
    wait_until(lambda: item_price(service, listing) == 3_000)
    on_sale = result(service, listing)
    after = service.current().listing(listing.listing_id, replace(QUERY, currency="USD", now=NOW + 10))
    send(index, ListingUpdate(listing.listing_id, sale=None))
    wait_until(lambda: item_price(service, listing) == 5_000)

    assert on_sale is not None
    assert on_sale.offer.on_sale
    assert (after.offer.item_minor, after.offer.on_sale) == (5_000, False)


def test_a_sold_out_listing_is_not_eligible_until_it_is_in_stock_again(
    service: EnginePool, index: ClusterIndex
) -> None:
    listing = ELIGIBLE[3]

    def eligible() -> int:
        return service.current().search(QUERY).eligible

    before = eligible()
    send(index, ListingUpdate(listing.listing_id, stock=0))
    wait_until(lambda: eligible() == before - 1)
    sold_out = result(service, listing)
    send(index, ListingUpdate(listing.listing_id, stock=None))
    wait_until(lambda: eligible() == before)
    unknown = result(service, listing)

    assert sold_out is not None
    assert unknown is not None
    assert (sold_out.stock, unknown.stock) == (0, None)


def test_another_delivery_template_changes_where_it_ships_and_what_it_costs(
    service: EnginePool, index: ClusterIndex
) -> None:
    tables = service.current().snapshot.tables
    us = tables.shipping.countries.index("US")
    costs = tables.shipping.cost_minor[:, us]
    ships, does_not = int(np.flatnonzero(costs > 0)[0]), int(np.flatnonzero(costs < 0)[0])
    listing = ELIGIBLE[4]
    wanted = tables.shipping.ids[ships]
    send(index, ListingUpdate(listing.listing_id, shipping_template=wanted, ships_from="CN"))
    days = int(tables.shipping.days_max[ships, us])
    wait_until(lambda: (found := result(service, listing)) is not None and found.offer.days_max == days)
    before = service.current().search(QUERY).eligible
    send(index, ListingUpdate(listing.listing_id, shipping_template=tables.shipping.ids[does_not]))
    wait_until(lambda: service.current().search(QUERY).eligible == before - 1)
    row = service.current().snapshot.lexical.rows_of([listing.listing_id])[listing.listing_id]
    ships_from = int(service.current().snapshot.facts.column("ships_from")[row])

    assert tables.countries[ships_from] == "CN"


def test_listings_of_a_suspended_seller_disappear_at_once_and_return(service: EnginePool, index: ClusterIndex) -> None:
    seller = ELIGIBLE[5].seller_id
    query = replace(QUERY, text=ELIGIBLE[5].title, filters=Filters(seller_id=seller))
    before = service.current().search(query)
    send(index, SellerUpdate(seller, active=False))
    wait_until(lambda: result(service, ELIGIBLE[5]) is None)
    gone = service.current().search(query)
    send(index, SellerUpdate(seller, active=True))
    wait_until(lambda: result(service, ELIGIBLE[5]) is not None)
    back = service.current().search(query)

    assert (gone.found, gone.eligible) == (0, 0)
    assert before.found > 0
    assert back.results == before.results


def test_of_several_updates_of_one_listing_the_last_counts(service: EnginePool, index: ClusterIndex) -> None:
    listing = ELIGIBLE[6]
    changes = [ListingUpdate(listing.listing_id, price_minor=price, stock=price) for price in range(1, 3_001)]
    send(index, *changes, ListingUpdate(listing.listing_id, price_minor=77, sale=None))
    wait_until(lambda: item_price(service, listing) == 77)
    found = result(service, listing)

    assert found is not None
    assert found.stock == 3_000


def test_an_unknown_listing_is_rejected_with_its_reason_and_the_others_go_through(
    service: EnginePool, index: ClusterIndex
) -> None:
    rejected: list[Rejected] = []
    updates = (ListingUpdate("nobody", stock=1), ListingUpdate(ELIGIBLE[7].listing_id, price_minor=4_321, sale=None))
    report = write_facts(lambda: index, enumerate(updates, start=1), rejected.append)
    wait_until(lambda: item_price(service, ELIGIBLE[7]) == 4_321)

    assert (report.read, report.written, report.rejected) == (2, 1, 1)
    reason = "is not in the served generation (1); build again to bring it in"
    assert rejected == [Rejected(1, "listing_id", "nobody", reason)]


def test_lexical_and_vector_indexes_are_not_touched(
    service: EnginePool, index: ClusterIndex, published: ClusterSnapshot
) -> None:
    lexical = index.meta.index("words")

    def state() -> tuple[Any, ...]:
        stats = published.cluster.call("GET", f"/{lexical}/_stats", params={"level": "shards"})["indices"][lexical]
        (shard,) = stats["shards"]["0"]
        return shard["seq_no"]["max_seq_no"], shard["docs"], shard["segments"]["count"]

    vectors = open_snapshot(published.path, cluster=published.cluster).folder / "vectors" / "vectors.npy"
    before, file = state(), vectors.stat()
    send(index, *(ListingUpdate(listing.listing_id, stock=stock) for stock, listing in enumerate(ELIGIBLE[8:58], 50)))
    wait_until(lambda: (found := result(service, ELIGIBLE[57])) is not None and found.stock == 99)

    assert state() == before
    assert before[1]["deleted"] == 0
    assert (vectors.stat().st_mtime_ns, vectors.stat().st_size) == (file.st_mtime_ns, file.st_size)


def test_a_service_that_starts_again_has_all_changes_before_it_answers(
    index: ClusterIndex, published: ClusterSnapshot
) -> None:
    send(index, ListingUpdate(ELIGIBLE[60].listing_id, price_minor=6_060, sale=None))
    published.cluster.call("POST", f"/{index.name}/_refresh")
    fresh = EnginePool(published.path, encoder=ENCODER, threads=1, cluster=published.cluster)
    fresh.open()

    assert item_price(fresh, ELIGIBLE[60]) == 6_060


def test_a_replay_of_many_pages_sets_each_change_and_is_done_once(
    index: ClusterIndex, published: ClusterSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.opensearch.follower._PAGE", 7)
    changed = listings(COUNT)[:100]
    send(index, *(ListingUpdate(listing.listing_id, stock=stock) for stock, listing in enumerate(changed, 1_000)))
    seller_ids = {listing.seller_id for listing in changed}
    same = [{"changed": 5, "active": True, "seller_id": seller_id} for seller_id in seller_ids]
    for source in same:  # other writers may give many changes the same number
        published.cluster.call("POST", f"/{index.name}/_update/seller:{source['seller_id']}", {"doc": source})
    published.cluster.call("POST", f"/{index.name}/_refresh")
    snapshot = open_snapshot(published.path, cluster=published.cluster)
    follower = FactFollower(index, snapshot.facts, snapshot.tables)
    first, again = follower.poll(), follower.poll()
    rows = snapshot.lexical.rows_of([listing.listing_id for listing in changed])
    stock = snapshot.facts.take(np.array([rows[listing.listing_id] for listing in changed])).stock

    assert stock.tolist() == list(range(1_000, 1_100))
    assert first >= 100
    assert again == 0


def test_a_late_change_with_an_older_number_is_seen_too(index: ClusterIndex, published: ClusterSnapshot) -> None:
    snapshot = open_snapshot(published.path, cluster=published.cluster)
    follower = FactFollower(index, snapshot.facts, snapshot.tables)
    follower.poll()
    late = {"stock": 31, "changed": next_number(index) - 1_500_000}
    published.cluster.call("POST", f"/{index.name}/_update/listing:{ELIGIBLE[61].listing_id}", {"doc": late})
    published.cluster.call("POST", f"/{index.name}/_refresh")

    assert follower.poll() == 1


def test_numbers_grow_even_when_another_writers_clock_is_ahead(published: ClusterSnapshot, index: ClusterIndex) -> None:
    ahead = next_number(index) + 2_000_000
    change = {"doc": {"stock": 32, "changed": ahead}}
    published.cluster.call("POST", f"/{index.name}/_update/listing:{ELIGIBLE[62].listing_id}", change)
    published.cluster.call("POST", f"/{index.name}/_refresh")

    assert next_number(index) == ahead + 1


def test_a_document_that_does_not_fit_is_skipped_and_logged_once(
    index: ClusterIndex, published: ClusterSnapshot, caplog: pytest.LogCaptureFixture
) -> None:
    snapshot = open_snapshot(published.path, cluster=published.cluster)
    follower = FactFollower(index, snapshot.facts, snapshot.tables)
    follower.poll()
    strange = {"doc": {"currency": "???", "changed": next_number(index)}}
    path = f"/{index.name}/_update/listing:{ELIGIBLE[63].listing_id}"
    published.cluster.call("POST", path, strange, {"refresh": "true"})
    changed = follower.poll(), follower.poll()
    published.cluster.call("POST", path, {"doc": {"currency": "USD", "changed": 0}}, {"refresh": "true"})

    assert changed == (0, 0)
    own_thread = threading.get_ident()  # without the messages of the running service
    messages = [record.getMessage() for record in caplog.records if record.thread == own_thread]
    assert sum("does not fit generation 1" in message for message in messages) == 1


def test_searches_and_changes_run_at_the_same_time(service: EnginePool, index: ClusterIndex) -> None:
    """Every page shows one state: never the price of one change with the stock of another."""
    listing, stop = ELIGIBLE[64], threading.Event()

    def search_repeatedly() -> int:
        searches = 0
        while not stop.is_set():
            found = result(service, listing)
            assert found is not None
            assert found.offer.item_minor == found.stock
            service.current().search(replace(QUERY, text=listing.title))
            searches += 1
        return searches

    send(index, ListingUpdate(listing.listing_id, price_minor=1, stock=1, sale=None))
    wait_until(lambda: item_price(service, listing) == 1)
    with ThreadPoolExecutor(2) as pool:
        searching = [pool.submit(search_repeatedly) for _ in range(2)]
        try:
            for price in range(2, 30):
                send(index, ListingUpdate(listing.listing_id, price_minor=price, stock=price))
                time.sleep(0.02)
            wait_until(lambda: item_price(service, listing) == 29)
        finally:
            stop.set()

        assert all(future.result() > 10 for future in searching)


def test_a_service_keeps_answering_while_the_cluster_is_unavailable_and_catches_up(
    node: Nodes, index: ClusterIndex, published: ClusterSnapshot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with running_tcp_proxy(node.urls[0]) as (url, link):
        proxied = Cluster(ClusterAccess((url,)), published.cluster.settings)
        engines = EnginePool(published.path, encoder=ENCODER, threads=1, cluster=proxied)
        engines.start()
        try:
            link.clear()
            send(index, ListingUpdate(ELIGIBLE[65].listing_id, stock=65))
            wait_until(lambda: any("are stale" in record.getMessage() for record in caplog.records), 10)
            time.sleep(0.5)
            page = engines.current().search(replace(QUERY, text=ELIGIBLE[65].title))
            link.set()
            row = open_snapshot(published.path, cluster=published.cluster).lexical.rows_of([ELIGIBLE[65].listing_id])
            stock = engines.current().snapshot.facts.column("stock")
            wait_until(lambda: stock[row[ELIGIBLE[65].listing_id]] == 65, 10)
        finally:
            engines.close()
            proxied.close()
    messages = [record.getMessage() for record in caplog.records if "live facts" in record.getMessage()]

    assert page.results
    assert page.degraded == ("lexical",)
    assert len(messages) == 2
    assert "are stale: OpenSearch at" in messages[0]
    assert "are current again, 1 changed meanwhile" in messages[1]


def test_poll_raises_when_the_cluster_is_unavailable(published: ClusterSnapshot) -> None:
    snapshot = open_snapshot(published.path, cluster=published.cluster)
    assert snapshot.manifest.cluster is not None
    unreachable = Cluster(ClusterAccess(("http://127.0.0.1:1",)), published.cluster.settings)
    index = ClusterIndex(unreachable, "facts", snapshot.manifest.cluster)

    with pytest.raises(IndexUnavailable, match="cannot be reached"):
        FactFollower(index, snapshot.facts, snapshot.tables).poll()


def test_the_command_writes_valid_updates_and_reports_the_others(
    service: EnginePool, published: ClusterSnapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in published.environment.items():
        monkeypatch.setenv(name, value)
    records = [
        {"listing_id": ELIGIBLE[66].listing_id, "price_minor": 6_666, "currency": "USD", "sale": None},
        {"listing_id": "nobody", "stock": 1},
        {"listing_id": ELIGIBLE[66].listing_id, "price_minor": "cheap"},
    ]
    path = tmp_path / "updates.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, records)))
    from_file = CliRunner().invoke(app, ["facts", str(path), "--snapshot", str(published.path)])
    piped = CliRunner().invoke(
        app, ["facts", "-", "--snapshot", str(published.path)], input=orjson.dumps({"seller_id": "no", "active": True})
    )
    wait_until(lambda: item_price(service, ELIGIBLE[66]) == 6_666)

    assert from_file.exit_code == piped.exit_code == 1
    assert "record 2: listing_id is not in the served generation (1); build again" in from_file.output
    assert "record 3: price_minor must be a whole number of minor units" in from_file.output
    assert "1 of 3 updates written to" in from_file.output
    assert "record 1: seller_id is not in the served generation; build again to bring it in (got 'no')" in piped.output


def test_an_embedded_snapshot_says_that_it_must_be_built_again(small_snapshot: Path) -> None:
    manifest = open_snapshot(small_snapshot).manifest

    with pytest.raises(SnapshotMismatch, match=r"is embedded: .* Build again with: fondaco index .* --out"):
        facts_index(manifest, small_snapshot, None)
