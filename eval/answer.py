"""Search for every topic, and keep the answers."""

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
    """The answer to a search."""

    @property
    def results(self) -> Sequence[Result]:
        """Best first, in the order that a shopper sees."""

    @property
    def near(self) -> Sequence[Result]:
        """What is shown after the results though it does not answer the query."""

    @property
    def degraded(self) -> Sequence[str]:
        """The indexes that did not answer."""


class Engine(Protocol):
    """What answers a query.

    `only` None searches every index; ``lexical`` or ``vector`` only that one.
    """

    def search(self, query: Query, only: Index | None = None) -> ResultPage:
        """The page for `query`: at most ``query.size`` results.

        Raises:
            ValueError: the query is not valid.
        """


@dataclass(frozen=True, slots=True)
class TopicAnswer:
    """One topic's results, as (listing id, score) in the order shown, and its search time."""

    qid: str
    results: tuple[tuple[str, float], ...]
    took_ms: float


def answer_topics(
    engine: Engine,
    topics: Sequence[Topic],
    now: int,
    depth: int,
    country: str | None = None,
    only: Index | None = None,
    *,
    repair: bool = True,
) -> Iterator[TopicAnswer]:
    """Search for each topic in turn, for at most `depth` results.

    `now` is the time of all searches in seconds since 1970 UTC; it decides which sales are on.
    `country` is the buyer's; None takes the market of the topic's locale. `repair` False searches
    for queries as they were typed.

    Raises:
        ValueError: `depth` is not between 1 and the size of a page; or a topic's query is not
            valid.
        IndexUnavailable: an index did not answer. The other one's results alone are not what is
            evaluated.
    """
    require_depth(depth)
    # all of them before the first search: an invalid query must not cost the searches before it
    queries = [_query(topic, now, depth, country, repair) for topic in topics]
    for topic, query in zip(topics, queries, strict=True):
        try:
            started = time.perf_counter()
            page = engine.search(query, only=only)
            took_ms = (time.perf_counter() - started) * 1000
        except ValueError as error:
            raise ValueError(f"topic {topic.qid}: {error}") from error
        if page.degraded:
            unavailable = " and ".join(page.degraded)
            raise IndexUnavailable(f"topic {topic.qid}: the {unavailable} index did not answer; a run needs both")
        yield TopicAnswer(
            topic.qid,
            tuple((result.listing_id, float(result.score)) for result in (*page.results, *page.near)),
            took_ms,
        )


def _query(topic: Topic, now: int, depth: int, country: str | None, repair: bool) -> Query:
    try:
        return Query(topic.query, topic.locale, now, country=country, size=depth, repair=repair)
    except ValueError as error:
        raise ValueError(f"topic {topic.qid}: {error}") from error


def require_depth(depth: int) -> None:
    """Check that a page can have `depth` results.

    Raises:
        ValueError: `depth` is not between 1 and the size of a page.
    """
    if not 1 <= depth <= SIZE_MAX:
        raise ValueError(f"depth {depth} is not between 1 and {SIZE_MAX}, the maximum size of a page")
