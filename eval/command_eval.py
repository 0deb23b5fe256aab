"""``fondaco eval``: figures of runs by locale and by kind of topic, with intervals and tests."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eval.group_by import GroupBy
from eval.settings import DEFAULT_MEASURES, EvaluationSettings

if TYPE_CHECKING:
    from eval.report import Report


class Format(StrEnum):
    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"
    TSV = "tsv"


FORMATS = {
    ".json": Format.JSON,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".tsv": Format.TSV,
    ".txt": Format.TABLE,
    "": Format.MARKDOWN,
}
"""By the suffix of --out."""


def eval_(
    qrels: Annotated[Path, typer.Option(help="Judgements: TREC qrels.")],
    run: Annotated[list[Path], typer.Option(help="A TREC run. Repeatable, to see several side by side.")],
    topics: Annotated[
        Path | None,
        typer.Option(help="Topics; those without an answer count 0. Default: the qids that some run answers."),
    ] = None,
    baseline: Annotated[Path | None, typer.Option(help="The run that the others are compared with.")] = None,
    measures: Annotated[
        list[str] | None,
        typer.Option("--measure", "--measures", help="A name of ir_measures: nDCG@10, P(rel=2)@5. Repeatable."),
    ] = None,
    by: Annotated[
        GroupBy,
        typer.Option(metavar="ROWS", help="locale, kind, both, or topic: each query, its results, winners and losers."),
    ] = GroupBy.BOTH,
    kind: Annotated[list[str] | None, typer.Option(help="Only topics of this kind. Repeatable.")] = None,
    home: Annotated[
        str | None, typer.Option(help="The catalogue's locale. The mean of the other locales gets its own row.")
    ] = None,
    complete: Annotated[
        bool, typer.Option("--complete", help="Every relevant listing is judged: the others are not relevant.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of shuffles, intervals and tests.", min=0)] = 0,
    format_: Annotated[
        Format | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="table, markdown, json or tsv. Default: by the suffix of --out; a table on the screen.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write here instead of the screen.")] = None,
) -> None:
    """Measure runs against judgements: figures by locale and by kind, with intervals."""
    settings = EvaluationSettings(
        tuple(measures or DEFAULT_MEASURES), by, tuple(kind or ()), None, home, seed, complete
    )
    format_ = _format(format_, out)  # before anything is measured
    report, files = measure_files(qrels, run, topics, baseline, settings)
    _write(report, files, format_, out)


def measure_files(
    qrels: Path,
    runs: Sequence[Path],
    topics: Path | None,
    baseline: Path | None,
    settings: EvaluationSettings,
) -> tuple[Report, dict[str, str]]:
    """The report on these files, and the SHA-256 of each file by its path as given.

    `baseline` is the file of one more run; its name replaces the one in `settings`.

    Raises:
        InvalidFile: a file is not valid; it names the line.
        OSError: a file cannot be opened.
        ValueError: as `eval.report.evaluate`.
    """
    # here: they load numpy, which `fondaco --help` does not need
    from eval import report
    from eval.judgement import read_judgements
    from eval.measure import topics_from_runs
    from eval.run import read_run
    from eval.topic import read_topics
    from eval.trec import file_digest

    judgements = read_judgements(qrels)
    _require_another(baseline, runs)
    paths = list(dict.fromkeys([*([baseline] if baseline else []), *runs]))
    runs_read = [read_run(path) for path in paths]
    names = report.run_names([run.tag for run in runs_read], [path.name for path in paths])
    evaluation = report.evaluate(
        dict(zip(names, runs_read, strict=True)),
        judgements,
        read_topics(topics) if topics else topics_from_runs(runs_read, judgements),
        replace(settings, baseline=names[0] if baseline else None),
        (*(() if topics else (report.NO_TOPICS,)), *_same_content(paths)),
    )
    return evaluation, {str(path): file_digest(path) for path in (qrels, *([topics] if topics else []), *paths)}


def _require_another(baseline: Path | None, runs: Sequence[Path]) -> None:
    """A baseline is compared with other runs."""
    if baseline is not None and all(path.resolve() == baseline.resolve() for path in runs):
        raise ValueError(f"--baseline {baseline} is the only run; give another --run to compare with it")


def _same_content(paths: Sequence[Path]) -> list[str]:
    """A warning for each file that has the bytes of one before it."""
    from eval.trec import file_digest

    first: dict[str, Path] = {}
    warnings = []
    for path in paths:
        same = first.setdefault(file_digest(path), path)
        if same != path:
            warnings.append(f"{path} has the same content as {same}: every change is 0")
    return warnings


def _format(option: Format | None, out: Path | None) -> Format:
    if option is not None:
        return option
    if out is None:
        return Format.TABLE
    if out.suffix.lower() not in FORMATS:
        known = ", ".join(suffix for suffix in FORMATS if suffix)
        raise ValueError(f"--out {out}: no format has the suffix {out.suffix}; use one of {known}, or give --format")
    return FORMATS[out.suffix.lower()]


def _write(report: Report, files: dict[str, str], format_: Format, out: Path | None) -> None:
    from eval import render

    if format_ is Format.TABLE:
        text = _table(report, out)
    elif format_ is Format.TSV:
        text = render.tsv(report)
    elif format_ is Format.MARKDOWN:
        text = render.markdown(report)
    else:
        text = render.as_json(report, files)
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")


def _table(report: Report, out: Path | None) -> str:
    """The tables: as wide as a terminal, or as they need in a file or a pipe."""
    from eval.render_terminal import terminal

    on_screen = out is None and sys.stdout.isatty()
    if on_screen or (out is None and os.environ.get("COLUMNS")):
        return terminal(report, colour=on_screen, width=shutil.get_terminal_size().columns)
    return terminal(report)
