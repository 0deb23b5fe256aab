"""ClusterGeneration: a generation's indexes in a cluster, behind aliases that are swapped in one call.

PREFIX-words-000003     tokens and filters
PREFIX-vectors-000003   k-NN vectors
PREFIX-texts-000003     what is shown of a listing
PREFIX-facts-000003     price, stock, delivery and sellers: small documents, updated many times
PREFIX-words, ...       aliases to the generation that is served

What an index was made from stands in its mapping (`_meta`); a service proves it before the first search.
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
_POLL_S = 0.5


def alias(prefix: str, kind: str) -> str:
    """The name that always means the served generation's index of a kind."""
    return f"{prefix}-{kind}"


class ClusterIndex:
    """One index of a generation. Before its first use it proves that it is the one that the snapshot means."""

    def __init__(self, cluster: Cluster, kind: str, meta: GenerationMeta) -> None:
        self.cluster, self.kind, self.meta = cluster, kind, meta
        self.name = meta.index(kind)
        self._is_verified = False

    def search(self, body: Mapping[str, Any], **params: Any) -> Any:
        """One search within its deadline.

        Raises:
            IndexUnavailable: it was not answered in time, or not by every shard.
            ClusterMismatch: the index is not there.
            SnapshotMismatch: it is another snapshot's, build's or encoder's.
        """
        self.verify()
        return self.cluster.search(self.name, body, **params)

    def verify(self, *, alias_too: bool = True) -> None:
        """Compare what the index and its alias say of themselves with the snapshot; once it held, no more."""
        if not self._is_verified:
            deadline = self.cluster.settings.search_timeout_ms / 1e3
            _verify(self.cluster, self.kind, self.meta, deadline, alias_too)
            self._is_verified = alias_too


def _verify(cluster: Cluster, kind: str, meta: GenerationMeta, timeout_s: float, alias_too: bool) -> None:
    name, named = meta.index(kind), alias(meta.prefix, kind)
    found = metas(cluster, named, timeout_s) if alias_too else {}
    if name not in found:
        found |= metas(cluster, name, timeout_s)
    repair = "send it again with: fondaco audit --repair, or restore it from a backup"
    if name not in found:
        raise ClusterMismatch(f"OpenSearch at {cluster.access.shown} has no index {name}; {repair}")
    for index, said in found.items():
        if said.get("encoder") != meta.encoder:
            what = f"alias {named} points at {index}, which" if index != name else f"index {index}"
            raise SnapshotMismatch(
                f"{what} was embedded by {said.get('encoder')!r}, the snapshot by {meta.encoder!r}; point the alias "
                "back with: fondaco audit --repair, or roll the snapshot to that generation with: fondaco rollback --to"
            )
    differing = [key for key, value in asdict(meta).items() if found[name].get(key) != value]
    if differing:
        key = differing[0]
        raise SnapshotMismatch(
            f"index {name} has {key} {found[name].get(key)!r}, the snapshot {getattr(meta, key)!r}: it is of another "
            f"build; {repair}"
        )
    held = int(cluster.call("GET", f"/{name}/_count", timeout_s=timeout_s)["count"]) if kind != "facts" else None
    if held is not None and held != meta.listings:  # of facts nobody knows the number: sellers are among them
        log.warning("index %s holds %d documents of %d; see which with: fondaco audit", name, held, meta.listings)


def metas(cluster: Cluster, target: str, timeout_s: float | None = None) -> dict[str, dict[str, Any]]:
    """What each index that a name, alias or pattern stands for says of itself; none where there is none."""
    params = {"ignore_unavailable": "true", "allow_no_indices": "true"}
    found = cluster.call("GET", f"/{target}/_mapping", params=params, timeout_s=timeout_s)
    return {name: one["mappings"].get("_meta", {}) for name, one in found.items()}


def create(
    cluster: Cluster, kind: str, meta: GenerationMeta, properties: Mapping[str, Any], settings: Mapping[str, Any]
) -> bool:
    """Make an index that is written next, unless this build has begun it already. False: it was there.

    Raises:
        ClusterMismatch: another snapshot has an index of this name.
    """
    name = meta.index(kind)
    known = metas(cluster, name).get(name)
    if known is not None:
        if known.get("snapshot") != meta.snapshot:
            raise ClusterMismatch(
                f"index {name} belongs to another snapshot ({known.get('snapshot')}); give this one another prefix "
                "in the file that FONDACO_OPENSEARCH_SETTINGS names"
            )
        if known == asdict(meta):
            return False
        cluster.call("DELETE", f"/{name}")  # of a build that was given up
    _put_template(cluster, kind, meta, properties, settings)
    body = {"settings": {"index": {**settings, "refresh_interval": "-1"}}, "mappings": {"_meta": asdict(meta)}}
    cluster.call("PUT", f"/{name}", body)
    return True


def _put_template(
    cluster: Cluster, kind: str, meta: GenerationMeta, properties: Mapping[str, Any], settings: Mapping[str, Any]
) -> None:
    """What every index of a kind has in common; an operator's own template of a higher priority may add to it."""
    chosen = cluster.settings
    replicas: dict[str, Any] = (
        {"auto_expand_replicas": "0-1"} if chosen.replicas is None else {"number_of_replicas": chosen.replicas}
    )
    named = alias(meta.prefix, kind)
    template = {
        "index_patterns": [f"{named}-*"],
        "priority": 100,
        "template": {
            "settings": {"index": {**settings, **replicas, "number_of_shards": meta.shards}},
            "mappings": {"dynamic": "strict", "properties": dict(properties)},
        },
    }
    cluster.call("PUT", f"/_index_template/{named}", template)


def finish(cluster: Cluster, kind: str, meta: GenerationMeta, count: int) -> None:
    """Make a written index fit for searches: visible, merged, complete.

    Raises:
        ClusterMismatch: it does not hold `count` documents.
    """
    name = meta.index(kind)
    cluster.call("POST", f"/{name}/_refresh")
    held = int(cluster.call("GET", f"/{name}/_count")["count"])
    if held != count:
        raise ClusterMismatch(f"index {name} holds {held:,} documents of {count:,}; run the same command again")
    if kind != "facts":  # whose documents change all day
        _merge(cluster, name)
    refresh = f"{cluster.settings.facts_refresh_ms}ms" if kind == "facts" else None
    cluster.call("PUT", f"/{name}/_settings", {"index": {"refresh_interval": refresh}})
    cluster.call("POST", f"/{name}/_flush")


def _merge(cluster: Cluster, name: str) -> None:
    """Merge to the settings' number of segments, however long it takes: one graph is searched faster than many."""
    params = {"max_num_segments": cluster.settings.segments, "wait_for_completion": "false"}
    task = cluster.call("POST", f"/{name}/_forcemerge", params=params)["task"]
    while not cluster.call("GET", f"/_tasks/{task}")["completed"]:
        time.sleep(_POLL_S)
    cluster.call("POST", f"/{name}/_refresh")


def point_aliases(cluster: Cluster, meta: GenerationMeta, kinds: Sequence[str]) -> None:
    """Make this generation the one that the aliases mean: one call, all of it or nothing.

    Raises:
        ClusterMismatch: an alias is another snapshot's.
    """
    actions: list[dict[str, Any]] = []
    for kind in kinds:
        named = alias(meta.prefix, kind)
        for index, said in metas(cluster, named).items():
            if said.get("snapshot") != meta.snapshot:
                raise ClusterMismatch(
                    f"alias {named} points at {index}, which belongs to another snapshot; give this one another prefix "
                    "in the file that FONDACO_OPENSEARCH_SETTINGS names"
                )
            actions.append({"remove": {"index": index, "alias": named}})
        actions.append({"add": {"index": meta.index(kind), "alias": named}})
    cluster.call("POST", "/_aliases", {"actions": actions})
    log.info("aliases of %s point at generation %d", meta.prefix, meta.generation)


def aliased(cluster: Cluster, prefix: str, kind: str) -> list[str]:
    """The indexes that an alias means."""
    return sorted(metas(cluster, alias(prefix, kind)))


def prune(cluster: Cluster, meta: GenerationMeta, keep: set[int]) -> list[str]:
    """Remove this snapshot's indexes of generations that are not kept; an aliased one stays. Returns the names."""
    removed = []
    for kind in KINDS:
        served = aliased(cluster, meta.prefix, kind)
        for name, said in metas(cluster, f"{alias(meta.prefix, kind)}-*").items():
            mine = said.get("snapshot") == meta.snapshot
            if mine and name not in served and said.get("generation") not in keep:
                cluster.call("DELETE", f"/{name}")
                removed.append(name)
    return sorted(removed)
