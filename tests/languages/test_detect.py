"""Which languages a text may be in."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from languages.detect import detect
from languages.detection.ngrams import COLUMNS, FILE, NGRAM_MAX, ROWS, WIDTH, ngram_rows, open_weights, words_of
from languages.detection.scripts import BY_SCRIPT, languages_of, script_shares
from languages.locale import LANGUAGES, Locale

GOLDEN = Path(__file__).parents[1] / "golden" / "detection.tsv"


def rows() -> list[tuple[str, str]]:
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [(row["language"], row["query"]) for row in csv.DictReader(file, delimiter="\t")]


def first(text: str, locale: str | None = None) -> str:
    return next(iter(detect(text, None if locale is None else Locale.parse(locale))))


@pytest.mark.parametrize(("language", "query"), rows())
def test_detects_the_language_of_a_query(language: str, query: str) -> None:
    assert first(query) == language
    assert first(query, language) == language


def test_each_language_has_at_least_twelve_queries() -> None:
    counts = {language: sum(row[0] == language for row in rows()) for language in LANGUAGES}

    assert min(counts.values()) >= 12


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("їжа", "uk"), ("чёрные", "ru"), ("黒い靴", "ja"), ("電気", "ja"), ("円", "ja"),
        ("电视", "zh"), ("無線耳機和手机壳", "zh"), ("Sony наушники", "ru"), ("iPhone防水ケース", "ja"),
    ],
)  # fmt: skip
def test_letters_of_one_language_decide(text: str, language: str) -> None:
    shares = detect(text, Locale("en"))

    assert next(iter(shares)) == language
    assert shares[language] > 0.6


def test_latin_words_among_others_leave_the_other_script_first() -> None:
    assert script_shares("Bluetooth наушники")["CYRILLIC"] > 0.5


@pytest.mark.parametrize("language", BY_SCRIPT["LATIN"])
def test_the_buyer_s_locale_decides_between_languages_that_share_a_word(language: str) -> None:
    for word in ("laptop", "bluetooth"):
        assert first(word, language) == language


def test_a_locale_does_not_overrule_words_of_another_language() -> None:
    assert first("kabellose kopfhörer", "sv") == "de"
    assert first("słuchawki bezprzewodowe", "en") == "pl"
    assert first("wireless headphones", "de") == "en"
    assert first("пляшка для води", "ru") == "uk"


def test_a_locale_of_another_script_does_not_make_latin_words_its_own() -> None:
    assert set(detect("wireless headphones", Locale("ja"))) == set(BY_SCRIPT["LATIN"])


def test_latin_words_of_a_buyer_who_writes_in_other_letters_are_rather_english() -> None:
    assert first("controller", "th") == "en"
    assert first("hdmi", "zh") == "en"
    assert first("kabellose kopfhörer", "ja") == "de"
    assert first("จอย pro controller") == "en"


@pytest.mark.parametrize("text", ["banana", "sony", "taxi", "naushniki", "chappal", "krossovki"])
def test_a_word_of_many_languages_or_of_none_is_unsure(text: str) -> None:
    assert max(detect(text).values()) < 0.5


@pytest.mark.parametrize(
    ("marked", "typed"),
    [
        ("kopfhörer", "kopfhorer"), ("słuchawki bezprzewodowe", "sluchawki bezprzewodowe"),
        ("bezdrátová sluchátka", "bezdratova sluchatka"), ("tai nghe không dây", "tai nghe khong day"),
        ("kırmızı elbise", "kirmizi elbise"), ("auriculares inalámbricos", "auriculares inalambricos"),
    ],
)  # fmt: skip
def test_a_query_typed_without_its_marks_is_in_the_same_language(marked: str, typed: str) -> None:
    assert first(typed) == first(marked)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.sampled_from([None, *LANGUAGES]))
def test_shares_sum_to_one_and_come_in_falling_order(text: str, language: str | None) -> None:
    shares = detect(text, None if language is None else Locale(language))

    assert shares or language is None
    assert not shares or sum(shares.values()) == pytest.approx(1.0)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(categories=("L", "M", "Zs"), include_characters="'-’"), max_size=40))
def test_case_and_the_way_of_writing_a_letter_do_not_matter(text: str) -> None:
    assert detect(text) == detect(text)
    assert detect(f"  {text} ") == detect(text)


def test_a_very_long_text_is_read_in_part() -> None:
    assert first("kabellose Kopfhörer für den Sport " * 10_000) == "de"
    assert first("a" * 100_000) in LANGUAGES


def test_a_text_without_letters_is_in_the_reader_s_language() -> None:
    assert detect("12345", Locale("fr")) == {"fr": 1.0}
    assert detect("12345") == {}
    assert detect("Ωμέγα") == {}


def test_every_language_has_a_script() -> None:
    assert set(LANGUAGES) == {language for languages in BY_SCRIPT.values() for language in languages}
    assert all(languages_of(script, "") == languages for script, languages in BY_SCRIPT.items())


def test_the_weights_are_a_small_file_with_a_column_for_each_language() -> None:
    weights = open_weights()

    assert FILE.stat().st_size <= 2_000_000
    assert weights.shape == (ROWS, WIDTH)
    assert weights.dtype == np.int8
    assert len(COLUMNS["LATIN"]) == len(BY_SCRIPT["LATIN"]) + 1


def test_a_word_gives_its_ngrams_with_spaces_at_its_ends() -> None:
    letters, padded = "mug", " mug "

    ngrams = sum(len(padded) - size + 1 for size in range(1, NGRAM_MAX + 1))
    assert len(ngram_rows(letters)) == ngrams
    assert len(ngram_rows("kettle")) == sum(8 - size + 1 for size in range(1, NGRAM_MAX + 1)) + 1


def test_words_are_runs_of_letters_of_one_script() -> None:
    assert words_of("usb-c 2x кабель", "LATIN") == ["usb", "c", "x"]
    assert words_of("usb-c 2x кабель", "CYRILLIC") == ["кабель"]
