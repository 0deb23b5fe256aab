"""The fixtures of `opensearch_nodes`, on which the other tests rest."""

from __future__ import annotations

from opensearch_nodes import Connect, Nodes, clear

from indexer.opensearch.connection import Cluster


def test_a_node_answers_with_the_version_it_was_started_as(cluster: Cluster, node: Nodes) -> None:
    version = cluster.check_version()

    assert version == node.version


def test_what_a_test_creates_is_removed_after_it(connect: Connect) -> None:
    first, other = connect(), connect(prefix="other")
    mine, template = first.settings.prefix, {"index_patterns": ["nothing-*"]}
    first.call("PUT", f"/{mine}-1", {"aliases": {f"{mine}-now": {}}, "settings": {"index.hidden": True}})
    first.call("PUT", f"/_index_template/{mine}", template)
    other.call("PUT", "/other-1")
    clear(first)

    assert not first.exists(f"/{mine}-now")
    assert not first.exists(f"/_index_template/{mine}")
    assert first.exists("/other-1")
