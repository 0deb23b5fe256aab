"""Noun phrases, as a speaker would say them."""

import pytest

from languages.lexicon import Entry, lexicon
from languages.locale import LANGUAGES
from languages.phrase import noun_phrase, phrase_rules


def entry(language: str, name: str, gender: str = "", **forms: str) -> Entry:
    return Entry("kind:thing", language, name, gender, forms or None)


@pytest.mark.parametrize(
    ("noun", "modifiers", "phrase"),
    [
        (entry("de", "Tisch", "m"), [entry("de", "rund", m="runder", f="runde", n="rundes", p="runde"),
         Entry("material:wood", "de", "Holz", forms={"": "aus Holz"})], "runder Tisch aus Holz"),
        (entry("fr", "table", "f"), [entry("fr", "rond", m="rond", f="ronde", mp="ronds", fp="rondes")],
         "table ronde"),
        (entry("ru", "наушники", "p"), [entry("ru", "чёрный", m="чёрный", f="чёрная", n="чёрное", p="чёрные"),
         Entry("use:sport", "ru", "спорт", forms={"": "для спорта"})], "чёрные наушники для спорта"),
        (entry("tr", "masa"), [entry("tr", "siyah"), entry("tr", "ahşap")], "siyah ahşap masa"),
        (entry("zh", "水壶"), [entry("zh", "黑色")], "黑色水壶"),
        (entry("en", "kettle"), [entry("en", "stainless steel"), entry("en", "with lid")],
         "stainless steel kettle with lid"),
        (entry("es", "zapatos", "mp"), [entry("es", "negro", m="negro", f="negra", mp="negros", fp="negras")],
         "zapatos negros"),
    ],
)  # fmt: skip
def test_modifiers_are_placed_and_agree_as_the_language_requires(
    noun: Entry, modifiers: list[Entry], phrase: str
) -> None:
    assert noun_phrase(noun, modifiers) == phrase


def test_every_language_has_rules() -> None:
    assert set(phrase_rules()) == set(LANGUAGES)
    assert phrase_rules()["de"].prepositions >= {"aus", "mit", "für"}
    assert phrase_rules()["fr"].prepositions == frozenset()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrase_holds_the_noun_and_each_modifier(language: str) -> None:
    words = lexicon(language)
    black, wood = words["color:black"], words["material:wood"]
    for kind in ("kind:bookshelf", "kind:desk_lamp", "kind:backpack"):
        noun = words[kind]
        phrase = noun_phrase(noun, [black, wood])

        assert noun.name in phrase
        assert black.form(noun.gender) in phrase
        assert wood.form(noun.gender) in phrase


def test_no_modifier_no_change() -> None:
    assert noun_phrase(entry("de", "Tisch", "m"), []) == "Tisch"
