"""The manifest of a generation: what it contains, what made it, and a checksum of each file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from indexer.arrangement import Arrangement
from indexer.errors import SnapshotMismatch, SnapshotMissing

FORMAT = 2
"""Incremented when the layout of a store changes. A snapshot of another format must be rebuilt."""

_NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class GenerationMeta:
    """What the indexes of a generation were made from.

    Each index in the cluster says this of itself, and the manifest of the generation says the same.
    """

    snapshot: str  # the id of the snapshot's folder: two snapshots must not share a prefix
    build: str
    prefix: str
    generation: int
    encoder: str
    dim: int
    analysis: str
    listings: int
    ids_checksum: str
    shards: int
    quantisation: str

    def index(self, kind: str) -> str:
        """The name of this generation's index of a kind."""
        return f"{self.prefix}-{kind}-{self.generation:06d}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation contains.

    `files` gives the size in bytes and the BLAKE2b of each file, by its path in the folder.
    """

    format: int
    generation: int
    created_at: str
    encoder: str
    dim: int
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
    engines: Arrangement = Arrangement.EMBEDDED
    cluster: GenerationMeta | None = None  # None where no index is in a cluster

    def to_json(self) -> bytes:
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Manifest:
        """The manifest of parsed JSON, as `to_json` writes it."""
        cluster = plain.get("cluster")
        return cls(
            **{
                **plain,
                "files": {name: (size, digest) for name, (size, digest) in plain["files"].items()},
                "engines": Arrangement(plain.get("engines", Arrangement.EMBEDDED)),
                "cluster": None if cluster is None else GenerationMeta(**cluster),
            }
        )


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a generation's folder.

    Raises:
        SnapshotMissing: there is none.
        SnapshotMismatch: it has another format than this program reads.
    """
    try:
        plain = orjson.loads((folder / _NAME).read_bytes())
    except FileNotFoundError:
        raise SnapshotMissing(f"{folder} has no manifest.json; build it again with: fondaco index") from None
    if plain["format"] != FORMAT:
        root = folder.parent.parent
        raise SnapshotMismatch(
            f"{folder} has format {plain['format']}, this program reads {FORMAT}; "
            f"build it again with: fondaco index {plain['catalogue']} --out {root}"
        )
    return Manifest.from_json(plain)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a generation into its folder."""
    (folder / _NAME).write_bytes(manifest.to_json())


def checksums(folder: Path) -> dict[str, tuple[int, str]]:
    """Bytes and BLAKE2b of every file below a folder, by path; hidden files are left out."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return {str(p.relative_to(folder)): (p.stat().st_size, checksum(p)) for p in files}


def checksum(path: Path) -> str:
    """BLAKE2b of a file, 128 bits, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
