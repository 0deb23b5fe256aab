"""Measures of a run, topic by topic, computed by ir_measures (which uses trec_eval)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from subprocess import CalledProcessError
from typing import TYPE_CHECKING

import numpy as np

from eval.judgement import Grades, Judgement, grades_by_query
from eval.resample import Floats
from eval.run import Rankings, Run, shuffled
from eval.settings import DEFAULT_MEASURES
from eval.topic import Topic, judged_query_of, topic_from_qid

if TYPE_CHECKING:
    from ir_measures.measures import Measure

SHUFFLES = 5  # over 39 queries the standard error of the random baseline is about 0.01


@dataclass(frozen=True, slots=True, eq=False)
class TopicFigures:
    """One figure for each topic and measure.

    `values` is (topics, measures), float64. A topic that the run does not answer counts 0.
    `left_out` are the topics without a relevant listing (grade over 0), where every run would have
    0.
    """

    topics: tuple[Topic, ...]
    queries: tuple[str, ...]  # the judged query of each topic
    measures: tuple[str, ...]
    values: Floats
    left_out: tuple[str, ...]  # qids
    unanswered: tuple[str, ...]  # qids that count 0


def measure(
    run: Run, judgements: Iterable[Judgement], topics: Sequence[Topic], measures: Sequence[str] = DEFAULT_MEASURES
) -> TopicFigures:
    """The figures of `run` by topic, in the topics' order.

    An unjudged listing counts as not relevant. Measures are names of ir_measures, as ``nDCG@10`` or
    ``P(rel=2)@5``.

    Raises:
        ValueError: a measure is not known; or no topic has a relevant judgement.
    """
    return _measure(run.listing_ids, grades_by_query(judgements), topics, measures)


def random_baseline(
    run: Run, judgements: Iterable[Judgement], topics: Sequence[Topic], measures: Sequence[str], seed: int
) -> Floats:
    """The figures of `run` with its answers in random order, averaged over shuffles.

    The shape is (topics, measures).

    Raises:
        ValueError: as `measure`.
    """
    grades = grades_by_query(judgements)
    rankings = run.listing_ids
    rounds = [_measure(shuffled(rankings, seed + i), grades, topics, measures).values for i in range(SHUFFLES)]
    return np.asarray(np.mean(rounds, axis=0), dtype=np.float64)


def topics_from_runs(runs: Iterable[Run], judgements: Iterable[Judgement]) -> tuple[Topic, ...]:
    """The topics that some run answers, from their qids alone, sorted.

    If a run's qids are ids of judged queries, every judged query is a topic, so that unanswered
    ones count 0. If they have the form ``query.locale.kind``, topics that no run answers are not
    known.
    """
    answered = {qid for run in runs for qid in run.rankings}
    judged = {judgement.qid for judgement in judgements}
    return tuple(topic_from_qid(qid) for qid in sorted(answered | (judged if answered & judged else set())))


def parse_measures(names: Sequence[str]) -> tuple[str, ...]:
    """The measures as ir_measures prints them, each once, in order.

    Raises:
        ValueError: a name that ir_measures does not know or cannot compute.
    """
    return tuple(str(parsed) for parsed in _parse(names))


def gain_map(name: str, grades: Iterable[int]) -> dict[int, float] | None:
    """The gain of each grade in measure `name`; None if it only tests ``grade >= rel``.

    The gain in trec_eval's nDCG is the grade itself; in ``nDCG(dcg='exp-log2')`` it is 2^grade - 1.
    """
    (parsed,) = _parse([name])
    if "gains" not in parsed.SUPPORTED_PARAMS:
        return None
    gain_by_grade = parsed.params.get("gains", {})
    exponential = parsed.params.get("dcg") == "exp-log2"
    gains = {grade: int(gain_by_grade.get(grade, max(0, grade))) for grade in sorted(set(grades))}
    return {grade: float(2**gain - 1 if exponential else gain) for grade, gain in gains.items()}


def relevant_from(name: str) -> int | None:
    """The lowest grade that measure `name` counts as relevant; None where it has no such grade."""
    (parsed,) = _parse([name])
    if "rel" not in parsed.SUPPORTED_PARAMS or "gains" in parsed.SUPPORTED_PARAMS:
        return None
    grade = parsed.params.get("rel", parsed.SUPPORTED_PARAMS["rel"].default)
    return grade if isinstance(grade, int) else None


def is_of_judged_share(name: str) -> bool:
    """Whether measure `name` is the share of answers that have a judgement."""
    return str(_parse([name])[0].NAME) == "Judged"


def _measure(rankings: Rankings, grades: Grades, topics: Sequence[Topic], measures: Sequence[str]) -> TopicFigures:
    import ir_measures

    parsed = _parse(measures)
    kept = [
        (topic, judged_query_of(topic, grades))
        for topic in topics
        if _has_relevant(grades, judged_query_of(topic, grades))
    ]
    if not kept:
        raise ValueError(
            f"none of the {len(topics)} topics ({_examples(topic.qid for topic in topics)}) has a relevant judgement; "
            f"judged queries are {_examples(grades)}" + _dotted_hint(topics, grades)
        )
    column = {parsed_measure: i for i, parsed_measure in enumerate(parsed)}
    row = {str(i): i for i in range(len(kept))}  # numbers as qids: gdeval accepts no others
    values = np.zeros((len(kept), len(parsed)))
    try:
        evaluator = ir_measures.evaluator(parsed, {str(i): grades[query] for i, (_, query) in enumerate(kept)})
        for figure in evaluator.iter_calc(_scores_from_ranks(rankings, [topic for topic, _ in kept])):
            values[row[figure.query_id], column[figure.measure]] = figure.value
    except CalledProcessError as error:  # another program computes some measures
        raise ValueError(
            f"measures {', '.join(map(str, parsed))}: {error}; leave out the measure that fails"
        ) from error
    left_out = {topic.qid for topic in topics} - {topic.qid for topic, _ in kept}
    return TopicFigures(
        topics=tuple(topic for topic, _ in kept),
        queries=tuple(query for _, query in kept),
        measures=tuple(str(parsed_measure) for parsed_measure in parsed),
        values=values,
        left_out=tuple(topic.qid for topic in topics if topic.qid in left_out),
        unanswered=tuple(topic.qid for topic, _ in kept if topic.qid not in rankings),
    )


def _scores_from_ranks(rankings: Rankings, topics: Sequence[Topic]) -> dict[str, dict[str, float]]:
    # each of ir_measures' providers breaks ties in its own way: scores from ranks have no ties
    return {
        str(i): {listing_id: -float(rank) for rank, listing_id in enumerate(rankings[topic.qid])}
        for i, topic in enumerate(topics)
        if topic.qid in rankings
    }


def _has_relevant(grades: Grades, query: str) -> bool:
    return any(grade > 0 for grade in grades.get(query, {}).values())


def _parse(names: Sequence[str]) -> list[Measure]:
    import ir_measures

    if not names:
        raise ValueError(f"no measure is given; the usual ones are {' '.join(DEFAULT_MEASURES)}")
    parsed = []
    for name in names:
        try:
            parsed_measure = ir_measures.parse_measure(name)
            supported = ir_measures.DefaultPipeline.supports(parsed_measure)
        except (AssertionError, NameError, ValueError) as error:
            raise ValueError(f"measure {name!r}: {error}; write it as nDCG@10 or P(rel=2)@5") from None
        if not supported:
            raise ValueError(f"measure {name!r} needs an evaluation tool that is not installed")
        parsed.append(parsed_measure)
    return list(dict.fromkeys(parsed))


def _dotted_hint(topics: Sequence[Topic], grades: Grades) -> str:
    """How to have topics measured whose qids have dots between a judged query and more."""
    if not any("." in topic.qid and topic.qid.partition(".")[0] in grades for topic in topics):
        return ""
    return "; qids such as q002.de.clean are parts of q002 only by a topics file that has the locale: give --topics"


def _examples(names: Iterable[str]) -> str:
    first = sorted(names)[:3]
    return ", ".join(first) + (" ..." if len(first) == 3 else "")
