"""Search across languages with the real encoder, and the console commands that measure it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import SEED

from eval.sample.offer import sample_offer
from eval.sample.product_types import BESTSELLERS
from eval.sample.sample import NOW
from indexer.stores.listing_text import ListingText
from languages.lexicon import lexicon
from languages.locale import Locale
from ranking.query import SIZE_MAX, Filters, Query
from search.bootstrap import open_engine
from search.engine import Engine

KINDS = BESTSELLERS
EVERYTHING = Filters(in_stock=False)


@pytest.fixture(scope="module")
def foreign_engine(foreign_snapshot: Path) -> Engine:
    return open_engine(foreign_snapshot)


@pytest.fixture(scope="module")
def answers(foreign_engine: Engine) -> dict[str, list[ListingText]]:
    """The listings that each kind's everyday Japanese name finds, best first."""
    pages = {kind: foreign_engine.search(japanese(kind)) for kind in KINDS}
    return {kind: [result.text for result in page.results] for kind, page in pages.items()}


def japanese(kind: str) -> Query:
    return Query(japanese_name(kind), Locale("ja"), NOW, "US", filters=EVERYTHING, size=SIZE_MAX)


def japanese_name(kind: str) -> str:
    return lexicon("ja")[f"kind:{kind}"].name


def is_of(text: ListingText, kind: str) -> bool:
    return sample_offer(int(text.listing_id[1:]), SEED).product.product_type.kind_id == kind


def test_japanese_names_find_their_kind_where_nothing_is_japanese(answers: dict[str, list[ListingText]]) -> None:
    """The lexicon puts nearly all first; by chance it would be one or two.

    One of the forty kinds is not among the listings.
    """
    first = sum(is_of(texts[0], kind) for kind, texts in answers.items() if texts)

    assert not any(text.locale == "ja" for texts in answers.values() for text in texts)
    assert first >= 37


def test_most_answers_to_a_japanese_name_are_of_its_kind(answers: dict[str, list[ListingText]]) -> None:
    correct = [is_of(text, kind) for kind, texts in answers.items() for text in texts]

    assert sum(correct) >= 0.7 * len(correct)


def test_the_encoder_alone_has_most_of_them_first(foreign_engine: Engine) -> None:
    """25 of 40 are first and 29 in the first three; by chance it would be one or two, and five."""
    pages = {kind: foreign_engine.search(replace(japanese(kind), expand=False)) for kind in KINDS}
    shown = {kind: [result.text for result in (*page.results, *page.near)] for kind, page in pages.items()}
    first = sum(is_of(texts[0], kind) for kind, texts in shown.items())
    among_three = sum(any(is_of(text, kind) for text in texts[:3]) for kind, texts in shown.items())

    assert first >= 20
    assert among_three >= 27


def test_the_first_english_listing_that_a_japanese_name_finds_is_of_its_kind(
    answers: dict[str, list[ListingText]],
) -> None:
    english = {kind: [text for text in texts if text.locale == "en"] for kind, texts in answers.items()}
    present = [kind for kind, texts in english.items() if any(is_of(text, kind) for text in texts)]

    correct = [kind for kind in present if is_of(english[kind][0], kind)]

    assert len(present) >= 12
    assert len(correct) >= 0.6 * len(present)


def test_the_words_alone_find_none_of_them_and_the_lexicon_all(foreign_engine: Engine) -> None:
    same_spelling = {"t_shirt", "led_string_lights", "usb_cable"}  # Latin letters in the Japanese name
    by_words = {k for k in KINDS if foreign_engine.search(replace(japanese(k), expand=False), only="lexical").found}
    by_concepts = {kind for kind in KINDS if foreign_engine.search(japanese(kind), only="lexical").found}

    assert by_words <= same_spelling
    assert len(by_concepts) >= 38


@pytest.mark.parametrize("text", ["qwrtpsdf", "xjkqzv", "wqpoeiruty zmxncb", "ぬぺぞゑ", "жщцъыф", "kkkkkk"])
def test_what_means_nothing_has_no_answer_and_something_near(foreign_engine: Engine, text: str) -> None:
    page = foreign_engine.search(Query(text, Locale("en"), NOW, "US", filters=EVERYTHING))

    assert (page.found, page.results) == (0, ())
    assert len(page.near) == page.understood.query.size


def test_run_and_eval_measure_a_snapshot(
    foreign_engine: Engine, foreign_snapshot: Path, tmp_path: Path, python: Callable[..., str]
) -> None:
    """The listings of a kind are relevant.

    The test computes the figure from the lines of the run.
    """
    topics, qrels, run = tmp_path / "topics.tsv", tmp_path / "judged.qrels", tmp_path / "mine.run"
    lines = [f"{kind}.ja.clean\tja\t{japanese_name(kind)}" for kind in KINDS]
    topics.write_text("\n".join(["qid\tlocale\tquery", *lines]) + "\n")
    texts = foreign_engine.snapshot.texts.take(range(len(foreign_engine.snapshot)))
    relevant = {k: {t.listing_id for t in texts if is_of(t, k)} for k in KINDS}
    qrels.write_text(
        "".join(f"{kind} 0 {listing_id} 3\n" for kind, ids in relevant.items() for listing_id in sorted(ids))
    )

    fondaco = "import sys; from fondaco import main; sys.argv[0] = 'fondaco'; main()"
    output = python(
        fondaco, "run", "--snapshot", str(foreign_snapshot), "--topics", str(topics), "--out", str(run),
        "--country", "US", "--now", "2026-11-01", "--depth", "10",
    )  # fmt: skip
    figures = json.loads(
        python(fondaco, "eval", "--qrels", str(qrels), "--topics", str(topics), "--run", str(run),
               "--measure", "RR@10", "--format", "json")
    )  # fmt: skip

    ranking: dict[str, list[str]] = {}
    for line in run.read_text().splitlines():
        qid, _, listing_id, *_ = line.split()
        ranking.setdefault(qid.partition(".")[0], []).append(listing_id)
    ranks = [
        next((rank for rank, listing_id in enumerate(ranking[k], 1) if listing_id in relevant[k]), 0) for k in KINDS
    ]
    by_hand = sum(1 / rank for rank in ranks if rank) / sum(bool(ids) for ids in relevant.values())
    assert "40 topics" in output
    assert figures["tables"][0]["means"][0]["runs"]["fondaco"]["RR@10"]["value"] == pytest.approx(by_hand)
