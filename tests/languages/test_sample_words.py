"""The sample's words: every cell filled, in its language's script, and fit to stand in a title."""

import string
import unicodedata
from pathlib import Path

import pytest

from languages import sample_words
from languages.locale import LANGUAGES
from languages.sample_words import sample_kinds, sample_phrases

SCRIPTS = {
    "ar": {"ARABIC"},
    "he": {"HEBREW"},
    "hi": {"DEVANAGARI"},
    "ja": {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "CJK"},
    "ko": {"HANGUL"},
    "ru": {"CYRILLIC"},
    "th": {"THAI"},
    "uk": {"CYRILLIC"},
    "zh": {"CJK"},
}
GROUPS = {"color": 12, "material": 8, "use": 10, "name": 2, "phrase": 1, "unit": 14, "sentence": 2}


def scripts(text: str) -> set[str]:
    return {unicodedata.name(letter).split()[0] for letter in text if letter.isalpha()}


def every_text(language: str) -> list[str]:
    names = [name for kind in sample_kinds().values() for name in kind.names[language]]
    return names + [text for group in GROUPS for texts in sample_phrases(group, language).values() for text in texts]


def test_there_are_forty_kinds_in_at_least_ten_departments() -> None:
    kinds = sample_kinds().values()

    assert len(kinds) == 40
    assert len({kind.category[0] for kind in kinds}) >= 10
    assert all(len(kind.category) == 2 for kind in kinds)


def test_every_kind_has_names_in_every_language() -> None:
    for kind in sample_kinds().values():
        assert tuple(kind.names) == LANGUAGES, kind.kind_id
        for language, names in kind.names.items():
            assert 2 <= len(set(names)) == len(names) <= 3, (kind.kind_id, language)
            assert all(name == name.strip() and name for name in names), (kind.kind_id, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_phrase(language: str) -> None:
    assert {group: len(sample_phrases(group, language)) for group in GROUPS} == GROUPS
    for group in GROUPS:
        assert sample_phrases(group, language).keys() == sample_phrases(group, "en").keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_in_their_own_script_and_composed(language: str) -> None:
    own = SCRIPTS.get(language, set())
    for text in every_text(language):
        found = scripts(text.replace("{brand}", "").replace("{term}", ""))

        assert found <= own | {"LATIN"}, text
        assert unicodedata.is_normalized("NFC", text), text


@pytest.mark.parametrize("language", sorted(SCRIPTS))
def test_names_and_words_have_a_letter_of_their_script(language: str) -> None:
    own = SCRIPTS[language]
    names = [name for kind in sample_kinds().values() for name in kind.names[language]]
    words = [texts[0] for group in ("color", "material", "use") for texts in sample_phrases(group, language).values()]

    assert [text for text in names + words if not scripts(text) & own] == []


def test_russian_and_ukrainian_keep_their_own_letters() -> None:
    assert not set("іїєґ") & set("".join(every_text("ru")).lower())
    assert not set("ыэёъ") & set("".join(every_text("uk")).lower())


def test_templates_name_only_what_is_filled_in() -> None:
    wanted = {"phrase": {""}, "unit": {""}}
    for language in LANGUAGES:
        for group, fields in wanted.items():
            for texts in sample_phrases(group, language).values():
                assert {name for _, name, _, _ in string.Formatter().parse(texts[0]) if name is not None} == fields
        sentences = sample_phrases("sentence", language)
        assert [len(texts) for texts in sentences.values()] == [2, 2]
        for opening in sentences["opening"]:
            assert {name for _, name, _, _ in string.Formatter().parse(opening) if name} == {"brand", "term"}


def test_a_word_for_each_colour_and_material_is_used_once_a_language() -> None:
    for language in LANGUAGES:
        for group in ("color", "material", "use"):
            texts = [text for words in sample_phrases(group, language).values() for text in words]

            assert len(set(texts)) == len(texts), (group, language)


def test_known_words() -> None:
    headphones, kinds = sample_kinds()["wireless_headphones"], sample_kinds()

    assert headphones.names["de"][0] == "kabellose Kopfhörer"
    assert headphones.names["ja"][0] == "ワイヤレスイヤホン"
    assert kinds["office_chair"].category == ("Office", "Furniture")
    assert sample_phrases("color", "fr")["black"] == ("noir",)
    assert sample_phrases("color", "fi") == {}


def test_a_row_with_an_empty_cell_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sample_words.tsv").write_text("tent\tSports > Camping\tde\t\n", encoding="utf-8")
    monkeypatch.setattr(sample_words, "_FOLDER", tmp_path)
    sample_kinds.cache_clear()

    with pytest.raises(ValueError, match=r"sample_words\.tsv, line 1: wants four filled fields"):
        sample_kinds()
