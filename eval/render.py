"""Renders a Report: for people as a table or Markdown, for programs as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from eval.figures import Figure, Row, Table
from eval.report import Report, RunFacts

if TYPE_CHECKING:
    from rich.table import Table as RichTable

SIGNIFICANCE = 0.05  # a p-value below it gets a star
FORMAT = "fondaco-eval/1"
TERMINAL_COLUMNS = 1_000  # wide enough that no table is wrapped; a terminal can scroll
_JSON_NAMES = {"random_baseline": "floor"}  # what a field is called in the JSON, where that differs

Cells = list[str]


def markdown(report: Report) -> str:
    """Tables in GitHub's Markdown, followed by the conditions as a list."""
    parts = []
    for table in report.tables:
        header = ["", "topics", *(f"{run.name} {measure}" for run in report.runs for measure in report.measures)]
        lines = [header, ["---", *("---:" for _ in header[1:])], *_grid(table, _on_one_line)]
        parts.append(f"### {table.title}\n\n" + "\n".join(f"| {' | '.join(_escaped(line))} |" for line in lines))
    parts.append("\n".join(f"* {note}" for note in notes(report)))
    return "\n\n".join(parts) + "\n"


def terminal(report: Report, colour: bool = False) -> str:
    """Tables for a terminal, followed by the conditions.

    The interval and the p-value are below a figure.

    A table is as wide as its columns need. `colour` adds escape codes for a terminal.
    """
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    console = Console(file=out, width=TERMINAL_COLUMNS, force_terminal=colour, no_color=not colour, highlight=False)
    for table in report.tables:
        console.print(_rich_table(report, table))
    for note in notes(report):
        console.print(note, markup=False, soft_wrap=True)
    return out.getvalue()


def _rich_table(report: Report, table: Table) -> RichTable:
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(title=table.title, title_justify="left")
    for head in ("", "topics"):
        grid.add_column(head, justify="right" if head else "left", no_wrap=True)
    for run in report.runs:
        for measure in report.measures:
            grid.add_column(Text(f"{run.name}\n{measure}"), justify="right", no_wrap=True)
    for i, line in enumerate(_grid(table, _on_two_lines)):
        # Text: a run named [red] is a name, not a colour
        grid.add_row(*(Text(cell) for cell in line), end_section=i == len(table.rows) - 1)
    return grid


def as_json(report: Report, files: dict[str, str]) -> str:
    """The whole report as JSON. `files` maps the name of each input to its SHA-256."""
    body: dict[str, Any] = {"format": FORMAT, "files": files, **asdict(report, dict_factory=_json_dict)}
    body["tables"] = [_json_table(report, table) for table in report.tables]
    body["notes"] = notes(report)
    return json.dumps(body, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def notes(report: Report) -> list[str]:
    """The notes below the tables: what was counted, what was left out, and how it was measured."""
    lines = [f"WARNING: {warning}" for warning in report.warnings]
    lines.append(f"{report.topics} topics of {report.queries} judged queries.")
    if report.left_out:
        lines.append(f"{len(report.left_out)} topics left out: no listing is judged relevant to them.")
    lines.extend(_run_note(run) for run in report.runs)
    for measure, gains in report.gains.items():
        if gains is not None:
            lines.append(
                f"{measure} gains by grade: " + ", ".join(f"{g} -> {gain:g}" for g, gain in gains.items()) + "."
            )
    lines.append(f"Relevant: {report.relevant}. An unjudged listing {report.unjudged}.")
    lines.append(f"Candidates: {report.candidates}.")
    lines.append(
        f"Intervals: {report.confidence:.0%}, {report.interval}, seed {report.seed}. Shuffle: {report.random_baseline}."
    )
    if report.baseline is not None:
        lines.append(f"Changes are against {report.baseline}. p: {report.test}; corrected by {report.correction}.")
        lines.append(f"* marks a p-value (the corrected one where there is one) below {SIGNIFICANCE}.")
    lines.append("Versions: " + ", ".join(f"{name} {version}" for name, version in report.versions.items()) + ".")
    return lines


def _run_note(run: RunFacts) -> str:
    ignored = f"; {run.ignored} qids it answers are no topic and were ignored" if run.ignored else ""
    return (
        f"{run.name}: {run.unanswered} topics without an answer count 0; depth {run.depth_max} at most, median "
        f"{run.depth_median:g}; {run.judged_share:.0%} of its answers are judged{ignored}."
    )


def _grid(table: Table, cell: Callable[[Figure], str]) -> Iterator[Cells]:
    """The cells of each line: slices, means, the worst slice, random baselines."""
    for row in (*table.rows, *table.means):
        yield [row.label, str(row.topics), *(cell(figure) for run in row.figures for figure in run)]
    yield ["worst", "", *_worst(table)]
    for row in table.means:
        yield [f"shuffle, {row.label}", "", *(f"{figure.random_baseline:.3f}" for run in row.figures for figure in run)]


def _worst(table: Table) -> Iterator[str]:
    rows = {row.label: row for row in table.rows}
    for r, labels in enumerate(table.worst):
        for m, label in enumerate(labels):
            yield f"{rows[label].figures[r][m].value:.3f} {label}"


def _on_one_line(figure: Figure) -> str:
    text = f"{figure.value:.3f}"
    if figure.low is not None and figure.high is not None:
        text += f" [{figure.low:.3f}, {figure.high:.3f}]"
    if figure.change is not None:
        change = figure.change
        text += f"; {change.delta:+.3f} [{change.low:+.3f}, {change.high:+.3f}] p{_p(change.p)}{_star(figure)}"
        if change.p_holm is not None:
            text += f" (Holm p{_p(change.p_holm)})"
    return text


def _on_two_lines(figure: Figure) -> str:
    above, below = f"{figure.value:.3f}", ""
    if figure.low is not None and figure.high is not None:
        below = f"{figure.low:.2f}–{figure.high:.2f}"
    if figure.change is not None:
        above += f" {figure.change.delta:+.3f}{_star(figure) or ' '}"
        below += f" p{_p(_decisive_p(figure))} "
    return f"{above}\n{below}" if below else above


def _decisive_p(figure: Figure) -> float:
    """The p-value that decides about the star: the corrected one, where there is one."""
    if figure.change is None:
        return 1.0
    return figure.change.p if figure.change.p_holm is None else figure.change.p_holm


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"={value:.3f}"


def _star(figure: Figure) -> str:
    return "*" if _decisive_p(figure) < SIGNIFICANCE else ""


def _escaped(cells: Sequence[str]) -> Iterator[str]:
    return (cell.replace("|", "\\|") for cell in cells)


def _json_table(report: Report, table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "by": table.by.value,
        "rows": [_json_row(report, row) for row in table.rows],
        "means": [_json_row(report, row) for row in table.means],
        "worst": {
            run.name: dict(zip(report.measures, labels, strict=True))
            for run, labels in zip(report.runs, table.worst, strict=True)
        },
    }


def _json_row(report: Report, row: Row) -> dict[str, Any]:
    return {
        "label": row.label,
        "topics": row.topics,
        "queries": row.queries,
        "runs": {
            run.name: {
                measure: asdict(figure, dict_factory=_json_dict)
                for measure, figure in zip(report.measures, figures, strict=True)
            }
            for run, figures in zip(report.runs, row.figures, strict=True)
        },
    }


def _json_dict(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    return {_JSON_NAMES.get(name, name): value for name, value in fields}
