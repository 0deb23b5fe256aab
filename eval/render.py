"""Renders a Report: Markdown for people, JSON and TSV for programs; and the notes of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from eval.figures import Figure, Row, Table
from eval.render_topics import topics_json, topics_markdown, topics_tsv
from eval.report import Inherited, Report, RunFacts
from eval.topic import SEPARATOR

SIGNIFICANCE = 0.05  # a p-value below it gets a star
FORMAT = "fondaco-eval/1"
_JSON_NAMES = {"random_baseline": "floor"}  # what a field is called in the JSON, where that differs

Cells = list[str]


def markdown(report: Report) -> str:
    """Tables in GitHub's Markdown, followed by the conditions as a list."""
    parts = []
    for table in report.tables:
        header = ["", "topics", *(f"{run.name} {measure}" for run in report.runs for measure in report.measures)]
        lines = [header, ["---", *("---:" for _ in header[1:])], *grid(table, _on_one_line)]
        parts.append(f"### {table.title}\n\n" + _markdown_table(lines))
    if report.by_topic:
        head, *rows = topics_markdown(report)
        parts.append("### by topic\n\n" + _markdown_table([head, ["---"] * len(head), *rows]))
    parts.append("\n".join(f"* {note}" for note in notes(report)))
    return "\n\n".join(parts) + "\n"


def _markdown_table(lines: Sequence[Cells]) -> str:
    return "\n".join(f"| {' | '.join(_escaped(line))} |" for line in lines)


def tsv(report: Report) -> str:
    """Tab-separated lines with a header: each topic, or each row of a table by run and measure."""
    if report.by_topic:
        return _tsv(topics_tsv(report))
    head = ["by", "row", "topics", "queries", "run", "measure", "value", "low", "high", "shuffle"]
    lines = [head + ["change", "change low", "change high", "p", "p Holm"] * (report.baseline is not None)]
    for table in report.tables:
        for row in (*table.rows, *table.means):
            for run, figures in zip(report.runs, row.figures, strict=True):
                for measure, figure in zip(report.measures, figures, strict=True):
                    names = [table.by.value, row.label, str(row.topics), str(row.queries), run.name, measure]
                    lines.append(names + _numbers(figure, report.baseline is not None))
    return _tsv(lines)


def _numbers(figure: Figure, with_change: bool) -> Cells:
    values = [figure.value, figure.low, figure.high, figure.random_baseline]
    if with_change:
        change = figure.change
        values += [None] * 5 if change is None else [change.delta, change.low, change.high, change.p, change.p_holm]
    return ["" if value is None else f"{value:.6g}" for value in values]


def _tsv(lines: Sequence[Cells]) -> str:
    return "".join("\t".join(cell.replace("\t", " ") for cell in line) + "\n" for line in lines)


def as_json(report: Report, files: dict[str, str]) -> str:
    """The whole report as JSON. `files` maps the name of each input to its SHA-256."""
    body: dict[str, Any] = {"format": FORMAT, "files": files, **asdict(report, dict_factory=_json_dict)}
    body["tables"] = [_json_table(report, table) for table in report.tables]
    del body["by_topic"]
    if report.by_topic:
        body |= topics_json(report)
    body["notes"] = notes(report)
    return json.dumps(body, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def notes(report: Report) -> list[str]:
    """The notes below the tables: what was counted, what was left out, and how it was measured."""
    lines = [f"WARNING: {warning}" for warning in report.warnings]
    lines.append(f"{report.topics} topics of {report.queries} judged queries.")
    if report.inherited is not None:
        lines += _inherited_notes(report.topics, report.inherited)
    if report.left_out:
        lines.append(f"{len(report.left_out)} topics left out: no listing is judged relevant to them.")
    lines.extend(_run_note(run, report.complete) for run in report.runs)
    for measure, gains in report.gains.items():
        if gains is not None:
            lines.append(
                f"{measure} gains by grade: " + ", ".join(f"{g} -> {gain:g}" for g, gain in gains.items()) + "."
            )
    lines.append(f"Relevant: {_relevant(report)}. An unjudged listing {report.unjudged}.")
    lines.append(f"Candidates: {report.candidates}.")
    lines.append(
        f"Intervals: {report.confidence:.0%}, {report.interval}, seed {report.seed}. Shuffle: {report.random_baseline}."
    )
    if report.baseline is not None:
        lines.append(f"Changes are against {report.baseline}. p: {report.test}; corrected by {report.correction}.")
        lines.append(f"* marks a p-value (the corrected one where there is one) below {SIGNIFICANCE}.")
    lines.append("Versions: " + ", ".join(f"{name} {version}" for name, version in report.versions.items()) + ".")
    return lines


def _inherited_notes(topics: int, inherited: Inherited) -> Iterator[str]:
    count = f"All {topics}" if inherited.topics == topics else f"{inherited.topics} of the {topics}"
    yield (
        f"{count} topics are measured by the judgements of their parent topic, the first part of their qid: "
        f"{inherited.qid} by {inherited.judged_query}."
    )
    if inherited.dotted:
        yield (
            f"{inherited.dotted} of them have qids with dots, read as query.locale.kind because the locale is the "
            f"topic's own. In new files write {SEPARATOR} instead of the dots."
        )


def _relevant(report: Report) -> str:
    """From which grade on a listing is relevant, by measure."""
    by_grade: dict[int, list[str]] = {}
    for measure, grade in report.thresholds.items():
        if grade is not None:
            by_grade.setdefault(grade, []).append(measure)
    named = (f"grade {grade} and over for {', '.join(names)}" for grade, names in sorted(by_grade.items()))
    return "; ".join(named) or report.relevant


def _run_note(run: RunFacts, complete: bool) -> str:
    judged = "" if complete else f"; {run.judged_share:.0%} of its answers are judged"
    ignored = f"; {run.ignored} qids it answers are no topic and were ignored" if run.ignored else ""
    return (
        f"{run.name}: {run.unanswered} topics without an answer count 0; depth {run.depth_max} at most, median "
        f"{run.depth_median:g}{judged}{ignored}."
    )


def grid(table: Table, cell: Callable[[Figure], str]) -> Iterator[Cells]:
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
        text += f"; {change.delta:+.3f} [{change.low:+.3f}, {change.high:+.3f}] p{p_text(change.p)}{star(figure)}"
        if change.p_holm is not None:
            text += f" (Holm p{p_text(change.p_holm)})"
    return text


def decisive_p(figure: Figure) -> float:
    """The p-value that decides about the star: the corrected one, where there is one."""
    if figure.change is None:
        return 1.0
    return figure.change.p if figure.change.p_holm is None else figure.change.p_holm


def p_text(value: float) -> str:
    """A p-value to three places, behind its sign: ``=0.012``, or ``<0.001``."""
    return "<0.001" if value < 0.001 else f"={value:.3f}"


def star(figure: Figure) -> str:
    """``*`` behind a change that is significant; nothing behind another."""
    return "*" if decisive_p(figure) < SIGNIFICANCE else ""


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
