"""Report: the tables of an evaluation, and the conditions that a reader needs to compare them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from statistics import median

import numpy as np

from eval.by_topic import TopicRow, topic_rows
from eval.checks import home_of, measures_of, require_answers, require_judged_listings, topics_of_kinds
from eval.figures import RunFigures, Table, label_of, tabulate
from eval.group_by import GroupBy
from eval.judgement import Judgement, grades_by_query
from eval.measure import (
    SHUFFLES,
    gain_map,
    measure,
    random_baseline,
    relevant_from,
)
from eval.resample import CONFIDENCE, INTERVAL, TEST
from eval.run import Run
from eval.settings import EvaluationSettings
from eval.topic import Topic
from indexer.progress import track

CLEAN = "clean"
NO_TOPICS = "no topics file: a topic that no run answers is not counted; give --topics to count it 0"
UNJUDGED = "counts as grade 0, not relevant"
COMPLETE = "is not relevant: the judgements are declared complete (--complete)"
RELEVANT = "grade 1 and over, unless the measure says rel="
CANDIDATES = "what each run retrieved from its own snapshot; runs are not restricted to judged listings"
RANDOM_BASELINE = f"the same answers in random order, mean of {SHUFFLES} shuffles"
CORRECTION = "Holm, over the rows of a table, for each run and measure; means of rows stand by themselves"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known of a run.

    Counts are of topics; `judged_share` is of all (topic, listing) answers.
    """

    name: str
    answered: int
    unanswered: int  # count 0
    ignored: int  # qids that are not topics
    depth_max: int
    depth_median: float
    judged_share: float


@dataclass(frozen=True, slots=True)
class Inherited:
    """The topics that are measured by the judgements of the first part of their qid.

    `dotted` of them have a qid of the former form, with dots. `qid` and `judged_query` are of the
    first one.
    """

    topics: int
    dotted: int
    qid: str
    judged_query: str


@dataclass(frozen=True, slots=True)
class Report:
    """Tables with their conditions. `gains` has the gain of each grade by measure.

    None stands for a measure that only tests whether an answer is relevant. `thresholds` has the
    lowest grade that counts as relevant, by measure; None where a measure has none. `by_topic` is
    empty unless figures by topic were wanted.
    """

    tables: tuple[Table, ...]
    by_topic: tuple[TopicRow, ...]
    measures: tuple[str, ...]
    gains: Mapping[str, Mapping[int, float] | None]
    thresholds: Mapping[str, int | None]
    runs: tuple[RunFacts, ...]
    baseline: str | None
    topics: int
    queries: int
    inherited: Inherited | None
    left_out: tuple[str, ...]  # qids of topics without a relevant judgement
    warnings: tuple[str, ...]
    versions: Mapping[str, str]
    seed: int
    complete: bool = False
    confidence: float = CONFIDENCE
    interval: str = INTERVAL
    test: str = TEST
    correction: str = CORRECTION
    unjudged: str = UNJUDGED
    relevant: str = RELEVANT
    candidates: str = CANDIDATES
    random_baseline: str = RANDOM_BASELINE


def evaluate(
    runs: Mapping[str, Run],
    judgements: Sequence[Judgement],
    topics: Sequence[Topic],
    settings: EvaluationSettings,
    warnings: Sequence[str] = (),
) -> Report:
    """Measure `runs` (by name), and compare each with the run that ``settings.baseline`` names.

    Without ``settings.kinds``, the table by locale has only the clean topics, if there are any.
    Some locales have more noisy topics than others, which would change their figures.

    Raises:
        ValueError: no topic is of these kinds; a measure is not known; no topic has a relevant
            judgement; a run answers none of the topics, or has no listing that is judged; the
            baseline is not one of the runs; no topic has the home locale.
    """
    if settings.baseline is not None and settings.baseline not in runs:
        raise ValueError(f"baseline {settings.baseline!r} is not one of the runs: {', '.join(runs)}")
    kept = topics_of_kinds(topics, settings.kinds)
    measures = measures_of(settings)
    home = home_of(kept, settings)
    for name, run in runs.items():
        require_answers(name, run, kept)
        require_judged_listings(name, run, judgements)
    run_figures = [
        RunFigures(
            name,
            measure(run, judgements, kept, measures),
            random_baseline(run, judgements, kept, measures, settings.seed),
        )
        for name, run in track(runs.items(), len(runs), "measure", "runs")
    ]
    first = run_figures[0].by_topic
    grades = {judgement.grade for judgement in judgements}
    by_topic = settings.group_by is GroupBy.TOPIC
    run_facts = (_run_facts(figures, runs[figures.name], judgements, topics) for figures in run_figures)
    tables = () if by_topic else _tables(run_figures, replace(settings, home=home))
    return Report(
        tables=tables,
        by_topic=topic_rows(run_figures, runs, grades_by_query(judgements)) if by_topic else (),
        measures=measures,
        gains={name: gain_map(name, grades) for name in measures},
        thresholds={name: relevant_from(name) for name in measures},
        runs=tuple(replace(facts, judged_share=1.0) if settings.complete else facts for facts in run_facts),
        baseline=settings.baseline,
        topics=len(first.topics),
        queries=len(set(first.queries)),
        inherited=_inherited(first.topics, first.queries),
        left_out=first.left_out,
        warnings=(*warnings, *_home_warnings(tables, home)),
        versions=_versions(),
        seed=settings.seed,
        complete=settings.complete,
        unjudged=COMPLETE if settings.complete else UNJUDGED,
    )


def _home_warnings(tables: Sequence[Table], home: str | None) -> list[str]:
    """A warning where the home locale changes no table."""
    if home is None or any(len(table.means) > 1 for table in tables):
        return []
    return [f"--home {home} changes nothing: no table by locale has rows of it and of another locale"]


def _inherited(topics: Sequence[Topic], queries: Sequence[str]) -> Inherited | None:
    inherited = [(topic, query) for topic, query in zip(topics, queries, strict=True) if topic.qid != query]
    if not inherited:
        return None
    topic, query = inherited[0]
    return Inherited(len(inherited), sum(topic.is_dotted for topic, _ in inherited), topic.qid, query)


def run_names(tags: Sequence[str], files: Sequence[str]) -> list[str]:
    """A name for each run: its tag. Equal tags get the file's name, equal file names a number."""
    plain = [tag if tags.count(tag) == 1 else f"{tag} ({file})" for tag, file in zip(tags, files, strict=True)]
    return [name if plain.count(name) == 1 else f"{name} #{plain[: i + 1].count(name)}" for i, name in enumerate(plain)]


def _tables(runs: Sequence[RunFigures], settings: EvaluationSettings) -> tuple[Table, ...]:
    baseline = None if settings.baseline is None else [run.name for run in runs].index(settings.baseline)
    both = settings.group_by is GroupBy.BOTH
    tables = []
    for by in (GroupBy.LOCALE, GroupBy.KIND) if both else (settings.group_by,):
        subset, title = _subset(runs, by, settings.kinds)
        tables.append(tabulate(subset, by, title, baseline, settings.home, settings.seed))
    return tuple(tables)


def _subset(runs: Sequence[RunFigures], by: GroupBy, kinds: Sequence[str]) -> tuple[list[RunFigures], str]:
    """The figures of the topics that a table has, and the table's title."""
    topics = runs[0].by_topic.topics
    keep = list(range(len(topics)))
    if by is GroupBy.LOCALE and not kinds:
        keep = [i for i, topic in enumerate(topics) if topic.kind == CLEAN] or keep
    kept_kinds = sorted({label_of(topics[i], GroupBy.KIND) for i in keep})
    title = f"by {by.value}: {len(keep)} topics" + (f" of kind {', '.join(kept_kinds)}" if by is GroupBy.LOCALE else "")
    return [_select_topics(run, keep) for run in runs], title


def _select_topics(run: RunFigures, keep: Sequence[int]) -> RunFigures:
    every = run.by_topic
    rows = np.array(keep, dtype=np.int64)
    selected = replace(
        every,
        topics=tuple(every.topics[i] for i in keep),
        queries=tuple(every.queries[i] for i in keep),
        values=every.values[rows],
    )
    return RunFigures(run.name, selected, run.random_baseline[rows])


def _run_facts(figures: RunFigures, run: Run, judgements: Sequence[Judgement], topics: Sequence[Topic]) -> RunFacts:
    qids = {topic.qid for topic in topics}
    judged = {(judgement.qid, judgement.listing_id) for judgement in judgements}
    answers = [
        (query, answer.listing_id)
        for topic, query in zip(figures.by_topic.topics, figures.by_topic.queries, strict=True)
        for answer in run.rankings.get(topic.qid, ())
    ]
    return RunFacts(
        name=figures.name,
        answered=len(figures.by_topic.topics) - len(figures.by_topic.unanswered),
        unanswered=len(figures.by_topic.unanswered),
        ignored=len(run.rankings.keys() - qids),
        depth_max=max(run.depths),
        depth_median=float(median(run.depths)),
        judged_share=sum(answer in judged for answer in answers) / max(1, len(answers)),
    )


def _versions() -> dict[str, str]:
    versions = {}
    for package in ("fondaco", "ir-measures", "pytrec-eval-terrier", "numpy", "scipy"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:  # run from a checkout that is not installed
            continue
    return versions
