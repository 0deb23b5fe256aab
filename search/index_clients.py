"""IndexClients: the two indexes of a snapshot, asked so that a page can do without one of them.

An index may be another machine's, and slow or away. A page then comes from the other one and says so, and guards see to
it that not every buyer waits for what did not answer the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

from indexer.errors import FondacoError, IndexUnavailable
from indexer.hits import Hits
from indexer.selection import Selection
from indexer.snapshot.snapshot import Snapshot
from indexer.stores.texts import ListingText
from ranking.candidate import Candidates
from ranking.query import DEPTH, UnderstoodQuery
from search.circuit_breaker import CircuitBreaker
from search.page import INDEXES, Index
from search.retrieve import candidates_of, gather

BESIDE = 4  # second searches at once, each beside its request's first: as many requests as a worker answers

Question = Literal["words", "near", "cosines", "ids"]
ASKED_OF: dict[Question, Index] = {"words": "lexical", "near": "vector", "cosines": "vector", "ids": "lexical"}
"""Of which index each kind of question is asked."""

Vector = npt.NDArray[np.float32]
T = TypeVar("T")


class IndexClients:
    """Both indexes, and the texts to show, behind guards: one for each kind of question. Safe to share between threads.

    One for each index would not do: its small questions may be answered, from memory even, while its searches time out,
    and each such answer would begin the count of failures anew.
    With `concurrent` both are searched at the same time, so that a slow one does not add to the other.
    """

    def __init__(self, snapshot: Snapshot, concurrent: bool = False) -> None:
        self.snapshot = snapshot
        self.guards = {
            question: CircuitBreaker(f"the {index} index, for {question},") for question, index in ASKED_OF.items()
        }
        self.texts_guard = CircuitBreaker("the store of texts")
        self._pool = ThreadPoolExecutor(BESIDE, "fondaco-vector") if concurrent else None

    @property
    def away(self) -> tuple[Index, ...]:
        """The indexes that are not asked some question now, for it has failed."""
        found = {ASKED_OF[question] for question, guard in self.guards.items() if guard.is_open}
        return tuple(index for index in INDEXES if index in found)

    @property
    def has_no_index(self) -> bool:
        """Whether no page can be made now: neither index is asked, or the texts are not."""
        return len(self.away) == len(INDEXES) or self.texts_guard.is_open

    def row(self, listing_id: str) -> int | None:
        """The row of a listing; None where there is none of this id.

        Raises:
            IndexUnavailable: the lexical index, which knows the ids, does not answer.
        """
        return _needed(self.guards["ids"], lambda: self.snapshot.lexical.rows_of([listing_id])).get(listing_id)

    def nearest(self, understood: UnderstoodQuery, row: int, selection: Selection, k: int) -> Candidates:
        """The `k` selected listings nearest to that of a row; how near is all the evidence there is.

        Raises:
            IndexUnavailable: the vector index does not answer.
        """

        def ask() -> Hits:
            index = self.snapshot.vector_index
            return index.search(index.vector(row)[None], selection, k)[0]

        near = _needed(self.guards["near"], ask)
        order = np.argsort(near.rows)
        unknown = np.full(len(near), np.nan)
        return candidates_of(self.snapshot, understood, near.rows[order], unknown, near.scores[order])

    def texts(self, rows: npt.NDArray[np.int64]) -> list[ListingText]:
        """The texts of some rows, in that order.

        Raises:
            IndexUnavailable: where they are kept does not answer.
        """
        return _needed(self.texts_guard, lambda: self.snapshot.texts.take(rows)) if len(rows) else []

    def begun(self, ask: Callable[[], T]) -> Callable[[], T]:
        """Gives, when it is called, what `ask` gives; with `concurrent`, a thread of its own asks already now."""
        return ask if self._pool is None else self._pool.submit(ask).result


class RetrievalSession:
    """One request's questions. An index that has failed one is not asked another: a slow one is waited for once.

    The indexes `away` are not asked at all; with `whole` the request cannot do without the others.
    A question to an index that is away finds nothing.

    Raises:
        IndexUnavailable: by every question, where an index fails that the request needs, or the last one it had.
    """

    def __init__(self, both: IndexClients, away: Iterable[Index] = (), whole: bool = False) -> None:
        self._both, self._whole = both, whole
        self._lost: dict[Index, str] = dict.fromkeys(away, "is left out")  # two threads may write, each its own key

    @property
    def away(self) -> tuple[Index, ...]:
        """The indexes that the answers are without."""
        return tuple(index for index in INDEXES if index in self._lost)

    def words(
        self, understood: UnderstoodQuery, selection: Selection, widen: Callable[[UnderstoodQuery], UnderstoodQuery]
    ) -> tuple[UnderstoodQuery, Hits]:
        """The query with more words, which `widen` asks the lexical index for too, and what it finds by them."""

        def ask() -> tuple[UnderstoodQuery, Hits]:
            wide = widen(understood)
            return wide, self._both.snapshot.lexical.search(wide.terms, selection, DEPTH)

        return self._ask("words", ask, (understood, Hits.none()))

    def near(self, vector: Vector | None, selection: Selection) -> Hits:
        """The listings nearest to the query's vector; none where it has none."""
        if vector is None:
            return Hits.none()
        index = self._both.snapshot.vector_index
        return self._ask("near", lambda: index.search(vector[None], selection, DEPTH)[0], Hits.none())

    def gathered(self, understood: UnderstoodQuery, words: Hits, near: Hits, vector: Vector | None) -> Candidates:
        """Candidates from what both found; from words alone where the vector index no longer answers."""
        snapshot, found = self._both.snapshot, None
        if vector is not None:
            found = self._ask("cosines", lambda: gather(snapshot, understood, words, near, vector), None)
        return gather(snapshot, understood, words, Hits.none(), None) if found is None else found

    def _ask(self, question: Question, ask: Callable[[], T], instead: T) -> T:
        index = ASKED_OF[question]
        if index in self._lost:
            return instead
        try:
            return self._both.guards[question](ask)
        except FondacoError as error:
            self._lost[index] = f"does not answer: {error}"
            if self._whole or len(self._lost) == len(INDEXES):
                told = "; ".join(f"the {name} index {why}" for name, why in self._lost.items())
                raise IndexUnavailable(told) from error
            return instead


def _needed(guard: CircuitBreaker, ask: Callable[[], T]) -> T:
    try:
        return guard(ask)
    except FondacoError as error:
        raise IndexUnavailable(str(error)) from error
