"""The generations in a snapshot's folder. One file, CURRENT, names the generation that is served.

SNAPSHOT/
  CURRENT               the number of the generation that is served
  generations/000001/   manifest.json, rejected.jsonl, and a folder for each store
  building/             a build that runs, or one that was interrupted and can resume
"""

from __future__ import annotations

import shutil
from pathlib import Path

from indexer.errors import SnapshotMissing
from indexer.snapshot.manifest import Manifest, read_manifest, write_manifest
from languages.durable import publish_folder, replace_file

_CURRENT = "CURRENT"


def generation_folder(path: Path, generation: int) -> Path:
    return path / "generations" / f"{generation:06d}"


def generations(path: Path) -> list[int]:
    """The generations on disk, oldest first."""
    folder = path / "generations"
    return sorted(int(p.name) for p in folder.iterdir() if (p / "manifest.json").exists()) if folder.is_dir() else []


def current_generation(path: Path) -> int:
    """The generation that is served.

    Raises:
        SnapshotMissing: none is.
    """
    try:
        text = (path / _CURRENT).read_text()
    except FileNotFoundError:
        raise SnapshotMissing(
            f"no snapshot is published in {path}; build one with: fondaco index CATALOGUE --out {path}"
        ) from None
    if not text.strip().isdecimal():
        raise SnapshotMissing(f"{path / _CURRENT} has no number of a generation; is {path} a snapshot's folder?")
    return int(text)


def generation_manifest(path: Path, generation: int | None = None) -> Manifest:
    """The manifest of a generation; None means the current one.

    Raises:
        SnapshotMissing: that generation is not on disk, or nothing is published.
        SnapshotMismatch: it has another format than this program reads.
    """
    if generation is None:
        generation = current_generation(path)
    elif generation not in generations(path):
        on_disk = ", ".join(map(str, generations(path))) or "none"
        raise SnapshotMissing(f"generation {generation} is not in {path}; on disk: {on_disk}")
    return read_manifest(generation_folder(path, generation))


def generation_to_roll_back_to(path: Path, to: int | None = None) -> int:
    """`to`, or for None the newest generation before the current one.

    Raises:
        SnapshotMissing: nothing is published, or the current generation is the oldest.
    """
    current = current_generation(path)
    if to is not None:
        return to
    earlier = [generation for generation in generations(path) if generation < current]
    if not earlier:
        raise SnapshotMissing(f"generation {current} is the oldest in {path}; there is none to roll back to")
    return earlier[-1]


def commit_generation(working: Path, path: Path, manifest: Manifest) -> None:
    """Write the manifest of a finished generation and move its folder to the others.

    It is not served yet.
    """
    write_manifest(working, manifest)
    target = generation_folder(path, manifest.generation)
    target.parent.mkdir(exist_ok=True)
    publish_folder(working, target)


def set_current(path: Path, generation: int) -> None:
    """Serve this generation from now on. Atomic: a reader sees the old number or the new one.

    Raises:
        SnapshotMissing: that generation is not on disk.
    """
    generation_manifest(path, generation)
    replace_file(path / _CURRENT, f"{generation}\n".encode())


def prune(path: Path, keep: int) -> list[int]:
    """Remove all but the newest `keep` generations and the served one; returns those removed."""
    current = current_generation(path)
    old = [generation for generation in generations(path)[:-keep] if generation != current]
    for generation in old:
        shutil.rmtree(generation_folder(path, generation))
    return old
