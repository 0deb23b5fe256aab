"""Tables of figures by locale or kind: value, interval, random baseline and change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from eval.group_by import GroupBy
from eval.measure import TopicFigures
from eval.resample import Floats, Slices, bootstrap_means, holm, interval, paired_p
from eval.topic import Topic

NO_KIND = "(none)"


@dataclass(frozen=True, slots=True)
class Change:
    """A figure minus the baseline run's, on the same topics.

    `p_holm` is corrected over the slices of a table; None for a mean of slices.
    """

    delta: float
    low: float
    high: float
    p: float
    p_holm: float | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over topics. The interval and the change are None with fewer than two judged queries.

    `random_baseline` is the value of the same answers in random order.
    """

    value: float
    random_baseline: float
    low: float | None
    high: float | None
    change: Change | None


@dataclass(frozen=True, slots=True)
class Row:
    """One slice of the topics (or the mean of slices), with a figure for each run and measure."""

    label: str
    topics: int
    queries: int
    figures: tuple[tuple[Figure, ...], ...]  # by run, then by measure


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of slices, and means of slices, each counting once.

    `worst` is the label of the slice with the lowest value, by run and measure.
    """

    title: str
    by: GroupBy
    rows: tuple[Row, ...]
    means: tuple[Row, ...]
    worst: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class RunFigures:
    """A run's name, its figures by topic, and those of its answers in random order.

    `random_baseline` is (topics, measures).
    """

    name: str
    by_topic: TopicFigures
    random_baseline: Floats


def tabulate(
    runs: Sequence[RunFigures],
    by: GroupBy,
    title: str,
    baseline: int | None = None,
    home: str | None = None,
    seed: int = 0,
) -> Table:
    """The table of `runs`, all measured on the same topics and measures, by locale or by kind.

    `baseline` is the place in `runs` of the one that the others are compared with. `home` is a
    locale: the mean of the other locales then gets its own row.

    Raises:
        ValueError: the runs have different topics or measures; `by` is both; or there is no run.
    """
    _require_alike(runs)
    topics = runs[0].by_topic.topics
    labels = [label_of(topic, by) for topic in topics]
    names = sorted(set(labels))
    slices = Slices.from_labels(labels, names, runs[0].by_topic.queries)
    groups = _mean_groups(names, by, home)
    baseline_run = None if baseline is None else runs[baseline]
    columns = [_column(run, baseline_run, slices, [group for _, group in groups], seed) for run in runs]
    topic_counts, query_counts = slices.topic_counts(), slices.query_counts()
    rows = [
        Row(name, topic_counts[i], query_counts[i], tuple(column[i] for column in columns))
        for i, name in enumerate(names)
    ]
    means = [
        Row(label, *_counts(slices, group), tuple(column[len(names) + i] for column in columns))
        for i, (label, group) in enumerate(groups)
    ]
    return Table(title, by, tuple(rows), tuple(means), _worst(rows, len(runs), len(runs[0].by_topic.measures)))


def label_of(topic: Topic, by: GroupBy) -> str:
    """The label of the row that a topic belongs to."""
    if by is GroupBy.LOCALE:
        return str(topic.locale)
    if by is GroupBy.KIND:
        return topic.kind or NO_KIND
    raise ValueError(f"a table is by locale or by kind, not by {by.value}")


def _require_alike(runs: Sequence[RunFigures]) -> None:
    if not runs:
        raise ValueError("there is no run")
    first = runs[0].by_topic
    for run in runs:
        if (run.by_topic.topics, run.by_topic.measures) != (first.topics, first.measures):
            raise ValueError(f"runs {runs[0].name} and {run.name} were measured on different topics or measures")


def _mean_groups(names: Sequence[str], by: GroupBy, home: str | None) -> list[tuple[str, list[int]]]:
    """The label and the slices of each mean."""
    groups = [(f"mean of {len(names)}", list(range(len(names))))]
    others = [i for i, name in enumerate(names) if name != home]
    if by is GroupBy.LOCALE and home is not None and 0 < len(others) < len(names):
        groups.append((f"mean of {len(others)} but {home}", others))
    return groups


def _counts(slices: Slices, group: Sequence[int]) -> tuple[int, int]:
    inside = slices.members[list(group)].any(axis=0)
    return int(inside.sum()), len(np.unique(slices.queries[inside]))


def _column(
    run: RunFigures, baseline: RunFigures | None, slices: Slices, groups: Sequence[Sequence[int]], seed: int
) -> list[tuple[Figure, ...]]:
    """Figures of one run: for each slice, then for each group of slices; by measure."""
    values = run.by_topic.values
    means = _with_groups(slices.means(values), groups)
    random_baselines = _with_groups(slices.means(run.random_baseline), groups)
    low, high = interval(_samples_with_groups(bootstrap_means(slices, values, seed), groups))
    changes = None
    if baseline is not None and baseline is not run:
        changes = _changes(values - baseline.by_topic.values, slices, groups, seed)
    enough = [count > 1 for count in slices.query_counts()] + [_counts(slices, group)[1] > 1 for group in groups]
    return [
        tuple(
            Figure(
                value=float(means[i, m]),
                random_baseline=float(random_baselines[i, m]),
                low=float(low[i, m]) if enough[i] else None,
                high=float(high[i, m]) if enough[i] else None,
                change=changes[i][m] if changes is not None and enough[i] else None,
            )
            for m in range(values.shape[1])
        )
        for i in range(len(means))
    ]


def _changes(differences: Floats, slices: Slices, groups: Sequence[Sequence[int]], seed: int) -> list[list[Change]]:
    """By slice and group, then by measure.

    Holm's correction covers, by measure, the slices that can be tested.
    """
    delta = _with_groups(slices.means(differences), groups)
    low, high = interval(_samples_with_groups(bootstrap_means(slices, differences, seed), groups))
    # a query's share in a slice's mean is the sum of its topics over the slice's size; in a group's
    # mean, the mean of its slices' shares
    shares = slices.by_query(differences) / slices.members.sum(axis=1)[:, None, None]  # (slices, queries, measures)
    shares = _with_groups(shares, groups)
    rows, queries, measures = shares.shape
    p = paired_p(shares.transpose(0, 2, 1).reshape(rows * measures, queries), seed).reshape(rows, measures)
    changes = [
        [Change(float(delta[i, m]), float(low[i, m]), float(high[i, m]), float(p[i, m]), None) for m in range(measures)]
        for i in range(rows)
    ]
    tested = [i for i, count in enumerate(slices.query_counts()) if count > 1]
    for m in range(measures):
        for i, corrected in zip(tested, holm([float(p[i, m]) for i in tested]), strict=True):
            changes[i][m] = replace(changes[i][m], p_holm=corrected)
    return changes


def _with_groups(by_slice: Floats, groups: Sequence[Sequence[int]]) -> Floats:
    """`by_slice` with the mean over each group of slices appended, along the first axis."""
    return np.concatenate([by_slice, *(by_slice[list(group)].mean(axis=0, keepdims=True) for group in groups)])


def _samples_with_groups(samples: Floats, groups: Sequence[Sequence[int]]) -> Floats:
    """The same along the second axis. NaN does not count; the mean of NaN alone is NaN."""
    means = [_nanmean(samples[:, list(group)])[:, None] for group in groups]
    return np.concatenate([samples, *means], axis=1)


def _nanmean(samples: Floats) -> Floats:
    """The mean along the second axis without NaN.

    Unlike numpy's, it does not warn where all are NaN.
    """
    finite = ~np.isnan(samples)
    means = np.full((samples.shape[0], samples.shape[2]), np.nan)
    np.divide(np.nansum(samples, axis=1), finite.sum(axis=1), out=means, where=finite.any(axis=1))
    return means


def _worst(rows: Sequence[Row], runs: int, measures: int) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(min(rows, key=lambda row: (row.figures[r][m].value, row.label)).label for m in range(measures))
        for r in range(runs)
    )
