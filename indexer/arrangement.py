"""Arrangement: where the indexes of a snapshot are. One setting; the answers are the same."""

from __future__ import annotations

from enum import StrEnum


class Arrangement(StrEnum):
    """Where the lexical index, the vector index and the texts of results are."""

    EMBEDDED = "embedded"  # tantivy, FAISS and Arrow, in the snapshot's folder
    MIXED = "opensearch+faiss"  # lexical index in OpenSearch; vectors and texts in the folder
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
        """Whether a search needs a cluster."""
        return self is not Arrangement.EMBEDDED

    @property
    def uses_faiss(self) -> bool:
        return self is not Arrangement.OPENSEARCH
