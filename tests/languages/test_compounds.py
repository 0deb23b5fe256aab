"""The thing that a compound ends with."""

import pytest

from languages.compounds import Compound, compound_head, modifier_lemmas, split_compound


@pytest.mark.parametrize(
    ("word", "language", "things"),
    [
        ("küchenlampe", "de", ("general:lamp",)),
        ("keukenlamp", "nl", ("general:lamp",)),
        ("kökslampa", "sv", ("general:lamp",)),
        ("küchenlampen", "de", ("general:lamp",)),  # a form of the same lemma
        ("spielzeugautos", "de", ("general:car",)),
        ("keukenlampen", "nl", ("general:lamp",)),
        ("kökslampor", "sv", ("general:lamp",)),
        ("lampe", "de", ()),  # nothing before it
        ("xylampe", "de", ()),  # too little before it
        ("buchstabe", "de", ()),  # a lemma, so it does not end with a form of *Stab*
        ("führerschein", "de", ()),
        ("küchenlampe", "en", ()),
        ("水杯", "zh", ("general:cup",)),
        ("水", "zh", ()),
        ("lamp12", "de", ()),
    ],
)
def test_what_stands_last_is_what_the_thing_is(word: str, language: str, things: tuple[str, ...]) -> None:
    assert compound_head(word, language) == things


@pytest.mark.parametrize(
    ("word", "language", "modifier", "lemmas"),
    [
        ("hdmikabel", "de", "hdmi", {"hdmi"}),
        ("hdmikabel", "nl", "hdmi", {"hdmi"}),
        ("küchenlampe", "de", "küchen", {"kuch"}),
        ("arbeitslampe", "de", "arbeits", {"arbeit"}),
        ("kökslampa", "sv", "köks", {"kok"}),
        ("水杯", "zh", "水", {"水"}),
    ],
)
def test_what_stands_first_is_found_without_the_letters_that_link_it(
    word: str, language: str, modifier: str, lemmas: set[str]
) -> None:
    compound = split_compound(word, language)

    assert compound == Compound(modifier, compound_head(word, language))
    assert lemmas <= set(modifier_lemmas(compound, language))
