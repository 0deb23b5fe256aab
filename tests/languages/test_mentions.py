"""What a text mentions, and what it is about."""

from __future__ import annotations

import pytest

from languages.analyse import analyse
from languages.function_words import function_words
from languages.locale import LANGUAGES
from languages.mentions import read_mentions


def things(text: str, language: str, names: tuple[str, ...] = ()) -> dict[str, bool]:
    """The kinds and general nouns of a text, and whether each is a head."""
    mentions = read_mentions(analyse(text, language), names)
    return {thing: mention.is_head for mention in mentions for thing in mention.things}


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Kettle 1.7 l", "en", {"kind:kettle": True}),
        ('Targus 17" Laptop privacy filter', "en", {"kind:laptop": False, "kind:privacy_screen_filter": True}),
        ("Tablet Stand", "en", {"kind:tablet_stand": True}),
        ("Tablet Rack", "en", {"kind:tablet": False, "general:rack": True}),
        ("Kettle, brushed steel", "en", {"kind:kettle": True}),  # a comma ends the phrase
        ("HP EliteBook Notebook PC", "en", {"kind:laptop": True}),  # a model, no noun, follows
        ("Ständer für Tablet", "de", {"general:stand": True, "kind:tablet": False}),
        ("soporte para tablet", "es", {"kind:tablet_stand": True}),
        ("bolsa para tablet", "es", {"general:bag": True, "kind:tablet": False}),
        ("Dress roses", "en", {"kind:dress": True}),  # what it is about, and no noun that it modifies
        ("tablet negra Zorno", "es", {"kind:tablet": True}),  # Spanish puts what modifies after the noun
        ("qwertz", "en", {}),
        ("", "en", {}),
    ],
)
def test_a_kind_is_the_head_unless_it_modifies_another_noun(
    text: str, language: str, expected: dict[str, bool]
) -> None:
    assert things(text, language) == expected


def test_a_brand_after_a_kind_is_no_noun() -> None:
    assert things("Kettle Zorno", "en") == {"kind:kettle": False}
    assert things("Kettle Zorno", "en", ("zorno",)) == {"kind:kettle": True}


def test_a_text_without_a_language_mentions_nothing() -> None:
    assert read_mentions(analyse("kettle", None)) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_a_row_of_function_words(language: str) -> None:
    words = function_words(language)

    assert words.purpose.isdisjoint(words.others)
    assert bool(words.others) == (language not in ("ja", "ko", "th", "zh"))


def test_function_words_are_found_as_they_are_normalised() -> None:
    assert "für" in function_words("de").purpose
    assert "и" in function_words("ru").others
    assert "für" not in function_words("xx")


@pytest.mark.parametrize("title", ["Samsung Watch Active2 black", "Samsung Watch Active 2 black"])
def test_a_word_with_a_number_behind_it_is_a_model_and_no_noun(title: str) -> None:
    watch = next(one for one in read_mentions(analyse(title, "en"), ("samsung",)) if "kind:watch" in one.entry_ids)

    assert watch.is_head


def test_a_word_before_a_measure_is_a_noun() -> None:
    (watch, *_) = read_mentions(analyse("Watch zorber 20 mm", "en"))

    assert not watch.is_head
