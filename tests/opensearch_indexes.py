"""Small indexes in a real node, written as a build writes them, for tests that compare values."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from opensearch_nodes import Nodes, clear

from indexer.opensearch.bulk import BulkWriter
from indexer.opensearch.cluster_generation import ClusterIndex, create_index, finish_index
from indexer.opensearch.cluster_settings import ClusterAccess, ClusterSettings
from indexer.opensearch.connection import Cluster
from indexer.opensearch.lexical import PROPERTIES, SETTINGS, OpenSearchLexicalIndex, similarities, source
from indexer.opensearch.vector import SETTINGS as VECTOR_SETTINGS
from indexer.opensearch.vector import OpenSearchVectorIndex, properties
from indexer.opensearch.vector import source as vector_source
from indexer.snapshot.manifest import GenerationMeta
from indexer.stores.hashes import hash_texts
from indexer.stores.ids import Ids, write_ids
from indexer.stores.lexical import Document
from indexer.stores.vector import StoredVectors
from indexer.stores.vocabulary import Vocabulary, write_vocabulary


@contextmanager
def connected(nodes: Nodes, **settings: Any) -> Iterator[Cluster]:
    """A connection with a prefix of its own; what begins with the prefix is deleted at the end."""
    values = {"prefix": f"t-{uuid.uuid4().hex[:10]}", "search_timeout_ms": 20_000, **settings}
    cluster = Cluster(ClusterAccess(nodes.urls), ClusterSettings(**values))
    try:
        yield cluster
    finally:
        clear(cluster)
        cluster.close()


def meta_of(cluster: Cluster, listings: int, dim: int = 8) -> GenerationMeta:
    """The meta of the first generation of a snapshot, as a build writes it."""
    settings = cluster.settings
    return GenerationMeta(
        snapshot="s", build="b", prefix=settings.prefix, generation=1, encoder="hashing", dim=dim, analysis="1",
        listings=listings, ids_checksum="c", shards=settings.shards, quantisation=settings.quantisation,
    )  # fmt: skip


def lexical_index(cluster: Cluster, documents: Sequence[Document], folder: Path) -> OpenSearchLexicalIndex:
    """An index of these documents; the id of row n is ``listing n``."""
    for name in ("vocabulary", "ids"):
        (folder / name).mkdir()
    write_vocabulary(documents, folder / "vocabulary")
    names = [f"listing {row}" for row in range(len(documents))]
    write_ids([hash_texts(names)], folder / "ids")
    vocabulary = Vocabulary(folder / "vocabulary")
    meta = meta_of(cluster, len(documents))
    create_index(cluster, "words", meta, PROPERTIES, {**SETTINGS, "similarity": similarities(vocabulary)})
    with BulkWriter(cluster, meta.index("words")) as writer:
        for row, (name, document) in enumerate(zip(names, documents, strict=True)):
            writer.create(name, source(row, document))
    finish_index(cluster, "words", meta, len(documents))
    return OpenSearchLexicalIndex(ClusterIndex(cluster, "words", meta), vocabulary, Ids(folder / "ids"))


def vector_index(cluster: Cluster, vectors: StoredVectors) -> OpenSearchVectorIndex:
    """An index of these vectors."""
    meta = meta_of(cluster, len(vectors), vectors.shape[1])
    create_index(cluster, "vectors", meta, properties(vectors.shape[1], cluster.settings), VECTOR_SETTINGS)
    with BulkWriter(cluster, meta.index("vectors")) as writer:
        for row in range(len(vectors)):
            writer.create(f"listing {row}", vector_source(row, np.asarray(vectors[row]), (f"half={row % 2}",)))
    finish_index(cluster, "vectors", meta, len(vectors))
    return OpenSearchVectorIndex(ClusterIndex(cluster, "vectors", meta))
