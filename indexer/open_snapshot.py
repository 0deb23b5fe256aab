"""Opens a snapshot, and connects to the cluster that the environment names.

The only place that does either. A command or a service calls `cluster_for` once when it starts, and
passes the cluster to all that need it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indexer.arrangement import Arrangement
from indexer.errors import SnapshotMismatch
from indexer.snapshot.generations import current_generation, generation_folder
from indexer.snapshot.manifest import Manifest, read_manifest
from indexer.snapshot.snapshot import Snapshot
from indexer.stores.facts import Facts
from indexer.stores.lexical import LexicalIndex
from indexer.stores.lexical_tantivy import TantivyIndex
from indexer.stores.moments import Moments
from indexer.stores.tables import read_tables
from indexer.stores.term_index import TermIndex
from indexer.stores.texts import Texts, TextSource
from indexer.stores.vector import VectorIndex, open_vectors
from indexer.stores.vector_faiss import FaissVectorIndex
from languages.analyse import VERSION as ANALYSIS_VERSION

if TYPE_CHECKING:
    from indexer.opensearch.connection import Cluster


def cluster_for(engines: Arrangement) -> Cluster | None:
    """A connection to the cluster that the environment names; None for an embedded snapshot.

    Raises:
        ValueError: a variable of the environment is missing or wrong.
    """
    if not engines.is_remote:
        return None
    from indexer.opensearch.connection import Cluster

    return Cluster.from_environment()


def open_snapshot(path: Path, generation: int | None = None, cluster: Cluster | None = None) -> Snapshot:
    """Open a generation of a snapshot; None means the current one.

    `cluster` is needed where the generation has indexes in a cluster; see `cluster_for`. No request
    is sent to it.

    Raises:
        SnapshotMissing: nothing is published there.
        SnapshotMismatch: it has another format or analysis than this program.
        ValueError: it has indexes in a cluster, and no cluster was given.
    """
    folder = generation_folder(path, current_generation(path) if generation is None else generation)
    manifest = read_manifest(folder)
    _check_analysis(manifest, path)
    if manifest.cluster is None:
        texts, lexical, vector_index = _embedded_stores(folder)
    else:
        texts, lexical, vector_index = _cluster_stores(folder, manifest, cluster)
    return Snapshot(
        root=path,
        folder=folder,
        manifest=manifest,
        tables=read_tables(folder / "tables"),
        facts=Facts(folder / "facts"),
        texts=texts,
        lexical=lexical,
        vector_index=vector_index,
        moments=Moments.read(folder / "moments" / "moments.npz"),
        bridge=TermIndex(folder / "bridge"),
    )


def _embedded_stores(folder: Path) -> tuple[TextSource, LexicalIndex, VectorIndex]:
    return Texts(folder / "texts" / "texts.arrow"), TantivyIndex(folder / "lexical"), _faiss(folder)


def _faiss(folder: Path) -> FaissVectorIndex:
    return FaissVectorIndex(folder / "vectors" / "faiss", open_vectors(folder / "vectors" / "vectors.npy"))


def _cluster_stores(
    folder: Path, manifest: Manifest, cluster: Cluster | None
) -> tuple[TextSource, LexicalIndex, VectorIndex]:
    """Texts, lexical index and vector index, some or all of them in a cluster."""
    from indexer.opensearch.cluster_generation import ClusterIndex
    from indexer.opensearch.lexical import OpenSearchLexicalIndex
    from indexer.opensearch.texts import OpenSearchTexts
    from indexer.opensearch.vector import OpenSearchVectorIndex
    from indexer.stores.ids import Ids
    from indexer.stores.vocabulary import Vocabulary

    meta = manifest.cluster
    assert meta is not None
    if cluster is None:
        raise ValueError(f"{folder} has indexes in a cluster, and no cluster was given to open it with")
    words = ClusterIndex(cluster, "words", meta)
    lexical = OpenSearchLexicalIndex(words, Vocabulary(folder / "vocabulary"), Ids(folder / "ids"))
    if manifest.engines is Arrangement.MIXED:
        return Texts(folder / "texts" / "texts.arrow"), lexical, _faiss(folder)
    texts = OpenSearchTexts(ClusterIndex(cluster, "texts", meta))
    return texts, lexical, OpenSearchVectorIndex(ClusterIndex(cluster, "vectors", meta))


def _check_analysis(manifest: Manifest, path: Path) -> None:
    if manifest.analysis != ANALYSIS_VERSION:
        raise SnapshotMismatch(
            f"{path} was analysed by version {manifest.analysis}, queries are by {ANALYSIS_VERSION}; "
            f"build it again with: fondaco index {manifest.catalogue} --out {path}"
        )
