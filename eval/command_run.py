"""``fondaco run``: ask a snapshot every topic, and write what it answers as a TREC run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eval.run import Run, write_run
from eval.topic import Topic, read_topics
from eval.trec import is_id, writable
from indexer.errors import FondacoError
from indexer.progress import track

if TYPE_CHECKING:
    from eval.answer import Asked, Engine
    from search.page import Index


class OnlyIndex(StrEnum):
    """One index, searched alone."""

    LEXICAL = "lexical"
    VECTOR = "vector"


def run(
    snapshot: Annotated[Path, typer.Option(help="The snapshot to search.")],
    topics: Annotated[Path, typer.Option(help="Topics, tab-separated, under a header: qid locale query.")],
    out: Annotated[Path, typer.Option(help="The TREC run to write; gzipped where the name ends in .gz.")],
    only: Annotated[OnlyIndex | None, typer.Option(help="Search one index alone.")] = None,
    depth: Annotated[int, typer.Option(help="Results a topic, 200 at most.")] = 100,
    country: Annotated[str | None, typer.Option(help="The buyer's country; without it, the locale's market.")] = None,
    now: Annotated[
        str | None, typer.Option(help="Time of the searches, ISO 8601, UTC without an offset; without it, now.")
    ] = None,
    tag: Annotated[str | None, typer.Option(help="The run's name; without it, fondaco and --only.")] = None,
) -> None:
    """Answer topics from a snapshot: a TREC run, for `fondaco eval` or trec_eval."""
    from eval.answer import require_depth  # here: it knows queries, and they load numpy

    try:
        name = _tag(tag, only)
        when = _seconds(now)
        require_depth(depth)
        wanted = read_topics(topics)
        writable(out)
        asked = answer(_open(snapshot), wanted, when, depth, country, _index(only))
        write_run(out, Run.ranked(name, {one.qid: one.results for one in asked}))
    except (FondacoError, OSError, ValueError) as problem:
        typer.echo(f"fondaco run: {problem}", err=True)
        raise typer.Exit(2) from problem
    typer.echo(f"{out}: {summary(asked)}")


def answer(
    engine: Engine, topics: Sequence[Topic], now: int, depth: int, country: str | None, only: Index | None
) -> list[Asked]:
    """Every topic's answers, with a progress bar when it takes long.

    Raises:
        ValueError: as `ask`; or no topic found anything.
    """
    from eval.answer import ask

    asked = list(track(ask(engine, topics, now, depth, country, only), len(topics), "search", "topics"))
    if not any(one.results for one in asked):
        raise ValueError(f"none of the {len(topics)} topics found anything; is this the right snapshot and country?")
    return asked


def summary(asked: Sequence[Asked]) -> str:
    """How many topics and answers, and the milliseconds a search took: the median and the 99th percentile."""
    import numpy as np

    p50, p99 = np.percentile([one.took_ms for one in asked], [50, 99])
    empty = sum(not one.results for one in asked)
    answers = sum(len(one.results) for one in asked)
    return (
        f"{len(asked)} topics, {answers:,} answers, {empty} topics found nothing; "
        f"a search took p50 {p50:.1f} ms, p99 {p99:.1f} ms, one at a time"
    )


def _open(snapshot: Path) -> Engine:
    from search.bootstrap import open_engine  # here: it loads the encoder and the indexes

    return open_engine(snapshot)


def _index(only: OnlyIndex | None) -> Index | None:
    if only is None:
        return None
    return "lexical" if only is OnlyIndex.LEXICAL else "vector"


def _tag(tag: str | None, only: OnlyIndex | None) -> str:
    name = tag if tag is not None else f"fondaco-{only}" if only else "fondaco"
    if not is_id(name):
        raise ValueError(f"--tag {name!r} must be one word")
    return name


def _seconds(now: str | None) -> int:
    """Seconds since 1970 UTC."""
    if now is None:
        return int(datetime.now(UTC).timestamp())
    try:
        when = datetime.fromisoformat(now)
    except ValueError:
        raise ValueError(f"--now {now!r} is not an ISO 8601 time such as 2026-03-01T12:00:00+00:00") from None
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
