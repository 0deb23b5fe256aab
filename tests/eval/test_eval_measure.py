"""Figures by topic: by hand, against ir_measures itself, and on the judged products."""

from __future__ import annotations

import math
import os
from pathlib import Path

import ir_measures
import numpy as np
import pytest

from eval.judgement import Judgement, read_judgements
from eval.measure import gain_map, measure, parse_measures, random_baseline, topics_from_runs
from eval.run import Run
from eval.settings import DEFAULT_MEASURES
from eval.topic import Topic, read_topics, topic_from_qid
from languages.locale import Locale

EN = Locale("en")
LAMP = Topic("lamp", EN, "lamp")
MUG = Topic("mug", EN, "mug")
JUDGEMENTS = (
    Judgement("lamp", "desk-lamp", 3),
    Judgement("lamp", "torch", 1),
    Judgement("lamp", "sofa", 0),
    Judgement("mug", "blue-mug", 2),
    Judgement("nothing", "sofa", 0),
)
RUN = Run.ranked("t", {"lamp": [("torch", 9.0), ("unjudged", 8.0), ("desk-lamp", 7.0)]})


def test_ndcg_by_hand() -> None:
    # the grade is the gain, rank r is discounted by log2(r + 1); the unjudged listing gains 0
    # given: torch 1/log2(2) + unjudged 0/log2(3) + desk-lamp 3/log2(4) = 1 + 0 + 1.5 = 2.5
    # ideal: desk-lamp 3/log2(2) + torch 1/log2(3)                      = 3 + 0.63093 = 3.63093
    figures = measure(RUN, JUDGEMENTS, [LAMP], ["nDCG@10"])

    assert figures.values[0, 0] == pytest.approx(2.5 / (3 + 1 / math.log2(3)), abs=1e-9)
    assert figures.values[0, 0] == pytest.approx(0.68853, abs=1e-5)


def test_the_usual_measures_by_hand() -> None:
    # RR@10: the first relevant is at rank 1. R@100: both relevant found. Judged@10: two of three
    # answers.
    figures = measure(RUN, JUDGEMENTS, [LAMP])

    assert figures.measures == ("nDCG@10", "RR@10", "R@100", "Judged@10")
    assert figures.values[0, 1:] == pytest.approx([1.0, 1.0, 2 / 3])


def test_an_unanswered_topic_counts_zero_and_one_without_a_relevant_listing_is_left_out_by_name() -> None:
    topics = [MUG, Topic("nothing", EN, "nothing"), LAMP, Topic("unheard", EN, "of")]

    figures = measure(RUN, JUDGEMENTS, topics)

    assert figures.topics == (MUG, LAMP)
    assert figures.values[0].tolist() == [0.0, 0.0, 0.0, 0.0]
    assert figures.unanswered == ("mug",)
    assert figures.left_out == ("nothing", "unheard")


def test_topics_in_many_languages_share_one_querys_judgements() -> None:
    topics = [topic_from_qid("lamp::de::clean"), topic_from_qid("lamp::fr::typo")]
    run = Run.ranked("t", {"lamp::de::clean": [("desk-lamp", 1.0)], "lamp::fr::typo": [("sofa", 1.0)]})

    figures = measure(run, JUDGEMENTS, topics, ["RR@10"])

    assert figures.queries == ("lamp", "lamp")
    assert figures.values[:, 0].tolist() == [1.0, 0.0]


def test_figures_equal_those_of_ir_measures() -> None:
    rng = np.random.default_rng(5)
    judgements = [Judgement(f"q{q}", f"d{d}", int(rng.integers(0, 4))) for q in range(9) for d in range(12)]
    rankings = {
        f"q{q}": [(f"d{d}", float(s)) for d, s in zip(rng.permutation(40), -np.arange(40), strict=True)]
        for q in range(8)  # q8 is not answered
    }
    run = Run.ranked("t", rankings)
    topics = [Topic(f"q{q}", EN, "x") for q in range(9)]

    figures = measure(run, judgements, topics)

    direct = {
        (figure.query_id, str(figure.measure)): figure.value
        for figure in ir_measures.iter_calc(
            [ir_measures.parse_measure(name) for name in DEFAULT_MEASURES],
            [ir_measures.Qrel(j.qid, j.listing_id, j.grade) for j in judgements],
            [ir_measures.ScoredDoc(qid, name, score) for qid, pairs in rankings.items() for name, score in pairs],
        )
    }
    ours = {(t.qid, m): figures.values[i, k] for i, t in enumerate(topics) for k, m in enumerate(figures.measures)}
    assert ours == pytest.approx(direct)


def test_a_ranking_with_tied_scores_is_judged_in_the_order_shown() -> None:
    # trec_eval alone would put the id that sorts last first: "torch" before "desk-lamp"
    run = Run.ranked("t", {"lamp": [("desk-lamp", 1.0), ("torch", 1.0)]})

    assert measure(run, JUDGEMENTS, [LAMP], ["nDCG@10"]).values[0, 0] == pytest.approx(1.0)


def test_the_random_baseline_of_one_relevant_among_two_is_what_chance_gives() -> None:
    # one relevant listing of two: RR is 1 or 1/2, so 3/4 is expected; recall does not depend on
    # order
    topics = [Topic(f"mug::en::{i}", EN, "mug") for i in range(400)]
    run = Run.ranked("t", {topic.qid: [("sofa", 2.0), ("blue-mug", 1.0)] for topic in topics})

    figures = random_baseline(run, JUDGEMENTS, topics, ["RR@10", "R@100"], seed=0)

    assert figures.mean(axis=0) == pytest.approx([0.75, 1.0], abs=0.02)


def test_without_a_topic_file_every_query_judged_by_the_runs_own_ids_is_a_topic() -> None:
    assert [t.qid for t in topics_from_runs([RUN], JUDGEMENTS)] == ["lamp", "mug", "nothing"]
    assert [t.qid for t in topics_from_runs([Run.ranked("t", {"mug::de::x": [("a", 1.0)]})], JUDGEMENTS)] == [
        "mug::de::x"
    ]


def test_measures_that_weigh_grades_have_gains() -> None:
    assert gain_map("nDCG@10", [0, 3, 1]) == {0: 0.0, 1: 1.0, 3: 3.0}
    assert gain_map("nDCG(dcg='exp-log2')@10", [0, 1, 3]) == {0: 0.0, 1: 1.0, 3: 7.0}
    assert gain_map("nDCG(gains={3:10})@10", [1, 3]) == {1: 1.0, 3: 10.0}
    assert gain_map("RR@10", [0, 1]) is None


@pytest.mark.parametrize("name", ["nDCG@ten", "beauty@10", "nDCG(", "nDCG(dcg='cubic')@10", ""])
def test_an_unknown_measure_is_an_error_with_its_name(name: str) -> None:
    with pytest.raises(ValueError, match=r"^measure ['\"].*; write it as nDCG@10"):
        parse_measures([name])


def test_judgements_of_other_queries_are_an_error_with_both_ids() -> None:
    with pytest.raises(ValueError, match=r"none of the 1 topics \(zebra\) has a relevant judgement; judged .* lamp"):
        measure(RUN, JUDGEMENTS, [Topic("zebra", EN, "zebra")])


def products() -> Path:
    home = Path(os.environ.get("FONDACO_DATA", Path(__file__).parents[3] / "shared" / "data"))
    folder = home / "products"
    if not (folder / "topics.dev.tsv").exists():
        pytest.skip("the judged products are not here; set FONDACO_DATA to the folder that holds products/")
    return folder


def test_39_of_the_judged_product_queries_have_a_relevant_product() -> None:
    folder = products()
    judgements = read_judgements(folder / "judgements.dev.qrels")
    topics = read_topics(folder / "topics.dev.tsv")
    perfect = {
        topic.qid: [(j.listing_id, float(j.grade)) for j in judgements if j.qid == topic.judged_query and j.grade == 3]
        for topic in topics
        if topic.kind == "clean"
    }

    figures = measure(Run.ranked("perfect", perfect), judgements, topics, ["RR@10"])

    assert len(set(figures.queries)) == 39
    assert len({topic.judged_query for topic in topics}) == 45
    assert len({str(topic.locale) for topic in figures.topics}) == 22
    clean = [topic.kind == "clean" for topic in figures.topics]
    assert sum(clean) == 39 * 22
    assert figures.values[~np.array(clean)].max() == 0.0
