"""The parts of a query as the buyer wrote them: named, and left out."""

from __future__ import annotations

import pytest

from indexer.market import Market
from languages.detect import detect
from languages.locale import Locale
from languages.normalise import normalise
from ranking.query import Query, UnderstoodQuery
from search.engine import Engine
from search.understanding.query_parts import PARTS_MAX, split_query
from search.understanding.written_parts import text_without, written_parts, written_text


def understood(text: str, locale: str) -> UnderstoodQuery:
    query = Query(text, Locale.parse(locale), now=0)
    languages = detect(normalise(text), query.locale)
    market = Market("US", "USD", query.locale)
    return UnderstoodQuery(query, normalise(text), market, "USD", languages, split_query(normalise(text), languages))


@pytest.mark.parametrize(
    ("text", "locale", "parts"),
    [
        ("red leather wallet", "en", ["red", "leather", "wallet"]),
        ("Sony WH-1000XM5 Kopfhörer, schwarz", "de", ["Sony", "WH-1000XM5", "Kopfhörer", "schwarz"]),
        ("rotes T-Shirt", "de", ["rotes", "T-Shirt"]),
        ("1,5 l Wasserkocher", "de", ["1,5", "l", "Wasserkocher"]),
        ("赤い革財布", "ja", ["赤い", "革財布"]),
        ("iPhone防水ケース透明", "ja", ["iPhone", "防水", "ケース", "透明"]),
        ("红色真皮钱包三星", "zh", ["红色", "真皮", "钱包", "三星"]),
        ("หูฟังไร้สายสีแดง", "th", ["หูฟังไร้สาย", "สีแดง"]),
        ("빨간 가죽 지갑을 소니", "ko", ["빨간", "가죽 지갑을", "소니"]),
        ("red red wallet", "en", ["red", "red", "wallet"]),
        ("!?", "en", []),
    ],
)
def test_each_character_belongs_to_one_part(text: str, locale: str, parts: list[str]) -> None:
    written = written_parts(understood(text, locale))
    positions = [place for part in written for place in part.positions]

    assert [part.text for part in written] == parts
    assert len(positions) == len(set(positions))


@pytest.mark.parametrize(
    ("text", "locale", "without", "left"),
    [
        ("Red  leather wallet", "en", "leather", "Red wallet"),
        ("Sony WH-1000XM5 Kopfhörer, schwarz", "de", "WH-1000XM5", "Sony Kopfhörer, schwarz"),
        ("Sony WH-1000XM5 Kopfhörer, schwarz", "de", "schwarz", "Sony WH-1000XM5 Kopfhörer"),
        ("红色真皮钱包三星", "zh", "真皮", "红色钱包三星"),
        ("赤い革財布", "ja", "革財布", "赤い"),
        ("iPhone防水ケース透明", "ja", "iPhone", "防水ケース透明"),
        ("محفظة جلد حمراء", "ar", "جلد", "محفظة حمراء"),
    ],
)
def test_a_part_is_left_out_of_the_text(text: str, locale: str, without: str, left: str) -> None:
    query = understood(text, locale)
    parts = [part for part in written_parts(query) if part.text == without]

    assert text_without(written_text(query), parts) == left


def test_words_that_no_listing_has_are_named(small_engine: Engine) -> None:
    page = small_engine.search(Query("Phone zx98765 XY-12345Z", Locale("en"), now=0))

    assert page.not_found == ("zx98765", "XY-12345Z")
    assert page.not_searched == ()


def test_words_that_are_not_searched_are_named(small_engine: Engine) -> None:
    text = " ".join(f"phone{chr(97 + number)}" for number in range(PARTS_MAX + 3))
    page = small_engine.search(Query(text, Locale("en"), now=0))

    assert len(page.not_searched) == 3
    assert set(page.not_searched) <= set(text.split())
