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
from typing import TYPE_CHECKING, Any

import orjson

from indexer.arrangement import Arrangement
from indexer.durable import sync
from indexer.errors import SnapshotMismatch, SnapshotMissing
from indexer.stores.facts import Facts
from indexer.stores.lexical import LexicalIndex
from indexer.stores.lexical_tantivy import TantivyIndex
from indexer.stores.tables import Tables, read_tables
from indexer.stores.term_index import TermIndex
from indexer.stores.texts import Texts, TextSource
from indexer.stores.vector import Stored, VectorIndex, open_vectors
from indexer.stores.vector_faiss import FaissVectorIndex
from languages.analyse import VERSION as ANALYSIS_VERSION

if TYPE_CHECKING:
    from indexer.opensearch.connection import Cluster

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
    engines: str = "embedded"  # one of `indexer.arrangement.Arrangement`
    cluster: Mapping[str, Any] | None = (
        None  # `indexer.opensearch.cluster_generation.GenerationMeta`, where a cluster has a part
    )


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """An open generation: every store mapped or in a cluster, none read whole."""

    folder: Path
    manifest: Manifest
    tables: Tables
    facts: Facts
    texts: TextSource
    lexical: LexicalIndex
    vector_index: VectorIndex
    bridge: TermIndex

    @classmethod
    def open(cls, path: Path, generation: int | None = None, cluster: Cluster | None = None) -> Snapshot:
        """The current generation of a snapshot, or the one asked for.

        `cluster` None takes the one that the environment names, where the snapshot's engines need one.

        Raises:
            SnapshotMissing: nothing is published there.
            SnapshotMismatch: it has another format or analysis than this program.
            ValueError: it needs a cluster, and the environment names none, or wrongly.
        """
        folder = generation_folder(path, current_generation(path) if generation is None else generation)
        manifest = read_manifest(folder)
        _check(manifest, path)
        stores = _embedded(folder) if manifest.cluster is None else _in_cluster(folder, manifest, cluster)
        tables, facts, bridge = read_tables(folder / "tables"), Facts(folder / "facts"), TermIndex(folder / "bridge")
        return cls(folder, manifest, tables, facts, *stores, bridge)

    @property
    def vectors(self) -> Stored:
        """The stored vectors of the folder, mapped.  # (rows, dim) float16"""
        return open_vectors(self.folder / "vectors" / "vectors.npy")

    @property
    def engines(self) -> Arrangement:
        return Arrangement(self.manifest.engines)

    def __len__(self) -> int:
        return self.manifest.listings


def _embedded(folder: Path) -> tuple[TextSource, LexicalIndex, VectorIndex]:
    return Texts(folder / "texts" / "texts.arrow"), TantivyIndex(folder / "lexical"), _faiss(folder)


def _faiss(folder: Path) -> FaissVectorIndex:
    return FaissVectorIndex(folder / "vectors" / "faiss", open_vectors(folder / "vectors" / "vectors.npy"))


def _in_cluster(
    folder: Path, manifest: Manifest, cluster: Cluster | None
) -> tuple[TextSource, LexicalIndex, VectorIndex]:
    """Texts, words and vectors where some of them are in a cluster. Nothing is asked of it yet."""
    from indexer.opensearch.cluster_generation import ClusterIndex, GenerationMeta
    from indexer.opensearch.connection import Cluster
    from indexer.opensearch.lexical import OpenSearchLexicalIndex
    from indexer.opensearch.texts import OpenSearchTexts
    from indexer.opensearch.vector import OpenSearchVectorIndex
    from indexer.stores.ids import Ids
    from indexer.stores.vocabulary import Vocabulary

    assert manifest.cluster is not None
    meta, asked = GenerationMeta(**manifest.cluster), cluster or Cluster.from_environment()
    words = ClusterIndex(asked, "words", meta)
    lexical = OpenSearchLexicalIndex(words, Vocabulary(folder / "vocabulary"), Ids(folder / "ids"))
    if Arrangement(manifest.engines) is Arrangement.MIXED:
        return Texts(folder / "texts" / "texts.arrow"), lexical, _faiss(folder)
    texts = OpenSearchTexts(ClusterIndex(asked, "texts", meta))
    return texts, lexical, OpenSearchVectorIndex(ClusterIndex(asked, "vectors", meta))


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


def commit_generation(working: Path, path: Path, manifest: Manifest) -> None:
    """Put a finished generation among the others, not served yet: manifest last, then one atomic rename."""
    (working / "manifest.json").write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
    for file in (working / name for name in [*manifest.files, "manifest.json"]):
        sync(file)
    target = generation_folder(path, manifest.generation)
    target.parent.mkdir(exist_ok=True)
    working.rename(target)
    sync(target.parent)


def set_current(path: Path, generation: int) -> None:
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


def roll_back(path: Path, to: int | None = None, cluster: Cluster | None = None) -> int:
    """Serve the generation before the current one, or the one asked for; returns its number.

    Where a cluster has a part in it, its aliases are swapped first, in one call; killed in between, the same call
    goes on.

    Raises:
        SnapshotMissing: there is none.
        ClusterMismatch: the cluster no longer has its indexes.
        IndexUnavailable: the cluster does not answer; nothing has changed.
    """
    current = current_generation(path)
    earlier = [g for g in generations(path) if g < current]
    if to is None and not earlier:
        raise SnapshotMissing(f"generation {current} is the oldest in {path}; there is none to roll back to")
    target = earlier[-1] if to is None else to
    set_current_aliases(path, target, cluster)
    set_current(path, target)
    return target


def set_current_aliases(path: Path, generation: int, cluster: Cluster | None = None) -> None:
    """Make a generation the one that the aliases of its cluster mean, once its indexes are proved to be there."""
    manifest = read_manifest(generation_folder(path, generation))
    if manifest.cluster is None:
        return
    from indexer.opensearch.cluster_generation import GenerationMeta, point_aliases
    from indexer.opensearch.connection import Cluster

    asked = cluster or Cluster.from_environment()
    verify_in_cluster(manifest, asked, alias_too=False)
    point_aliases(asked, GenerationMeta(**manifest.cluster), Arrangement(manifest.engines).kinds)


def verify_in_cluster(manifest: Manifest, cluster: Cluster, *, alias_too: bool = True) -> None:
    """Prove that a cluster has a generation's indexes, made from what the manifest says.

    Raises:
        ClusterMismatch: one is not there.
        SnapshotMismatch: one, or what its alias means, is of another encoder, build or snapshot.
        ClusterRefused: the cluster does not know this user, key or certificate.
        IndexUnavailable: it does not answer.
    """
    from indexer.opensearch.cluster_generation import ClusterIndex, GenerationMeta

    if manifest.cluster is not None:
        for kind in Arrangement(manifest.engines).kinds:
            ClusterIndex(cluster, kind, GenerationMeta(**manifest.cluster)).prove(alias_too=alias_too)


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
