"""Names that no language translates."""

from __future__ import annotations

from pathlib import Path

import pytest

from languages import lexicon as lexicon_module
from languages.analyse import analyse
from languages.lexicon_match import match_lexicon
from languages.locale import LANGUAGES
from languages.names import COLUMNS, is_name, known_names, name_ids
from languages.shop_words import is_shop_word, shop_words, without_shop_words


def read(text: str, language: str) -> list[tuple[str, ...]]:
    tokens = [token for token in analyse(text, language).tokens if token.lemma]
    surfaces = [token.surface for token in tokens]
    return [match.entry_ids for match in match_lexicon([token.lemma for token in tokens], language, surfaces)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("iphone", "en"), ("iPhone", "ru"), ("айфон", "ru"), ("айфона", "ru"), ("айфон", "uk"), ("アイフォン", "ja"),
        ("아이폰", "ko"), ("ايفون", "ar"), ("אייפון", "he"), ("आईफोन", "hi"), ("ไอโฟน", "th"), ("iPhone", "zh"),
    ],
)  # fmt: skip
def test_a_name_is_read_in_every_script(text: str, language: str) -> None:
    assert read(text, language) == [("series:iphone",)]


def test_a_name_beside_a_part_is_read_with_it() -> None:
    assert read("чехол для айфона 15", "ru") == [("general:case",), ("series:iphone",)]
    assert read("case iphone", "en") == [("general:case",), ("series:iphone",)]


def test_a_brand_is_known_in_whatever_script() -> None:
    assert name_ids("samsung") == name_ids("самсунг") == name_ids("サムスン") == ("brand:samsung",)
    assert name_ids("zorno") == ()


def test_names_say_what_they_are() -> None:
    assert known_names()["series:iphone"].about == ("kind:smartphone",)
    assert all(is_name(name_id) for name_id in known_names())
    assert not is_name("kind:kettle")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("shop:x\tX\t", "line 2: shop:x is of no known type"),
        ("brand:x\tX\tnothing", "line 2: about nothing is neither a general noun nor a kind"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str, reason: str) -> None:
    cells = row.split("\t") + [""] * (len(COLUMNS) - 3)
    (tmp_path / "names.tsv").write_text("\t".join(COLUMNS) + "\n" + "\t".join(cells) + "\n", encoding="utf-8")
    monkeypatch.setattr(lexicon_module, "_FOLDER", tmp_path)

    with pytest.raises(ValueError, match=reason):
        known_names.__wrapped__()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_shop_words_without_duplicates(language: str) -> None:
    words = shop_words(language)

    assert len(words) >= 30
    assert len(words) == len(set(words))
    assert all(word == word.strip() != "" for word in words)


@pytest.mark.parametrize(
    ("text", "language"),
    [("cheap", "en"), ("from china", "en"), ("günstige", "de"), ("недорого", "ru"), ("送料無料", "ja"), ("包邮", "zh")],
)
def test_a_word_added_to_any_thing_is_a_shop_word(text: str, language: str) -> None:
    ((*entry_ids,),) = read(text, language)

    assert all(map(is_shop_word, entry_ids))


def test_shop_words_fall_away_beside_others() -> None:
    assert without_shop_words(("shop:word", "general:top", "condition:new")) == ("general:top",)
