"""The glossary: words that the lexicon knows, inside what people write."""

from itertools import pairwise

import pytest

from languages.lexicon_match import entry_names, lemmas_of, match_lexicon


@pytest.mark.parametrize(
    ("language", "text", "known"),
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
def test_known_things_are_found(language: str, text: str, known: list[tuple[str, ...]]) -> None:
    assert [match.entry_ids for match in match_lexicon(lemmas_of(text, language), language)] == known


def test_the_longest_stretch_wins_and_none_overlap() -> None:
    lemmas = lemmas_of("non-stick frying pan with lid", "en")
    found = match_lexicon(lemmas, "en")

    assert ("kind:frying_pan",) in [match.entry_ids for match in found]
    assert all(before.stop <= after.start for before, after in pairwise(found))
    assert all(0 <= match.start < match.stop <= len(lemmas) for match in found)


def test_a_things_names_in_another_language() -> None:
    assert entry_names("kind:frying_pan", "de")[0] == "Bratpfanne"
    assert entry_names("kind:frying_pan", "fi") == ()
    assert entry_names("kind:nothing", "de") == ()
