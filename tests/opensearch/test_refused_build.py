"""A build that would empty the shop is refused, and changes nothing in the cluster."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from cluster_snapshots import NOW, ClusterSnapshot, cluster_snapshot, listings
from opensearch_nodes import Nodes

import fondaco
from indexer.arrangement import Arrangement
from indexer.catalogue.records import listing_to_record
from indexer.errors import PublicationRefused
from indexer.listing import Listing
from indexer.opensearch.cluster_generation import index_metas
from indexer.snapshot.generations import current_generation, generations
from languages.locale import Locale
from ranking.query import Query

CATALOGUE = listings(200)
EMPTYING = {
    "no listing": [],
    "a third is gone": CATALOGUE[:130],
    "all is sold out": [replace(listing, stock=0) for listing in CATALOGUE],
}


@pytest.fixture
def in_cluster(node: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClusterSnapshot]:
    with cluster_snapshot(tmp_path, node) as published:
        for name, value in published.environment.items():
            monkeypatch.setenv(name, value)
        yield published


def state(published: ClusterSnapshot) -> dict[str, Any]:
    """Everything of a snapshot in the cluster: indexes, aliases, mappings, and what was written."""
    cluster, indexes = published.cluster, f"/{published.cluster.settings.prefix}-*"
    stats = cluster.call("GET", f"{indexes}/_stats/docs,indexing")["indices"]
    return {
        "indexes": cluster.call("GET", indexes),  # aliases, mappings with their generation, settings
        "documents": {name: index["primaries"]["docs"] for name, index in stats.items()},
        "written": {
            name: {count: index["primaries"]["indexing"][count] for count in ("index_total", "delete_total")}
            for name, index in stats.items()
        },
    }


def write(path: Path, catalogue: Sequence[Listing]) -> Path:
    """A catalogue without reference data beside it."""
    records = [listing_to_record(replace(listing, shipping_template=None)) for listing in catalogue]
    path.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))
    return path


@pytest.mark.parametrize("engines", [Arrangement.MIXED, Arrangement.OPENSEARCH])
@pytest.mark.parametrize("emptying", EMPTYING)
def test_a_build_that_would_empty_the_shop_changes_nothing_in_the_cluster(
    in_cluster: ClusterSnapshot, engines: Arrangement, emptying: str
) -> None:
    in_cluster.publish(engines, CATALOGUE)
    before = state(in_cluster)
    page = in_cluster.open().search(Query("usb", Locale("en"), now=NOW))
    with pytest.raises(PublicationRefused, match="generation 1 is still served, with 200 listings"):
        in_cluster.publish(engines, EMPTYING[emptying])
    again = in_cluster.open().search(Query("usb", Locale("en"), now=NOW))

    assert state(in_cluster) == before
    assert current_generation(in_cluster.path) == 1
    assert generations(in_cluster.path) == [1]
    assert [result.offer for result in again.results] == [result.offer for result in page.results]
    assert again.degraded == ()


@pytest.mark.parametrize("engines", [Arrangement.MIXED, Arrangement.OPENSEARCH])
def test_a_first_build_that_is_refused_makes_no_index(in_cluster: ClusterSnapshot, engines: Arrangement) -> None:
    with pytest.raises(PublicationRefused, match="the catalogue gives no listing"):
        in_cluster.publish(engines, [])

    assert index_metas(in_cluster.cluster, f"{in_cluster.cluster.settings.prefix}-*") == {}


def test_a_refused_build_is_sent_to_the_cluster_when_it_is_forced(in_cluster: ClusterSnapshot) -> None:
    in_cluster.publish(Arrangement.OPENSEARCH, CATALOGUE)
    with pytest.raises(PublicationRefused):
        in_cluster.publish(Arrangement.OPENSEARCH, CATALOGUE[:130])
    report = in_cluster.publish(Arrangement.OPENSEARCH, CATALOGUE[:130], force=True)

    assert (report.generation, report.listings, report.embedded) == (2, 130, 0)
    assert in_cluster.open().search(Query("usb", Locale("en"), now=NOW)).generation == 2


def test_the_command_is_refused_with_exit_code_2_and_changes_nothing(
    in_cluster: ClusterSnapshot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_cluster.publish(Arrangement.OPENSEARCH, CATALOGUE)
    before = state(in_cluster)
    catalogue = write(in_cluster.home / "third.jsonl", CATALOGUE[:60])
    options = ["--engines", "opensearch", "--encoder", "hashing:128", "--workers", "1"]
    monkeypatch.setattr(sys, "argv", ["fondaco", "index", str(catalogue), "--out", str(in_cluster.path), *options])
    with pytest.raises(SystemExit) as exited:
        fondaco.main()
    message = capsys.readouterr().err

    assert exited.value.code == 2
    assert "140 of the 200 listings of generation 1 (70 %) would vanish" in message
    assert "--engines opensearch --encoder hashing:128 --workers 1 --force" in message
    assert state(in_cluster) == before
