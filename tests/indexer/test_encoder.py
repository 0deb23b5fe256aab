"""Hashing, and what every encoder needs."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.encoders.encoder import clean_text, is_blank, unit_rows
from indexer.encoders.hashing import HashingEncoder

TEXTS = st.lists(st.text(max_size=40), max_size=8)


@given(TEXTS)
def test_hashing_gives_unit_rows_or_zero_rows_where_nothing_is_seen(texts: list[str]) -> None:
    lengths = np.linalg.norm(HashingEncoder().encode_queries(texts), axis=1)

    assert lengths == pytest.approx([0 if is_blank(text) else 1 for text in texts], abs=1e-5)


@given(TEXTS)
def test_hashing_a_batch_equals_one_by_one(texts: list[str]) -> None:
    encoder = HashingEncoder(32)
    batch = encoder.encode_listings(texts)

    assert all(np.array_equal(batch[i], encoder.encode_listings([text])[0]) for i, text in enumerate(texts))


def test_hashing_is_the_same_in_another_process() -> None:
    load = "from indexer.encoders.hashing import HashingEncoder"
    code = f"{load}; print(HashingEncoder(16).encode_queries(['red lamp'])[0].tolist())"
    other = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONHASHSEED": "7", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert other.stdout.strip() == str(HashingEncoder(16).encode_queries(["red lamp"])[0].tolist())


def test_hashing_sees_shared_spelling() -> None:
    lamp, lamps, chair = HashingEncoder().encode_listings(["desk LAMP", "desk lamps", "office chair"])

    assert lamp @ lamps > 0.7
    assert abs(lamp @ chair) < 0.3


def test_hashing_folds_width_and_case() -> None:
    wide, plain = HashingEncoder().encode_listings(["ＬＡＭＰ", "lamp"])

    assert np.array_equal(wide, plain)


def test_hashing_encodes_twenty_thousand_short_texts_a_second_of_cpu() -> None:
    encoder, texts = HashingEncoder(), [f"red desk lamp number {n % 97} for the kitchen" for n in range(10_000)]
    encoder.encode_listings(texts[:100])

    started = time.process_time()
    encoder.encode_listings(texts)

    assert 10_000 / (time.process_time() - started) > 10_000  # half the promise: test machines are busy


def test_hashing_refuses_too_few_dimensions() -> None:
    with pytest.raises(ValueError, match="at least 8 dimensions, got 4"):
        HashingEncoder(4)


def test_unit_rows_keep_zero_rows() -> None:
    assert unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0, 0]]


def test_clean_text_cuts_strips_and_replaces_lone_surrogates() -> None:
    assert clean_text("  ab\ud83dcd  ", 4) == "ab c"
