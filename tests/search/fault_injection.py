"""Indexes that can be taken away and brought back, over a real snapshot: how the tests of degraded pages ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from indexer.encoders.open_encoder import open_encoder
from indexer.errors import FondacoError, IndexUnavailable
from indexer.snapshot.snapshot import Snapshot
from ranking.profile import read_profiles
from search.circuit_breaker import CircuitBreaker
from search.engine import Engine
from search.engine_pool import EnginePool
from search.index_clients import ASKED_OF


class Shaky:
    """A store that answers as the real one, or raises `error`; only from the methods in `only`, where it names any."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.error: Exception | None = None
        self.only: tuple[str, ...] = ()
        self.asked: Counter[str] = Counter()
        self.before: Callable[[], object] = lambda: None

    def _ask(self, method: str, *arguments: Any) -> Any:
        self.asked[method] += 1
        if method == "search":
            self.before()
        if self.error and (not self.only or method in self.only):
            raise self.error
        return getattr(self.real, method)(*arguments)

    def search(self, *arguments: Any) -> Any:
        return self._ask("search", *arguments)

    def cosines(self, *arguments: Any) -> Any:
        return self._ask("cosines", *arguments)

    def vector(self, row: int) -> Any:
        return self._ask("vector", row)

    def take(self, rows: Any) -> Any:
        return self._ask("take", rows)

    def doc_freq(self, *arguments: Any) -> Any:
        return self._ask("doc_freq", *arguments)

    def rows_of(self, listing_ids: Sequence[str]) -> Any:
        return self._ask("rows_of", listing_ids)

    def __len__(self) -> int:
        return len(self.real)


class Clock:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Shop:
    """An engine of its own over a shared snapshot, its stores shaky, its guards by a clock moved by hand."""

    def __init__(self, snapshot: Snapshot, concurrent: bool = False) -> None:
        self.lexical, self.vector = Shaky(snapshot.lexical), Shaky(snapshot.vector_index)
        self.texts, self.clock = Shaky(snapshot.texts), Clock()
        stores: dict[str, Any] = {"lexical": self.lexical, "vector_index": self.vector, "texts": self.texts}
        encoder = open_encoder("hashing")
        self.engine = Engine(replace(snapshot, **stores), encoder, read_profiles(), concurrent=concurrent)
        self.engine.both.guards.update({one: CircuitBreaker(f"guard of {one}", clock=self.clock) for one in ASKED_OF})
        self.engine.both.texts_guard = CircuitBreaker("guard of texts", clock=self.clock)

    def take(self, store: str, error: Exception, *only: str) -> None:
        """From now on `store` raises `error`, from the methods named or from all."""
        shaky = self[store]
        shaky.error, shaky.only = error, only

    def bring_back(self) -> None:
        """Every store answers again, and every guard's wait is over."""
        self.lexical.error = self.vector.error = self.texts.error = None
        self.clock.now += 3_600

    def __getitem__(self, store: str) -> Shaky:
        return {"lexical": self.lexical, "vector": self.vector, "texts": self.texts}[store]


class OneEngine(EnginePool):
    """Always the engine of a shop."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop.engine.snapshot.folder.parent.parent, threads=1)
        self._shop = shop

    def current(self) -> Engine:
        return self._shop.engine

    def engine_for(self, generation: int | None) -> Engine:
        return self._shop.engine

    def check(self) -> Engine:
        return self._shop.engine


def away(reason: str = "no route to host 10.1.2.3") -> FondacoError:
    """What an index raises that is away."""
    return IndexUnavailable(reason)
