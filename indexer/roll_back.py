"""Rolls a snapshot back: serves an earlier generation again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indexer.snapshot.generations import generation_manifest, generation_to_roll_back_to, set_current

if TYPE_CHECKING:
    from indexer.opensearch.connection import Cluster


def roll_back(path: Path, to: int | None = None, cluster: Cluster | None = None) -> int:
    """Serve the generation before the current one, or `to`; returns its number.

    Where it has indexes in a cluster, their aliases are swapped first, in one call. If the process
    is killed in between, the same call finishes the work.

    Raises:
        SnapshotMissing: there is no such generation.
        ClusterMismatch: the cluster no longer has its indexes.
        IndexUnavailable: the cluster does not answer; nothing has changed.
        ValueError: it has indexes in a cluster, and no cluster was given.
    """
    target = generation_to_roll_back_to(path, to)
    if generation_manifest(path, target).cluster is not None:
        from indexer.opensearch.publish import set_current_aliases

        set_current_aliases(path, target, cluster)
    set_current(path, target)
    return target
