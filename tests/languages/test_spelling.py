"""Spelling: slips of the keyboard, words in Latin letters by ear, and the table of known words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from languages.spelling.edit_distance import slips
from languages.spelling.lexicon_words import lexicon_words
from languages.spelling.readings import readings, spoken
from languages.spelling.romanise import ROMANISED, similar_sound, skeleton, skeletons
from languages.spelling.word_table import TableWord, WordTable, write_word_table

WORDS = (
    ("rucksack", "de en", 0.6),
    ("laufwerk", "de", 0.6),
    ("laptop", "de en", 1.0),
    ("рюкзак", "ru", 0.6),
    ("книги", "ru", 0.4),
    ("کتاب", "", 0.1),
    ("كتب", "ar", 0.6),
    ("配電盤", "ja", 0.2),
    ("ノートパソコン", "ja", 0.6),
    ("손전등", "ko", 0.6),
    ("电脑", "zh", 0.6),
)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> WordTable:
    folder: Path = tmp_path_factory.mktemp("words")
    write_word_table((TableWord(text, frozenset(names.split()), weight) for text, names, weight in WORDS), folder)
    return WordTable(folder)


@pytest.mark.parametrize(
    ("typed", "word", "cost"),
    [
        ("laptop", "laptop", 0.0),
        ("lapotp", "laptop", 0.5),  # two letters swapped
        ("lapptop", "laptop", 0.5),  # one doubled
        ("labtop", "laptop", 1.0),
        ("kaptop", "laptop", 1.5),  # the first one
        ("cat", "car", None),  # too short to be one word misspelt
        ("laufwek", "laufwerk", 1.0),
        ("feile", "teile", None),  # a short word with another first letter
        ("sindoor", "indoor", None),  # the first letter left out
        ("snus", "sous", None),  # another letter in a short word
        ("muetze", "mütze", 1.0),
        ("노트복", "노트북", 1.0),  # one letter of a syllable
        ("七号电池", "五号电池", None),  # another character is another word
        ("リュク", "リュック", 0.25),  # a sign that is left out
        ("スマートウオッチ", "スマートウォッチ", 0.25),
        ("สมาทโฟน", "สมาร์ทโฟน", 0.25),
        ("बटूआ", "बटुआ", 0.25),
        ("محفظه", "محفظة", 0.25),
    ],
)
def test_the_cost_of_a_slip(typed: str, word: str, cost: float | None) -> None:
    assert slips(typed, word) == cost


@given(st.text(max_size=20))
def test_a_word_is_no_slip_of_itself(word: str) -> None:
    assert slips(word, word) == 0.0


@given(st.text(max_size=12), st.text(max_size=12))
def test_a_slip_of_either_word_never_raises(one: str, other: str) -> None:
    cost = slips(one, other)

    assert cost is None or cost >= 0.0


@pytest.mark.parametrize(
    ("language", "typed", "word"),
    [
        ("ru", "naushniki", "наушники"),
        ("ru", "noutbuk", "ноутбук"),
        ("ru", "umnye", "умные"),
        ("uk", "knygy", "книги"),
        ("uk", "lihtaryk", "ліхтарик"),
        ("ar", "marwa7a", "مروحة"),
        ("ar", "kotob", "كتب"),
        ("he", "sfarim", "ספרים"),
        ("he", "naalayim", "נעליים"),
        ("hi", "kitabein", "किताबें"),
        ("hi", "ghadi", "घड़ी"),
        ("ja", "no-topasokon", "ノートパソコン"),
        ("ja", "kaichuudentou", "懐中電灯"),
        ("ko", "sonjeondeung", "손전등"),
        ("zh", "diannao", "电脑"),
        ("zh", "diannao", "電腦"),
    ],
)
def test_a_word_sounds_like_its_usual_spelling_in_latin_letters(language: str, typed: str, word: str) -> None:
    assert skeleton(typed, language) in skeletons(word, language)
    assert similar_sound(typed, word, language) >= 0.5


@given(st.sampled_from(ROMANISED), st.text(max_size=12))
def test_any_text_has_skeletons_or_none(language: str, text: str) -> None:
    assert all(isinstance(one, str) for one in skeletons(text, language))
    assert isinstance(skeleton(text, language), str)


@pytest.mark.parametrize("language", ["ja", "zh"])
def test_every_word_has_a_reading_in_letters(language: str) -> None:
    known = readings(language)

    assert len(known) > 4_000
    assert not any("\u3400" <= letter <= "\u9fff" for reading in known.values() for letter in reading)


def test_finds_the_words_that_were_meant(table: WordTable) -> None:
    assert [near.word.text for near in table.misspelt("lapotp")] == ["laptop"]
    assert table.misspelt("rucksak")[0].word == TableWord("rucksack", frozenset(("de", "en")), pytest.approx(0.6))
    assert table.misspelt("xyzzyq") == []


def test_finds_the_words_of_a_language_by_their_sound(table: WordTable) -> None:
    assert table.sounding_like("ryukzak", "ru")[0].word.text == "рюкзак"
    assert table.sounding_like("knigi", "ru")[0].cost == 0.0
    assert table.sounding_like("notopasokon", "ja")[0].word.text == "ノートパソコン"
    assert table.sounding_like("ryukzak", "ko") == []


def test_a_word_of_the_table_is_in_it_as_written(table: WordTable) -> None:
    assert "laptop" in table
    assert "lapotp" not in table
    assert table.has_beginning("lauf")
    assert table.find("рюкзак") == TableWord("рюкзак", frozenset(("ru",)), pytest.approx(0.6))
    assert table.find("xyzzy") is None
    assert len(table) == len(WORDS)


def test_characters_are_read_as_in_the_words_that_have_them() -> None:
    assert "shuangjianbao" in spoken("双间包", "zh")
    assert spoken("x", "zh") == []
    assert spoken("", "zh") == []
    assert len(spoken("长长长长长长长长", "zh")) <= 16


@pytest.mark.parametrize(("typed", "word"), [("双间包", "双肩包"), ("移动应盘", "移动硬盘")])
def test_characters_that_sound_alike_lead_to_the_word(typed: str, word: str) -> None:
    assert word in lexicon_words().homophones(typed, "zh")
    assert word not in lexicon_words().homophones(word, "zh")
