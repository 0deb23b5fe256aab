"""The three arrangements give the same listings in the same order with the same scores."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from cluster_snapshots import COUNT, NOW, ClusterSnapshot, cluster_snapshot, listings
from opensearch_nodes import Nodes

from indexer.arrangement import Arrangement
from indexer.encoders.hashing import HashingEncoder
from indexer.open_snapshot import open_snapshot
from indexer.opensearch.audit import ClusterAudit
from indexer.opensearch.cluster_generation import KINDS, aliased_indexes, index_metas
from indexer.roll_back import roll_back
from indexer.snapshot.audit import audit
from indexer.snapshot.generations import generation_folder, generation_manifest, generations
from languages.locale import Locale
from ranking.profile import read_profiles
from ranking.query import Filters, Query, Sort
from search.engine import Engine
from search.page import Page

TEXTS = ("kitchen knife", "kabellose kopfhörer", "garrafa de água", "コーヒーメーカー", "usb", "unheard of")
SCORE_TOLERANCE = 5e-3
REMOTE = (Arrangement.MIXED, Arrangement.OPENSEARCH)


@pytest.fixture(scope="module")
def snapshots(node: Nodes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Arrangement, ClusterSnapshot]]:
    """The same listings published three times."""
    snapshots = {
        engines: ClusterSnapshot(tmp_path_factory.mktemp(engines.name.lower()), node, shards=2)
        for engines in Arrangement
    }
    try:
        for engines, snapshot in snapshots.items():
            snapshot.publish(engines, listings())
        yield snapshots
    finally:
        for snapshot in snapshots.values():
            snapshot.close()


@pytest.fixture(scope="module")
def opened(snapshots: dict[Arrangement, ClusterSnapshot]) -> dict[Arrangement, Engine]:
    return {engines: snapshot.open() for engines, snapshot in snapshots.items()}


def _queries(engine: Engine) -> list[Query]:
    """Queries without options, with filters, and sorted."""
    listing = engine.snapshot.texts.take([5])[0]
    plain = [Query(text, Locale(language), now=NOW) for text in TEXTS for language in ("en", "de")]
    first = plain[0]
    filtered = [
        Filters(category=listing.category[:1]),
        Filters(seller_id=listing.seller_id),
        Filters(price_max_minor=2_000),
        Filters(attributes=dict(list(listing.attributes.items())[:1])),
        Filters(in_stock=False),
    ]
    others = [replace(first, filters=filters) for filters in filtered]
    others += [replace(first, sort=sort) for sort in Sort]
    return plain + others


def _relevance(page: Page) -> list[float]:
    """Of the answers and of what is near."""
    results = (*page.results, *page.near)
    return [term.utility for result in results for term in result.explanation if term.feature == "relevance"]


@pytest.mark.parametrize("engines", REMOTE)
def test_every_page_equals_the_embedded_engines(opened: dict[Arrangement, Engine], engines: Arrangement) -> None:
    for query in _queries(opened[Arrangement.EMBEDDED]):
        wanted, page = opened[Arrangement.EMBEDDED].search(query), opened[engines].search(query)

        answers = {result.listing_id: result for result in wanted.results}
        assert {result.listing_id for result in page.results} == set(answers), query
        assert sorted(_relevance(page)) == pytest.approx(sorted(_relevance(wanted)), abs=1e-5)
        # the price utility counts substitutes of nearly equal relevance: a last digit can add one,
        # and exchange two listings whose scores are that near to each other
        assert [r.score for r in page.results] == pytest.approx([r.score for r in wanted.results], abs=SCORE_TOLERANCE)
        for result in page.results:
            assert result.score == pytest.approx(answers[result.listing_id].score, abs=SCORE_TOLERANCE)
            assert result.text == answers[result.listing_id].text
        assert (page.eligible, page.degraded) == (wanted.eligible, ())
        assert abs(page.found - wanted.found) <= 2  # equal cosines at the 400th place, cut by their last digit


@pytest.mark.parametrize("engines", REMOTE)
def test_a_listing_and_its_similar_ones_equal_the_embedded_engines(
    opened: dict[Arrangement, Engine], engines: Arrangement
) -> None:
    query, embedded = Query("", Locale("fr"), now=NOW, size=8), opened[Arrangement.EMBEDDED]
    ids = [text.listing_id for text in embedded.snapshot.texts.take(range(0, COUNT, 400))]

    rows = np.arange(0, COUNT, 400)
    texts = opened[engines].snapshot.texts
    assert texts.group_ids(rows) == [text.group_id or text.listing_id for text in texts.take(rows)]
    for listing_id in ids:
        assert opened[engines].listing(listing_id, query) == embedded.listing(listing_id, query)
        similar, wanted = opened[engines].similar(listing_id, query), embedded.similar(listing_id, query)
        assert [r.listing_id for r in similar.results] == [r.listing_id for r in wanted.results]


@pytest.mark.parametrize("engines", REMOTE)
def test_pages_neither_repeat_nor_skip(opened: dict[Arrangement, Engine], engines: Arrangement) -> None:
    query = Query("usb", Locale("en"), now=NOW, size=7)
    whole = opened[engines].search(replace(query, size=40))
    seen, cursor = list[str](), None
    while True:
        page = opened[engines].search(replace(query, cursor=cursor))
        seen += [result.listing_id for result in (*page.results, *page.near)]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert whole.results
    assert len(seen) >= 7
    assert seen == [result.listing_id for result in (*whole.results, *whole.near)][: len(seen)]


def test_doc_freqs_and_cosines_are_as_exact_as_the_embedded_engines(opened: dict[Arrangement, Engine]) -> None:
    embedded, remote = opened[Arrangement.EMBEDDED].snapshot, opened[Arrangement.OPENSEARCH].snapshot
    rows, query = np.array([7, 3, 900, 3]), np.asarray(embedded.vectors[11], np.float32)

    np.testing.assert_allclose(
        remote.vector_index.cosines(rows, query), embedded.vector_index.cosines(rows, query), atol=1e-6
    )
    np.testing.assert_array_equal(remote.vector_index.vector(3), embedded.vector_index.vector(3))
    for token in ("usb", "knife", "unheard-of"):
        assert remote.lexical.doc_freq("text", token) == embedded.lexical.doc_freq("text", token)


@pytest.mark.parametrize("engines", REMOTE)
def test_an_audit_across_the_stores_finds_nothing_wrong(
    snapshots: dict[Arrangement, ClusterSnapshot], engines: Arrangement
) -> None:
    snapshot = open_snapshot(snapshots[engines].path, cluster=snapshots[engines].cluster)
    findings = [*audit(snapshot), *ClusterAudit(snapshot, snapshots[engines].cluster).findings()]

    assert [finding for finding in findings if finding.problem] == []
    assert len(findings) > 10


def test_an_index_records_what_it_was_built_from(snapshots: dict[Arrangement, ClusterSnapshot]) -> None:
    published = snapshots[Arrangement.OPENSEARCH]
    manifest = generation_manifest(published.path, 1)
    metas = index_metas(published.cluster, f"{published.cluster.settings.prefix}-*")

    assert manifest.cluster is not None
    assert set(metas) == {f"{published.cluster.settings.prefix}-{kind}-000001" for kind in KINDS}
    assert all(meta == asdict(manifest.cluster) for meta in metas.values())
    assert manifest.cluster.ids_checksum == manifest.ids_checksum


def test_generations_exist_side_by_side_behind_aliases(node: Nodes, tmp_path: Path) -> None:
    with cluster_snapshot(tmp_path, node, keep=2) as published:
        prefix, catalogues = published.cluster.settings.prefix, [listings(60, seed) for seed in (1, 2, 3)]
        pages = []
        for number, catalogue in enumerate(catalogues, start=1):
            published.publish(Arrangement.OPENSEARCH, catalogue)
            pages.append([r.listing_id for r in published.open().search(Query("usb", Locale("en"), now=NOW)).results])
            assert aliased_indexes(published.cluster, prefix, "words") == [f"{prefix}-words-{number:06d}"]

        kept = sorted(index_metas(published.cluster, f"{prefix}-vectors-*"))
        roll_back(published.path, cluster=published.cluster)

        assert generations(published.path) == [1, 2, 3]  # the folder keeps three, the settings keep two in the cluster
        assert kept == [f"{prefix}-vectors-{number:06d}" for number in (2, 3)]
        assert aliased_indexes(published.cluster, prefix, "vectors") == [f"{prefix}-vectors-000002"]
        assert [r.listing_id for r in published.open().search(Query("usb", Locale("en"), now=NOW)).results] == pages[1]


def test_a_machine_that_only_serves_needs_facts_and_small_tables(
    snapshots: dict[Arrangement, ClusterSnapshot], opened: dict[Arrangement, Engine], tmp_path: Path
) -> None:
    published = snapshots[Arrangement.OPENSEARCH]
    keep = {"facts", "tables", "moments", "bridge", "vocabulary", "ids", "manifest.json"}
    shutil.copytree(published.path, tmp_path / "snapshot")
    for path in generation_folder(tmp_path / "snapshot", 1).iterdir():
        if path.name not in keep:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    snapshot = open_snapshot(tmp_path / "snapshot", cluster=published.cluster)
    engine = Engine(snapshot, HashingEncoder(128), read_profiles(), concurrent=True)
    query = Query("usb", Locale("en"), now=NOW)
    wanted, page = opened[Arrangement.OPENSEARCH].search(query), engine.search(query)

    assert len(page.results) > 0
    assert [r.listing_id for r in page.results] == [r.listing_id for r in wanted.results]
