"""The indexes of a generation in a cluster, behind aliases that are swapped in one call.

PREFIX-words-000003     tokens and filters: the lexical index
PREFIX-vectors-000003   k-NN vectors
PREFIX-texts-000003     what is shown of a listing
PREFIX-facts-000003     price, stock, delivery and sellers: small documents, updated many times
PREFIX-words, ...       aliases to the generation that is served

The mapping of an index (`_meta`) says what it was made from. A service verifies that before its
first search.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from indexer.errors import ClusterMismatch, SnapshotMismatch
from indexer.opensearch.connection import Cluster
from indexer.snapshot.manifest import GenerationMeta

log = logging.getLogger(__name__)

KINDS = ("words", "vectors", "texts", "facts")
_SEND_AGAIN = "send it again with: fondaco audit --repair, or restore it from a backup"
_TASK_POLL_S = 0.5


def alias(prefix: str, kind: str) -> str:
    """The alias of the served generation's index of a kind."""
    return f"{prefix}-{kind}"


class ClusterIndex:
    """One index of a generation. Its first use verifies that it is the one the snapshot means."""

    def __init__(self, cluster: Cluster, kind: str, meta: GenerationMeta) -> None:
        self.cluster = cluster
        self.kind = kind
        self.meta = meta
        self.name = meta.index(kind)
        self._is_verified = False

    def search(self, body: Mapping[str, Any], **params: Any) -> Any:
        """One search within its deadline.

        Raises:
            IndexUnavailable: not every shard answered in time.
            ClusterMismatch: there is no such index.
            SnapshotMismatch: the index is from another snapshot, build or encoder.
        """
        self.verify()
        return self.cluster.search(self.name, body, **params)

    def verify(self, *, alias_too: bool = True) -> None:
        """Compare the `_meta` of the index and its alias with the snapshot, until they agree once.

        Raises as `search`.
        """
        if not self._is_verified:
            deadline = self.cluster.settings.search_timeout_ms / 1e3
            _verify(self.cluster, self.kind, self.meta, deadline, alias_too)
            self._is_verified = alias_too


def _verify(cluster: Cluster, kind: str, meta: GenerationMeta, timeout_s: float, alias_too: bool) -> None:
    name = meta.index(kind)
    found = index_metas(cluster, alias(meta.prefix, kind), timeout_s) if alias_too else {}
    if name not in found:
        found |= index_metas(cluster, name, timeout_s)
    if name not in found:
        raise ClusterMismatch(f"OpenSearch at {cluster.access.shown} has no index {name}; {_SEND_AGAIN}")
    for index, index_meta in found.items():
        _verify_encoder(index, index_meta, kind, meta)
    for key, value in asdict(meta).items():
        if found[name].get(key) != value:
            raise SnapshotMismatch(
                f"index {name} has {key} {found[name].get(key)!r}, the snapshot {value!r}: it is of another build; "
                f"{_SEND_AGAIN}"
            )
    if kind != "facts":  # its documents include sellers, whose number is not in `meta`
        count = int(cluster.call("GET", f"/{name}/_count", timeout_s=timeout_s)["count"])
        if count != meta.listings:
            log.warning("index %s holds %d documents of %d; see which with: fondaco audit", name, count, meta.listings)


def _verify_encoder(index: str, index_meta: Mapping[str, Any], kind: str, meta: GenerationMeta) -> None:
    """Raise SnapshotMismatch if an index, named directly or by the alias, is of another encoder."""
    if index_meta.get("encoder") == meta.encoder:
        return
    is_own = index == meta.index(kind)
    subject = f"index {index}" if is_own else f"alias {alias(meta.prefix, kind)} points at {index}, which"
    raise SnapshotMismatch(
        f"{subject} was embedded by {index_meta.get('encoder')!r}, the snapshot by {meta.encoder!r}; "
        "point the alias back with: fondaco audit --repair, "
        "or roll the snapshot to that generation with: fondaco rollback --to"
    )


def index_metas(cluster: Cluster, target: str, timeout_s: float | None = None) -> dict[str, dict[str, Any]]:
    """The `_meta` of each index that a name, alias or pattern matches, by index name."""
    params = {"ignore_unavailable": "true", "allow_no_indices": "true"}
    indexes = cluster.call("GET", f"/{target}/_mapping", params=params, timeout_s=timeout_s)
    return {name: index["mappings"].get("_meta", {}) for name, index in indexes.items()}


def create_index(
    cluster: Cluster, kind: str, meta: GenerationMeta, properties: Mapping[str, Any], settings: Mapping[str, Any]
) -> bool:
    """Create an index to write to. Returns False if this build has created it already.

    Raises:
        ClusterMismatch: another snapshot has an index of this name.
    """
    name = meta.index(kind)
    existing = index_metas(cluster, name).get(name)
    if existing is not None:
        if existing.get("snapshot") != meta.snapshot:
            raise ClusterMismatch(
                f"index {name} belongs to another snapshot ({existing.get('snapshot')}); give this one another prefix "
                "in the file that FONDACO_OPENSEARCH_SETTINGS names"
            )
        if existing == asdict(meta):
            return False
        cluster.call("DELETE", f"/{name}")  # of an abandoned build
    _put_template(cluster, kind, meta, properties, settings)
    body = {"settings": {"index": {**settings, "refresh_interval": "-1"}}, "mappings": {"_meta": asdict(meta)}}
    cluster.call("PUT", f"/{name}", body)
    return True


def _put_template(
    cluster: Cluster, kind: str, meta: GenerationMeta, properties: Mapping[str, Any], settings: Mapping[str, Any]
) -> None:
    """Write the template of a kind. An operator's own of higher priority may add to it."""
    replica_count = cluster.settings.replicas
    replicas: dict[str, Any] = (
        {"auto_expand_replicas": "0-1"} if replica_count is None else {"number_of_replicas": replica_count}
    )
    alias_name = alias(meta.prefix, kind)
    template = {
        "index_patterns": [f"{alias_name}-*"],
        "priority": 100,
        "template": {
            "settings": {"index": {**settings, **replicas, "number_of_shards": meta.shards}},
            "mappings": {"dynamic": "strict", "properties": dict(properties)},
        },
    }
    cluster.call("PUT", f"/_index_template/{alias_name}", template)


def finish_index(cluster: Cluster, kind: str, meta: GenerationMeta, count: int) -> None:
    """Make a written index ready for searches: refreshed, checked for completeness, merged.

    Raises:
        ClusterMismatch: it does not hold `count` documents.
    """
    name = meta.index(kind)
    cluster.call("POST", f"/{name}/_refresh")
    indexed = int(cluster.call("GET", f"/{name}/_count")["count"])
    if indexed != count:
        raise ClusterMismatch(f"index {name} holds {indexed:,} documents of {count:,}; run the same command again")
    if kind != "facts":  # updates change its documents all day
        _merge(cluster, name)
    refresh = f"{cluster.settings.facts_refresh_ms}ms" if kind == "facts" else None
    cluster.call("PUT", f"/{name}/_settings", {"index": {"refresh_interval": refresh}})
    cluster.call("POST", f"/{name}/_flush")


def _merge(cluster: Cluster, name: str) -> None:
    """Merge to the settings' number of segments: one graph is searched faster than many."""
    params = {"max_num_segments": cluster.settings.segments, "wait_for_completion": "false"}
    task = cluster.call("POST", f"/{name}/_forcemerge", params=params)["task"]
    while not cluster.call("GET", f"/_tasks/{task}")["completed"]:
        time.sleep(_TASK_POLL_S)
    cluster.call("POST", f"/{name}/_refresh")


def point_aliases(cluster: Cluster, meta: GenerationMeta, kinds: Sequence[str]) -> None:
    """Point the aliases at this generation, in one atomic call.

    Raises:
        ClusterMismatch: an alias belongs to another snapshot.
    """
    actions: list[dict[str, Any]] = []
    for kind in kinds:
        alias_name = alias(meta.prefix, kind)
        for index, index_meta in index_metas(cluster, alias_name).items():
            if index_meta.get("snapshot") != meta.snapshot:
                raise ClusterMismatch(
                    f"alias {alias_name} points at {index}, which belongs to another snapshot; give this one "
                    "another prefix in the file that FONDACO_OPENSEARCH_SETTINGS names"
                )
            actions.append({"remove": {"index": index, "alias": alias_name}})
        actions.append({"add": {"index": meta.index(kind), "alias": alias_name}})
    cluster.call("POST", "/_aliases", {"actions": actions})
    log.info("aliases of %s point at generation %d", meta.prefix, meta.generation)


def aliased_indexes(cluster: Cluster, prefix: str, kind: str) -> list[str]:
    """The indexes that an alias points at."""
    return sorted(index_metas(cluster, alias(prefix, kind)))


def prune(cluster: Cluster, meta: GenerationMeta, keep: set[int]) -> list[str]:
    """Remove this snapshot's indexes of other generations than `keep`; returns the names.

    An index that an alias points at stays.
    """
    removed = []
    for kind in KINDS:
        served = aliased_indexes(cluster, meta.prefix, kind)
        for name, index_meta in index_metas(cluster, f"{alias(meta.prefix, kind)}-*").items():
            is_own = index_meta.get("snapshot") == meta.snapshot
            if is_own and name not in served and index_meta.get("generation") not in keep:
                cluster.call("DELETE", f"/{name}")
                removed.append(name)
    return sorted(removed)
