"""The one place that constructs: a snapshot, its encoder and the profiles become an Engine."""

from __future__ import annotations

from pathlib import Path

from indexer.open_encoder import open_encoder
from indexer.snapshot import Snapshot
from ranking.profile import read_profiles
from search.engine import Engine


def open_engine(
    path: Path, *, encoder: str | None = None, threads: int | None = None, profiles: Path | None = None
) -> Engine:
    """An engine over the current generation of a snapshot.

    `encoder` None takes the setting the snapshot was built with; `profiles` None the profiles that come along.

    Raises:
        SnapshotMissing: nothing is published there.
        SnapshotMismatch: the snapshot was made by another encoder, analysis or format.
    """
    snapshot = Snapshot.open(path)
    setting = encoder or str(snapshot.manifest.settings["encoder"])
    return Engine(
        snapshot,
        open_encoder(setting, threads=threads),
        read_profiles() if profiles is None else read_profiles(profiles),
    )
