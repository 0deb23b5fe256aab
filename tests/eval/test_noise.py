"""Noise: what buyers type when they do not mean it so."""

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


@given(st.integers(0, 500))
def test_a_typo_is_one_key_away(seed: int) -> None:
    noise = noisy("typo", "rucksack", "de", SeededRandom(seed, "test", 1))

    assert noise is None or abs(len(noise) - len("rucksack")) <= 1
