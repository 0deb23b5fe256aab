"""How many facts can change in a second, and how soon does a running service show them?

    python benchmarks/facts.py [--url http://127.0.0.1:9200] [--listings 20000]

Words and facts are in a real OpenSearch; the vectors are by the hashing encoder, in FAISS. The
service is an `EnginePool` in this process, which follows changes as `fondaco serve` does. Asserts
that every value read is the one that was sent. Prints rows for docs/figures.md.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
import orjson
from cluster import running_cluster

from eval.sample.sample import NOW, sample_listings, sample_sellers, sample_shipping, sellers_for
from indexer.arrangement import Arrangement
from indexer.build.build import build
from indexer.build.settings import BuildSettings, CatalogueSource
from indexer.catalogue.catalogue import open_catalogue
from indexer.catalogue.records import listing_to_record
from indexer.catalogue.reference_data import read_markets, read_rates
from indexer.encoders.hashing import HashingEncoder
from indexer.listing import Listing
from indexer.logs import quiet_libraries
from indexer.market import ReferenceData
from indexer.open_snapshot import open_snapshot
from indexer.opensearch.cluster_generation import ClusterIndex
from indexer.opensearch.cluster_settings import ClusterAccess, ClusterSettings
from indexer.opensearch.connection import Cluster
from indexer.opensearch.follower import FactFollower
from indexer.opensearch.update_writer import facts_index, write_facts
from indexer.opensearch.updates import ListingUpdate, Stream, read_updates
from indexer.progress import progress_display
from indexer.snapshot.snapshot import Snapshot
from languages.locale import Locale
from ranking.query import Query
from search.engine_pool import EnginePool

SEED = 7
QUERY = Query("steel kitchen knife", Locale("en"), NOW, size=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="A running cluster. Default: one node is started.")
    parser.add_argument("--listings", type=int, default=20_000)
    parser.add_argument("--single", type=int, default=200, help="Updates that are sent one at a time.")
    arguments = parser.parse_args()
    quiet_libraries()
    with tempfile.TemporaryDirectory() as folder, running_cluster(url=arguments.url) as urls:
        cluster = Cluster(ClusterAccess(urls), ClusterSettings(prefix=f"g-{uuid.uuid4().hex[:8]}"))
        try:
            measure(Path(folder), cluster, arguments.listings, arguments.single)
        finally:
            prefix = cluster.settings.prefix
            for row in cluster.call("GET", f"/_cat/indices/{prefix}-*", params={"format": "json"}):
                cluster.call("DELETE", f"/{row['index']}")
            for kind in Arrangement.MIXED.kinds:
                cluster.call("DELETE", f"/_index_template/{prefix}-{kind}")
            cluster.close()


def measure(folder: Path, cluster: Cluster, count: int, single: int) -> None:
    listings = list(sample_listings(count, SEED))
    path = publish(folder, cluster, listings)
    snapshot = open_snapshot(path, cluster=cluster)
    index = facts_index(snapshot.manifest, path, cluster)
    engines = EnginePool(path, threads=1, cluster=cluster)
    engines.start()
    engines.current().search(QUERY)
    try:
        rows = [
            *bulk(engines, index, listings),
            *one_by_one(engines, index, single),
            *restart(index, snapshot, count),
        ]
    finally:
        engines.close()
    print(f"{count:,} listings, one node, one shard; service and node on the same machine\n")
    print("| measure | value |\n| --- | ---: |")
    for name, value in rows:
        print(f"| {name} | {value} |")


def bulk(engines: EnginePool, index: ClusterIndex, listings: list[Listing]) -> list[tuple[str, str]]:
    """Price and stock of every listing change three times, while the service follows."""
    snapshot = engines.current().snapshot
    rows = snapshot.lexical.rows_of([listing.listing_id for listing in listings])
    order = np.array([rows[listing.listing_id] for listing in listings])
    times = 3
    lines = b"".join(
        b'{"listing_id":%b,"price_minor":%d,"stock":%d,"sale":null}\n'
        % (orjson.dumps(listing.listing_id), 1_000 * turn + place % 997, place % 89)
        for turn in range(1, times + 1)
        for place, listing in enumerate(listings)
    )
    stream = tempfile.TemporaryFile()  # noqa: SIM115  closed with the process
    stream.write(lines)
    stream.seek(0)
    report = write_facts(lambda: index, read_updates(Stream(stream), snapshot.tables))
    assert (report.written, report.rejected) == (times * len(listings), 0), report
    prices = 1_000 * times + np.arange(len(listings)) % 997
    stocks = np.arange(len(listings)) % 89
    acknowledged = time.perf_counter()

    def all_applied() -> bool:
        facts = snapshot.facts.take(order)
        return np.array_equal(facts.price_minor, prices) and np.array_equal(facts.stock, stocks)

    wait(all_applied, 60)
    delay_s = time.perf_counter() - acknowledged
    return [
        ("updates/s in bulk, read, checked, sent and acknowledged", f"{report.written / report.seconds:,.0f}"),
        ("the service has the last of them after, ms", f"{delay_s * 1e3:,.0f}"),
    ]


def one_by_one(engines: EnginePool, index: ClusterIndex, count: int) -> list[tuple[str, str]]:
    """From the acknowledgement of one new price to the first search that shows it."""
    first = engines.current().search(QUERY).results[0]
    query = within_seller(first.text.seller_id)
    delays_ms: list[float] = []
    (result,) = engines.current().search(query).results
    for number in range(count):
        price = 5_000_000 + number
        report = write_facts(
            lambda: index, [(1, ListingUpdate(result.listing_id, price_minor=price, currency="USD", sale=None))]
        )
        acknowledged = time.perf_counter()
        assert report.written == 1

        def is_shown(price: int = price) -> bool:
            hits = engines.current().search(query).results
            return any(hit.listing_id == result.listing_id and hit.offer.item_minor == price for hit in hits)

        wait(is_shown, 10)
        delays_ms.append((time.perf_counter() - acknowledged) * 1e3)
        time.sleep(0.003 * (number % 70))  # varies the phase to refreshes and polls
    p50, p99 = np.percentile(delays_ms, [50, 99])
    return [
        (f"from acknowledgement to the first search that shows it, p50 of {count}, ms", f"{p50:,.0f}"),
        ("p99, ms", f"{p99:,.0f}"),
    ]


def restart(index: ClusterIndex, snapshot: Snapshot, count: int) -> list[tuple[str, str]]:
    """A starting service reads all changes since the build into its columns."""
    follower = FactFollower(index, snapshot.facts, snapshot.tables)
    started = time.perf_counter()
    changed = follower.poll()
    seconds = time.perf_counter() - started
    assert changed >= 0.9 * count, changed  # some prices have not changed
    return [(f"replay of {count:,} changed listings at a start, s", f"{seconds:.2f}")]


def within_seller(seller_id: str) -> Query:
    """The query within one seller's listings, so that no price can move the listing off the
    page.
    """
    from dataclasses import replace

    from ranking.query import Filters

    return replace(QUERY, filters=Filters(seller_id=seller_id), currency="USD")


def publish(folder: Path, cluster: Cluster, listings: list[Listing]) -> Path:
    path = folder / "catalogue.jsonl"
    path.write_bytes(b"".join(orjson.dumps(listing_to_record(listing)) + b"\n" for listing in listings))
    sellers = tuple(sample_sellers(sellers_for(len(listings)), SEED))
    reference_data = ReferenceData(sellers, tuple(sample_shipping()), read_markets(), read_rates())
    settings = BuildSettings(encoder="hashing", engines=Arrangement.MIXED)

    source = CatalogueSource(str(path), lambda skip: open_catalogue(path, skip=skip), reference_data)
    with progress_display() as progress:
        build(source, folder / "snapshot", HashingEncoder(), settings, progress, cluster)
    return folder / "snapshot"


def wait(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not true within {seconds} s"


if __name__ == "__main__":
    main()
