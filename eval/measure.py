"""What a run is worth, topic by topic. The figures are ir_measures' (trec_eval underneath), never our own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from subprocess import CalledProcessError
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.judgement import Grades, Judgement, grades_of
from eval.run import Rankings, Run, shuffled
from eval.topic import Topic, judged_id, topic_of

Floats = npt.NDArray[np.float64]

DEFAULT_MEASURES = ("nDCG@10", "RR@10", "R@100", "Judged@10")
SHUFFLES = 5  # over 39 queries the floor's own standard error is about 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One figure for each topic and measure.

    `values` is (topics, measures), float64. A topic the run does not answer counts 0. `left_out` are the topics
    that no listing is relevant to (grade over 0): every run would be worth 0 there.
    """

    topics: tuple[Topic, ...]
    queries: tuple[str, ...]  # the judged query of each topic
    measures: tuple[str, ...]
    values: Floats
    left_out: tuple[str, ...]  # qids
    unanswered: tuple[str, ...]  # qids that count 0


def measure(
    run: Run, judgements: Iterable[Judgement], topics: Sequence[Topic], measures: Sequence[str] = DEFAULT_MEASURES
) -> Measured:
    """Measure `run` on `topics`: the figures by topic, in the topics' order.

    An unjudged listing counts as not relevant. Measures are ir_measures' names, as ``nDCG@10`` or ``P(rel=2)@5``.

    Raises:
        ValueError: a measure nobody knows; or no topic has a relevant judgement.
    """
    return _measure(run.listing_ids, grades_of(judgements), topics, measures)


def floor(
    run: Run, judgements: Iterable[Judgement], topics: Sequence[Topic], measures: Sequence[str], seed: int
) -> Floats:
    """What `run` is worth with its answers in random order, averaged over shuffles.  # (topics, measures)

    Raises:
        ValueError: as `measure`.
    """
    grades = grades_of(judgements)
    rankings = run.listing_ids
    rounds = [_measure(shuffled(rankings, seed + i), grades, topics, measures).values for i in range(SHUFFLES)]
    return np.asarray(np.mean(rounds, axis=0), dtype=np.float64)


def topics_of(runs: Iterable[Run], judgements: Iterable[Judgement]) -> tuple[Topic, ...]:
    """The topics that some run answers, by their qids alone, sorted.

    Where a run's qids are judged as they stand, every judged query is a topic, so that none vanishes by not being
    answered. Where they are ``judged.locale.kind``, a topic that no run answers cannot be known.
    """
    answered = {qid for run in runs for qid in run.rankings}
    judged = {judgement.qid for judgement in judgements}
    return tuple(topic_of(qid) for qid in sorted(answered | (judged if answered & judged else set())))


def parse_measures(names: Sequence[str]) -> tuple[str, ...]:
    """The measures as ir_measures prints them, each once, in order.

    Raises:
        ValueError: a name it does not know or has no way to compute.
    """
    return tuple(str(parsed) for parsed in _parse(names))


def gain_map(name: str, grades: Iterable[int]) -> dict[int, float] | None:
    """What each grade is worth to measure `name`, where it weighs grades; None where it asks only ``grade >= rel``.

    trec_eval's nDCG gains the grade itself (3 is worth three times 1); ``nDCG(dcg='exp-log2')`` gains 2^grade - 1.
    """
    (parsed,) = _parse([name])
    if "gains" not in parsed.SUPPORTED_PARAMS:
        return None
    mapped = parsed.params.get("gains", {})
    exponential = parsed.params.get("dcg") == "exp-log2"
    gains = {grade: int(mapped.get(grade, grade)) for grade in sorted(set(grades))}
    return {grade: float(2**gain - 1 if exponential else gain) for grade, gain in gains.items()}


def _measure(rankings: Rankings, grades: Grades, topics: Sequence[Topic], measures: Sequence[str]) -> Measured:
    import ir_measures

    parsed = _parse(measures)
    kept = [(topic, judged_id(topic, grades)) for topic in topics if _has_relevant(grades, judged_id(topic, grades))]
    if not kept:
        raise ValueError(
            f"none of the {len(topics)} topics ({_some(t.qid for t in topics)}) has a relevant judgement; "
            f"judged queries are {_some(grades)}"
        )
    column = {m: i for i, m in enumerate(parsed)}
    row = {str(i): i for i in range(len(kept))}  # numbers for qids: gdeval reads no others
    values = np.zeros((len(kept), len(parsed)))
    try:
        evaluator = ir_measures.evaluator(parsed, {str(i): grades[query] for i, (_, query) in enumerate(kept)})
        for figure in evaluator.iter_calc(_falling_ranks(rankings, [topic for topic, _ in kept])):
            values[row[figure.query_id], column[figure.measure]] = figure.value
    except CalledProcessError as problem:  # some measures are another program's
        raise ValueError(
            f"measures {', '.join(map(str, parsed))}: {problem}; leave out the one it fails on"
        ) from problem
    left_out = {topic.qid for topic in topics} - {topic.qid for topic, _ in kept}
    return Measured(
        topics=tuple(topic for topic, _ in kept),
        queries=tuple(query for _, query in kept),
        measures=tuple(str(m) for m in parsed),
        values=values,
        left_out=tuple(topic.qid for topic in topics if topic.qid in left_out),
        unanswered=tuple(topic.qid for topic, _ in kept if topic.qid not in rankings),
    )


def _falling_ranks(rankings: Rankings, topics: Sequence[Topic]) -> dict[str, dict[str, float]]:
    # ir_measures' providers break ties each in its own way; ranks leave them nothing to break.
    return {
        str(i): {listing_id: -float(rank) for rank, listing_id in enumerate(rankings[topic.qid])}
        for i, topic in enumerate(topics)
        if topic.qid in rankings
    }


def _has_relevant(grades: Grades, query: str) -> bool:
    return any(grade > 0 for grade in grades.get(query, {}).values())


def _parse(names: Sequence[str]) -> list[Any]:
    import ir_measures

    if not names:
        raise ValueError(f"no measure asked for; the usual are {' '.join(DEFAULT_MEASURES)}")
    parsed = []
    for name in names:
        try:
            found = ir_measures.parse_measure(name)
            known = ir_measures.DefaultPipeline.supports(found)
        except (AssertionError, NameError, ValueError) as problem:
            raise ValueError(f"measure {name!r}: {problem}; write it as nDCG@10 or P(rel=2)@5") from None
        if not known:
            raise ValueError(f"measure {name!r} needs an evaluation tool that is not installed")
        parsed.append(found)
    return list(dict.fromkeys(parsed))


def _some(names: Iterable[str]) -> str:
    first = sorted(names)[:3]
    return ", ".join(first) + (" ..." if len(first) == 3 else "")
