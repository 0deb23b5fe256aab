"""``fondaco run``: search a snapshot for every topic, and write the answers as a TREC run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eval.run import Run, write_run
from eval.topic import Topic, read_topics
from eval.trec import escape_id, is_id, require_writable
from indexer.progress import track

if TYPE_CHECKING:
    from eval.answer import Engine, TopicAnswer
    from search.page import Index


class OnlyIndex(StrEnum):
    """The one index to search."""

    LEXICAL = "lexical"
    VECTOR = "vector"


def run(
    snapshot: Annotated[Path, typer.Option(help="The snapshot to search.")],
    topics: Annotated[Path, typer.Option(help="Topics, tab-separated, with the header: qid locale query.")],
    out: Annotated[Path, typer.Option(help="The TREC run to write; gzipped where the name ends in .gz.")],
    only: Annotated[OnlyIndex | None, typer.Option(help="Search only this index.")] = None,
    depth: Annotated[int, typer.Option(help="Results for each topic, at most 200.")] = 100,
    country: Annotated[str | None, typer.Option(help="The buyer's country. Default: the market of the locale.")] = None,
    now: Annotated[
        str | None, typer.Option(help="Time of the searches, ISO 8601; UTC unless it has an offset. Default: now.")
    ] = None,
    relevance: Annotated[
        Path | None, typer.Option(help="A relevance model that fondaco fit wrote. Default: Fondaco's own.")
    ] = None,
    synonyms: Annotated[
        Path | None, typer.Option(help="A folder of synonyms, a file a language: de.txt, pt-BR.txt.")
    ] = None,
    no_repair: Annotated[
        bool, typer.Option("--no-repair", help="Search for the words as typed, even where nothing matches them.")
    ] = False,
    tag: Annotated[str | None, typer.Option(help="The run's name. Default: fondaco, or fondaco and --only.")] = None,
) -> None:
    """Answer topics from a snapshot: a TREC run, for `fondaco eval` or trec_eval."""
    from eval.answer import require_depth  # here: it loads numpy

    name = _tag(tag, only)
    now_s = parse_now(now)
    require_depth(depth)
    to_answer = read_topics(topics)
    require_writable(out)
    answers = answer_all(
        _open(snapshot, relevance, synonyms), to_answer, now_s, depth, country, _index(only), repair=not no_repair
    )
    write_run(out, Run.ranked(name, {answer.qid: _escaped(answer.results) for answer in answers}))
    typer.echo(f"{out}: {summary(answers)}")
    if escaped := {name for answer in answers for name, _ in answer.results if not is_id(name)}:
        first = min(escaped)
        typer.echo(
            f"{len(escaped)} listing ids have white space; the run has it as %20: {first!r} is {escape_id(first)}"
        )


def _escaped(results: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    return [(escape_id(listing_id), score) for listing_id, score in results]


def answer_all(
    engine: Engine,
    topics: Sequence[Topic],
    now: int,
    depth: int,
    country: str | None,
    only: Index | None,
    *,
    repair: bool = True,
) -> list[TopicAnswer]:
    """Every topic's answer, with a progress bar when it takes long.

    Raises:
        ValueError: as `answer_topics`; or no topic has any result.
    """
    from eval.answer import answer_topics

    searches = answer_topics(engine, topics, now, depth, country, only, repair=repair)
    answers = list(track(searches, len(topics), "search", "topics"))
    if not any(answer.results for answer in answers):
        raise ValueError(f"none of the {len(topics)} topics has a result; check the snapshot and the country")
    return answers


def summary(answers: Sequence[TopicAnswer]) -> str:
    """The counts of topics and results, and the median and p99 of the milliseconds of a search."""
    import numpy as np

    p50, p99 = np.percentile([answer.took_ms for answer in answers], [50, 99])
    empty = sum(not answer.results for answer in answers)
    results = sum(len(answer.results) for answer in answers)
    return (
        f"{len(answers)} topics, {results:,} results, {empty} topics without a result; "
        f"a search took p50 {p50:.1f} ms, p99 {p99:.1f} ms, one at a time"
    )


def _open(snapshot: Path, relevance: Path | None, synonyms: Path | None) -> Engine:
    from search.bootstrap import open_engine  # here: it loads the encoder and the indexes

    return open_engine(snapshot, relevance=relevance, synonyms=synonyms)


def _index(only: OnlyIndex | None) -> Index | None:
    if only is None:
        return None
    return "lexical" if only is OnlyIndex.LEXICAL else "vector"


def _tag(tag: str | None, only: OnlyIndex | None) -> str:
    name = tag if tag is not None else f"fondaco-{only}" if only else "fondaco"
    if not is_id(name):
        raise ValueError(f"--tag {name!r} must be one word")
    return name


def parse_now(now: str | None) -> int:
    """The time of ``--now`` in seconds since 1970 UTC; None is the current one.

    Raises:
        ValueError: it is not a time in ISO 8601.
    """
    if now is None:
        return int(datetime.now(UTC).timestamp())
    try:
        time = datetime.fromisoformat(now)
    except ValueError:
        raise ValueError(f"--now {now!r} is not an ISO 8601 time such as 2026-03-01T12:00:00+00:00") from None
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
