"""The dictionary forms of inflected words."""

from __future__ import annotations

from pathlib import Path

import pytest

from languages.analysis.lemmas import LEMMATISED, dictionary_form, find_lemma, is_dictionary_form, lemma_table
from languages.stem import stem


@pytest.mark.parametrize(
    ("language", "forms", "lemma"),
    [
        ("cs", "stoly stolů", "stůl"),
        ("de", "hüllen hülle", "hülle"),  # the noun, not the verb that is written alike
        ("es", "lápices", "lápiz"),
        ("fr", "bijoux", "bijou"),
        ("he", "נעליים נעלי", "נעל"),
        ("it", "chiavi", "chiave"),
        ("nl", "glazen", "glas"),
        ("nl", "manden", "mand"),  # written as a verb that is made of it
        ("pl", "książek książki ksiazek", "książka"),
        ("pt", "botões", "botão"),
        ("ru", "крема кремы крем", "крем"),
        ("sv", "väskorna väskor väskan", "väska"),
        ("tr", "kutuları kutulari", "kutu"),
        ("tr", "kablosuz", "kablosuz"),  # without a cable: another word
        ("uk", "чохли чохла", "чохол"),
    ],
)
def test_forms_of_a_word_have_its_lemma_with_and_without_diacritics(language: str, forms: str, lemma: str) -> None:
    assert {dictionary_form(form, language) for form in forms.split()} == {lemma}


def test_what_is_short_or_in_no_dictionary_is_its_own_form() -> None:
    assert find_lemma("led", "de") is None
    assert find_lemma("qwertzx", "de") is None
    assert dictionary_form("led", "de") == "led"
    assert lemma_table("en") is lemma_table("fi") is None
    assert dictionary_form("shoes", "en") == "shoes"


def test_a_lemma_is_a_dictionary_form_and_its_forms_are_none() -> None:
    assert is_dictionary_form("lampe", "de")
    assert not is_dictionary_form("lampen", "de")
    assert not is_dictionary_form("qwertzx", "de")


@pytest.mark.parametrize("language", sorted(LEMMATISED))
def test_the_lemma_of_a_lemma_is_itself(language: str) -> None:
    texts = (Path(__file__).parent.parent / "golden" / "analysis" / f"{language}.tsv").read_text(encoding="utf-8")
    lemmas = {lemma for word in texts.split() if (lemma := find_lemma(word, language))}

    assert len(lemmas) >= 10
    assert {dictionary_form(lemma, language) for lemma in lemmas} == lemmas


def test_words_that_the_dictionary_lacks_are_stemmed_to_what_it_has() -> None:
    assert stem("küchenlampen", "de") == stem("küchenlampe", "de")
    assert stem("koltuğu", "tr") == stem("koltuk", "tr") == "koltuk"
