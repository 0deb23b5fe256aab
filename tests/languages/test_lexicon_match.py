"""Lexicon lookup: entries found in what people write."""

from itertools import pairwise

import pytest

from languages.lexicon_match import LexiconMatch, entry_names, lemmas_of, match_lexicon


@pytest.mark.parametrize(
    ("language", "text", "entry_ids"),
    [
        ("de", "schwarze Kopfkissenbezüge", [("color:black",), ("kind:pillowcase",)]),
        ("de", "SCHWARZER KOPFKISSENBEZUG", [("color:black",), ("kind:pillowcase",)]),
        ("zh", "黑色平底锅", [("color:black",), ("kind:frying_pan",)]),
        ("en", "zzgl frying pans", [("kind:frying_pan",)]),
        ("en", "qwertz", []),
        ("en", "", []),
        ("fi", "paistinpannu", []),
    ],
)
def test_entries_of_the_lexicon_are_found(language: str, text: str, entry_ids: list[tuple[str, ...]]) -> None:
    assert [match.entry_ids for match in match_lexicon(lemmas_of(text, language), language)] == entry_ids


def test_the_longest_match_wins_and_matches_do_not_overlap() -> None:
    # game mous pad: "gaming" and "gaming mouse" are entries too, and are not taken
    assert match_lexicon(lemmas_of("gaming mouse pad", "en"), "en") == (LexiconMatch(0, 3, ("kind:mouse_pad",)),)

    lemmas = lemmas_of("non-stick frying pan with lid", "en")
    matches = match_lexicon(lemmas, "en")

    assert [match.entry_ids for match in matches] == [
        ("feature:non_stick",),
        ("kind:frying_pan",),
        ("feature:with_lid",),
    ]
    assert all(before.stop <= after.start for before, after in pairwise(matches))
    assert all(0 <= match.start < match.stop <= len(lemmas) for match in matches)


def test_names_of_an_entry_in_another_language() -> None:
    assert entry_names("kind:frying_pan", "de")[0] == "Bratpfanne"
    assert entry_names("kind:frying_pan", "fi") == ()
    assert entry_names("kind:nothing", "de") == ()
