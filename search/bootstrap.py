"""The one place that constructs: a snapshot, its encoder and the profiles become an Engine."""

from __future__ import annotations

from pathlib import Path

from indexer.encoders.open_encoder import open_encoder
from indexer.open_snapshot import cluster_for, open_snapshot
from indexer.opensearch.follower import FactFollower
from indexer.snapshot.generations import generation_manifest
from indexer.threads import set_threads, usable_cores
from ranking.profile import read_profiles
from search.engine import Engine


def open_engine(
    path: Path, *, encoder: str | None = None, threads: int | None = None, profiles: Path | None = None
) -> Engine:
    """An engine over the current generation of a snapshot, with its facts as they are now: it does not follow them.

    `threads` are the encoder's; None is every core this process may use.
    `encoder` None takes the setting the snapshot was built with; `profiles` None the profiles that come along.

    Raises:
        SnapshotMissing: nothing is published there.
        SnapshotMismatch: the snapshot was made by another encoder, analysis or format.
    """
    set_threads(1)  # FAISS and BLAS answer one query at a time: a second thread of theirs would only spin
    manifest = generation_manifest(path)
    cluster = cluster_for(manifest.engines)
    snapshot = open_snapshot(path, manifest.generation, cluster)
    if live := FactFollower.of(snapshot, cluster):
        live.follow()  # prices and stock as they are now; where the cluster is away, as they were built
    setting = encoder or str(snapshot.manifest.settings["encoder"])
    return Engine(
        snapshot,
        open_encoder(setting, threads=threads or usable_cores()),
        read_profiles() if profiles is None else read_profiles(profiles),
        concurrent=snapshot.engines.is_remote,
    )
