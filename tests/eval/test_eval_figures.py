"""Tables: means, intervals, tests, random baselines, and how they are rendered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest

from eval.figures import RunFigures, tabulate
from eval.group_by import GroupBy
from eval.judgement import Judgement
from eval.measure import TopicFigures
from eval.render import as_json, markdown
from eval.render_terminal import terminal
from eval.report import Report, evaluate, run_names
from eval.resample import Slices, bootstrap_means, holm, interval, paired_p
from eval.run import Run
from eval.settings import EvaluationSettings
from eval.topic import Topic, topic_from_qid

LOCALES = ("de", "en", "he")


def measurement(name: str, figures: dict[str, list[float]]) -> RunFigures:
    """One measure; figures by locale, a judged query each."""
    topics = tuple(topic_from_qid(f"q{i}::{locale}::clean") for locale, row in figures.items() for i in range(len(row)))
    values = np.array([[value] for row in figures.values() for value in row])
    queries = tuple(topic.judged_query for topic in topics)
    return RunFigures(name, TopicFigures(topics, queries, ("nDCG@10",), values, (), ()), values / 10)


def test_each_locale_counts_once_in_the_mean_and_the_worst_is_named() -> None:
    run = measurement("a", {"de": [0.2, 0.4], "en": [1.0, 1.0, 1.0, 1.0], "he": [0.1, 0.1]})

    table = tabulate([run], GroupBy.LOCALE, "t", home="en")

    # de (0.2 + 0.4) / 2 = 0.3, en 1.0, he 0.1; mean of 3 = 1.4 / 3; mean of the 2 but en = 0.4 / 2
    assert [(row.label, row.topics, round(row.figures[0][0].value, 6)) for row in (*table.rows, *table.means)] == [
        ("de", 2, 0.3),
        ("en", 4, 1.0),
        ("he", 2, 0.1),
        ("mean of 3", 8, 0.466667),
        ("mean of 2 but en", 4, 0.2),
    ]
    assert table.worst == (("he",),)
    assert table.means[0].figures[0][0].random_baseline == pytest.approx(0.0466667)


def test_an_interval_of_equal_figures_is_that_figure_and_one_query_has_none() -> None:
    table = tabulate([measurement("a", {"de": [0.5, 0.5, 0.5], "en": [0.5]})], GroupBy.LOCALE, "t")

    several, single = (row.figures[0][0] for row in table.rows)
    assert (several.low, several.high) == (0.5, 0.5)
    assert (single.low, single.high) == (None, None)


def test_an_interval_is_near_what_the_normal_law_gives() -> None:
    # 100 queries, half 0 and half 1: standard error 0.05, so 0.5 +- 1.96 * 0.05
    labels = ["en"] * 100
    values = np.array([[float(i % 2)] for i in range(100)])
    slices = Slices.from_labels(labels, ["en"], [f"q{i}" for i in range(100)])

    low, high = interval(bootstrap_means(slices, values, seed=1))

    assert float(low[0, 0]) == pytest.approx(0.402, abs=0.015)
    assert float(high[0, 0]) == pytest.approx(0.598, abs=0.015)


def test_the_same_query_in_ten_languages_makes_no_interval_narrower() -> None:
    queries = {f"l{k}": [0.0, 1.0] * 10 for k in range(10)}
    table = tabulate(
        [measurement("a", {f"a{chr(97 + k)}": row for k, row in enumerate(queries.values())})], GroupBy.LOCALE, "t"
    )

    alone, together = table.rows[0].figures[0][0], table.means[0].figures[0][0]
    assert together.low == pytest.approx(alone.low)
    assert together.high == pytest.approx(alone.high)


def test_a_paired_p_value_is_the_share_of_sign_flips_at_least_as_far() -> None:
    # six queries better by 1..6: of 2^6 ways to sign them two reach |21|, so p = 2 / 64
    shares = np.array([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [3.0, -1.0, 2.0, 0.5, -4.0, 1.0]])

    p = paired_p(shares, seed=0)

    seen = abs(shares[1].sum()) - 1e-9
    far = [abs(float(np.dot(signs, shares[1]))) >= seen for signs in product((1, -1), repeat=6)]
    assert p.tolist() == pytest.approx([2 / 64, sum(far) / 64])


def test_holm_corrects_as_in_his_paper() -> None:
    # sorted 0.01, 0.02, 0.03, 0.04: times 4, 3, 2, 1 = 0.04, 0.06, 0.06, 0.04; never falling: 0.04,
    # 0.06, 0.06, 0.06
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_a_change_is_paired_tested_and_corrected_over_the_rows() -> None:
    rng = np.random.default_rng(0)
    before = {locale: list(rng.random(20)) for locale in LOCALES}
    after = {**before, "de": [value + 0.1 for value in before["de"]]}

    table = tabulate([measurement("a", before), measurement("b", after)], GroupBy.LOCALE, "t", baseline=0)

    german, english = table.rows[0].figures[1][0].change, table.rows[1].figures[1][0].change
    mean = table.means[0].figures[1][0].change
    assert german is not None
    assert english is not None
    assert mean is not None
    assert table.rows[0].figures[0][0].change is None
    assert (german.delta, german.low, german.high) == pytest.approx((0.1, 0.1, 0.1))
    assert german.p == pytest.approx(2 / 10_000)
    assert german.p_holm == pytest.approx(6 / 10_000)
    assert (english.delta, english.p) == (0.0, 1.0)
    assert mean.delta == pytest.approx(0.1 / 3)
    assert mean.p_holm is None


def test_the_same_seed_gives_the_same_table() -> None:
    runs = [measurement("a", {"de": [0.1, 0.9, 0.4]}), measurement("b", {"de": [0.2, 0.8, 0.7]})]

    assert tabulate(runs, GroupBy.LOCALE, "t", 0, seed=7) == tabulate(runs, GroupBy.LOCALE, "t", 0, seed=7)


def test_runs_on_different_topics_are_an_error() -> None:
    with pytest.raises(ValueError, match="a and b were measured on different topics"):
        tabulate([measurement("a", {"de": [0.1]}), measurement("b", {"en": [0.1]})], GroupBy.LOCALE, "t")


JUDGEMENTS = [Judgement(f"q{i}", f"d{i}", 1 + i % 3) for i in range(6)]
TOPICS: list[Topic] = [
    topic_from_qid(f"q{i}::{locale}::{kind}") for i in range(6) for locale in LOCALES for kind in ("clean", "typo")
]


def answers(tag: str, rank: int) -> Run:
    """The relevant listing at `rank` for clean topics; nothing for q5 and typing errors."""
    others = [f"x{k}" for k in range(9)]
    return Run.ranked(
        tag,
        {
            topic.qid: [
                (name, 0.0) for name in (*others[: rank - 1], f"d{topic.judged_query[1:]}", *others[rank - 1 :])
            ]
            for topic in TOPICS
            if topic.kind == "clean" and topic.judged_query != "q5"
        },
    )


def evaluated(runs: Mapping[str, Run], **settings: Any) -> Report:
    """The report on these runs, by default with one measure."""
    return evaluate(runs, JUDGEMENTS, TOPICS, EvaluationSettings(**({"measures": ("RR@10",)} | settings)))


def test_the_table_by_locale_is_of_clean_topics_unless_kinds_are_requested() -> None:
    runs = {"a": answers("a", 2)}

    both = evaluated(runs)
    typos = evaluated(runs, group_by=GroupBy.LOCALE, kinds=("clean", "typo"))

    # five of six clean topics at rank 2: 5 * 0.5 / 6; all of the typo ones unanswered
    assert both.tables[0].title == "by locale: 18 topics of kind clean"
    assert [row.figures[0][0].value for row in both.tables[0].rows] == pytest.approx([2.5 / 6] * 3)
    assert [(row.label, row.figures[0][0].value) for row in both.tables[1].rows] == [
        ("clean", pytest.approx(2.5 / 6)),
        ("typo", 0.0),
    ]
    assert typos.tables[0].means[0].figures[0][0].value == pytest.approx(2.5 / 12)


def test_a_report_states_gains_depth_candidates_and_what_an_unjudged_listing_counts() -> None:
    report = evaluated({"a": answers("a", 2), "b": answers("b", 1)}, measures=("nDCG@10", "RR@10"), baseline="a")

    body = json.loads(as_json(report, {"x.qrels": "abc"}))

    assert body["format"] == "fondaco-eval/1"
    assert body["gains"] == {"nDCG@10": {"1": 1.0, "2": 2.0, "3": 3.0}, "RR@10": None}
    assert body["unjudged"] == "counts as grade 0, not relevant"
    assert body["candidates"].startswith("what each run retrieved")
    assert body["files"] == {"x.qrels": "abc"}
    assert {"ir-measures", "scipy", "numpy"} <= body["versions"].keys()
    assert (body["topics"], body["queries"]) == (36, 6)
    assert body["runs"][0] == {
        "name": "a",
        "answered": 15,
        "unanswered": 21,
        "ignored": 0,
        "depth_max": 10,
        "depth_median": 10.0,
        "judged_share": 0.1,
    }
    change = body["tables"][0]["means"][0]["runs"]["b"]["RR@10"]["change"]
    assert change["delta"] == pytest.approx(2.5 / 6)


def test_markdown_and_terminal_show_every_row_figure_baseline_and_condition() -> None:
    report = evaluated({"a|1": answers("a", 2), "[red]b": answers("b", 1)}, baseline="a|1")

    text, drawn = markdown(report), terminal(report)

    assert "| | topics | a\\|1 RR@10 | [red]b RR@10 |" in text.replace("|  |", "| |")
    assert "| de | 6 | 0.417 [" in text
    assert "; +0.417 [" in text
    assert "| worst |  | 0.417 de | 0.833 de |" in text
    assert "| shuffle, mean of 3 |" in text
    assert "count 0; depth 10 at most" in text
    for shown in ("[red]b", "by kind: 36 topics", "shuffle, mean of 3", "Changes are against a|1", "+0.417"):
        assert shown in drawn
    assert "\x1b" not in drawn


def test_what_cannot_be_measured_is_an_error() -> None:
    run = {"a": answers("a", 2)}

    with pytest.raises(ValueError, match="no topic is of kind layout; the topics' kinds are clean, typo"):
        evaluated(run, kinds=("layout",))
    with pytest.raises(ValueError, match="baseline 'z' is not one of the runs: a"):
        evaluated(run, baseline="z")
    with pytest.raises(ValueError, match=r"run c answers none of the 36 topics: it has zebra \.\.\., they are q0"):
        evaluated({"c": Run.ranked("c", {"zebra": [("a", 1.0)]})})


def test_runs_with_the_same_tag_are_distinguished_by_file_and_number() -> None:
    assert run_names(["a", "b"], ["x", "y"]) == ["a", "b"]
    assert run_names(["a", "a"], ["x", "y"]) == ["a (x)", "a (y)"]
    assert run_names(["a", "a"], ["x", "x"]) == ["a (x) #1", "a (x) #2"]
