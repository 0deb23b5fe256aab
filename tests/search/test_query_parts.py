"""How a query is split into parts: phrases of the lexicon, single words, and what each may mean."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from languages.lexicon import lexicon
from languages.locale import LANGUAGES
from ranking.query import QueryPart
from search.understanding.query_parts import (
    FUNCTION_WEIGHT,
    KIND_WEIGHT,
    LOOK_WEIGHT,
    QUALIFIER_WEIGHT,
    SHOP_WEIGHT,
    WRITTEN_CERTAINTY,
    split_query,
)


def texts(parts: tuple[QueryPart, ...]) -> list[str]:
    return [part.text for part in parts]


def meanings(part: QueryPart) -> dict[str, float]:
    return {meaning.entry_id: meaning.probability for meaning in part.meanings}


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("schwarzer wasserkocher", "de", ["schwarzer", "wasserkocher"]),
        ("zzgl frying pans", "en", ["zzgl", "frying pans"]),
        ("黑色平底锅", "zh", ["黑色", "平底锅"]),  # 色平 is of two words
        ("卓诺平底锅", "zh", ["卓诺", "平底锅"]),
        ("sony wh-1000xm5", "en", ["sony", "wh", "1000xm5", "wh1000xm5"]),
        ("", "en", []),
        ("!?", "en", []),
    ],
)
def test_a_part_is_a_phrase_of_the_lexicon_or_a_word(text: str, language: str, expected: list[str]) -> None:
    assert texts(split_query(text, {language: 1.0})) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_everyday_name_of_a_kind_is_one_part_in_every_language(language: str) -> None:
    name = lexicon(language)["kind:phone_case"].name.lower()
    known = [meaning for part in split_query(name, {language: 1.0}) for meaning in meanings(part)]

    assert "kind:phone_case" in known


def test_a_word_has_its_lemmas_in_all_likely_languages_the_likeliest_first() -> None:
    (part,) = split_query("schuhe", {"en": 0.8, "de": 0.15, "fr": 0.01})
    (word,) = part.words

    assert word.surface == "schuhe"
    assert word.lemmas == ("schuh", "schuhe") or word.lemmas == ("schuhe", "schuh")
    assert word.weights == (1.0, WRITTEN_CERTAINTY)


def test_the_readings_of_an_ambiguous_word_share_its_probability() -> None:
    (part,) = split_query("blush", {"en": 1.0})

    assert meanings(part) == {"kind:blush": 0.5, "color:light_pink": 0.5}


def test_words_that_only_share_a_stem_with_an_entry_do_not_mean_it() -> None:
    # Snowball makes "ca" of both çanta, a bag, and çadır, a tent
    (bag,) = split_query("çanta", {"tr": 1.0})
    (tent,) = split_query("cadır", {"tr": 1.0})  # without its diacritic it is still one

    assert "kind:tent" not in meanings(bag)
    assert meanings(tent) == {"kind:tent": 1.0}


def test_a_word_written_as_an_entry_means_no_other_that_shares_its_stem() -> None:
    (rug,) = split_query("rug", {"en": 1.0})
    (inflected,) = split_query("rugs", {"en": 1.0})

    assert meanings(rug) == {"kind:area_rug": 1.0, "general:carpet": 0.5}
    assert "kind:area_rug" in meanings(inflected)


def test_a_less_likely_language_gives_less_probable_meanings() -> None:
    (sure,) = split_query("kettle", {"en": 1.0})
    (unsure,) = split_query("kettle", {"de": 0.8, "en": 0.2})

    assert meanings(sure) == {"kind:kettle": 1.0}
    assert meanings(unsure) == {"kind:kettle": pytest.approx(0.25)}


def test_what_a_thing_is_weighs_more_than_how_it_is() -> None:
    red, dress = split_query("red dress", {"en": 1.0})

    (alone,) = split_query("red", {"en": 1.0})

    assert (red.weight, dress.weight, alone.weight) == (LOOK_WEIGHT, KIND_WEIGHT, 1.0)


def test_a_word_that_qualifies_a_kind_is_a_part_of_its_own() -> None:
    # "inkjet printer" and "printer" both name kind:printer
    inkjet, printer = split_query("inkjet printer", {"en": 1.0})

    assert (inkjet.text, inkjet.weight, inkjet.meanings) == ("inkjet", QUALIFIER_WEIGHT, ())
    assert meanings(printer) == {"kind:printer": 1.0}


def test_function_words_weigh_little_unless_there_is_nothing_else() -> None:
    case, for_, phone = split_query("sleeve for zorno", {"en": 1.0})
    (it,) = split_query("it", {"en": 1.0})

    assert (case.weight, for_.weight, phone.weight) == (1.0, pytest.approx(FUNCTION_WEIGHT), 1.0)
    assert it.weight == 1.0


def test_a_function_word_of_an_unlikely_language_keeps_most_of_its_weight() -> None:
    pro, _ = split_query("pro controller", {"en": 0.8, "cs": 0.2})

    assert pro.weight == pytest.approx(1.0 - (1.0 - FUNCTION_WEIGHT) * 0.2) or pro.meanings


@given(st.text(max_size=60), st.sampled_from(LANGUAGES))
def test_every_word_of_a_query_is_in_one_part(text: str, language: str) -> None:
    from languages.analyse import analyse
    from languages.normalise import normalise

    normalised = normalise(text)
    parts = split_query(normalised, {language: 1.0})
    surfaces = [token.surface for token in analyse(normalised, language).tokens if token.lemma]

    found = [word.surface for part in parts for word in part.words]
    missing = Counter(surfaces) - Counter(found)
    assert not Counter(found) - Counter(surfaces)
    assert all(len(surface) == 1 for surface in missing)  # of pairs of characters between two phrases
    assert all(0.0 < meaning.probability <= 1.0 for part in parts for meaning in part.meanings)


def test_a_word_that_shoppers_add_to_any_thing_decides_little() -> None:
    cheap, shoes, origin = split_query("cheap shoes from china", {"en": 1.0})

    assert (cheap.weight, origin.weight) == (SHOP_WEIGHT, SHOP_WEIGHT)
    assert meanings(shoes) == {"general:shoes": 1.0}


def test_a_query_of_such_words_alone_keeps_them() -> None:
    assert [part.weight for part in split_query("cheap", {"en": 1.0})] == [1.0]


def test_a_compound_means_its_end_and_may_be_guessed_whole() -> None:
    (lamp,) = split_query("küchenlampe", {"de": 1.0})
    (kettle,) = split_query("wasserkocher", {"de": 1.0})

    assert (meanings(lamp), lamp.is_compound) == ({"general:lamp": 1.0}, True)
    assert not kettle.is_compound


def test_a_compound_has_the_lemmas_and_entries_of_its_beginning() -> None:
    (cable,) = split_query("hdmikabel", {"de": 1.0})
    (lamp,) = split_query("lederlampe", {"de": 1.0})

    assert cable.modifier == ("hdmi", "topic:hdmi")
    assert "material:leather" in lamp.modifier


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("red dress for women", {"red": "color", "dress": "thing", "for women": "recipient"}),
        ("rotes kleid damen", {"rotes": "color", "kleid": "thing", "damen": "recipient"}),
        ("leather wallet zorvex", {"leather": "material", "wallet": "thing", "zorvex": None}),
    ],
)
def test_a_part_says_a_thing_a_look_or_a_recipient(text: str, says: dict[str, str | None]) -> None:
    language = "de" if "kleid" in text else "en"

    assert {part.text: part.says for part in split_query(text, {language: 1.0})} == says
