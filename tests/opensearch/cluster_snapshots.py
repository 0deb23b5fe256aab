"""Small snapshots whose indexes are in a real cluster."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from opensearch_nodes import Nodes, clear

from eval.sample.sample import sample_listings, sample_sellers, sample_shipping, sellers_for
from indexer.arrangement import Arrangement
from indexer.build.build import build
from indexer.build.settings import BuildReport, BuildSettings, CatalogueSource
from indexer.catalogue.catalogue import open_catalogue
from indexer.catalogue.records import listing_to_record
from indexer.catalogue.reference_data import read_markets, read_rates
from indexer.encoders.hashing import HashingEncoder
from indexer.listing import Listing
from indexer.market import ReferenceData
from indexer.open_snapshot import open_snapshot
from indexer.opensearch.cluster_settings import ClusterAccess, ClusterSettings
from indexer.opensearch.connection import Cluster
from indexer.progress import ProgressCallback, no_progress
from ranking.profile import read_profiles
from search.engine import Engine

NOW = 1_790_000_000
COUNT = 1_200
ENCODER = "hashing:128"


def listings(count: int = COUNT, seed: int = 7) -> tuple[Listing, ...]:
    return tuple(sample_listings(count, seed))


class ClusterSnapshot:
    """A snapshot's folder, and its cluster with a prefix of its own."""

    def __init__(self, home: Path, nodes: Nodes, **settings: Any) -> None:
        self.home = home
        self.path = home / "snapshot"
        values = {"prefix": f"t-{uuid.uuid4().hex[:10]}", "search_timeout_ms": 5_000, **settings}
        self.cluster = Cluster(ClusterAccess(nodes.urls), ClusterSettings(**values))
        toml = "".join(f"{name} = {orjson.dumps(value).decode()}\n" for name, value in values.items())
        (home / "opensearch.toml").write_text(toml)
        self.environment: Mapping[str, str] = {
            "FONDACO_OPENSEARCH_URL": ",".join(nodes.urls),
            "FONDACO_OPENSEARCH_SETTINGS": str(home / "opensearch.toml"),
        }

    def publish(
        self,
        engines: Arrangement,
        listings: Sequence[Listing],
        *,
        dim: int = 128,
        progress: ProgressCallback = no_progress,
        **settings: Any,
    ) -> BuildReport:
        """Publish a generation of these listings."""
        path = self.home / "catalogue.jsonl"
        lines = b"".join(orjson.dumps(listing_to_record(listing)) + b"\n" for listing in listings)
        if not path.exists() or path.read_bytes() != lines:
            path.write_bytes(lines)
        reference_data = ReferenceData(
            tuple(sample_sellers(sellers_for(len(listings)), 7)), tuple(sample_shipping()), read_markets(), read_rates()
        )
        build_settings = BuildSettings(part_size=300, encoder=f"hashing:{dim}", engines=engines, **settings)
        identity = f"{path}\n{len(lines)} {dim}"
        source = CatalogueSource(identity, lambda skip: open_catalogue(path, skip=skip), reference_data)
        return build(source, self.path, HashingEncoder(dim), build_settings, progress, self.cluster)

    def open(self, dim: int = 128) -> Engine:
        """An engine over the served generation."""
        snapshot = open_snapshot(self.path, cluster=self.cluster)
        return Engine(snapshot, HashingEncoder(dim), read_profiles(), concurrent=snapshot.engines.is_remote)

    def close(self) -> None:
        clear(self.cluster)
        self.cluster.close()


@contextmanager
def cluster_snapshot(home: Path, nodes: Nodes, **settings: Any) -> Iterator[ClusterSnapshot]:
    """A snapshot in an empty folder. What it wrote to the cluster is deleted at the end."""
    published = ClusterSnapshot(home, nodes, **settings)
    try:
        yield published
    finally:
        published.close()


def cheaper(listing: Listing) -> Listing:
    """The same listing at half its price."""
    return replace(listing, price_minor=listing.price_minor // 2, sale=None)
