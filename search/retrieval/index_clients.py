"""The two indexes of a snapshot and its texts, each behind circuit breakers.

An index may be on another machine, slow or unavailable. A page then comes from the other index and
says so, and the breakers keep every next buyer from waiting for an index that just failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Literal, ParamSpec, Protocol, TypeVar

from indexer.errors import FondacoError, IndexUnavailable
from indexer.hits import Hits
from indexer.selection import Selection
from indexer.snapshot.snapshot import Snapshot
from indexer.stores.facts import Rows
from indexer.stores.listing_text import ListingText
from languages.locale import Locale
from search.page import INDEXES, Index
from search.retrieval.circuit_breaker import CircuitBreaker

VECTOR_THREADS = 4  # one vector search beside each lexical search, for as many requests as a worker answers

Call = Literal["lexical_search", "vector_search", "vector_scores", "listing_rows"]
"""The kinds of call that are made to an index."""

INDEX_OF_CALL: dict[Call, Index] = {
    "lexical_search": "lexical",
    "vector_search": "vector",
    "vector_scores": "vector",
    "listing_rows": "lexical",
}

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Pending(Protocol[T_co]):
    """A call whose result is needed later, such as a `concurrent.futures.Future`."""

    def result(self) -> T_co:
        """The result, once there is one; or the error that the call raised."""


class IndexClients:
    """Both indexes and the texts to show. Safe to share between threads.

    Each kind of call has its own breaker. A breaker for each index is not enough: its small calls
    may succeed, even from memory, while its searches time out, and each success would reset the
    count of failures. With `concurrent` both indexes are searched at the same time, so that a slow
    one does not add to the other.
    """

    def __init__(self, snapshot: Snapshot, concurrent: bool = False) -> None:
        self.snapshot = snapshot
        self.languages = _languages(snapshot.tables.locales)  # in which the catalogue is written
        self.breakers = {call: CircuitBreaker(f"{index} index ({call})") for call, index in INDEX_OF_CALL.items()}
        self.texts_breaker = CircuitBreaker("store of texts")
        self._pool = ThreadPoolExecutor(VECTOR_THREADS, "fondaco-vector") if concurrent else None

    @property
    def unavailable(self) -> tuple[Index, ...]:
        """The indexes with an open breaker."""
        failing = {INDEX_OF_CALL[call] for call, breaker in self.breakers.items() if breaker.is_open}
        return tuple(index for index in INDEXES if index in failing)

    @property
    def has_no_index(self) -> bool:
        """Whether no page can be made now: neither index is available, or the texts are not."""
        return len(self.unavailable) == len(INDEXES) or self.texts_breaker.is_open

    def row(self, listing_id: str) -> int | None:
        """The row of a listing; None where there is none of this id.

        Raises:
            IndexUnavailable: the lexical index, which knows the ids, is unavailable.
        """
        with _required(self.breakers["listing_rows"]):
            return self.snapshot.lexical.rows_of([listing_id]).get(listing_id)

    def nearest(self, row: int, selection: Selection, k: int) -> Hits:
        """The `k` selected listings nearest to the listing of a row, by cosine.

        Raises:
            IndexUnavailable: the vector index is unavailable.
        """
        index = self.snapshot.vector_index
        with _required(self.breakers["vector_search"]):
            return index.search(index.vector(row)[None], selection, k)[0]

    def texts(self, rows: Rows) -> list[ListingText]:
        """The texts of some rows, in that order.

        Raises:
            IndexUnavailable: the store of texts is unavailable.
        """
        if not len(rows):
            return []
        with _required(self.texts_breaker):
            return self.snapshot.texts.take(rows)

    def group_ids(self, rows: Rows) -> list[str]:
        """The group of each row, else its own id.

        Raises:
            IndexUnavailable: the store of texts is unavailable.
        """
        with _required(self.texts_breaker):
            return self.snapshot.texts.group_ids(rows)

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Pending[T]:
        """With `concurrent` start a call in a thread; else it runs when `result` is called."""
        if self._pool is None:
            return _Lazy(partial(function, *args, **kwargs))
        return self._pool.submit(function, *args, **kwargs)


class _Lazy(Pending[T]):
    """A call that runs when `result` is called, which happens once."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call

    def result(self) -> T:
        return self._call()


@contextmanager
def _required(breaker: CircuitBreaker) -> Iterator[None]:
    """A call without which there is no answer."""
    try:
        with breaker.protect():
            yield
    except FondacoError as error:
        raise IndexUnavailable(str(error)) from error


def _languages(locales: tuple[str, ...]) -> tuple[str, ...]:
    """The languages of some locales, each once, in their order."""
    return tuple(dict.fromkeys(Locale.parse(locale).language for locale in locales))
