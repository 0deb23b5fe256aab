"""Keyboards: the keys that were hit, as another layout reads them."""

import pytest

from languages.keyboard import as_latin


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
