"""Indexes that fail when a test says so, over a real snapshot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from indexer.encoders.open_encoder import open_encoder
from indexer.errors import FondacoError, IndexUnavailable
from indexer.snapshot.snapshot import Snapshot
from ranking.profile import read_profiles
from search.engine import Engine
from search.engine_pool import EnginePool
from search.retrieval.circuit_breaker import CircuitBreaker
from search.retrieval.index_clients import INDEX_OF_CALL


class FaultyStore:
    """A store that answers as the real one, or raises `error`; only from the methods in `only`, if
    it names any.
    """

    def __init__(self, real: Any) -> None:
        self.real = real
        self.error: Exception | None = None
        self.only: tuple[str, ...] = ()
        self.calls: Counter[str] = Counter()
        self.before: Callable[[], object] = lambda: None

    def _call(self, method: str, *arguments: Any) -> Any:
        self.calls[method] += 1
        if method == "search":
            self.before()
        if self.error and (not self.only or method in self.only):
            raise self.error
        return getattr(self.real, method)(*arguments)

    def search(self, *arguments: Any) -> Any:
        return self._call("search", *arguments)

    def cosines(self, *arguments: Any) -> Any:
        return self._call("cosines", *arguments)

    def vector(self, row: int) -> Any:
        return self._call("vector", row)

    def take(self, rows: Any) -> Any:
        return self._call("take", rows)

    def group_ids(self, rows: Any) -> Any:
        return self._call("group_ids", rows)

    def doc_freq(self, *arguments: Any) -> Any:
        return self._call("doc_freq", *arguments)

    def rows_of(self, listing_ids: Sequence[str]) -> Any:
        return self._call("rows_of", listing_ids)

    def __len__(self) -> int:
        return len(self.real)


class Clock:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Shop:
    """An engine of its own over a shared snapshot, with faulty stores, and breakers by a clock
    moved by hand.
    """

    def __init__(self, snapshot: Snapshot, concurrent: bool = False) -> None:
        self.lexical, self.vector = FaultyStore(snapshot.lexical), FaultyStore(snapshot.vector_index)
        self.texts, self.clock = FaultyStore(snapshot.texts), Clock()
        stores: dict[str, Any] = {"lexical": self.lexical, "vector_index": self.vector, "texts": self.texts}
        encoder = open_encoder("hashing")
        self.engine = Engine(replace(snapshot, **stores), encoder, read_profiles(), concurrent=concurrent)
        breakers = {call: CircuitBreaker(f"breaker of {call}", clock=self.clock) for call in INDEX_OF_CALL}
        self.engine.clients.breakers.update(breakers)
        self.engine.clients.texts_breaker = CircuitBreaker("breaker of texts", clock=self.clock)

    def fail(self, store: str, error: Exception, *only: str) -> None:
        """From now on `store` raises `error`, from the methods named or from all."""
        faulty = self[store]
        faulty.error = error
        faulty.only = only

    def recover(self) -> None:
        """Every store answers again, and every breaker's wait is over."""
        self.lexical.error = self.vector.error = self.texts.error = None
        self.clock.now += 3_600

    def __getitem__(self, store: str) -> FaultyStore:
        return {"lexical": self.lexical, "vector": self.vector, "texts": self.texts}[store]


class OneEngine(EnginePool):
    """Always the engine of a shop."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop.engine.snapshot.root, threads=1)
        self._shop = shop

    def current(self) -> Engine:
        return self._shop.engine

    def engine_for(self, generation: int | None) -> Engine:
        return self._shop.engine

    def probe_encoder(self) -> Engine:
        return self._shop.engine


def unavailable(reason: str = "no route to host 10.1.2.3") -> FondacoError:
    """What an unavailable index raises."""
    return IndexUnavailable(reason)
