"""Figures by language and by kind: a value, its interval, its random floor, and what changed against a baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from eval.group_by import GroupBy
from eval.measure import Floats, Measured
from eval.resample import Slices, bootstrap_means, holm, interval, paired_p
from eval.topic import Topic

NO_KIND = "(none)"


@dataclass(frozen=True, slots=True)
class Change:
    """A figure less the baseline's on the same topics. `p_holm` is corrected over a table's slices; None elsewhere."""

    delta: float
    low: float
    high: float
    p: float
    p_holm: float | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over topics. The interval and the change are None where fewer than two judged queries stand behind it.

    `floor` is what the same answers are worth in random order.
    """

    value: float
    floor: float
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
    """Rows of slices, then means of them (each slice counts once); `worst` is a slice's label by run and measure."""

    title: str
    by: GroupBy
    rows: tuple[Row, ...]
    means: tuple[Row, ...]
    worst: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """A run's name, its figures by topic, and those of its answers in random order (topics, measures)."""

    name: str
    measured: Measured
    floor: Floats


def tabulate(
    runs: Sequence[Measurement],
    by: GroupBy,
    title: str,
    baseline: int | None = None,
    home: str | None = None,
    seed: int = 0,
) -> Table:
    """The table of `runs`, all measured on the same topics and measures, by locale or by kind.

    `baseline` is the place in `runs` of the one that the others are compared with. `home` is a locale: the mean of
    the others then gets a row of its own.

    Raises:
        ValueError: the runs were measured on other topics or measures; `by` is both; or there is no run.
    """
    _require_alike(runs)
    topics = runs[0].measured.topics
    labels = [label_of(topic, by) for topic in topics]
    names = sorted(set(labels))
    slices = Slices.by(labels, names, runs[0].measured.queries)
    groups = _mean_groups(names, by, home)
    columns = [_column(run, slices, [g for _, g in groups], runs, baseline, seed) for run in runs]
    counts = slices.topic_counts(), slices.query_counts()
    every = [
        Row(name, counts[0][i], counts[1][i], tuple(column[i] for column in columns)) for i, name in enumerate(names)
    ]
    means = [
        Row(label, *_counts(slices, group), tuple(column[len(names) + i] for column in columns))
        for i, (label, group) in enumerate(groups)
    ]
    return Table(title, by, tuple(every), tuple(means), _worst(every, len(runs), len(runs[0].measured.measures)))


def label_of(topic: Topic, by: GroupBy) -> str:
    """The row a topic stands in."""
    if by is GroupBy.LOCALE:
        return str(topic.locale)
    if by is GroupBy.KIND:
        return topic.kind or NO_KIND
    raise ValueError("a table is by locale or by kind, not by both at once")


def _require_alike(runs: Sequence[Measurement]) -> None:
    if not runs:
        raise ValueError("no run to make a table of")
    first = runs[0].measured
    for run in runs:
        if (run.measured.topics, run.measured.measures) != (first.topics, first.measures):
            raise ValueError(f"runs {runs[0].name} and {run.name} were measured on different topics or measures")


def _mean_groups(names: Sequence[str], by: GroupBy, home: str | None) -> list[tuple[str, list[int]]]:
    """Which slices each mean is of."""
    groups = [(f"mean of {len(names)}", list(range(len(names))))]
    others = [i for i, name in enumerate(names) if name != home]
    if by is GroupBy.LOCALE and home is not None and 0 < len(others) < len(names):
        groups.append((f"mean of {len(others)} but {home}", others))
    return groups


def _counts(slices: Slices, group: Sequence[int]) -> tuple[int, int]:
    inside = slices.members[list(group)].any(axis=0)
    return int(inside.sum()), len(np.unique(slices.queries[inside]))


def _column(
    run: Measurement,
    slices: Slices,
    groups: Sequence[Sequence[int]],
    runs: Sequence[Measurement],
    baseline: int | None,
    seed: int,
) -> list[tuple[Figure, ...]]:
    """Figures of one run: for each slice, then for each group of slices; by measure."""
    values = run.measured.values
    point = _with_groups(slices.means(values), groups)
    floor = _with_groups(slices.means(run.floor), groups)
    low, high = interval(_samples_with_groups(bootstrap_means(slices, values, seed), groups))
    changes = None
    if baseline is not None and runs[baseline] is not run:
        changes = _changes(values - runs[baseline].measured.values, slices, groups, seed)
    enough = [count > 1 for count in slices.query_counts()] + [_counts(slices, group)[1] > 1 for group in groups]
    return [
        tuple(
            Figure(
                value=float(point[i, m]),
                floor=float(floor[i, m]),
                low=float(low[i, m]) if enough[i] else None,
                high=float(high[i, m]) if enough[i] else None,
                change=changes[i][m] if changes is not None and enough[i] else None,
            )
            for m in range(values.shape[1])
        )
        for i in range(len(point))
    ]


def _changes(differences: Floats, slices: Slices, groups: Sequence[Sequence[int]], seed: int) -> list[list[Change]]:
    """By slice and group, then by measure. Holm's correction is over the slices that can be tested, by measure."""
    delta = _with_groups(slices.means(differences), groups)
    low, high = interval(_samples_with_groups(bootstrap_means(slices, differences, seed), groups))
    # each query's share in a row's mean: its topics' sum over the slice's size; a group's is the mean of its slices'
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
    """Append the mean over each group of slices, along the first axis."""
    return np.concatenate([by_slice, *(by_slice[list(group)].mean(axis=0, keepdims=True) for group in groups)])


def _samples_with_groups(samples: Floats, groups: Sequence[Sequence[int]]) -> Floats:
    """The same along the second axis; a slice that a draw left empty does not count in it, NaN where all are."""
    means = [_mean_of_known(samples[:, list(group)])[:, None] for group in groups]
    return np.concatenate([samples, *means], axis=1)


def _mean_of_known(samples: Floats) -> Floats:
    """The mean along the second axis, NaN passed over; unlike numpy's, silent about draws of nothing."""
    known = ~np.isnan(samples)
    means = np.full((samples.shape[0], samples.shape[2]), np.nan)
    np.divide(np.nansum(samples, axis=1), known.sum(axis=1), out=means, where=known.any(axis=1))
    return means


def _worst(rows: Sequence[Row], runs: int, measures: int) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(min(rows, key=lambda row: (row.figures[r][m].value, row.label)).label for m in range(measures))
        for r in range(runs)
    )
