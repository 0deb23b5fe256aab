"""Figures topic by topic: each query with its first results, their grades, and its change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.figures import RunFigures
from eval.judgement import Grades
from eval.run import Run

RESULTS_SHOWN = 10  # of each run, for each topic


@dataclass(frozen=True, slots=True)
class GradedResult:
    """One result of a run, and the grade a person gave it; None where nobody did."""

    listing_id: str
    grade: int | None


@dataclass(frozen=True, slots=True)
class TopicRow:
    """One topic: its figures by run and measure, and the first results of each run.

    `judged_query` is the id of the query whose judgements count for the topic.
    """

    qid: str
    locale: str
    kind: str
    judged_query: str
    query: str
    values: tuple[tuple[float, ...], ...]  # by run, then by measure
    results: tuple[tuple[GradedResult, ...], ...]  # by run

    def change(self, run: int, baseline: int, measure: int = 0) -> float:
        """A run's figure minus the baseline's."""
        return self.values[run][measure] - self.values[baseline][measure]


def topic_rows(figures: Sequence[RunFigures], runs: Mapping[str, Run], grades: Grades) -> tuple[TopicRow, ...]:
    """A row for each topic that was measured, in the order of the topics.

    `figures` are of the same topics; `runs` are by the names in them.
    """
    first = figures[0].by_topic
    return tuple(
        TopicRow(
            qid=topic.qid,
            locale=str(topic.locale),
            kind=topic.kind,
            judged_query=judged_query,
            query=topic.query,
            values=tuple(tuple(map(float, run.by_topic.values[place])) for run in figures),
            results=tuple(_graded(runs[run.name], topic.qid, grades[judged_query]) for run in figures),
        )
        for place, (topic, judged_query) in enumerate(zip(first.topics, first.queries, strict=True))
    )


def winners(rows: Sequence[TopicRow], run: int, baseline: int) -> list[TopicRow]:
    """The topics that a run answers better than the baseline by the first measure, best first."""
    better = [row for row in rows if row.change(run, baseline) > 0]
    return sorted(better, key=lambda row: -row.change(run, baseline))


def losers(rows: Sequence[TopicRow], run: int, baseline: int) -> list[TopicRow]:
    """The topics that a run answers worse than the baseline by the first measure, worst first."""
    worse = [row for row in rows if row.change(run, baseline) < 0]
    return sorted(worse, key=lambda row: row.change(run, baseline))


def _graded(run: Run, qid: str, grades: Mapping[str, int]) -> tuple[GradedResult, ...]:
    answers = run.rankings.get(qid, ())[:RESULTS_SHOWN]
    return tuple(GradedResult(answer.listing_id, grades.get(answer.listing_id)) for answer in answers)
