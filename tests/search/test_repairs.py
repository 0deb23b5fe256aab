"""Mistyped queries are searched for as what was meant, where the catalogue answers that better."""

from __future__ import annotations

import pytest
from golden_rankings import NOW

from languages.locale import Locale
from ranking.query import Query, Repair, UnderstoodQuery
from search.engine import Engine
from search.page import Page
from search.understanding.repairs.catalogue_words import catalogue_words
from search.understanding.repairs.repair import CHUNKS_MAX, UNKNOWN_MAX, Proposal, proposals
from search.understanding.understand import understand


def search(engine: Engine, text: str, locale: str, **options: bool) -> Page:
    return engine.search(Query(text, Locale.parse(locale), NOW, **options))


@pytest.mark.parametrize(
    ("text", "locale", "repaired", "kind", "first"),
    [
        ("xfqybr", "ru", "чайник", "layout", "chainik-ru"),
        ("xfqybr", "en", "чайник", "layout", "chainik-ru"),
        ("жуееду", "en", None, None, None),
        ("chaynik", "ru", "чайник", "transliteration", "chainik-ru"),
        ("koshelek", "ru", "кошелёк", "transliteration", "koshelek-ru"),
        ("wasserkohcer", "de", "wasserkocher", "spelling", "wasserkocher-edelstahl"),
        ("portemonaie", "de", "portemonnaie", "spelling", "portemonnaie-damen"),
        ("bouiloire", "fr", "bouilloire", "spelling", "bouilloire-inox"),
        ("chaleria", "pt", "chaleira", "spelling", "chaleira-pt"),
        ("batho", "cs", "batoh", "spelling", None),
        ("ヘッドホーン", "ja", "ヘッドホン", "spelling", "headphone-ja"),
        ("बटूआ", "hi", "बटुआ", "spelling", "batua-hi"),
    ],
)
def test_what_was_meant_is_found(
    golden_engine: Engine, text: str, locale: str, repaired: str | None, kind: str | None, first: str | None
) -> None:
    page = search(golden_engine, text, locale)

    if repaired is None:
        assert page.understood.repairs == ()
    else:
        assert [(one.kind, one.original, one.repaired) for one in page.understood.repairs] == [(kind, text, repaired)]
        assert page.understood.text == repaired
        assert first is None or first in [result.listing_id for result in page.results[:3]]


@pytest.mark.parametrize(
    "text", ["kettle", "leather wallet", "çanta", "Wasserkocher", "ktr441007", "red dress", "財布"]
)
def test_what_exists_is_never_repaired(golden_engine: Engine, text: str) -> None:
    assert search(golden_engine, text, "en").understood.repairs == ()


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("béret", "fr"), ("Feile", "de"), ("напильник", "ru"), ("vařečka", "cs"), ("Zither", "de"), ("henna", "en"),
        ("kohl", "en"), ("obi", "en"), ("bowler", "en"), ("ocarina", "en"), ("tallit", "en"), ("sindoor", "en"),
        ("fes", "tr"), ("snus", "sv"), ("makutra", "pl"), ("دلة", "ar"), ("절구", "ko"), ("धोती", "hi"),
    ],
)  # fmt: skip
def test_a_rare_word_is_not_taken_for_another(golden_engine: Engine, text: str, locale: str) -> None:
    assert search(golden_engine, text, locale).understood.repairs == ()


@pytest.mark.parametrize("text", ["asdfqwerzxcv", "qqqqqq", "🎁", "", "+++", "xk-99871"])
def test_what_means_nothing_is_not_repaired(golden_engine: Engine, text: str) -> None:
    assert search(golden_engine, text, "en").understood.repairs == ()


def test_the_buyer_can_have_the_words_as_typed(golden_engine: Engine) -> None:
    page = search(golden_engine, "wasserkohcer", "de", repair=False)

    assert page.understood.repairs == ()
    assert page.understood.text == "wasserkohcer"
    assert page.understood.query.text == "wasserkohcer"


def test_words_that_are_known_stay_as_they_were_typed(golden_engine: Engine) -> None:
    page = search(golden_engine, "Edelstahl wasserkohcer", "de")

    assert page.understood.repairs == (Repair("spelling", "wasserkohcer", "wasserkocher"),)
    assert page.understood.text == "edelstahl wasserkocher"


def test_the_pages_of_a_repaired_list_neither_repeat_nor_skip(golden_engine: Engine) -> None:
    query = Query("wasserkohcer", Locale("de"), NOW, size=5)
    whole = golden_engine.search(Query("wasserkocher", Locale("de"), NOW, size=200))
    listed: list[str] = []
    cursor = None
    while True:
        page = golden_engine.search(Query(query.text, query.locale, NOW, size=5, cursor=cursor))
        listed += [result.listing_id for result in page.results]
        assert page.understood.repairs
        cursor = page.next_cursor
        if cursor is None:
            break

    assert listed == [result.listing_id for result in whole.results]


def test_a_repair_is_deterministic(golden_engine: Engine) -> None:
    pages = [search(golden_engine, "bouiloire", "fr") for _ in range(2)]

    assert pages[0].understood == pages[1].understood
    assert [one.listing_id for one in pages[0].results] == [one.listing_id for one in pages[1].results]


def proposed(engine: Engine, text: str) -> tuple[list[str], tuple[Proposal, ...]]:
    """The texts that are read for a query, and what is proposed for it."""
    read: list[str] = []

    def read_text(other: str) -> UnderstoodQuery:
        read.append(other)
        return understand(Query(other, Locale("en"), NOW), engine.snapshot.tables)

    typed = understand(Query(text, Locale("en"), NOW), engine.snapshot.tables)
    catalogue = catalogue_words(engine.snapshot.bridge)
    return read, proposals(typed, engine.snapshot.lexical, catalogue, read_text)


def test_of_many_unknown_words_only_the_layout_is_tried(golden_engine: Engine) -> None:
    few = " ".join(["headphnoes"] * UNKNOWN_MAX)
    many = " ".join(["headphnoes"] * (UNKNOWN_MAX + 1))

    assert any("headphones" in text for text in proposed(golden_engine, few)[0])
    assert not any("headphones" in text for text in proposed(golden_engine, many)[0])
    _, (proposal, *_) = proposed(golden_engine, " ".join(["xfqybr"] * (UNKNOWN_MAX + 1)))
    assert {repair.kind for repair in proposal.understood.repairs} == {"layout"}


def test_a_pasted_text_is_left_as_it_is(golden_engine: Engine) -> None:
    assert proposed(golden_engine, " ".join(["xfqybr"] * (CHUNKS_MAX + 1))) == ([], ())
