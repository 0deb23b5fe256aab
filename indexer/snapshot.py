"""Snapshot: one published state of every store. Immutable; swapped and rolled back by one atomic pointer.

SNAPSHOT/
  CURRENT               the name of the generation that is served
  generations/000001/   manifest.json, tables/, facts/, texts/, vectors/, lexical/, bridge/, rejected.jsonl
  building/             a build under way, or one that was cut off and will go on
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from indexer.bridge import Bridge
from indexer.durable import sync
from indexer.errors import SnapshotMismatch, SnapshotMissing
from indexer.facts import Facts
from indexer.lexical_tantivy import TantivyIndex
from indexer.tables import Tables, read_tables
from indexer.texts import Texts
from indexer.vector import Stored, open_vectors
from indexer.vector_faiss import FaissVectorIndex
from languages.analyse import VERSION as ANALYSIS_VERSION

FORMAT = 1
"""Raised when a store's layout changes; an older snapshot is then refused with the command that makes it anew."""

_CURRENT = "CURRENT"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation is made of. `files` gives bytes and BLAKE2b of each file, by its path within."""

    format: int
    generation: int
    created_at: str
    encoder: str
    dim: int
    cosine_spread: float
    analysis: str
    catalogue: str
    listings: int
    rejected: int
    embedded: int
    reused: int
    vector_index: str
    ids_checksum: str
    settings: Mapping[str, Any]
    seconds: Mapping[str, float]
    files: Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """An open generation: every store mapped, none read whole."""

    folder: Path
    manifest: Manifest
    tables: Tables
    facts: Facts
    texts: Texts
    vectors: Stored
    lexical: TantivyIndex
    vector_index: FaissVectorIndex
    bridge: Bridge

    @classmethod
    def open(cls, path: Path, generation: int | None = None) -> Snapshot:
        """The current generation of a snapshot, or the one asked for.

        Raises:
            SnapshotMissing: nothing is published there.
            SnapshotMismatch: it has another format or analysis than this program.
        """
        folder = generation_folder(path, current_generation(path) if generation is None else generation)
        manifest = read_manifest(folder)
        _check(manifest, path)
        vectors = open_vectors(folder / "vectors" / "vectors.npy")
        return cls(
            folder,
            manifest,
            read_tables(folder / "tables"),
            Facts(folder / "facts"),
            Texts(folder / "texts" / "texts.arrow"),
            vectors,
            TantivyIndex(folder / "lexical"),
            FaissVectorIndex(folder / "vectors" / "faiss", vectors),
            Bridge(folder / "bridge"),
        )

    def __len__(self) -> int:
        return self.manifest.listings


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
        return int((path / _CURRENT).read_text().strip())
    except FileNotFoundError:
        raise SnapshotMissing(
            f"no snapshot is published in {path}; build one with: fondaco index CATALOGUE --out {path}"
        ) from None


def read_manifest(folder: Path) -> Manifest:
    try:
        plain = orjson.loads((folder / "manifest.json").read_bytes())
    except FileNotFoundError:
        raise SnapshotMissing(f"{folder} has no manifest.json; see what is there with: fondaco audit") from None
    if plain["format"] != FORMAT:
        raise SnapshotMismatch(
            f"{folder} has format {plain['format']}, this program reads {FORMAT}; "
            f"build it anew with: fondaco index {plain['catalogue']} --out {folder.parent.parent}"
        )
    plain["files"] = {name: tuple(entry) for name, entry in plain["files"].items()}
    return Manifest(**plain)


def publish(working: Path, path: Path, manifest: Manifest) -> None:
    """Make a finished generation the one that is served: manifest last, then two atomic renames."""
    (working / "manifest.json").write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
    for file in (working / name for name in [*manifest.files, "manifest.json"]):
        sync(file)
    target = generation_folder(path, manifest.generation)
    target.parent.mkdir(exist_ok=True)
    working.rename(target)
    sync(target.parent)
    point_at(path, manifest.generation)


def point_at(path: Path, generation: int) -> None:
    """Serve this generation from now on. Atomic; a reader sees the old one or the new one.

    Raises:
        SnapshotMissing: that generation is not on disk.
    """
    read_manifest(generation_folder(path, generation))
    new = path / f"{_CURRENT}.tmp"
    new.write_text(f"{generation}\n")
    sync(new)
    new.replace(path / _CURRENT)
    sync(path)


def roll_back(path: Path, to: int | None = None) -> int:
    """Serve the generation before the current one, or the one asked for; returns its number.

    Raises:
        SnapshotMissing: there is none.
    """
    current = current_generation(path)
    earlier = [g for g in generations(path) if g < current]
    if to is None and not earlier:
        raise SnapshotMissing(f"generation {current} is the oldest in {path}; there is none to roll back to")
    target = earlier[-1] if to is None else to
    point_at(path, target)
    return target


def prune(path: Path, keep: int) -> list[int]:
    """Remove all but the newest `keep` generations and the served one; returns those removed."""
    current = current_generation(path)
    old = [g for g in generations(path)[:-keep] if g != current]
    for generation in old:
        shutil.rmtree(generation_folder(path, generation))
    return old


def checksums(folder: Path) -> dict[str, tuple[int, str]]:
    """Bytes and BLAKE2b of every file below a folder."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return {str(p.relative_to(folder)): (p.stat().st_size, checksum(p)) for p in files}


def checksum(path: Path) -> str:
    """BLAKE2b of a file, 128 bits, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _check(manifest: Manifest, path: Path) -> None:
    mend = f"build it anew with: fondaco index {manifest.catalogue} --out {path}"
    if manifest.analysis != ANALYSIS_VERSION:
        raise SnapshotMismatch(
            f"{path} was analysed by version {manifest.analysis}, queries are by {ANALYSIS_VERSION}; {mend}"
        )
