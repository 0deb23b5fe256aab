"""Which languages a text may be in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from languages.detect import BY_SCRIPT, _factory, _langdetect, detect
from languages.locale import LANGUAGES, Locale


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ワイヤレスイヤホン", "ja"), ("黒い靴", "ja"), ("무선 이어폰", "ko"), ("หูฟังไร้สาย", "th"),
        ("אוזניות", "he"), ("سماعات", "ar"), ("हेडफ़ोन", "hi"), ("бездротові навушники, їжа", "uk"),
        ("чёрные наушники", "ru"), ("kabellose Kopfhörer für den Sport", "de"),
        ("słuchawki bezprzewodowe do biegania", "pl"),
        ("auriculares inalámbricos para correr", "es"), ("tai nghe không dây chống nước", "vi"),
    ],
)  # fmt: skip
def test_detects_the_language_by_script_or_words(text: str, language: str) -> None:
    assert max(detect(text).items(), key=lambda share: share[1])[0] == language


def test_the_reader_s_locale_decides_between_languages_that_share_a_word() -> None:
    assert next(iter(detect("laptop", Locale("de")))) == "de"
    assert next(iter(detect("laptop", Locale("pl")))) == "pl"


def test_a_locale_of_another_script_does_not_make_latin_words_its_own() -> None:
    assert set(detect("wireless headphones", Locale("ja"))) == set(BY_SCRIPT["LATIN"])


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.sampled_from([None, *LANGUAGES]))
def test_shares_sum_to_one_and_come_in_falling_order(text: str, language: str | None) -> None:
    shares = detect(text, None if language is None else Locale(language))

    assert shares or language is None
    assert not shares or sum(shares.values()) == pytest.approx(1.0)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)


def test_a_text_without_letters_is_in_the_reader_s_language() -> None:
    assert detect("12345", Locale("fr")) == {"fr": 1.0}
    assert detect("12345") == {}


def test_the_same_text_gives_the_same_answer_again() -> None:
    texts = ["laptop", "Kabel", "mini bar", "Hello world, cheap phones"]  # in several languages or in none of ours
    shares = [detect(text) for text in texts]
    for cached in (_langdetect, _factory):
        cached.cache_clear()

    assert [detect(text) for text in texts] == shares
    assert all(shares)
