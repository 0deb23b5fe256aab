"""ClusterSources: the documents of a generation's indexes, read from the generation's folder.

A build sends them, an audit compares them, a repair sends them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from indexer.opensearch.cluster_settings import ClusterSettings
from indexer.opensearch.facts import LISTING, fact_sources, seller_sources
from indexer.opensearch.facts import PROPERTIES as FACT_PROPERTIES
from indexer.opensearch.lexical import PROPERTIES as LEXICAL_PROPERTIES
from indexer.opensearch.lexical import SETTINGS as LEXICAL_SETTINGS
from indexer.opensearch.lexical import similarities
from indexer.opensearch.lexical import source as lexical_source
from indexer.opensearch.texts import PROPERTIES as TEXT_PROPERTIES
from indexer.opensearch.texts import source as text_source
from indexer.opensearch.vector import SETTINGS as VECTOR_SETTINGS
from indexer.opensearch.vector import properties as vector_properties
from indexer.opensearch.vector import source as vector_source
from indexer.stores.documents import read_documents
from indexer.stores.facts import Facts
from indexer.stores.tables import Tables, read_tables
from indexer.stores.texts import Texts
from indexer.stores.vector import open_vectors
from indexer.stores.vocabulary import Vocabulary

Sources = Iterator[tuple[str, dict[str, Any]]]
"""Documents with their ids."""

_BLOCK = 4_096  # rows of facts read at once


class ClusterSources:
    """The documents of a generation's folder, by kind of index (`KINDS` in cluster_generation)."""

    def __init__(self, folder: Path, dim: int, settings: ClusterSettings) -> None:
        self._folder = folder
        self._dim = dim
        self._settings = settings
        self._texts = Texts(folder / "texts" / "texts.arrow")

    @cached_property
    def _tables(self) -> Tables:
        return read_tables(self._folder / "tables")

    def properties(self, kind: str) -> dict[str, Any]:
        """The mapping of an index of a kind."""
        return {
            "words": LEXICAL_PROPERTIES,
            "texts": TEXT_PROPERTIES,
            "vectors": vector_properties(self._dim, self._settings),
            "facts": FACT_PROPERTIES,
        }[kind]

    def index_settings(self, kind: str) -> dict[str, Any]:
        """The settings of an index of a kind."""
        if kind == "words":
            return {**LEXICAL_SETTINGS, "similarity": similarities(Vocabulary(self._folder / "vocabulary"))}
        return VECTOR_SETTINGS if kind == "vectors" else {}

    def count(self, kind: str) -> int:
        """How many documents of a kind there are."""
        return len(self._texts) + (len(self._tables.sellers.ids) if kind == "facts" else 0)

    def read(self, kind: str, start: int = 0) -> Sources:
        """The documents of a kind from number `start` on, by row; sellers follow the listings."""
        readers: dict[str, Callable[[int], Sources]] = {
            "words": self._lexical,
            "texts": self._shown_texts,
            "vectors": self._vectors,
            "facts": self._facts,
        }
        return readers[kind](start)

    def _lexical(self, start: int) -> Sources:
        documents = read_documents(self._folder / "documents" / "documents.arrow", start)
        for row, (listing_id, document) in enumerate(zip(self._ids(start), documents, strict=True), start):
            yield listing_id, lexical_source(row, document)

    def _shown_texts(self, start: int) -> Sources:
        for row, text in enumerate(self._texts.read(start), start):
            yield text.listing_id, text_source(row, text)

    def _vectors(self, start: int) -> Sources:
        vectors = open_vectors(self._folder / "vectors" / "vectors.npy")
        documents = read_documents(self._folder / "documents" / "documents.arrow", start)
        for row, (listing_id, document) in enumerate(zip(self._ids(start), documents, strict=True), start):
            yield listing_id, vector_source(row, np.asarray(vectors[row]), document.filters)

    def _facts(self, start: int) -> Sources:
        tables = self._tables
        facts = Facts(self._folder / "facts")
        for first in range(start, len(facts), _BLOCK):
            rows = np.arange(first, min(first + _BLOCK, len(facts)))
            sources = fact_sources(first, facts.take(rows), tables)
            for listing_id, source in zip(self._ids(first, len(rows)), sources, strict=True):
                yield LISTING + listing_id, source
        sellers = list(seller_sources(tables))
        yield from sellers[max(0, start - len(facts)) :]

    def _ids(self, start: int, count: int | None = None) -> Iterator[str]:
        """The ids of `count` listings from row `start` on; None gives all the rest."""
        row = 0  # of the batch's first listing
        missing = len(self._texts) - start if count is None else count
        for batch in self._texts.ids():
            first = max(0, start - row)
            inside = batch[first : first + missing]
            yield from inside
            missing -= len(inside)
            row += len(batch)
            if missing <= 0:
                return
