"""The lexicon: every cell is filled, in the script of its language, fit for a title and a query."""

import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from languages import lexicon as module
from languages.kinds import kinds
from languages.lexicon import REGIONAL, Entry, group, lexicon
from languages.locale import LANGUAGES, Locale

GROUPS = ("color", "material", "audience", "use", "style", "feature", "condition", "unit", "name")
GENDERS = {
    "ar": "m f mp fp", "cs": "m f n mp fp np", "de": "m f n p", "es": "m f mp fp", "fr": "m f mp fp",
    "he": "m f mp fp", "hi": "m f mp fp", "it": "m f mp fp", "nl": "c n p", "pl": "m f n p", "pt": "m f mp fp",
    "ru": "m f n p", "sv": "c n p", "uk": "m f n p",
}  # fmt: skip
SCRIPTS = {
    "ar": "ARABIC", "he": "HEBREW", "hi": "DEVANAGARI", "th": "THAI", "ru": "CYRILLIC", "uk": "CYRILLIC",
    "ko": "HANGUL",
}  # fmt: skip
CJK = {"ja": {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "CJK"}, "zh": {"CJK"}}


def scripts(text: str) -> set[str]:
    names = [unicodedata.name(mark).split()[0] for mark in text if mark.isalpha()]
    return set(names) - {"MODIFIER", "MICRO", "FEMININE", "MASCULINE"}


def test_it_has_2400_kinds_in_160_categories_and_a_thousand_words_beside_them() -> None:
    counts = Counter(key.partition(":")[0] for key in lexicon("en"))

    assert counts["kind"] == len(kinds()) >= 2_400
    assert counts["category"] == len({kind.category for kind in kinds().values()}) >= 160
    assert counts["general"] >= 300
    assert sum(counts[name] for name in (*GROUPS, "topic")) >= 1_000
    assert counts["department"] == len({kind.department for kind in kinds().values()})
    assert sum(counts[name] for name in GROUPS) >= 400
    assert all(counts[name] for name in GROUPS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_entry_in_the_same_order(language: str) -> None:
    assert list(lexicon(language)) == list(lexicon("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_composed_and_trimmed(language: str) -> None:
    for entry in lexicon(language).values():
        for text in entry.texts():
            assert text == text.strip() != "", entry
            assert unicodedata.is_normalized("NFC", text), text
            assert not set(text) & set("\t|=\u200b\ufeff"), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_are_in_the_languages_script(language: str) -> None:
    own = {SCRIPTS[language]} if language in SCRIPTS else CJK.get(language, {"LATIN"})
    for entry in lexicon(language).values():
        for text in (entry.name, *entry.synonyms):
            assert scripts(text.replace("{}", "")) <= own | {"LATIN"}, (entry.entry_id, text)
    foreign = [entry.entry_id for entry in group("kind", language).values() if not scripts(entry.name) & own]

    assert len(foreign) <= 0.02 * len(kinds()), foreign  # USB, DVD and the like


def test_russian_and_ukrainian_keep_their_own_letters() -> None:
    for language, foreign in (("ru", "іїєґ"), ("uk", "ыэёъ")):
        mixed = [text for entry in lexicon(language).values() for text in (entry.name, *entry.synonyms)
                 if set(text.lower()) & set(foreign)]  # fmt: skip

        assert mixed == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_kinds_have_a_gender_where_something_agrees_with_it(language: str) -> None:
    allowed = set(GENDERS.get(language, "").split()) or {""}

    assert {kind.gender for kind in group("kind", language).values()} <= allowed


@pytest.mark.parametrize("language", LANGUAGES)
def test_attribute_words_have_a_form_for_every_gender(language: str) -> None:
    agreeing = [entry for name in GROUPS for entry in group(name, language).values() if entry.agrees]

    assert bool(agreeing) == (language in GENDERS)
    for entry in agreeing:
        assert entry.forms is not None
        assert list(entry.forms) == GENDERS[language].split(), entry.entry_id


@pytest.mark.parametrize("language", LANGUAGES)
def test_units_hold_a_number(language: str) -> None:
    assert all(unit.form("").count("{}") == 1 for unit in group("unit", language).values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_kinds_have_distinct_names(language: str) -> None:
    names = Counter(kind.name.casefold() for kind in group("kind", language).values())

    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_thousand_kinds_have_synonyms(language: str) -> None:
    """Many parts and tools have one name alone."""
    assert sum(bool(kind.synonyms) for kind in group("kind", language).values()) >= 1_000


def test_regional_forms_differ_from_the_name() -> None:
    for tag, language in REGIONAL.items():
        entries = [entry for entry in lexicon(language).values() if entry.regional and tag in entry.regional]

        assert entries, tag
        assert [entry for entry in entries if entry.regional and entry.regional[tag] == entry.name] == []


def test_traditional_characters_have_a_form_of_their_own() -> None:
    assert sum("zh-Hant" in (kind.regional or {}) for kind in group("kind", "zh").values()) >= 0.8 * len(kinds())


def test_near_kinds_share_a_department() -> None:
    assert sum(bool(kind.near) for kind in kinds().values()) > 700
    for kind in kinds().values():
        for other in kind.near:
            assert kinds()[other].department == kind.department
            assert other != kind.kind_id


def test_a_region_has_its_own_names() -> None:
    entry = Entry("kind:bus", "es", "autobús", regional={"es-MX": "camión"})

    assert entry.named(Locale.parse("es-MX")) == "camión"
    assert entry.named(Locale.parse("es-ES")) == entry.named(Locale("es")) == "autobús"


def test_a_form_follows_the_gender() -> None:
    black = Entry("color:black", "de", "schwarz", forms={"m": "schwarzer", "f": "schwarze", "n": "schwarzes"})

    assert [black.form(gender) for gender in ("m", "f", "n", "")] == ["schwarzer", "schwarze", "schwarzes", "schwarz"]
    assert Entry("material:wood", "de", "Holz", forms={"": "aus Holz"}).form("f") == "aus Holz"


def test_a_language_without_a_table_has_no_entries() -> None:
    assert lexicon("fi") == {}
    assert group("kind", "fi") == {}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("kind:tent\ttent\tZelt\tn\t\t\t", "line 2: has 7 cells, expected 8"),
        ("kind:tent\ttent\t\tn\t\t\t\t", "line 2: kind:tent has no name"),
        ("kind:tent\ttent\tZelt\tn\t\t\tde-DE=Zelt\t", "line 2: de-DE is no regional form of de; known: de-AT, de-CH"),
        ("color:red\tred\trot\t\tm=roter;f\t\t\t", "line 2: 'm=roter;f' is not key=form;key=form"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str, reason: str) -> None:
    (tmp_path / "de.tsv").write_text("\t".join(module.COLUMNS) + f"\n{row}\n", encoding="utf-8")
    monkeypatch.setattr(module, "_FOLDER", tmp_path)
    lexicon.cache_clear()

    with pytest.raises(ValueError, match=reason.replace("|", r"\|")):
        dict(lexicon("de"))
    lexicon.cache_clear()
