"""The index calls of one request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from indexer.dictionaries.dictionaries import Dictionaries
from indexer.errors import FondacoError, IndexUnavailable
from indexer.hits import Hits
from indexer.selection import Selection
from languages.synonyms.table import NO_SYNONYMS, Synonyms
from ranking.candidate import Candidates
from ranking.query import DEPTH, UnderstoodQuery
from search.page import INDEXES, Index
from search.retrieval.candidates import Vector, gather_candidates
from search.retrieval.exclusion import excluded_rows
from search.retrieval.index_clients import IndexClients, Pending
from search.timing import phase
from search.understanding.clauses import Guessed, with_clauses
from search.understanding.dictionary_expansion import translations_from
from search.understanding.synonym_expansion import synonyms_from
from search.understanding.vector_expansion import vector_expansions

Encode = Callable[[str], Vector]
"""Gives the unit vector of a text of the query, (dim,)."""


class RetrievalSession:
    """One request's calls to the indexes.

    An index that fails is not called again by the same request, so a slow one is waited for once.
    The `excluded` indexes are not called at all. With `needs_all` the request needs every index
    that is not excluded. A call to an index that is not searched finds nothing.

    Raises:
        IndexUnavailable: by every call, when an index fails that the request needs, or the last
            one.
    """

    def __init__(
        self,
        clients: IndexClients,
        encode: Encode,
        dictionaries: Dictionaries,
        excluded: Iterable[Index] = (),
        *,
        synonyms: Synonyms = NO_SYNONYMS,
        needs_all: bool = False,
    ) -> None:
        self._clients = clients
        self._encode = encode
        self._dictionaries = dictionaries
        self._synonyms = synonyms
        self._needs_all = needs_all
        # why an index is not searched; two threads may write, each the key of its own index
        self._not_searched: dict[Index, str] = dict.fromkeys(excluded, "is excluded")

    @property
    def not_searched(self) -> tuple[Index, ...]:
        """The indexes that were excluded or have failed."""
        return tuple(index for index in INDEXES if index in self._not_searched)

    def lexical_search(
        self, understood: UnderstoodQuery, vector: Vector | None, selection: Selection
    ) -> tuple[UnderstoodQuery, Hits]:
        """The query with its clauses, and the listings that match them.

        The clauses need the document frequencies of the lexical index, so they are part of the
        call. Without the index there are none; without a vector, no guesses among them.
        """
        if "lexical" in self._not_searched:
            return understood, Hits.none()
        try:
            with self._clients.breakers["lexical_search"].protect():
                with phase("expand"):
                    expanded = self._with_clauses(understood, vector)
                return expanded, self._clients.snapshot.lexical.search(expanded.clauses, selection, DEPTH)
        except FondacoError as error:
            self._do_without("lexical", error)
            return understood, Hits.none()

    def without_excluded(self, understood: UnderstoodQuery, selection: Selection) -> Selection:
        """The selection without the listings that say what the query does not want.

        Without the lexical index nobody knows which those are.
        """
        if "lexical" in self._not_searched:
            return selection
        try:
            with self._clients.breakers["lexical_search"].protect():
                rows = excluded_rows(self._clients.snapshot.lexical, understood.exclusions, selection)
        except FondacoError as error:
            self._do_without("lexical", error)
            return selection
        return selection.without(rows) if len(rows) else selection

    def start_vector_search(self, vector: Vector | None, selection: Selection) -> Pending[Hits]:
        """With remote indexes, start `vector_search` in a thread.

        Otherwise it runs when `result` is called.
        """
        return self._clients.submit(self.vector_search, vector, selection)

    def vector_search(self, vector: Vector | None, selection: Selection) -> Hits:
        """The listings nearest to the query's vector; none without one."""
        if vector is None or "vector" in self._not_searched:
            return Hits.none()
        try:
            with self._clients.breakers["vector_search"].protect():
                return self._clients.snapshot.vector_index.search(vector[None], selection, DEPTH)[0]
        except FondacoError as error:
            self._do_without("vector", error)
            return Hits.none()

    def candidates_from(
        self, understood: UnderstoodQuery, lexical_hits: Hits, vector_hits: Hits, vector: Vector | None
    ) -> Candidates:
        """Candidates from the hits of both indexes; from lexical hits alone without the vector
        index.
        """
        snapshot = self._clients.snapshot
        if vector is not None and "vector" not in self._not_searched:
            try:
                with self._clients.breakers["vector_scores"].protect():
                    return gather_candidates(snapshot, understood, lexical_hits, vector_hits, vector)
            except FondacoError as error:
                self._do_without("vector", error)
        return gather_candidates(snapshot, understood, lexical_hits, Hits.none(), None)

    def complete_lexical(
        self, understood: UnderstoodQuery, lexical_hits: Hits, vector_hits: Hits, selection: Selection
    ) -> Hits:
        """The lexical hits with those listings that only the vector index found.

        Only a full list of hits can lack one that matches a word.
        """
        if len(lexical_hits) < DEPTH or "lexical" in self._not_searched:
            return lexical_hits
        others = np.setdiff1d(vector_hits.rows, lexical_hits.rows)
        try:
            with self._clients.breakers["lexical_search"].protect():
                missing = self._clients.snapshot.lexical.search(
                    understood.clauses, selection.only(others), max(1, len(others))
                )
        except FondacoError as error:
            self._do_without("lexical", error)
            return lexical_hits
        return lexical_hits.with_others(missing)

    def _with_clauses(self, understood: UnderstoodQuery, vector: Vector | None) -> UnderstoodQuery:
        snapshot = self._clients.snapshot

        def guess(text: str, max_weight: float) -> Sequence[Guessed]:
            if vector is None:
                return ()
            of_text = vector if text == understood.text else self._encode(text)
            return vector_expansions(of_text, snapshot.bridge, max_weight)

        translate = translations_from(self._dictionaries, understood.languages, self._clients.languages)
        find_synonyms = synonyms_from(self._synonyms, understood)
        return with_clauses(understood, snapshot.lexical, guess, translate, find_synonyms)

    def _do_without(self, index: Index, error: FondacoError) -> None:
        self._not_searched[index] = f"is unavailable: {error}"
        if self._needs_all or len(self._not_searched) == len(INDEXES):
            reasons = "; ".join(f"the {name} index {reason}" for name, reason in self._not_searched.items())
            raise IndexUnavailable(reasons) from error
