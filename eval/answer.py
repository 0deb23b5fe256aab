"""Ask a search engine every topic, and keep what it answers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from eval.topic import Topic
from indexer.errors import IndexUnavailable
from ranking.query import SIZE_MAX, Query

if TYPE_CHECKING:
    from search.page import Index


class Result(Protocol):
    """One listing on a page."""

    @property
    def listing_id(self) -> str:
        """The listing's id, as judgements name it."""

    @property
    def score(self) -> float:
        """Higher is better."""


class ResultPage(Protocol):
    """What a search gives."""

    @property
    def results(self) -> Sequence[Result]:
        """Best first, in the order a shopper sees."""

    @property
    def degraded(self) -> Sequence[str]:
        """The indexes that did not answer."""


class Engine(Protocol):
    """Whatever answers a query. `only` None asks every index; ``lexical`` or ``vector`` asks that one alone."""

    def search(self, query: Query, only: Index | None = None) -> ResultPage:
        """The page for `query`: at most ``query.size`` results.

        Raises:
            ValueError: a query it refuses.
        """


@dataclass(frozen=True, slots=True)
class Asked:
    """One topic's answers as (listing id, score), in the order shown, and how long the search took."""

    qid: str
    results: tuple[tuple[str, float], ...]
    took_ms: float


def ask(
    engine: Engine, topics: Sequence[Topic], now: int, depth: int, country: str | None = None, only: Index | None = None
) -> Iterator[Asked]:
    """Search for each topic in turn, for at most `depth` results.

    `now` is the time all searches are asked at, in seconds since 1970 UTC: sales are judged by it. `country` is the
    buyer's; None leaves it to the topic's locale.

    Raises:
        ValueError: `depth` is not between 1 and what a page holds; a topic that the engine refuses, by its qid.
        IndexUnavailable: an index did not answer: what the other finds alone is not what is measured.
    """
    require_depth(depth)
    for topic in topics:
        try:
            query = Query(topic.query, topic.locale, now, country=country, size=depth)
            started = time.perf_counter()
            page = engine.search(query, only=only)
            took_ms = (time.perf_counter() - started) * 1000
        except ValueError as problem:
            raise ValueError(f"topic {topic.qid}: {problem}") from problem
        if page.degraded:
            away = " and ".join(page.degraded)
            raise IndexUnavailable(f"topic {topic.qid}: the {away} index did not answer; a run needs both")
        yield Asked(topic.qid, tuple((result.listing_id, float(result.score)) for result in page.results), took_ms)


def require_depth(depth: int) -> None:
    """Refuse a depth that no page holds.

    Raises:
        ValueError: `depth` is not between 1 and the most that a page holds.
    """
    if not 1 <= depth <= SIZE_MAX:
        raise ValueError(f"depth {depth} is not between 1 and {SIZE_MAX}, the most that a page holds")
