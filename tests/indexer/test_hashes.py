"""Hashes on disk behave like a dictionary in memory."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.stores.columns import write_column
from indexer.stores.hashes import HashRuns, hash_texts


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.text(max_size=4), unique=True, max_size=12), max_size=25), st.lists(st.text(max_size=4)))
def test_runs_find_what_a_dictionary_finds(batches: list[list[str]], asked: list[str]) -> None:
    known: dict[str, int] = {}
    with TemporaryDirectory() as folder:
        runs = HashRuns(Path(folder))
        for batch in batches:
            new = [text for text in batch if text not in known]
            rows = np.arange(len(known), len(known) + len(new))
            known |= dict(zip(new, rows.tolist(), strict=True))
            runs.add(hash_texts(new), rows)
        wanted = [*asked, *known]

        assert runs.find(hash_texts(wanted)).tolist() == [known.get(text, -1) for text in wanted]


def test_the_same_text_has_the_same_hash_and_another_text_another() -> None:
    hashes = hash_texts(["a", "b", "a", ""])

    assert hashes[0] == hashes[2]
    assert len(np.unique(hashes)) == 3


def test_a_column_written_in_pieces_is_the_column(tmp_path: Path) -> None:
    pieces = [np.arange(5), np.empty(0, np.int64), np.arange(5, 12)]
    write_column(tmp_path / "column.npy", pieces, "<i4", (12,))

    assert np.load(tmp_path / "column.npy").tolist() == list(range(12))


def test_a_column_that_pieces_do_not_fill_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="5 values for a column of 6"):
        write_column(tmp_path / "column.npy", [np.arange(5)], "<i4", (6,))
