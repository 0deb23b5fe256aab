"""Renders figures topic by topic: winners and losers in a terminal, every topic in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from eval.by_topic import GradedResult, TopicRow, losers, winners
from eval.report import Report

TOPICS_SHOWN = 10  # winners, and losers, of each run in a terminal
WEAKEST_SHOWN = 25  # topics in a terminal without a baseline
UNJUDGED = "-"  # stands for the grade of a result without one
_INDENT = 4

Cells = list[str]


def topics_terminal(report: Report, width: int) -> list[str]:
    """Lines of at most `width` cells: winners and losers against the baseline, or the weakest
    topics of the first run. Grades are of the first ten results, in their order.
    """
    baseline = _baseline(report)
    lines: list[str] = []
    if baseline is None:
        weakest = sorted(report.by_topic, key=lambda row: row.values[0][0])[:WEAKEST_SHOWN]
        more = f"; all {len(report.by_topic)} with --format tsv, markdown or json" * (
            len(weakest) < len(report.by_topic)
        )
        lines.append(f"The {len(weakest)} topics with the lowest {report.measures[0]} of {report.runs[0].name}{more}:")
        lines += _blocks(report, weakest, width)
        return [*lines, ""]
    for run, facts in enumerate(report.runs):
        if run == baseline:
            continue
        better, worse = winners(report.by_topic, run, baseline), losers(report.by_topic, run, baseline)
        equal = len(report.by_topic) - len(better) - len(worse)
        lines.append(
            f"{facts.name} against {report.baseline} by {report.measures[0]}: "
            f"{len(better)} topics better, {len(worse)} worse, {equal} equal."
        )
        for title, rows in (("Winners", better), ("Losers", worse)):
            if rows:
                shown = f", the first {TOPICS_SHOWN} of {len(rows)}" if len(rows) > TOPICS_SHOWN else ""
                lines += ["", f"{title} of {facts.name}{shown}:"]
                lines += _blocks(report, rows[:TOPICS_SHOWN], width)
        lines.append("")
    return lines


def topics_markdown(report: Report) -> list[Cells]:
    """A header and a row for each topic, with the grade behind each result."""
    return [list(_header(report, " ")), *(list(_cells(report, row, ", ", "{0} ({1})")) for row in report.by_topic)]


def topics_tsv(report: Report) -> list[Cells]:
    """The same for a spreadsheet: results are ``id:grade``, separated by spaces."""
    return [list(_header(report, " ")), *(list(_cells(report, row, " ", "{0}:{1}")) for row in report.by_topic)]


def topics_json(report: Report) -> dict[str, Any]:
    """Every topic with its figures, changes and results by run; winners and losers by run."""
    baseline = _baseline(report)
    body: dict[str, Any] = {"by_topic": [_topic_json(report, row) for row in report.by_topic]}
    if baseline is not None:
        others = [(run, facts.name) for run, facts in enumerate(report.runs) if run != baseline]
        body["winners"] = {name: [row.qid for row in winners(report.by_topic, run, baseline)] for run, name in others}
        body["losers"] = {name: [row.qid for row in losers(report.by_topic, run, baseline)] for run, name in others}
    return body


def _baseline(report: Report) -> int | None:
    """The place of the baseline among the runs."""
    return None if report.baseline is None else [run.name for run in report.runs].index(report.baseline)


def _blocks(report: Report, rows: Sequence[TopicRow], width: int) -> Iterator[str]:
    """The lines of each topic: its query, then a figure and the grades of each run."""
    from search.result_table import plain, wrap

    baseline = _baseline(report)
    for row in rows:
        yield from wrap(f"{row.qid}  {plain(row.query)}", width)
        for run, facts in enumerate(report.runs):
            figure = f"{row.values[run][0]:.3f}"
            if baseline is not None and run != baseline:
                figure += f" {row.change(run, baseline):+.3f}"
            results = " ".join(f"{result.listing_id}:{_grade(result)}" for result in row.results[run]) or "no result"
            yield from (" " * _INDENT + line for line in wrap(f"{facts.name}: {figure}  {results}", width - _INDENT))


def _header(report: Report, joint: str) -> Iterator[str]:
    yield from ("qid", "locale", "kind", "judged query", "query")
    baseline = _baseline(report)
    for run, facts in enumerate(report.runs):
        for measure in report.measures:
            yield f"{facts.name}{joint}{measure}"
            if baseline is not None and run != baseline:
                yield f"{facts.name}{joint}{measure} change"
        yield f"{facts.name}{joint}results"


def _cells(report: Report, row: TopicRow, joint: str, pattern: str) -> Iterator[str]:
    yield from (row.qid, row.locale, row.kind, row.judged_query, " ".join(row.query.split()))
    baseline = _baseline(report)
    for run in range(len(report.runs)):
        for measure, value in enumerate(row.values[run]):
            yield f"{value:.4f}"
            if baseline is not None and run != baseline:
                yield f"{row.change(run, baseline, measure):+.4f}"
        yield joint.join(pattern.format(result.listing_id, _grade(result)) for result in row.results[run])


def _topic_json(report: Report, row: TopicRow) -> dict[str, Any]:
    baseline = _baseline(report)
    runs: dict[str, Any] = {}
    for run, facts in enumerate(report.runs):
        runs[facts.name] = {"values": dict(zip(report.measures, row.values[run], strict=True))}
        if baseline is not None and run != baseline:
            changes = {name: row.change(run, baseline, place) for place, name in enumerate(report.measures)}
            runs[facts.name]["change"] = changes
        runs[facts.name]["results"] = [_result_json(result) for result in row.results[run]]
    return {
        "qid": row.qid,
        "locale": row.locale,
        "kind": row.kind,
        "judged_query": row.judged_query,
        "query": row.query,
        "runs": runs,
    }


def _result_json(result: GradedResult) -> dict[str, Any]:
    """A result; without a grade where nobody gave it one."""
    grade = {} if result.grade is None else {"grade": result.grade}
    return {"listing_id": result.listing_id, **grade}


def _grade(result: GradedResult) -> str:
    return UNJUDGED if result.grade is None else str(result.grade)
