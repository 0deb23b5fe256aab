"""Report: the tables, and everything a reader must know to compare them with anyone else's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from statistics import median

import numpy as np

from eval.figures import Measurement, Table, label_of, tabulate
from eval.group_by import GroupBy
from eval.judgement import Judgement
from eval.measure import SHUFFLES, Measured, floor, gain_map, measure, parse_measures
from eval.resample import CONFIDENCE, INTERVAL, TEST
from eval.run import Run
from eval.topic import Topic
from indexer.progress import track

CLEAN = "clean"
NO_TOPICS = "no topics file: a topic that no run answers is not counted; give --topics to count it 0"
UNJUDGED = "counts as grade 0, not relevant"
RELEVANT = "grade 1 and over, unless the measure says rel="
CANDIDATES = "what each run retrieved from its own snapshot; runs are not restricted to judged listings"
FLOOR = f"the same answers in random order, mean of {SHUFFLES} shuffles"
CORRECTION = "Holm, over the rows of a table, for each run and measure; means of rows stand by themselves"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run as it was measured. Counts are of topics, `judged_share` of all (topic, listing) answers."""

    name: str
    answered: int
    unanswered: int  # count 0
    ignored: int  # answered, but no topic
    depth_max: int
    depth_median: float
    judged_share: float


@dataclass(frozen=True, slots=True)
class Report:
    """Figures with their conditions. `gains` maps a measure to what each grade is worth; None asks `relevant` alone."""

    tables: tuple[Table, ...]
    measures: tuple[str, ...]
    gains: Mapping[str, Mapping[int, float] | None]
    runs: tuple[RunFacts, ...]
    baseline: str | None
    topics: int
    queries: int
    left_out: tuple[str, ...]  # qids of topics without a relevant judgement
    warnings: tuple[str, ...]
    versions: Mapping[str, str]
    seed: int
    confidence: float = CONFIDENCE
    interval: str = INTERVAL
    test: str = TEST
    correction: str = CORRECTION
    unjudged: str = UNJUDGED
    relevant: str = RELEVANT
    candidates: str = CANDIDATES
    floor: str = FLOOR


def evaluate(
    runs: Mapping[str, Run],
    judgements: Sequence[Judgement],
    topics: Sequence[Topic],
    measures: Sequence[str],
    by: GroupBy = GroupBy.BOTH,
    kinds: Collection[str] = (),
    baseline: str | None = None,
    home: str | None = None,
    seed: int = 0,
    warnings: Sequence[str] = (),
) -> Report:
    """Measure `runs` (by name) and compare each with the one named `baseline`.

    `kinds` keeps topics of these kinds alone. Without it the table by locale is of the clean topics, where there are
    any: noisy ones exist for some locales more than for others, and would make the locales' figures differ by that.

    Raises:
        ValueError: no topic of these kinds; a measure nobody knows; no topic with a relevant judgement; a run that
            answers none of the topics; a baseline that is no run.
    """
    if baseline is not None and baseline not in runs:
        raise ValueError(f"baseline {baseline!r} is none of the runs: {', '.join(runs)}")
    wanted = [topic for topic in topics if not kinds or topic.kind in kinds]
    if not wanted:
        had = sorted({label_of(topic, GroupBy.KIND) for topic in topics})
        raise ValueError(f"no topic is of kind {', '.join(sorted(kinds))}; the topics' kinds are {', '.join(had)}")
    names = parse_measures(measures)
    for name, run in runs.items():
        _require_answers(name, run, wanted)
    measured = [
        Measurement(name, measure(run, judgements, wanted, names), floor(run, judgements, wanted, names, seed))
        for name, run in track(runs.items(), len(runs), "measure", "runs")
    ]
    place = list(runs).index(baseline) if baseline is not None else None
    tables = [
        tabulate(subset, one, title, place, home, seed)
        for one in ((GroupBy.LOCALE, GroupBy.KIND) if by is GroupBy.BOTH else (by,))
        for subset, title in [_subset(measured, one, kinds)]
    ]
    first = measured[0].measured
    grades = {judgement.grade for judgement in judgements}
    return Report(
        tables=tuple(tables),
        measures=names,
        gains={name: gain_map(name, grades) for name in names},
        runs=tuple(_facts(one, runs[one.name], judgements, topics) for one in measured),
        baseline=baseline,
        topics=len(first.topics),
        queries=len(set(first.queries)),
        left_out=first.left_out,
        warnings=tuple(warnings),
        versions=_versions(),
        seed=seed,
    )


def names_of(tags: Sequence[str], files: Sequence[str]) -> list[str]:
    """A name for each run: its tag; with the file's name where two runs have one tag; numbered where still alike."""
    plain = [tag if tags.count(tag) == 1 else f"{tag} ({file})" for tag, file in zip(tags, files, strict=True)]
    return [name if plain.count(name) == 1 else f"{name} #{plain[: i + 1].count(name)}" for i, name in enumerate(plain)]


def _subset(runs: Sequence[Measurement], by: GroupBy, kinds: Collection[str]) -> tuple[list[Measurement], str]:
    topics = runs[0].measured.topics
    keep = list(range(len(topics)))
    if by is GroupBy.LOCALE and not kinds:
        keep = [i for i, topic in enumerate(topics) if topic.kind == CLEAN] or keep
    shown = sorted({label_of(topics[i], GroupBy.KIND) for i in keep})
    title = f"by {by.value}: {len(keep)} topics" + (f" of kind {', '.join(shown)}" if by is GroupBy.LOCALE else "")
    return [_part(run, keep) for run in runs], title


def _part(run: Measurement, keep: Sequence[int]) -> Measurement:
    whole = run.measured
    rows = np.array(keep, dtype=np.int64)
    part = Measured(
        topics=tuple(whole.topics[i] for i in keep),
        queries=tuple(whole.queries[i] for i in keep),
        measures=whole.measures,
        values=whole.values[rows],
        left_out=whole.left_out,
        unanswered=whole.unanswered,
    )
    return Measurement(run.name, part, run.floor[rows])


def _facts(one: Measurement, run: Run, judgements: Sequence[Judgement], topics: Sequence[Topic]) -> RunFacts:
    known = {topic.qid for topic in topics}
    judged = {(judgement.qid, judgement.listing_id) for judgement in judgements}
    answers = [
        (query, answer.listing_id)
        for topic, query in zip(one.measured.topics, one.measured.queries, strict=True)
        for answer in run.rankings.get(topic.qid, ())
    ]
    return RunFacts(
        name=one.name,
        answered=len(one.measured.topics) - len(one.measured.unanswered),
        unanswered=len(one.measured.unanswered),
        ignored=len(run.rankings.keys() - known),
        depth_max=max(run.depths),
        depth_median=float(median(run.depths)),
        judged_share=sum(answer in judged for answer in answers) / max(1, len(answers)),
    )


def _require_answers(name: str, run: Run, topics: Sequence[Topic]) -> None:
    if not any(topic.qid in run.rankings for topic in topics):
        raise ValueError(
            f"run {name} answers none of the {len(topics)} topics: it has {min(run.rankings)} ..., "
            f"they are {min(topic.qid for topic in topics)} ..."
        )


def _versions() -> dict[str, str]:
    found = {}
    for package in ("fondaco", "ir-measures", "pytrec-eval-terrier", "numpy", "scipy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # run from a checkout that is not installed
            continue
    return found
