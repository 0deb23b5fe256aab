"""The fit of relevance: known numbers are found again, folds are apart, files are read back."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from eval.fit import render
from eval.fit.evidence import UNJUDGED, Evidence, JudgedTopic, joined
from eval.fit.examples import Examples
from eval.fit.judged_catalogue import JudgedCatalogue
from eval.fit.logistic import OneSided, fit_logistic, log_loss
from eval.fit.order_figures import order_figures
from eval.fit.record import FitRecord, write_relevance
from eval.fit.reliability import BINS, reliability
from eval.fit.report import fit_report
from eval.fit.validation import QUERY_FOLDS, Way, folds, hold_out
from eval.judgement import Judgement
from eval.topic import topic_from_qid
from ranking.candidate import Floats
from ranking.relevance import Z_MAX, RelevanceModel
from ranking.relevance_file import read_relevance

BASE = RelevanceModel(bias=-3.0, lexical=5.0, vector=0.5, near_bias=-4.0, near_vector=1.0, floor=0.3)


def simulated(model: RelevanceModel, count: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Lexical scores, vector scores and labels that the model would give."""
    rng = np.random.default_rng(seed)
    lexical, vector = rng.uniform(0.0, 1.0, count), rng.uniform(0.0, Z_MAX, count)
    labels = (rng.uniform(size=count) < model.probability(lexical, vector)).astype(np.float64)
    return lexical, vector, labels


def evidence(
    catalogue: str = "shop", queries: int = 10, languages: Sequence[str] = ("en", "de"), depth: int = 20, seed: int = 0
) -> Evidence:
    """Simulated candidates of some topics, every tenth unjudged."""
    topics = [
        JudgedTopic(catalogue, topic_from_qid(f"q{query}::{language}::clean"), f"q{query}")
        for query in range(queries)
        for language in languages
    ]
    lexical, vector, labels = simulated(BASE, len(topics) * depth, seed)
    grade = np.where(np.arange(len(labels)) % 10 == 9, UNJUDGED, labels).astype(np.int64)
    listing_ids = tuple(f"L{seed}-{number}" for number in range(len(labels)))
    topic = np.repeat(np.arange(len(topics)), depth)
    judgements = tuple(
        Judgement(topics[at].query, name, int(value))
        for at, name, value in zip(topic, listing_ids, grade, strict=True)
        if value != UNJUDGED
    )
    return Evidence(tuple(topics), {catalogue: judgements}, topic, listing_ids, lexical, vector, grade)


@settings(max_examples=10, deadline=None)
@given(bias=st.floats(-3.0, 0.0), rest=st.floats(1.0, 5.0), vector=st.floats(0.1, 1.0), seed=st.integers(0, 1_000))
def test_the_numbers_that_made_the_labels_are_found_again(bias: float, rest: float, vector: float, seed: int) -> None:
    lexical = Z_MAX * vector + rest
    truth = replace(BASE, bias=bias, lexical=lexical, vector=vector)
    columns = simulated(truth, 20_000, seed)

    fitted = fit_logistic(*columns, np.ones(20_000), BASE)

    # five standard errors at worst: some 20,000 labels give a number to a tenth of itself
    assert fitted.bias == pytest.approx(bias, abs=0.6)
    assert fitted.lexical == pytest.approx(lexical, abs=0.2 + 0.12 * lexical)
    assert fitted.vector == pytest.approx(vector, abs=0.15)
    assert (fitted.near_bias, fitted.floor) == (BASE.near_bias, BASE.floor)


def test_the_fit_has_the_least_loss() -> None:
    lexical, vector, labels = simulated(BASE, 2_000, 1)
    weights = np.full(2_000, 1 / 2_000)
    fitted = fit_logistic(lexical, vector, labels, weights, BASE)
    best = log_loss(fitted.probability(lexical, vector), labels, weights)

    for change in (0.05, -0.05):
        for name in ("bias", "lexical", "vector"):
            other = replace(fitted, **{name: getattr(fitted, name) + change})
            assert log_loss(other.probability(lexical, vector), labels, weights) > best


def test_numbers_keep_their_signs_whatever_the_labels_say() -> None:
    lexical, vector, labels = simulated(BASE, 2_000, 2)
    fitted = fit_logistic(lexical, vector, 1.0 - labels, np.ones(2_000), BASE)

    assert (fitted.lexical, fitted.vector) == (0.0, 0.0)


def test_a_fit_that_keeps_the_order_changes_bias_and_scale_alone() -> None:
    lexical, vector, labels = simulated(replace(BASE, bias=-2.0, vector=0.8), 5_000, 3)
    fitted = fit_logistic(lexical, vector, labels, np.ones(5_000), BASE, keep_order=True)

    assert fitted.vector / fitted.lexical == pytest.approx(BASE.vector / BASE.lexical)
    assert fitted.lexical != pytest.approx(BASE.lexical, abs=0.01)


@pytest.mark.parametrize(("label", "said"), [(0.0, "none"), (1.0, "all")])
def test_one_label_alone_cannot_be_fitted(label: float, said: str) -> None:
    values = np.linspace(0.0, 1.0, 5)

    with pytest.raises(OneSided, match=f"{said} of the 5 judged candidates are relevant"):
        fit_logistic(values, values, np.full(5, label), np.ones(5), BASE)


def test_log_loss_by_hand() -> None:
    # -(3 ln 0.8 + 1 ln 0.5) / 4
    loss = log_loss(np.array([0.8, 0.5]), np.array([1.0, 0.0]), np.array([3.0, 1.0]))

    assert loss == pytest.approx(-(3 * np.log(0.8) + np.log(0.5)) / 4)


def test_catalogues_weigh_the_same_and_in_them_judged_queries() -> None:
    both = joined([evidence("a", queries=2), evidence("b", queries=8, languages=("en", "de", "ja"))])
    examples = Examples(both, 1)
    weights = examples.weights()
    catalogue = np.array([both.topics[at].catalogue for at in both.topic])
    query = np.array([both.topics[at].query for at in both.topic])

    assert weights.sum() == pytest.approx(1.0)
    assert weights[catalogue == "a"].sum() == pytest.approx(0.5)
    assert weights[(catalogue == "a") & (query == "q1")].sum() == pytest.approx(0.25)
    assert weights[(catalogue == "b") & (query == "q1")].sum() == pytest.approx(1 / 16)
    assert not weights[both.grade == UNJUDGED].any()


@given(st.integers(2, 40), st.integers(1, 5), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_folds_never_split_a_query_and_share_out_the_queries(queries: int, languages: int, seed: int) -> None:
    both = joined([evidence(name, queries, ("en", "de", "fr", "ja", "th")[:languages], 1) for name in ("a", "b")])
    fold_of = folds(both, Way.QUERY, seed)
    by_query = {(topic.catalogue, topic.query): set() for topic in both.topics}
    for topic, fold in fold_of.items():
        by_query[topic.catalogue, topic.query].add(fold)
    sizes = [list(map(sorted, by_query.values())).count([str(fold)]) for fold in range(1, QUERY_FOLDS + 1)]

    assert all(len(fold) == 1 for fold in by_query.values())
    assert max(sizes) - min(sizes) <= 1


def test_folds_by_language_and_by_catalogue_hold_out_one() -> None:
    both = joined([evidence("a"), evidence("b", languages=("de", "ja"))])

    assert set(folds(both, Way.LANGUAGE).values()) == {"en", "de", "ja"}
    assert set(folds(both, Way.CATALOGUE).values()) == {"a", "b"}


def test_predictions_are_of_models_that_do_not_know_the_fold() -> None:
    examples = Examples(joined([evidence("a", seed=1), evidence("b", seed=2)]), 1)
    held_out = hold_out(examples, Way.CATALOGUE, BASE)
    in_a = np.array([examples.evidence.topics[at].catalogue == "a" for at in examples.evidence.topic])
    without_a = examples.fit(BASE, ~in_a)

    assert held_out.models["a"] == without_a
    assert held_out.predictions[in_a].tolist() == examples.predict(without_a)[in_a].tolist()


def test_one_fold_cannot_be_held_out() -> None:
    with pytest.raises(OneSided, match="there is only one catalogue"):
        hold_out(Examples(evidence(), 1), Way.CATALOGUE, BASE)


def test_reliability_by_hand() -> None:
    bins = reliability(
        np.array([0.05, 0.0, 0.95, 1.0, 0.5]), np.array([0.0, 1.0, 1.0, 1.0, 1.0]), np.array([3.0, 1.0, 1.0, 1.0, 0.0])
    )

    assert [one.count for one in bins] == [2, 0, 0, 0, 0, 0, 0, 0, 0, 2]  # what weighs nothing is not known
    assert (bins[0].mean_prediction, bins[0].relevant) == pytest.approx((0.0375, 0.25))
    assert (bins[9].mean_prediction, bins[9].relevant) == pytest.approx((0.975, 1.0))
    assert bins[1].mean_prediction is None
    assert len(bins) == BINS


def test_the_true_model_is_reliable() -> None:
    lexical, vector, labels = simulated(BASE, 50_000, 5)

    for one in reliability(BASE.probability(lexical, vector), labels, np.ones(50_000)):
        assert one.relevant == pytest.approx(one.mean_prediction, abs=0.03)


def test_the_order_of_predictions_is_measured_by_language() -> None:
    topics = tuple(JudgedTopic("shop", topic_from_qid(f"q::{language}::clean"), "q") for language in ("en", "de"))
    judgements = (Judgement("q", "a", 3), Judgement("q", "b", 0))
    columns = np.array([0, 0, 1, 1]), ("a", "b", "a", "b"), np.zeros(4), np.zeros(4), np.array([3, 0, 3, 0])
    figures = order_figures(Evidence(topics, {"shop": judgements}, *columns), "shop", np.array([0.9, 0.1, 0.1, 0.9]))

    assert figures.by_language == pytest.approx({"en": 1.0, "de": 1 / np.log2(3)})  # the best listing is second
    assert figures.worst == "de"
    assert figures.mean == pytest.approx((1 + 1 / np.log2(3)) / 2)


def record_of(*names: str) -> FitRecord:
    catalogues = tuple(JudgedCatalogue(name, Path(name), Path(f"{name}.tsv"), Path('q"\\.qrels')) for name in names)
    digests = {str(path): "0" * 64 for one in catalogues for path in (one.topics, one.qrels)}
    of_each = (1,) * len(names), ("hashing",) * len(names)
    return FitRecord(date(2026, 11, 26), "0.1.0", 20, 1, False, 0, catalogues, *of_each, digests)


def test_a_written_model_is_read_back_with_its_record(tmp_path: Path) -> None:
    report = fit_report(Examples(joined([evidence("a", seed=1), evidence("b", seed=2)]), 1), BASE)
    path = tmp_path / "new" / "relevance.toml"
    write_relevance(path, report, record_of("a", "b"))
    record = tomllib.loads(path.read_text("utf-8"))["record"]

    assert read_relevance(path) == report.fitted
    assert record["fitted_on"] == date(2026, 11, 26)
    assert [catalogue["name"] for catalogue in record["catalogue"]] == ["a", "b"]
    assert record["catalogue"][0]["qrels"] == 'q"\\.qrels'
    assert [(way["held_out"], way["catalogue"]) for way in record["cross_validation"]] == [
        (way, name) for way in ("query", "language", "catalogue") for name in ("all", "a", "b")
    ]


def test_a_report_fits_80_columns() -> None:
    name = "ノートパソコン、とても長い名前のカタログ"
    report = fit_report(Examples(joined([evidence(name), evidence("b", 40, seed=2)]), 1), BASE)
    lines = render.terminal(report, record_of(name, "b")).splitlines()

    assert max(map(cell_len, lines)) <= 80
    assert sum(line.startswith("0.9 to 1.0") for line in lines) == 3


def test_what_cannot_be_held_out_is_said() -> None:
    report = fit_report(Examples(evidence(queries=1, depth=60), 1), BASE)

    assert report.reliability == {}
    assert report.notes == (
        "not held out by query: there is only one query",
        "not held out by catalogue: there is only one catalogue",
    )


@pytest.mark.parametrize(
    ("grade", "message"),
    [(0, "shop: of its 400 judged candidates none is relevant"), (1, "shop: of its 400 judged candidates all are")],
)
def test_a_catalogue_of_one_label_is_an_error_that_says_how_to_mend_it(grade: int, message: str) -> None:
    one_sided = replace(evidence(), grade=np.full(400, grade))

    with pytest.raises(OneSided, match=f"{message}.*--relevant-from"):
        fit_report(Examples(one_sided, 1), BASE)
