"""The compiled phrases of the lexicon."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from languages.lexicon_match import lemmas_of
from languages.phrase_table import PhraseTable, phrase_table


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache folder without any table."""
    monkeypatch.setenv("FONDACO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def compiled(language: str) -> PhraseTable:
    table = phrase_table.__wrapped__(language)
    assert table is not None
    return table


def test_phrases_are_compiled_once_and_opened_after(fresh: Path) -> None:
    first = compiled("de")
    (folder,) = (fresh / "lexicon").iterdir()
    written = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    again = compiled("de")

    assert set(written) == {"phrases.marisa", "records.bin", "records_at.npy"}
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == written
    assert again.find(lemmas_of("Bratpfanne", "de")) == first.find(lemmas_of("Bratpfanne", "de")) is not None


def test_spans_are_the_phrases_that_stand_in_a_text(fresh: Path) -> None:
    table = compiled("en")
    lemmas = lemmas_of("my gaming mouse pad", "en")
    spans = {(start, stop): table.phrase(number).entry_ids for start, stop, number in table.spans(lemmas)}

    assert spans[1, 4] == ("kind:mouse_pad",)
    assert all(lemmas[start:stop] for start, stop in spans)
    assert all(table.find(lemmas[start:stop]) is not None for start, stop in spans)


def test_a_phrase_says_how_it_is_written(fresh: Path) -> None:
    table = compiled("de")
    number = table.find(lemmas_of("schwarz", "de"))

    assert number is not None
    assert table.phrase(number).written[("schwarzer",)] == ("color:black",)


def test_without_a_writable_cache_the_phrases_are_kept_in_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FONDACO_CACHE", str(tmp_path / "file" / "cache"))
    with caplog.at_level(logging.INFO):
        table = compiled("it")

    assert table.find(lemmas_of("padella", "it")) is not None
    assert "lexicon/it-" in caplog.text
    assert "is kept in memory" in caplog.text


def test_a_language_without_a_table_has_no_phrases() -> None:
    assert phrase_table("fi") is None
