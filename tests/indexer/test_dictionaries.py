"""Compiled dictionaries: what is written is found, in both directions and through English."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from dictionary_makers import opened, write_dictd
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.dictionaries.compiled import write_senses
from indexer.dictionaries.dictionaries import TRANSLATIONS_MAX, Dictionaries, open_dictionaries
from indexer.dictionaries.dictionary import Dictionary, Span
from indexer.dictionaries.folder import dictionary_metas, remove_dictionary
from indexer.dictionaries.sense import Sense, Word
from indexer.errors import DictionaryMismatch, DictionaryMissing, DictionaryRefused
from languages.analyse import VERSION
from languages.lexicon_match import lemmas_of

GLOSSARY = """en\tde\tfr
bottle|flask\tFlasche\tbouteille
bottle\tPulle\t
water bottle\tTrinkflasche\tgourde
black\tschwarz\tnoir
"""
LANGUAGES = ("de", "en", "ja")
texts = st.text(st.sampled_from("abcdeß瓶水筒 -7"), min_size=1, max_size=6)
made_senses = st.lists(st.lists(st.builds(Word, st.sampled_from(LANGUAGES), texts), max_size=5).map(tuple), max_size=8)


@pytest.fixture
def glossary(tmp_path: Path) -> Path:
    path = tmp_path / "shop.tsv"
    path.write_text(GLOSSARY, "utf-8")
    return path


def found(
    dictionaries: Dictionaries, text: str, language: str, into: Sequence[str], has: set[str] | None = None
) -> list[tuple[str, str, float]]:
    accepted = None if has is None else has.__contains__
    translations = dictionaries.translations(lemmas_of(text, language), language, into, accepted)
    return [(t.language, t.text, round(t.weight, 3)) for t in translations]


def test_a_word_is_translated_in_both_directions(tmp_path: Path, glossary: Path) -> None:
    dictionaries = opened(tmp_path, glossary)

    assert len(dictionaries) == 1
    assert set(dictionaries.languages) == {"en", "de", "fr"}
    assert found(dictionaries, "Schwarzes", "de", ["fr", "en"]) == [("en", "black", 1.0), ("fr", "noir", 1.0)]
    assert found(dictionaries, "noir", "fr", ["de"]) == [("de", "schwarz", 1.0)]


def test_the_weight_falls_mildly_with_other_meanings(tmp_path: Path, glossary: Path) -> None:
    # bottle: two senses with German words, each with one: forward 1/2. Flasche has one sense, and
    # bottle is one of its two English words: backward 1/2. Pulle has one sense and one such word.
    dictionaries = opened(tmp_path, glossary)

    assert found(dictionaries, "bottle", "en", ["de"]) == [
        ("de", "Pulle", round((0.5**3 * 1.0) ** 0.125, 3)),
        ("de", "Flasche", round((0.5**3 * 0.5) ** 0.125, 3)),
    ]


def test_a_translation_of_a_translation_weighs_less(tmp_path: Path) -> None:
    folder = tmp_path / "snapshot"
    german = write_dictd(tmp_path, "deu-eng", {"hülle": "Hülle <fem>\ncase\n", "koffer": "Koffer\ncase, suitcase\n"})
    french = write_dictd(tmp_path, "eng-fra", {"suitcase": "suitcase\nvalise\n"})
    dictionaries = opened(folder, german, french)

    # Koffer-suitcase: forward 1/2; suitcase-valise: 1
    weight = round(0.7 * 0.5 ** (3 / 8), 3)
    assert found(dictionaries, "Koffer", "de", ["fr"]) == [("fr", "valise", weight)]
    assert found(dictionaries, "valise", "fr", ["de"]) == [("de", "Koffer", round(0.7 * 0.5 ** (1 / 8), 3))]
    assert found(dictionaries, "valise", "fr", ["en", "de"])[0] == ("en", "suitcase", 1.0)


def test_several_dictionaries_answer_as_one_and_the_surest_weight_counts(tmp_path: Path) -> None:
    folder = tmp_path / "snapshot"
    sure = write_dictd(tmp_path, "deu-eng", {"tasse": "Tasse <fem>\ncup\n"})
    unsure = write_dictd(tmp_path, "eng-deu", {"cup": "cup\nTasse\n\nPokal\n"})
    dictionaries = opened(folder, sure, unsure)

    assert found(dictionaries, "cup", "en", ["de"]) == [("de", "Tasse", 1.0), ("de", "Pokal", round(0.5 ** (3 / 8), 3))]


def test_what_the_catalogue_lacks_makes_room_for_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "shop.tsv"
    path.write_text("en\tde\ncup\t" + "|".join(f"tass{letter}x" for letter in "abcdefghijkl") + "\n", "utf-8")
    dictionaries = opened(tmp_path, path)

    assert len(found(dictionaries, "cup", "en", ["de"])) == TRANSLATIONS_MAX
    assert [text for _, text, _ in found(dictionaries, "cup", "en", ["de"], {"tasslx"})] == ["tasslx"]


def test_the_longest_spans_are_found_and_do_not_overlap(tmp_path: Path, glossary: Path) -> None:
    dictionaries = opened(tmp_path, glossary)

    assert dictionaries.spans(lemmas_of("black water bottles", "en"), "en") == (Span(0, 1), Span(1, 3))
    assert dictionaries.spans(lemmas_of("black water bottles", "de"), "de") == ()
    assert dictionaries.spans(lemmas_of("noir", "fi"), "fi") == ()
    assert dictionaries.spans((), "en") == ()


def test_the_languages_that_are_not_asked_for_and_unknown_words_give_nothing(tmp_path: Path, glossary: Path) -> None:
    dictionaries = opened(tmp_path, glossary)

    assert found(dictionaries, "bottle", "en", []) == []
    assert found(dictionaries, "bottle", "en", ["en", "fi"]) == []
    assert found(dictionaries, "qwertz", "en", ["de"]) == []
    assert found(dictionaries, "bottle", "fi", ["de"]) == []
    assert found(Dictionaries(), "bottle", "en", ["de"]) == []


@given(made_senses)
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_found(senses: list[Sense]) -> None:
    with tempfile.TemporaryDirectory() as name:
        dictionaries = _compiled(senses, Path(name))
        for sense in senses:
            for word in sense:
                lemmas = lemmas_of(word.text, word.language)
                for other in sense:
                    meant = lemmas_of(other.text, other.language)
                    if lemmas and meant and other.language != word.language:
                        ways = dictionaries.direct(lemmas, word.language, [other.language])

                        assert (other.language, meant) in {(way.language, way.lemmas) for way in ways}
                        assert all(0 < way.weight <= 1 for way in ways)
                        assert all(lemmas_of(way.text, way.language) == way.lemmas for way in ways)


@given(made_senses, st.lists(texts, max_size=4).map(" ".join), st.sampled_from(LANGUAGES))
@settings(max_examples=60, deadline=None)
def test_spans_never_overlap_and_are_known(senses: list[Sense], text: str, language: str) -> None:
    lemmas = lemmas_of(text, language)
    with tempfile.TemporaryDirectory() as name:
        dictionary = _compiled(senses, Path(name))
        spans = Dictionaries([dictionary]).spans(lemmas, language)

        assert all(before.stop <= after.start for before, after in pairwise(spans))
        for span in spans:
            others = [other for other in LANGUAGES if other != language]
            assert dictionary.direct(lemmas[span.start : span.stop], language, others)


def _compiled(senses: list[Sense], folder: Path) -> Dictionary:
    counts = write_senses(senses, folder)
    meta = {"name": "made", "form": "glossary", "source": "made.tsv", "sha256": "", "licence": None, "added_at": ""}
    counted = {"languages": counts.languages, "senses": counts.senses, "terms": counts.terms, "longest": counts.longest}
    (folder / "meta.json").write_bytes(orjson.dumps({**meta, **counted, "analysis": VERSION, "format": 1}))
    return Dictionary(folder)


def test_what_was_added_is_listed_with_its_origin(tmp_path: Path, glossary: Path) -> None:
    opened(tmp_path, glossary)

    (meta,) = dictionary_metas(tmp_path)
    assert (meta.name, meta.form, meta.senses, meta.terms) == ("shop", "glossary", 4, 11)
    assert meta.source == str(glossary)
    assert len(meta.sha256) == 64
    assert sorted(path.name for path in (tmp_path / "dictionaries").iterdir()) == ["shop"]


def test_a_dictionary_of_the_same_name_is_replaced_and_an_open_one_goes_on(tmp_path: Path, glossary: Path) -> None:
    before = opened(tmp_path, glossary)
    glossary.write_text("en\tde\ncup\tTasse\n", "utf-8")
    after = opened(tmp_path, glossary)

    assert found(after, "cup", "en", ["de"]) == [("de", "Tasse", 1.0)]
    assert found(after, "black", "en", ["de"]) == []
    assert found(before, "black", "en", ["de"]) == [("de", "schwarz", 1.0)]


def test_a_file_that_is_refused_leaves_the_older_dictionary(tmp_path: Path, glossary: Path) -> None:
    opened(tmp_path, glossary)
    glossary.write_text("en\tde\ncup\n", "utf-8")

    with pytest.raises(DictionaryRefused, match=r"shop.tsv:2"):
        opened(tmp_path, glossary)
    assert found(open_dictionaries(tmp_path), "black", "en", ["de"]) == [("de", "schwarz", 1.0)]
    assert [path.name for path in (tmp_path / "dictionaries").iterdir()] == ["shop"]


def test_a_killed_addition_is_ignored_and_the_next_one_succeeds(tmp_path: Path, glossary: Path) -> None:
    left = tmp_path / "dictionaries" / "shop.tmp"
    left.mkdir(parents=True)
    (left / "hashes.npy").write_text("half")

    assert len(open_dictionaries(tmp_path)) == 0
    assert len(opened(tmp_path, glossary)) == 1
    assert not left.exists()


def test_a_dictionary_without_translations_is_refused(tmp_path: Path) -> None:
    path = write_dictd(tmp_path, "deu-eng", {"tasse": "Tasse\n(a note alone)\n"})

    with pytest.raises(DictionaryRefused, match=r"deu-eng.index: has no translations that can be used"):
        opened(tmp_path / "snapshot", path)


def test_a_removed_dictionary_is_gone_and_an_unknown_one_named(tmp_path: Path, glossary: Path) -> None:
    opened(tmp_path, glossary)
    remove_dictionary(tmp_path, "shop")

    assert len(open_dictionaries(tmp_path)) == 0
    with pytest.raises(DictionaryMissing, match="has no dictionary 'shop'; it has: none"):
        remove_dictionary(tmp_path, "shop")


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        (
            {"analysis": "0"},
            "dictionary 'shop' was compiled with analysis 0, this program has .*; add it again with: fond",
        ),
        (
            {"format": 0},
            "dictionaries/shop has format 0, this program reads 1; add it again with: fondaco dictionary add",
        ),
    ],
)
def test_another_analysis_or_format_is_refused_with_the_command(
    tmp_path: Path, glossary: Path, changed: dict[str, object], complaint: str
) -> None:
    opened(tmp_path, glossary)
    path = tmp_path / "dictionaries" / "shop" / "meta.json"
    path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), **changed}))

    with pytest.raises(DictionaryMismatch, match=complaint):
        open_dictionaries(tmp_path)
