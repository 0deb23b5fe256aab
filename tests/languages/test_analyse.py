"""The analysis that listings and queries share, against files that a speaker can read and mend."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from languages.analyse import analyse
from languages.locale import LANGUAGES, Locale
from languages.normalise import fold, normalise
from languages.segment import bigrams
from languages.stem import _stem, stem

GOLDEN = Path(__file__).parent.parent / "golden" / "analysis"


@pytest.mark.parametrize("language", LANGUAGES)
def test_gives_the_tokens_that_a_speaker_wrote_down(language: str) -> None:
    header, *rows = (GOLDEN / f"{language}.tsv").read_text().splitlines()
    assert header == "text\twords\tlemmas"
    for row in rows:
        text, words, lemmas = row.split("\t")
        tokens = analyse(text, language).tokens

        assert [token.surface for token in tokens] == words.split(" ")
        assert [token.lemma or "-" for token in tokens] == lemmas.split(" ")


@given(st.text(max_size=200))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalise(text)

    assert normalise(once) == once


@given(st.text(max_size=200), st.sampled_from([*LANGUAGES, "fi", None]))
def test_any_text_is_analysed_into_tokens_without_spaces(text: str, language: str | None) -> None:
    for token in analyse(text, language).tokens:
        assert token.surface
        assert not any(character.isspace() for character in token.surface + token.lemma)


@given(st.text(max_size=100), st.sampled_from(LANGUAGES))
def test_case_and_width_do_not_matter(text: str, language: str) -> None:
    assert analyse(normalise(text), language).tokens == analyse(text, language).tokens


@pytest.mark.parametrize(
    ("word", "folded"),
    [("größe", "große"), ("çanta", "canta"), ("łódź", "lodz"), ("ёлка", "елка"), ("йод", "йод"), ("їжа", "їжа"),
     ("قَمِيص", "قميص"), ("जूते", "जूते"), ("đèn", "den"), ("plain", "plain")],
)  # fmt: skip
def test_folding_leaves_out_what_readers_leave_out(word: str, folded: str) -> None:
    assert fold(word) == folded.replace("ß", "ß")


def test_full_width_and_half_width_kana_are_the_same_words() -> None:
    assert analyse("ﾉｰﾄﾊﾟｿｺﾝ", "ja").tokens == analyse("ノートパソコン", "ja").tokens


def test_a_decimal_comma_is_a_decimal_point() -> None:
    assert [token.surface for token in analyse("1,5 l", "de").tokens] == ["1.5", "l"]


def test_a_model_number_is_also_found_without_its_hyphen() -> None:
    assert "tn2110" in {token.lemma for token in analyse("Brother TN-2110", "en").tokens}


def test_chinese_words_in_a_german_title_are_cut_like_in_a_chinese_one() -> None:
    german = [token.lemma for token in analyse("蓝牙耳机 Kopfhörer", "de").tokens]

    assert german[:3] == bigrams("蓝牙耳机")


@pytest.mark.parametrize("tag", ["de", "pt-BR", "zh-Hant", "PT_br", "zh-hant-tw", "es-419"])
def test_a_locale_written_is_read_again(tag: str) -> None:
    locale = Locale.parse(tag)

    assert Locale.parse(str(locale)) == locale


@pytest.mark.parametrize("tag", ["", "d", "german", "de_DE_DE_DE", "12", "de-D3"])
def test_refuses_what_is_no_locale(tag: str) -> None:
    with pytest.raises(ValueError, match="not a language tag"):
        Locale.parse(tag)


def test_threads_that_stem_at_once_do_not_mix_their_words() -> None:
    words = [f"{start}{end}" for start in ("kabel", "hodin", "stroj", "nabíj", "sluchát") for end in _CZECH_ENDINGS]
    alone = [stem(word, "cs") for word in words]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads take turns within a word
    try:
        with ThreadPoolExecutor(8) as threads:
            each = list(threads.map(lambda _: _stemmed_anew(words), range(16)))
    finally:
        sys.setswitchinterval(before)

    assert all(one == alone for one in each)


_CZECH_ENDINGS = ("ového", "ovými", "ách", "atech", "ětem", "ující", "ovský", "nější", "ečku", "ovi", "ům", "ami")


def _stemmed_anew(words: list[str]) -> list[str]:
    """Stems that no cache remembers."""
    return [_stem.__wrapped__(word, "cs") for word in words]
