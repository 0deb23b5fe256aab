"""The index calls of one request."""

from __future__ import annotations

from collections.abc import Iterable

from indexer.errors import FondacoError, IndexUnavailable
from indexer.hits import Hits
from indexer.selection import Selection
from ranking.candidate import Candidates
from ranking.query import DEPTH, UnderstoodQuery
from search.candidates import Vector, gather_candidates
from search.index_clients import IndexClients, Pending
from search.page import INDEXES, Index
from search.query_expansion import expand_query
from search.timing import phase


class RetrievalSession:
    """One request's calls to the indexes.

    An index that fails is not called again by the same request, so a slow one is waited for once.
    The `excluded` indexes are not called at all. With `needs_all` the request needs every index
    that is not excluded. A call to an index that is not searched finds nothing.

    Raises:
        IndexUnavailable: by every call, when an index fails that the request needs, or the last
            one.
    """

    def __init__(self, clients: IndexClients, excluded: Iterable[Index] = (), *, needs_all: bool = False) -> None:
        self._clients = clients
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
        """The query with its expansions, and the listings that have its terms.

        The expansion reads the document frequencies of the lexical index, so it is part of the
        call. Without a vector or without the index, the query is not expanded.
        """
        if "lexical" in self._not_searched:
            return understood, Hits.none()
        try:
            with self._clients.breakers["lexical_search"].protect():
                with phase("expand"):
                    expanded = expand_query(understood, vector, self._clients.snapshot, self._clients.languages)
                return expanded, self._clients.snapshot.lexical.search(expanded.terms, selection, DEPTH)
        except FondacoError as error:
            self._do_without("lexical", error)
            return understood, Hits.none()

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

    def _do_without(self, index: Index, error: FondacoError) -> None:
        self._not_searched[index] = f"is unavailable: {error}"
        if self._needs_all or len(self._not_searched) == len(INDEXES):
            reasons = "; ".join(f"the {name} index {reason}" for name, reason in self._not_searched.items())
            raise IndexUnavailable(reasons) from error
