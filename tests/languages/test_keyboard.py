"""Keyboards: the keys that were hit, as another layout reads them."""

import pytest

from languages.spelling.keyboard import LATIN_LAYOUTS, as_latin, from_latin, swap_latin


@pytest.mark.parametrize(
    ("language", "text", "keys"),
    [
        ("ru", "привет", "ghbdtn"),
        ("ru", "рюкзак", "h.rpfr"),
        ("uk", "зовнішній", "pjdysiysq"),
        ("he", "תיק גב", ",he dc"),
        ("ko", "백팩", "qorvor"),
        ("ko", "없다", "djqtek"),
        ("ar", "هاتف", "ihjt"),
        ("th", "กระเป๋า", "ditgxJk"),
    ],
)
def test_known_words(language: str, text: str, keys: str) -> None:
    assert as_latin(text, language) == keys


def test_characters_on_no_key_stay_unchanged() -> None:
    assert as_latin("USB-кабель 2 м", "ru") == "usb-rf,tkm 2 v"


def test_a_language_typed_in_latin_letters_has_no_layout() -> None:
    with pytest.raises(ValueError, match="no keyboard layout for 'zh'; there is one for ru"):
        as_latin("书包", "zh")


@pytest.mark.parametrize(
    ("language", "text"),
    [("ru", "наушники"), ("uk", "їжак"), ("he", "תיק גב"), ("ko", "데스크톱"), ("ko", "없다"), ("ar", "هاتف"),
     ("th", "กระเป๋า"), ("hi", "घड़ी")],
)  # fmt: skip
def test_keys_are_read_in_the_layout_they_were_meant_for(language: str, text: str) -> None:
    assert from_latin(as_latin(text, language), language) == text


def test_capitals_are_shifted_keys_where_these_have_letters() -> None:
    assert from_latin("Rjynbytyn", "ru") == "континент"
    assert from_latin("ditgxJk", "th") == "กระเป๋า"


def test_hangul_takes_the_consonant_before_a_vowel_to_the_next_syllable() -> None:
    assert from_latin("dkssud", "ko") == "안녕"
    assert from_latin("gksrmf", "ko") == "한글"
    assert from_latin("12 q", "ko") == "12 q"


@pytest.mark.parametrize("layout", LATIN_LAYOUTS)
def test_a_latin_layout_swaps_both_ways(layout: str) -> None:
    assert swap_latin(swap_latin("wazyq", layout), layout) == "wazyq"
