"""Hashes on disk give what a dictionary in memory gives."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.stores.columns import write_column
from indexer.stores.hashes import HashRuns, first_of_each, hash_texts


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.text(max_size=4), unique=True, max_size=12), max_size=25), st.lists(st.text(max_size=4)))
def test_runs_find_what_a_dictionary_finds(batches: list[list[str]], others: list[str]) -> None:
    expected: dict[str, int] = {}
    with TemporaryDirectory() as folder:
        runs = HashRuns(Path(folder))
        for batch in batches:
            new = [text for text in batch if text not in expected]
            rows = np.arange(len(expected), len(expected) + len(new))
            expected |= dict(zip(new, rows.tolist(), strict=True))
            runs.add(hash_texts(new), rows)
        texts = [*others, *expected]

        assert runs.find(hash_texts(texts)).tolist() == [expected.get(text, -1) for text in texts]


def test_runs_of_like_size_are_merged_and_still_find_every_row(tmp_path: Path) -> None:
    runs = HashRuns(tmp_path)
    texts = [f"text {number}" for number in range(640)]
    for start in range(0, 640, 10):  # 64 runs of 10: merged by eights, and these eight into one
        runs.add(hash_texts(texts[start : start + 10]), np.arange(start, start + 10))

    assert len(runs._runs) == 1
    assert runs.find(hash_texts([*texts, "absent"])).tolist() == [*range(640), -1]


def test_only_the_first_of_equal_hashes_is_the_first() -> None:
    assert first_of_each(hash_texts(["a", "b", "a", "", "b"])).tolist() == [True, True, False, True, False]
    assert first_of_each(hash_texts([])).tolist() == []


def test_the_same_text_has_the_same_hash_and_another_text_another() -> None:
    hashes = hash_texts(["a", "b", "a", ""])

    assert hashes[0] == hashes[2]
    assert len(np.unique(hashes)) == 3


def test_a_column_written_in_pieces_is_the_column(tmp_path: Path) -> None:
    pieces = [np.arange(5), np.empty(0, np.int64), np.arange(5, 12)]
    write_column(tmp_path / "column.npy", pieces, "<i4", (12,))

    assert np.load(tmp_path / "column.npy").tolist() == list(range(12))


def test_an_incomplete_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="5 values for a column of 6"):
        write_column(tmp_path / "column.npy", [np.arange(5)], "<i4", (6,))
