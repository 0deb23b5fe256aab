"""``fondaco eval``: what runs are worth, by language and by kind of topic, with intervals and tests."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eval.group_by import GroupBy

if TYPE_CHECKING:
    from eval.report import Report


class Format(StrEnum):
    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"


def eval_(
    qrels: Annotated[Path, typer.Option(help="Judgements, TREC qrels.")],
    run: Annotated[list[Path], typer.Option(help="A TREC run; repeat it to see several side by side.")],
    topics: Annotated[
        Path | None,
        typer.Option(help="Topics: those not answered count 0. Without it, the qids that some run answers."),
    ] = None,
    baseline: Annotated[Path | None, typer.Option(help="The run that the others are compared with.")] = None,
    measures: Annotated[
        list[str] | None,
        typer.Option("--measure", "--measures", help="As ir_measures writes it: nDCG@10, P(rel=2)@5. Repeatable."),
    ] = None,
    by: Annotated[GroupBy, typer.Option(help="Rows of the table.")] = GroupBy.BOTH,
    kind: Annotated[list[str] | None, typer.Option(help="Only topics of this kind. Repeatable.")] = None,
    home: Annotated[
        str | None, typer.Option(help="The catalogue's locale: the mean of the others gets a row of its own.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the shuffles, intervals and tests.", min=0)] = 0,
    format_: Annotated[
        Format | None, typer.Option("--format", help="Without it by --out's ending; a table on the screen.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write here instead of the screen.")] = None,
) -> None:
    """Measure runs against judgements: figures by locale and kind, with intervals and a random floor."""
    try:
        report, files = measure_files(qrels, run, topics, baseline, measures or [], by, kind or [], home, seed)
        _show(report, files, _format(format_, out), out)
    except (OSError, ValueError) as problem:
        typer.echo(f"fondaco eval: {problem}", err=True)
        raise typer.Exit(2) from problem


def measure_files(
    qrels: Path,
    runs: Sequence[Path],
    topics: Path | None,
    baseline: Path | None,
    measures: Sequence[str],
    by: GroupBy,
    kinds: Sequence[str],
    home: str | None,
    seed: int,
) -> tuple[Report, dict[str, str]]:
    """Read the files and measure them: the report, and the SHA-256 of each file by its path as given.

    Raises:
        InvalidFile: a file that cannot be read as what it should be, naming the line.
        OSError: a file that cannot be opened.
        ValueError: as `eval.report.evaluate`.
    """
    # here: they load numpy, which `fondaco --help` has no need of
    from eval import report
    from eval.judgement import read_judgements
    from eval.measure import DEFAULT_MEASURES, topics_of
    from eval.run import read_run
    from eval.topic import read_topics
    from eval.trec import file_digest

    judgements = read_judgements(qrels)
    paths = list(dict.fromkeys([*([baseline] if baseline else []), *runs]))
    read = [read_run(path) for path in paths]
    names = report.names_of([run.tag for run in read], [path.name for path in paths])
    wanted = read_topics(topics) if topics else topics_of(read, judgements)
    found = report.evaluate(
        dict(zip(names, read, strict=True)),
        judgements,
        wanted,
        measures or DEFAULT_MEASURES,
        by,
        kinds,
        names[0] if baseline else None,
        home,
        seed,
        () if topics else (report.NO_TOPICS,),
    )
    return found, {str(path): file_digest(path) for path in (qrels, *([topics] if topics else []), *paths)}


def _format(asked: Format | None, out: Path | None) -> Format:
    if asked is not None:
        return asked
    if out is None:
        return Format.TABLE
    return Format.JSON if out.suffix == ".json" else Format.MARKDOWN


def _show(report: Report, files: dict[str, str], form: Format, out: Path | None) -> None:
    from eval import render

    if form is Format.TABLE:
        text = render.terminal(report, colour=out is None and sys.stdout.isatty())
    elif form is Format.MARKDOWN:
        text = render.markdown(report)
    else:
        text = render.as_json(report, files)
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
