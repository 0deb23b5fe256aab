"""An audit compares FAISS, files and OpenSearch, names what differs, repairs it, verifies a backup."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from cluster_snapshots import COUNT, NOW, Shop, listings
from opensearch_nodes import Nodes
from typer.testing import CliRunner

from fondaco import app
from indexer.arrangement import Arrangement
from indexer.open_snapshot import open_snapshot
from indexer.opensearch.audit import ClusterAudit
from indexer.opensearch.cluster_generation import KINDS
from indexer.snapshot.audit import audit
from languages.locale import Locale
from ranking.query import Query

Damage = Callable[[Shop], None]


@pytest.fixture(scope="module")
def made(node: Nodes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop that every test damages, and leaves repaired."""
    one = Shop(tmp_path_factory.mktemp("audited"), node)
    one.publish(Arrangement.OPENSEARCH, listings(200))
    one.publish(Arrangement.OPENSEARCH, listings())
    yield one
    one.close()


def problems(made: Shop, *, contents: bool = True) -> list[str]:
    """What an audit of everything finds wrong."""
    snapshot = open_snapshot(made.snapshot, cluster=made.cluster)
    found = [*audit(snapshot), *ClusterAudit(snapshot, made.cluster, contents=contents).findings()]
    prefix = f"{made.cluster.settings.prefix}-"
    return [f"{one.store}: {one.problem}".replace(prefix, "") for one in found if one.problem]


def repair(made: Shop) -> list[str]:
    snapshot = open_snapshot(made.snapshot, cluster=made.cluster)
    prefix = f"{made.cluster.settings.prefix}-"
    return [done.replace(prefix, "") for done in ClusterAudit(snapshot, made.cluster).repair()]


def _index(made: Shop, kind: str, generation: int = 2) -> str:
    return f"{made.cluster.settings.prefix}-{kind}-{generation:06d}"


def _lose_a_document(made: Shop) -> None:
    listing = made.open().snapshot.texts.take([7])[0].listing_id
    made.cluster.call("DELETE", f"/{_index(made, 'words')}/_doc/{listing}")


def _change_a_title(made: Shop) -> None:
    listing = made.open().snapshot.texts.take([8])[0].listing_id
    changed = {"doc": {"text": {"title": "hacked"}}}
    made.cluster.call("POST", f"/{_index(made, 'texts')}/_update/{listing}", changed)


def _change_a_vector(made: Shop) -> None:
    listing = made.open().snapshot.texts.take([9])[0].listing_id
    made.cluster.call("POST", f"/{_index(made, 'vectors')}/_update/{listing}", {"doc": {"vector": [0.5] * 128}})


def _add_a_stranger(made: Shop) -> None:
    made.cluster.call("PUT", f"/{_index(made, 'words')}/_doc/stranger", {"row": 3, "lemma": "usb", "filters": []})


def _lose_an_index(made: Shop) -> None:
    made.cluster.call("DELETE", f"/{_index(made, 'vectors')}")


def _point_an_alias_elsewhere(made: Shop) -> None:
    prefix = made.cluster.settings.prefix
    actions = [{"remove": {"index": "*", "alias": f"{prefix}-words"}},
               {"add": {"index": _index(made, "words", 1), "alias": f"{prefix}-words"}}]  # fmt: skip
    made.cluster.call("POST", "/_aliases", {"actions": actions})


@pytest.mark.parametrize(
    ("damage", "told", "repaired"),
    [
        (_lose_a_document, "words-000002: 1 missing, first 'L", "words-000002: repaired 1 missing, first 'L"),
        (_change_a_title, "texts-000002: 1 changed, first 'L", "texts-000002: repaired 1 changed, first 'L"),
        (_change_a_vector, "vectors-000002: 1 changed, first 'L", "vectors-000002: repaired 1 changed, first 'L"),
        (_add_a_stranger, "words-000002: 1 strange, first 'stranger'", "words-000002: repaired 1 strange"),
        (_lose_an_index, "vectors-000002: is not there", "vectors-000002: sent whole"),
        (_point_an_alias_elsewhere, "words: means words-000001", "aliases of "),
    ],
)
def test_what_differs_is_named_and_repaired(made: Shop, damage: Damage, told: str, repaired: str) -> None:
    before = made.open().search(Query("usb", Locale("en"), now=NOW))
    damage(made)
    made.cluster.call("POST", f"/{made.cluster.settings.prefix}-*/_refresh")
    found, done = problems(made), repair(made)

    assert any(one.startswith(told) for one in found), found
    assert any(one.startswith(repaired) for one in done), done
    assert problems(made) == []
    after = made.open().search(Query("usb", Locale("en"), now=NOW))
    assert [r.listing_id for r in after.results] == [r.listing_id for r in before.results]
    # OpenSearch keeps what was deleted for a while and counts it in its statistics
    assert [r.score for r in after.results] == pytest.approx([r.score for r in before.results], abs=2e-3)


def test_a_quick_audit_compares_names_and_rows_alone(made: Shop) -> None:
    _change_a_title(made)
    _lose_a_document(made)

    assert [one.partition(",")[0] for one in problems(made, contents=False)] == ["words-000002: 1 missing"]
    repair(made)


def test_a_whole_shop_has_nothing_to_repair(made: Shop) -> None:
    assert problems(made) == []
    assert repair(made) == []


def test_a_backup_brings_everything_back(made: Shop, node: Nodes) -> None:
    prefix, cluster = made.cluster.settings.prefix, made.cluster
    repository = f"/_snapshot/{prefix}"
    place = {"type": "fs", "settings": {"location": str(node.folder / "backup" / prefix)}}
    cluster.call("PUT", repository, place)
    wanted = {"indices": f"{prefix}-*-000002", "include_global_state": False}
    cluster.call("PUT", f"{repository}/nightly", wanted, {"wait_for_completion": "true"})
    cluster.call("DELETE", "/" + ",".join(_index(made, kind) for kind in KINDS))
    lost = problems(made)
    restored = {**wanted, "include_aliases": True}
    cluster.call("POST", f"{repository}/nightly/_restore", restored, {"wait_for_completion": "true"})
    try:
        assert len([one for one in lost if one.endswith("is not there")]) == 4
        assert problems(made) == []
        assert made.open().search(Query("usb", Locale("en"), now=NOW)).degraded == ()
    finally:
        cluster.call("DELETE", f"{repository}/nightly")
        cluster.call("DELETE", repository)


def test_the_command_tells_and_repairs(made: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    _lose_a_document(made)
    runner, asked = CliRunner(), ["audit", "--snapshot", str(made.snapshot)]
    told = runner.invoke(app, asked)
    repaired = runner.invoke(app, [*asked, "--repair"])
    again = runner.invoke(app, [*asked, "--quick"])

    assert told.exit_code == 1
    assert "1 missing, first 'L" in told.stdout
    assert "To repair the cluster: fondaco audit --repair" in told.stdout
    assert repaired.exit_code == 0, repaired.output
    assert "repaired" in repaired.stdout
    assert again.exit_code == 0
    assert f"{COUNT:,} listings" in again.stdout


def test_whoever_opens_an_index_that_lost_documents_is_told(made: Shop, caplog: pytest.LogCaptureFixture) -> None:
    _lose_a_document(made)
    made.cluster.call("POST", f"/{_index(made, 'words')}/_refresh")
    made.open().search(Query("usb", Locale("en"), now=NOW))
    repair(made)

    assert f"index {_index(made, 'words')} holds {COUNT - 1} documents of {COUNT}" in caplog.text
