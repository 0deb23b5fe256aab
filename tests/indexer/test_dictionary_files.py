"""Dictionaries' files: every form becomes senses; what cannot be read is said with its place."""

from __future__ import annotations

import gzip
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from dictionary_makers import write_dictd, write_stardict
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.dictionaries.entry_text import LanguagePair, entry_senses
from indexer.dictionaries.language_codes import is_language_code, languages_from_name
from indexer.dictionaries.licence import licence_in
from indexer.dictionaries.open_file import name_from_path, open_dictionary_file
from indexer.dictionaries.short_terms import short_terms
from indexer.errors import DictionaryRefused
from indexer.progress import no_progress

KETTLE = """Kessel /kˈɛsəl/ <masc, n, sg>
 [cook.]  [techn.] kettle <n>, tea-kettle <n> [Br.] , a vessel for boiling water in a kitchen
      "den Kessel aufsetzen"  - put the kettle on
   Synonym: {Teekessel}

 see: {Kessel}, {Kesseln}
         Note: für Wasser
"""
NUMBERED = "plan /plɑ̃/ <n, masc>\n1. map\n2. design, diagram\n"
JAPANESE = (
    " [news2]  握り飯 /(en)x(ja)l kˈi/,  (irregular (old) form)  にぎりめし /nˌiɡiɽi/\n(noun (common))\nrice ball\n"
)


def senses(path: Path, *languages: str) -> list[list[tuple[str, str]]]:
    return [[tuple(word) for word in sense] for sense in open_dictionary_file(path, *languages).senses(no_progress)]


@pytest.mark.parametrize(
    ("language", "text", "terms"),
    [
        ("en", "to boil <v>, to stew sth.; the kettle", ("boil", "stew", "kettle")),
        ("en", "a vessel that is used for boiling water", ()),
        ("en", "water bottle (for cyclists) | flask [Br.]", ("water bottle", "flask")),
        ("de", "der Kessel <masc>, die Flasche", ("Kessel", "Flasche")),
        ("de", "schwieger-, jdm. zuvorkommen", ("zuvorkommen",)),
        ("fr", "l'eau, une bouteille, lavabo", ("eau", "bouteille", "lavabo")),
        ("cs", "informal flaška", ("flaška",)),
        ("es", "vestido informal", ("vestido informal",)),
        ("ja", "参る humble, yakan, Tシャツ, USB", ("参る", "Tシャツ", "USB")),
        ("zh", "用于煮水的金属或陶瓷制成的厨房容器，水壶", ("水壶",)),
        ("vi", "máy pha cà phê", ("máy pha cà phê",)),
        ("he", "(סמיכות) בקבוק", ("בקבוק",)),
        ("en", "kettle, Kettle, kettle", ("kettle", "Kettle")),
        ("en", "..., (only a note)", ()),
        ("en", "", ()),
    ],
)
def test_terms_are_short_and_bare(language: str, text: str, terms: tuple[str, ...]) -> None:
    assert short_terms(text, language) == terms


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("freedict-deu-eng", ("de", "en")),
        ("freedict-ckb-kmr", None),
        ("shop_fr-ja.index", ("fr", "ja")),
        ("my-own-words", None),
        ("kettles", None),
    ],
)
def test_languages_are_read_from_a_name(name: str, pair: tuple[str, str] | None) -> None:
    assert languages_from_name(name) == pair


def test_columns_of_languages_are_told_from_others() -> None:
    assert all(map(is_language_code, ("de", "pt-BR", "zh_Hant", "deu", "fi")))
    assert not any(map(is_language_code, ("sku", "pos", "note", "", "translation")))


def test_a_line_of_translations_is_a_sense_and_what_explains_is_left_out() -> None:
    pair = LanguagePair("de", "en")

    assert list(entry_senses(["kessel"], KETTLE, pair)) == [(("de", "Kessel"), ("en", "kettle"), ("en", "tea-kettle"))]


def test_homographs_that_share_an_entry_have_a_headline_each() -> None:
    text = "noir /nwaʀ/ <adj>\n1. black\nNoir /nwaʀ/ <n>\nblack person\n"

    assert list(entry_senses(["noir"], text, LanguagePair("fr", "en"))) == [
        (("fr", "noir"), ("en", "black")),
        (("fr", "Noir"), ("en", "black person")),
    ]


def test_a_word_may_be_its_own_translation() -> None:
    pair = LanguagePair("de", "en")

    assert list(entry_senses(["Sofa"], "sofa, couch", pair)) == [(("de", "Sofa"), ("en", "sofa"), ("en", "couch"))]
    assert list(entry_senses(["Hotel"], "Hotel\nhotel <n>", pair)) == [(("de", "Hotel"), ("en", "hotel"))]


def test_the_languages_of_a_pair_differ() -> None:
    with pytest.raises(ValueError, match="not from de to de"):
        LanguagePair("de", "de")


@pytest.mark.parametrize("packed", [True, False])
def test_dictd_is_read(tmp_path: Path, packed: bool) -> None:
    about = "00databaseinfo\nFrench - English\n\nAvailability:\n\n  Available under the\n  terms of CC BY-SA 3.0.\n"
    entries = {"00databaseinfo": about, "plan": NUMBERED, "plans": NUMBERED}
    path = write_dictd(tmp_path, "freedict-fra-eng", entries, packed=packed)

    assert senses(path) == [
        [("fr", "plan"), ("en", "map")],
        [("fr", "plan"), ("en", "design"), ("en", "diagram")],
    ]
    assert open_dictionary_file(path).licence == "Available under the terms of CC BY-SA 3.0."


def test_a_headline_of_several_headwords_is_read_once(tmp_path: Path) -> None:
    path = write_dictd(tmp_path, "freedict-jpn-eng", {"握り飯": JAPANESE, "にぎりめし": JAPANESE})

    assert senses(path) == [[("ja", "握り飯"), ("ja", "にぎりめし"), ("en", "rice ball")]]


def test_the_options_say_the_languages_over_the_name(tmp_path: Path) -> None:
    path = write_dictd(tmp_path, "freedict-fra-eng", {"plan": NUMBERED})

    assert senses(path, "nl", "eng")[0] == [("nl", "plan"), ("en", "map")]


@pytest.mark.parametrize("packed", [True, False])
def test_stardict_is_read(tmp_path: Path, packed: bool) -> None:
    info = "description=Words. Licensed under GPL 2.\n"
    entries = {"Kessel": KETTLE, "Tasse": "<b>cup</b><br>1. mug &amp; beaker"}
    path = write_stardict(tmp_path, "de-en", entries, types="h", packed=packed, info=info)

    assert senses(path)[1:] == [[("de", "Tasse"), ("en", "cup")], [("de", "Tasse"), ("en", "mug & beaker")]]
    assert open_dictionary_file(path).licence == "Licensed under GPL 2."


@pytest.mark.parametrize(
    ("types", "entry"),
    [
        ("tm", "ˈtasə\0cup"),
        ("m", "cup"),
        ("", "mcup\0tˈtasə\0"),
        ("", "W\0\0\0\3wavmcup"),
        ("g", '<span size="2">cup</span>'),
        ("x", "<k>Tasse</k>\ncup"),
    ],
)
def test_the_fields_of_a_stardict_entry_are_told_apart(tmp_path: Path, types: str, entry: str) -> None:
    path = write_stardict(tmp_path, "de-en", {"Tasse": entry}, types=types)

    assert [("de", "Tasse"), ("en", "cup")] in senses(path)


def test_offsets_of_64_bits_are_read(tmp_path: Path) -> None:
    path = write_stardict(
        tmp_path, "de-en", {"Tasse": "cup", "Glas": "glass"}, info="idxoffsetbits=64\n", offset_bytes=8
    )

    assert senses(path) == [[("de", "Tasse"), ("en", "cup")], [("de", "Glas"), ("en", "glass")]]

    (tmp_path / "de-en.idx").write_bytes(b"Tasse\0" + b"\xff" * 8 + (3).to_bytes(4, "big"))
    with pytest.raises(DictionaryRefused, match=r"de-en.dict: ends before the entry at byte"):
        senses(path)


def test_a_glossary_keeps_the_forms_of_the_shop(tmp_path: Path) -> None:
    path = tmp_path / "shop.tsv"
    path.write_text("﻿en\tde\tpt-BR\r\n\r\nphone case | case, hard\tHandyhülle\t\r\n", "utf-8")

    assert senses(path) == [[("en", "phone case"), ("en", "case, hard"), ("de", "Handyhülle")]]


def test_rows_of_one_gloss_are_one_sense(tmp_path: Path) -> None:
    rows = (
        "en\tpos\tgloss\tlang\ttext\ttranslit",
        "to boil\tverb\theat\tde\tkochen\t",
        "to boil\tverb\theat\tfr\tbouillir\t",
        "boil\tnoun\tsore\tde\tder Furunkel\t",
    )
    path = tmp_path / "wiki.tsv.gz"
    path.write_bytes(gzip.compress("\n".join(rows).encode()))

    assert senses(path) == [
        [("en", "boil"), ("de", "kochen"), ("fr", "bouillir")],
        [("en", "boil"), ("de", "Furunkel")],
    ]
    assert name_from_path(path) == "wiki"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "shop.tsv: is empty; give it a header of"),
        (b"en\tsku\n", "shop.tsv:1: the column 'sku' is no language; give it a header"),
        (b"en\ten-GB\n", "shop.tsv:1: has one language alone; give it a header"),
        (b"en\tde\n\ncup\n", "shop.tsv:3: has 1 cells, the header has 2; separate the cells of this line by tabs"),
        (b"en\tde\ncup\tTa\xdfe\n", "shop.tsv:2: is not UTF-8 at byte 6; save the file as UTF-8"),
        (b"en\tpos\tgloss\tlang\ttext\na\t\t\t??\tb\n", "shop.tsv:2: lang '\\?\\?' is no language tag; write one"),
        (gzip.compress(b"en\tde\ncup\tTasse\n" * 9)[:-9], "shop.tsv: the gzip file is cut or damaged.*; get the file"),
        (b"en\tde\n" + b"x" * 3_000_000, "shop.tsv:2: is longer than a row may be"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_by_line(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "shop.tsv"
    path.write_bytes(content)

    with pytest.raises(DictionaryRefused, match=complaint):
        senses(path)


def test_a_dictd_dictionary_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = write_dictd(tmp_path, "de-en", {"kessel": KETTLE})
    body = tmp_path / "de-en.dict.dz"
    whole = body.read_bytes()

    body.write_bytes(whole[:-30])
    with pytest.raises(DictionaryRefused, match=r"de-en.dict.dz: is cut or damaged .*; get the file again"):
        senses(path)
    body.write_bytes(gzip.compress(b"short"))
    with pytest.raises(DictionaryRefused, match=r"de-en.dict.dz: ends before the entry at byte 0 of .* with its index"):
        senses(path)
    path.write_text("kessel\tA\n")
    with pytest.raises(DictionaryRefused, match=r"de-en.index:1: is no line of a dictd index"):
        senses(path)
    path.write_text("kessel\tA\t//////\n")
    with pytest.raises(DictionaryRefused, match=r"an entry has .* bytes; is its index another dictionary's"):
        senses(path)
    path.write_text("kessel\tA\t///////////\n")
    with pytest.raises(DictionaryRefused, match=r"de-en.index:1: is no line of a dictd index"):
        senses(path)
    body.unlink()
    with pytest.raises(
        DictionaryRefused, match=r"de-en.index: no .dict.dz or .dict file of the same name is beside it"
    ):
        senses(path)


def test_a_stardict_dictionary_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = write_stardict(tmp_path, "de-en", {"Tasse": "cup"})
    index = tmp_path / "de-en.idx"

    index.write_bytes(index.read_bytes()[:-1])
    with pytest.raises(DictionaryRefused, match=r"de-en.idx: ends within entry 1; get the file again"):
        senses(path)
    index.unlink()
    with pytest.raises(DictionaryRefused, match=r"de-en.ifo: no .idx or .idx.gz file"):
        senses(path)
    path.write_text("something else")
    with pytest.raises(DictionaryRefused, match=r'de-en.ifo:1: is not "StarDict'):
        senses(path)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("words.index", "its name has no languages such as deu-eng; give them as --from de --to en"),
        ("de-en.dict.dz", r"give the .index \(dictd\) or .ifo \(StarDict\) file that is beside it"),
        ("words.pdf", "is no dictionary that Fondaco reads; give the .index file"),
    ],
)
def test_another_file_is_refused_with_what_to_give(tmp_path: Path, name: str, complaint: str) -> None:
    with pytest.raises(DictionaryRefused, match=complaint):
        open_dictionary_file(tmp_path / name)


def test_a_table_takes_no_languages(tmp_path: Path) -> None:
    with pytest.raises(DictionaryRefused, match="leave out --from and --to"):
        open_dictionary_file(tmp_path / "shop.tsv", "de", "en")


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_is_refused_or_read_and_never_a_crash(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        write = data.draw(st.sampled_from((write_dictd, write_stardict)))
        path = write(Path(name), "de-en", {"kessel": KETTLE, "tasse": "Tasse\ncup"}, packed=data.draw(st.booleans()))
        files = sorted(path.parent.iterdir())
        damaged = data.draw(st.sampled_from(files))
        content = bytearray(damaged.read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=20))
        damaged.write_bytes(content)
        with suppress(DictionaryRefused):
            found = senses(path)

            assert all(len(sense) > 1 for sense in found)


def test_a_licence_is_the_sentence_that_names_it() -> None:
    text = "Words of all kinds.\n\nCopyright: the authors\n  Free under the\n  GNU General Public Licence. See there."

    assert licence_in(text) == "Copyright: the authors Free under the GNU General Public Licence."
    assert licence_in("Words of all kinds.") is None
