"""Noise: queries as buyers mistype them."""

from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.sample.noise import WAYS, noisy
from eval.sample.seeded_random import SeededRandom
from languages.locale import LANGUAGES


def typed(way: str, text: str, language: str) -> str | None:
    return noisy(way, text, language, SeededRandom(1, "test", 1))


@pytest.mark.parametrize(
    ("way", "language", "text", "noise"),
    [
        ("nodiacritics", "cs", "žlutý kůň", "zluty kun"),
        ("nodiacritics", "vi", "ổ cứng đen", "o cung den"),
        ("nodiacritics", "pl", "łóżko", "lozko"),
        ("nodiacritics", "ar", "حقيبة", "حقيبه"),
        ("nodiacritics", "de", "Tisch", None),
        ("nodiacritics", "ja", "ガラス", None),
        ("layout", "ru", "наушники", "yfeiybrb"),
        ("layout", "de", "Kopfhörer", None),
        ("translit", "ru", "наушники", "naushniki"),
        ("translit", "ja", "ソファ", "sofua"),
        ("translit", "ja", "机", None),
        ("translit", "en", "desk", None),
        ("spacing", "ko", "접이식책상", "접이 식책상"),
        ("spacing", "en", "office chair", "officechair"),
        ("spacing", "en", "chair", None),
        ("typo", "de", "USB", None),
    ],
)
def test_known_noise(way: str, language: str, text: str, noise: str | None) -> None:
    assert typed(way, text, language) == noise


@given(st.sampled_from(sorted(WAYS)), st.sampled_from(LANGUAGES), st.text(min_size=1), st.integers(0, 99))
def test_noise_changes_the_text_or_is_none(way: str, language: str, text: str, seed: int) -> None:
    if text.strip():
        noise = noisy(way, text, language, SeededRandom(seed, "test", 1))

        assert noise is None or (noise != text and noise.strip())


def typos(word: str) -> list[set[str]]:
    """The word with one inner letter left out, doubled, swapped with the next, replaced."""
    inner = range(1, len(word) - 1)
    return [
        {word[:at] + word[at + 1 :] for at in inner},
        {word[:at] + word[at] + word[at:] for at in inner},
        {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in inner},
        {word[:at] + letter + word[at + 1 :] for at in inner for letter in ascii_lowercase},
    ]


@given(st.lists(st.sampled_from(ascii_lowercase), min_size=4, max_size=12, unique=True), st.integers(0, 500))
def test_a_typo_is_one_key_away(letters: list[str], seed: int) -> None:
    word = "".join(letters)
    noise = noisy("typo", word, "de", SeededRandom(seed, "test", 1))

    assert noise in set().union(*typos(word)) - {word}


def test_typos_are_of_four_sorts() -> None:
    noises = {noisy("typo", "rucksack", "de", SeededRandom(seed, "test", 1)) for seed in range(200)}

    assert all(noises & sort for sort in typos("rucksack"))


def test_a_typo_is_in_the_longest_word_and_leaves_the_others() -> None:
    noise = typed("typo", "USB 3.0 rucksack", "de")

    assert noise is not None
    assert noise.startswith("USB 3.0 ")
    assert noise.removeprefix("USB 3.0 ") in set().union(*typos("rucksack")) - {"rucksack"}


def test_every_way_makes_noise() -> None:
    known = {"typo": ("de", "rucksack"), "nodiacritics": ("cs", "kůň"), "layout": ("ru", "стол"),
             "translit": ("ru", "стол"), "spacing": ("en", "office chair")}  # fmt: skip

    assert set(known) == set(WAYS)
    assert all(typed(way, text, language) for way, (language, text) in known.items())
