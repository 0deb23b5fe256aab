"""Arrangement: which indexes a snapshot is searched with. One setting, the same answers."""

from __future__ import annotations

from enum import StrEnum


class Arrangement(StrEnum):
    """Where words, vectors and the texts to show are."""

    EMBEDDED = "embedded"  # tantivy, FAISS and Arrow, in the snapshot's folder
    MIXED = "opensearch+faiss"  # words in OpenSearch; vectors and texts in the folder
    OPENSEARCH = "opensearch"  # all in OpenSearch; facts and small tables in the folder

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of index that a generation has in a cluster."""
        return {
            Arrangement.EMBEDDED: (),
            Arrangement.MIXED: ("words", "facts"),
            Arrangement.OPENSEARCH: ("words", "vectors", "texts", "facts"),
        }[self]

    @property
    def is_remote(self) -> bool:
        """Whether a search waits for another machine."""
        return self is not Arrangement.EMBEDDED

    @property
    def uses_faiss(self) -> bool:
        return self is not Arrangement.OPENSEARCH
