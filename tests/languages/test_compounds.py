"""The thing that a compound ends with."""

import pytest

from languages.compounds import compound_head


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
