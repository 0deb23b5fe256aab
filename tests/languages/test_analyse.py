"""The analysis of listings and queries, against files that a speaker can read and correct."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from languages.analyse import _frequent_chunk, analyse
from languages.locale import LANGUAGES, Locale
from languages.normalise import fold, normalise
from languages.segment import bigrams, identifiers, split_chunks, words
from languages.stem import _stem, stem

GOLDEN = Path(__file__).parent.parent / "golden" / "analysis"


def golden_rows(language: str) -> list[list[str]]:
    """The cells of each row: text, words, lemmas and, where the analysis is wrong, a note."""
    header, *lines = (GOLDEN / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
    assert header == "text\twords\tlemmas\tnote"
    return [line.split("\t") for line in lines]


@pytest.mark.parametrize("language", LANGUAGES)
def test_gives_the_tokens_that_a_speaker_wrote_down(language: str) -> None:
    for text, surfaces, lemmas, *_note in golden_rows(language):
        tokens = analyse(text, language).tokens

        assert [token.surface for token in tokens] == surfaces.split(" ")
        assert [token.lemma or "-" for token in tokens] == lemmas.split(" ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_forty_golden_texts_and_a_note_says_something(language: str) -> None:
    rows = golden_rows(language)

    assert len({row[0] for row in rows}) == len(rows) >= 40
    assert all(len(row) in (3, 4) and all(row) for row in rows)


def test_every_golden_file_is_of_a_language_that_is_analysed() -> None:
    assert {path.stem for path in GOLDEN.glob("*.tsv")} == set(LANGUAGES)


@given(st.text(max_size=200))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalise(text)

    assert normalise(once) == once


@given(st.text(max_size=200), st.sampled_from([*LANGUAGES, "fi", None]))
def test_any_text_is_analysed_into_tokens_without_spaces(text: str, language: str | None) -> None:
    tokens = analyse(text, language).tokens

    assert tokens or not any(character.isalnum() for character in normalise(text))
    for token in tokens:
        assert token.surface
        assert not any(character.isspace() for character in token.surface + token.lemma)


@given(st.text(max_size=100), st.sampled_from(LANGUAGES))
def test_a_normalised_text_gives_the_tokens_of_the_text(text: str, language: str) -> None:
    assert analyse(normalise(text), language).tokens == analyse(text, language).tokens


_SPACES_AND_MARKS = st.text(
    st.sampled_from("a9é\u0301\u0338\u3099\u200bノ、。，,.:;!?()'\"-/ \u00a0\u3000"), max_size=30
)


@given(st.one_of(st.text(max_size=100), _SPACES_AND_MARKS))
def test_the_chunks_of_a_normalised_text_have_its_words_and_model_numbers(text: str) -> None:
    normalised = normalise(text)
    chunks = split_chunks(normalised)

    assert [word for chunk in chunks for word in words(chunk)] == list(words(normalised))
    assert [joined for chunk in chunks for joined in identifiers(chunk)] == list(identifiers(normalised))


@given(st.one_of(st.text(max_size=100), _SPACES_AND_MARKS), st.sampled_from([*LANGUAGES, None]))
def test_the_tokens_of_a_text_do_not_depend_on_what_was_analysed_before(text: str, language: str | None) -> None:
    first = analyse(text, language)
    _frequent_chunk.cache_clear()

    assert analyse(text, language) == first


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=100), st.sampled_from(LANGUAGES))
def test_case_and_width_do_not_matter(text: str, language: str) -> None:
    full_width = "".join(chr(ord(mark) + 0xFEE0) if mark > " " else mark for mark in text)  # U+FF01 stands for "!"

    expected = analyse(text.lower(), language).tokens

    assert analyse(text.upper(), language).tokens == expected
    assert analyse(full_width.upper(), language).tokens == expected


@pytest.mark.parametrize(
    ("language", "upper", "lower"),
    [("de", "SPÜLBÜRSTE FÜR GLÄSER", "spülbürste für gläser"), ("fr", "ÉTÉ", "été"), ("ru", "ЧЁРНЫЙ", "чёрный"),
     ("de", "STRASSE", "straße"), ("tr", "ÇOCUK", "çocuk"), ("vi", "ĐÈN", "đèn")],
)  # fmt: skip
def test_case_does_not_matter_beyond_ascii(language: str, upper: str, lower: str) -> None:
    assert analyse(upper, language).tokens == analyse(lower, language).tokens
    assert len(analyse(upper, language).tokens) == len(upper.split())


@pytest.mark.parametrize(
    ("word", "folded"),
    [("größe", "große"), ("çanta", "canta"), ("łódź", "lodz"), ("ёлка", "елка"), ("йод", "йод"), ("їжа", "їжа"),
     ("قَمِيص", "قميص"), ("जूते", "जूते"), ("đèn", "den"), ("plain", "plain")],
)  # fmt: skip
def test_folding_removes_marks_that_writers_omit(word: str, folded: str) -> None:
    assert fold(word) == folded


def test_full_width_and_half_width_kana_are_the_same_words() -> None:
    half_width = [token.lemma for token in analyse("ﾉｰﾄﾊﾟｿｺﾝ", "ja").tokens]
    full_width = [token.lemma for token in analyse("ノートパソコン", "ja").tokens]

    assert half_width == full_width == [*bigrams("ノートパソコン"), ""]


def test_a_decimal_comma_is_a_decimal_point() -> None:
    assert [(token.surface, token.lemma) for token in analyse("1,5 l", "de").tokens] == [("1,5", "1.5"), ("l", "1.5l")]


def test_a_model_number_is_also_found_without_its_hyphen() -> None:
    assert "tn2110" in {token.lemma for token in analyse("Brother TN-2110", "en").tokens}


def test_chinese_words_in_a_german_title_are_cut_like_in_a_chinese_one() -> None:
    german = [token.lemma for token in analyse("蓝牙耳机 Kopfhörer", "de").tokens]

    assert german == ["蓝牙", "牙耳", "耳机", "", "kopfhor"]


@pytest.mark.parametrize(
    ("tag", "locale"),
    [("de", Locale("de")), ("pt-BR", Locale("pt", region="BR")), ("zh-Hant", Locale("zh", "Hant")),
     ("PT_br", Locale("pt", region="BR")), ("zh-hant-tw", Locale("zh", "Hant", "TW")),
     ("es-419", Locale("es", region="419")), ("iw-IL", Locale("he", region="IL"))],
)  # fmt: skip
def test_a_locale_is_parsed_from_its_own_text(tag: str, locale: Locale) -> None:
    assert Locale.parse(tag) == locale
    assert Locale.parse(str(locale)) == locale


@pytest.mark.parametrize("tag", ["", "d", "german", "de_DE_DE_DE", "12", "de-D3"])
def test_refuses_an_invalid_locale(tag: str) -> None:
    with pytest.raises(ValueError, match="not a language tag"):
        Locale.parse(tag)


def test_threads_that_stem_at_the_same_time_do_not_mix_their_words() -> None:
    words = [f"{start}{end}" for start in ("kabel", "hodin", "stroj", "nabíj", "sluchát") for end in _CZECH_ENDINGS]
    expected = [stem(word, "cs") for word in words]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads take turns within a word
    try:
        with ThreadPoolExecutor(8) as threads:
            stems = list(threads.map(lambda _: _stemmed_anew(words), range(16)))
    finally:
        sys.setswitchinterval(before)

    assert stems == [expected] * 16


_CZECH_ENDINGS = ("ového", "ovými", "ách", "atech", "ětem", "ující", "ovský", "nější", "ečku", "ovi", "ům", "ami")


def _stemmed_anew(words: list[str]) -> list[str]:
    """Stems computed without the cache."""
    return [_stem.__wrapped__(word, "cs") for word in words]
