"""The truth of a sample: grades by hand, topics that can be answered, files that are read back."""

import hashlib
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from eval.judgement import read_judgements
from eval.sample.noise import WAYS
from eval.sample.offer import sample_offer
from eval.sample.product_types import ProductType, product_types
from eval.sample.products import SampleProduct
from eval.sample.sellers import seller_id
from eval.sample.truth import (
    COUNTS,
    InformationNeed,
    draw_information_needs,
    grade_of,
    judge,
    mixed_query,
    near_kinds,
    query_text,
)
from eval.sample.truth_files import FLAGS, TruthFiles, topic_rows, write_truth
from eval.topic import read_topics
from languages.kinds import kinds
from languages.locale import LANGUAGES

SEED = 7
SMALL = 5_000
OFFERS = [sample_offer(number, SEED) for number in range(SMALL)]
NEEDS = draw_information_needs(SMALL, SEED)
KETTLE = next(product_type for product_type in product_types() if near_kinds(product_type.kind_id))
NEAR = next(product_type for product_type in product_types() if product_type.kind_id in near_kinds(KETTLE.kind_id))
OTHER = next(
    t for t in product_types() if t.kind_id not in near_kinds(KETTLE.kind_id) and t.department != KETTLE.department
)


def product(
    product_type: ProductType = KETTLE, brand: str | None = "Brav", model: str = "B1", **facets: str
) -> SampleProduct:
    facet_values = {facet: (value,) for facet, value in facets.items()}
    return SampleProduct(product_type, 1, brand, model, None, facet_values, None, 10.0)


@pytest.mark.parametrize(
    ("need_type", "fields", "product", "expected"),
    [
        ("kind", {}, product(), 3),
        ("kind", {}, product(NEAR), 1),
        ("kind", {}, product(OTHER), 0),
        ("attribute", {"facet": "color", "value": "red"}, product(color="red"), 3),
        ("attribute", {"facet": "color", "value": "red"}, product(), 2),
        ("attribute", {"facet": "color", "value": "red"}, product(color="blue"), 1),
        ("attribute", {"facet": "color", "value": "red"}, product(NEAR, color="red"), 1),
        ("attribute", {"facet": "color", "value": "red"}, product(NEAR, color="blue"), 0),
        ("attribute", {"facet": "color", "value": "red"}, product(OTHER, color="red"), 0),
        ("attribute", {"facet": "feature", "value": "foldable"}, product(feature="portable"), 2),
        ("use", {"facet": "use", "value": "office"}, product(use="office"), 3),
        ("use", {"facet": "use", "value": "office"}, product(use="home"), 1),
        ("brand", {"brand": "Brav"}, product(), 3),
        ("brand", {"brand": "Brav"}, product(NEAR), 2),
        ("brand", {"brand": "Brav"}, product(brand="Olm"), 1),
        ("brand", {"brand": "Brav"}, product(OTHER), 0),
        ("maker", {"brand": "Brav"}, product(OTHER), 3),
        ("maker", {"brand": "Brav"}, product(brand=None), 0),
        ("model", {"brand": "Brav", "model": "B1"}, product(), 3),
        ("model", {"brand": "Brav", "model": "B1"}, product(model="B2"), 1),
        ("model", {"brand": "Brav", "model": "B1"}, product(brand="Olm"), 0),
        ("gift", {"facet": "audience", "value": "men"}, product(use="gift", audience="men"), 3),
        ("gift", {"facet": "audience", "value": "men"}, product(use="gift"), 2),
        ("gift", {"facet": "audience", "value": "men"}, product(audience="men"), 1),
        ("gift", {"facet": "audience", "value": "men"}, product(use="gift", audience="women"), 0),
    ],
)
def test_grades_by_hand(need_type: str, fields: dict[str, str], product: SampleProduct, expected: int) -> None:
    need = replace(InformationNeed("x", "kind", KETTLE.kind_id), type=need_type, **fields)  # type: ignore[arg-type]  # a table's text

    assert grade_of(need, product) == expected


def test_there_are_a_hundred_and_fifty_topics_of_every_type() -> None:
    counts: dict[str, int] = defaultdict(int)
    for need in draw_information_needs(20_000, SEED):
        counts[need.type] += 1

    assert sum(counts.values()) >= 150
    assert all(0.5 * count <= counts[type_] <= count for type_, count in COUNTS.items())


def test_every_topic_has_relevant_listings_and_a_unique_id() -> None:
    best: dict[str, int] = defaultdict(int)
    for qid, _, value in judge(NEEDS, OFFERS):
        best[qid] += value == 3

    assert len({need.qid for need in NEEDS}) == len({replace(need, qid="") for need in NEEDS}) == len(NEEDS)
    assert all(best[need.qid] >= (1 if need.type in ("brand", "model") else 3) for need in NEEDS)


def test_judging_agrees_with_grading_every_pair() -> None:
    few = OFFERS[:400]

    graded = {(w.qid, o.listing_id, g) for w in NEEDS for o in few if (g := grade_of(w, o.product))}
    assert set(judge(NEEDS, few)) == graded
    assert len(list(judge(NEEDS, few))) == len(graded)


@pytest.mark.parametrize("language", LANGUAGES)
def test_queries_are_words_of_the_language(language: str) -> None:
    texts = {need.qid: query_text(need, language, SEED) for need in NEEDS}

    assert all(text == text.strip() != "" for text in texts.values())
    assert len(set(texts.values())) > 0.9 * len(NEEDS)
    assert not any("{" in text for text in texts.values())


def test_a_mixed_query_is_half_english() -> None:
    need = next(need for need in NEEDS if need.type == "attribute")

    mixed = mixed_query(need, "ru")
    assert mixed is not None
    assert any(mark.isascii() and mark.isalpha() for mark in mixed)
    assert mixed_query(need, "en") is None


def test_near_kinds_are_near_in_both_directions() -> None:
    for kind_id in kinds():
        assert kind_id not in near_kinds(kind_id)
        assert all(kind_id in near_kinds(other) for other in near_kinds(kind_id))


def test_the_files_are_read_back(tmp_path: Path) -> None:
    files = TruthFiles.inside(tmp_path / "truth")
    progress: list[int] = []
    counts = write_truth(files, SMALL, SEED, progress.append)
    read = read_topics(files.topics)
    judged = read_judgements(files.judgements)

    assert len(read) == counts.topics
    assert len(judged) == counts.judgements
    assert (
        {topic.judged_query for topic in read}
        == {need.qid for need in NEEDS}
        == {judgement.qid for judgement in judged}
    )
    assert {topic.kind for topic in read} == {"clean", "mixed", *WAYS}
    assert {topic.locale.language for topic in read} == set(LANGUAGES)
    assert sum(topic.kind == "clean" for topic in read) == len(NEEDS) * len(LANGUAGES)
    assert files.existing() == [files.topics, files.judgements, files.duplicates, files.flags, files.sellers]
    assert sum(progress) == SMALL


def test_the_tables_match_the_offers(tmp_path: Path) -> None:
    files = TruthFiles.inside(tmp_path)
    write_truth(files, SMALL, SEED)
    flags = {tuple(line.split("\t")) for line in files.flags.read_text().splitlines()[1:]}
    groups: dict[str, list[str]] = defaultdict(list)
    for line in files.duplicates.read_text().splitlines()[1:]:
        key, listing_id = line.split("\t")
        groups[key].append(listing_id)
    offered = defaultdict(list)
    for offer in OFFERS:
        offered[str(offer.product.number)].append(offer.listing_id)

    assert flags == {
        (offer.listing_id, flag) for offer in OFFERS for flag, field in FLAGS.items() if getattr(offer, field)
    }
    assert groups == {number: ids for number, ids in offered.items() if len(ids) > 1}
    assert files.sellers.read_text() == f"seller_id\tsuspended\n{seller_id(61)}\ttrue\n"


def test_topics_are_the_same_in_every_process() -> None:
    """Figures of two versions can be compared only if the topics are the same to the byte.

    A change of the lexicon or of the templates changes the hash: it is renewed with a reason.
    """
    rows = "\n".join(topic_rows(NEEDS, SEED))

    assert hashlib.sha256(rows.encode()).hexdigest() == (
        "14d6eb07600453d888a5fe2e3d0b01693eb9e59ec8ced1ead931324eceeac8c7"
    )
