"""Numbers, quantities, sizes and model numbers: one normal form for every way of writing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from languages.analyse import analyse
from languages.analysis.language_rules import COMMON, FOLDER, language_rules, size_words, unit_spellings
from languages.analysis.numbers import number_form
from languages.locale import LANGUAGES
from languages.normalise import fold, normalise
from languages.stem import stem


def lemmas(text: str, language: str | None) -> set[str]:
    return {token.lemma for token in analyse(text, language).tokens if token.lemma}


@pytest.mark.parametrize(
    ("number", "language", "form"),
    [
        ("42", "de", "42"), ("1,5", "de", "1.5"), ("1.5", "de", "1.5"), ("1,50", "fr", "1.5"), ("2.0", "en", "2.0"),
        ("1.000", "de", "1000"), ("1.000", "en", "1.0"), ("1,000", "en", "1000"), ("1,000", "de", "1.0"),
        ("1'000", "de", "1000"), ("1.000.000", "en", "1000000"), ("1.234,50", "de", "1234.5"),
        ("1,234.50", "en", "1234.5"), ("0,125", "en", "0.125"), ("1.2.3", "en", "1.2.3"), ("10,000", None, "10000"),
    ],
)  # fmt: skip
def test_a_number_has_one_form(number: str, language: str | None, form: str) -> None:
    assert number_form(number, language) == form


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("de", ["2,5l", "2,5 l", "2.5 L", "2,5 Liter"]),
        ("ru", ["2,5л", "2,5 л", "2.5 литра"]),
        ("de", ["1½ Zoll", "1 1/2 Zoll", '1 1/2"', "1 ½ inch"]),
        ("de", ["½ Zoll", "1/2 Zoll", "1⁄2 Zoll"]),
        ("en", ["40×30", "40x30", "40 x 30", "40 * 30", "40*30", "40х30", "40 х 30", "４０×３０"]),
        ("en", ["40×30×20 cm", "40x30x20cm", "40 x 30 x 20 cm"]),
        ("de", ["5 m²", "5m²", "5 qm", "5m2"]),
        ("en", ['27"', "27″", "27 inch", "27-inch", "27 inches", "27inch"]),
        ("ar", ["٥٥ بوصة", "55 بوصة", '55"']),
        ("hi", ["१५ इंच", "15 इंच"]),
        ("fr", ["1\u00a0000 pièces", "1\u202f000 pièces", "1000 pièces"]),
        ("ar", ["١٫٥ لتر", "1.5 لتر", "1.5l"]),
        ("en", ["256GB", "256 GB", "256gb"]),
        ("en", ["iPhone15", "iPhone 15", "iphone15"]),
        ("en", ["C++", "c++", "Ｃ＋＋"]),
        ("de", ["Velmo™", "VELMO℠", "velmo®", "Velmo(R)", "Velmo(TM)"]),
        ("fr", ["L’Oréal", "l'oréal", "L`Oreal"]),
        ("en", ["Tarn’s", "tarns", "tarn's"]),
        ("uk", ["м'яч", "м’яч", "мʼяч", "мяч"]),
        ("he", ["צ׳יפס", "צ'יפס", "ציפס"]),
        ("he", ["80 ס״מ", '80 ס"מ', "80 סמ"]),
        ("ar", ["كرسى", "كرسي", "كُرسِي", "كرســي"]),
        ("hi", ["ज़िप", "जिप", "ज़िप"]),
        ("hi", ["हिन्दी", "हिंदी"]),
        ("th", ["น้ำ", "นํ้า", "น้ํา"]),
        ("th", ["แก้ว", "เเก้ว"]),
        ("ru", ["ёлка", "елка", "Ёлка"]),
        ("tr", ["ışık", "IŞIK", "isik"]),
    ],
)
def test_ways_of_writing_have_the_same_lemmas(language: str, texts: list[str]) -> None:
    expected = lemmas(texts[0], language)

    assert [lemmas(text, language) for text in texts] == [expected] * len(texts)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("de", "2,5l", "25l"), ("de", "1½", "11"), ("de", "1½", "1 2"), ("en", "C++", "C#"), ("en", "C++", "c"),
        ("en", "R&M", "r m"), ("fr", "châtiment", "chat"), ("en", "40x30", "403"), ("de", "1.000", "1 0"),
        ("en", "A+++", "a"), ("he", "ס״מ", "ס מ"),
    ],
)  # fmt: skip
def test_other_things_share_no_lemma(language: str, one: str, other: str) -> None:
    assert lemmas(one, language).isdisjoint(lemmas(other, language))


@pytest.mark.parametrize("written", ["ktr441007", "KTR 4410 07", "4410-07", "ktr 441007", "KTR-4410-07", "441007"])
def test_a_model_number_has_the_lemmas_of_its_ways_of_writing(written: str) -> None:
    assert lemmas(written, "en") <= lemmas("KTR.4410-07 ktr441007", "en")


def test_a_variant_of_a_model_has_its_prefix_and_another_number_has_not() -> None:
    assert "zx200" in lemmas("ZX200N", "en")
    assert "zx200" not in lemmas("ZX2000", "en")
    assert "zx200" not in {token.surface for token in analyse("ZX200N", "en").tokens}


def test_a_size_is_one_lemma_in_every_language() -> None:
    sizes = {"de": "Größe 42", "en": "size 42", "es": "talla 42", "fr": "pointure 42", "ru": "размер 42"}

    assert all("size42" in lemmas(text, language) for language, text in sizes.items())
    assert "size26" in lemmas("size 26 cm", "en")
    assert "sizexl" in lemmas("Größe XL", "de")


def test_a_quotation_that_ends_with_a_number_has_no_inches() -> None:
    assert lemmas('"iphone 15"', "en") == lemmas("iphone 15", "en")


def test_no_stem_is_a_single_letter() -> None:
    for word in ("खाना", "टी", "ऊन", "шия", "вуж"):
        assert all(len(stem(word, language)) > 1 for language in LANGUAGES)


def test_folding_brings_letters_of_another_script_together() -> None:
    assert fold("cтол") == "стол"
    assert fold("самgунг") == "самgунг"  # neither script has all of it
    assert fold("usb") == "usb"


_WRITTEN = st.text(
    st.sampled_from("0123456789xх*×\"'’″½¼⁄/.,-_ +#&()RTMrtmsl\u00a0\u202fcmgבסצ升ลม٫٬१५๕²①ｘéα"), max_size=16
)
_ANY = st.one_of(st.text(max_size=60), _WRITTEN)


@given(_ANY)
def test_normalising_numbers_and_marks_twice_is_normalising_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(_WRITTEN, st.sampled_from(LANGUAGES))
def test_a_normalised_text_has_the_tokens_of_the_text(text: str, language: str) -> None:
    assert analyse(normalise(text), language).tokens == analyse(text, language).tokens


@given(_ANY, st.sampled_from([*LANGUAGES, None]))
def test_written_surfaces_are_slices_of_the_normalised_text_in_order(text: str, language: str | None) -> None:
    normalised, start = normalise(text), 0
    for token in analyse(text, language).written:
        at = normalised.find(token.surface, start)

        assert at >= start
        start = at + len(token.surface)


@given(_ANY, st.sampled_from(LANGUAGES), st.sampled_from([*LANGUAGES, None]))
def test_how_many_lemmas_a_text_has_does_not_depend_on_the_language(text: str, one: str, other: str | None) -> None:
    counts = [sum(bool(token.lemma) for token in analyse(text, language).tokens) for language in (one, other)]

    assert counts[0] == counts[1]


def test_every_file_of_rules_is_of_a_language_and_is_read() -> None:
    names = {path.stem for path in FOLDER.iterdir()}

    assert names == {COMMON, *LANGUAGES}
    assert unit_spellings()["литр"] == unit_spellings()["liter"] == "l"
    assert {"talla", "size", "größe"} <= size_words()
    assert language_rules("fi").stem_min == 2
