"""``fondaco encode``, from lines to a NumPy file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from indexer.command_encode import BATCH, HEADER_BYTES, Kind, encode, npy_header, write_vectors
from indexer.encoders.encoder import EncoderUnavailable, Vectors
from indexer.encoders.hashing import HashingEncoder

app = typer.Typer()
app.command()(encode)
TEXT = "red lamp\n\nأحمر\r\nchair".encode()
CODE = "import typer; from indexer.command_encode import encode; typer.run(encode)"


@pytest.fixture
def expected() -> np.ndarray:
    return HashingEncoder(16).encode_listings(["red lamp", "", "أحمر", "chair"])


def test_a_file_has_a_row_for_each_line(tmp_path: Path, expected: np.ndarray) -> None:
    out = tmp_path / "vectors.npy"
    done = CliRunner().invoke(app, ["--kind", "listing", "--encoder", "hashing:16", "--out", str(out)], input=TEXT)

    assert done.exit_code == 0, done.output
    assert "4 lines" in done.stderr
    assert np.array_equal(np.load(out), expected)
    assert [path.name for path in tmp_path.iterdir()] == ["vectors.npy"]


@pytest.mark.parametrize("piped", [True, False])
def test_standard_output_may_be_a_file_or_a_pipe(tmp_path: Path, expected: np.ndarray, piped: bool) -> None:
    arguments = [sys.executable, "-c", CODE, "--kind", "listing", "--encoder", "hashing:16"]
    if piped:
        data = subprocess.run(arguments, input=TEXT, capture_output=True, check=True).stdout
    else:
        with (tmp_path / "out.npy").open("wb") as file:
            subprocess.run(arguments, input=TEXT, stdout=file, stderr=subprocess.DEVNULL, check=True)
        data = (tmp_path / "out.npy").read_bytes()

    assert np.array_equal(np.load(BytesIO(data)), expected)


def test_more_lines_than_a_batch_keep_their_order() -> None:
    target = BytesIO(b"")
    count = write_vectors(HashingEncoder(8), Kind.QUERY, (f"lamp {n}\n".encode() for n in range(BATCH + 3)), target)

    assert count == BATCH + 3
    assert np.array_equal(
        np.load(BytesIO(target.getvalue())),
        HashingEncoder(8).encode_queries([f"lamp {n}" for n in range(BATCH + 3)]),
    )


class PrefixingEncoder(HashingEncoder):
    """Encodes queries and listings apart, which hashing does not."""

    def encode_listings(self, texts: Sequence[str]) -> Vectors:
        return super().encode_listings([f"passage {text}" for text in texts])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return super().encode_queries([f"query {text}" for text in texts])


@pytest.mark.parametrize(("kind", "prefix"), [(Kind.QUERY, "query"), (Kind.LISTING, "passage")])
def test_the_kind_decides_how_lines_are_encoded(kind: Kind, prefix: str) -> None:
    target = BytesIO()
    write_vectors(PrefixingEncoder(64), kind, [b"red lamp\n"], target)

    assert np.array_equal(
        np.load(BytesIO(target.getvalue())), HashingEncoder(64).encode_queries([f"{prefix} red lamp"])
    )


def test_no_lines_give_an_array_of_no_rows() -> None:
    target = BytesIO()
    write_vectors(HashingEncoder(8), Kind.QUERY, [], target)

    assert np.load(BytesIO(target.getvalue())).shape == (0, 8)


@pytest.mark.parametrize("rows", [0, 7, 10**12])
def test_the_header_has_one_length_whatever_it_counts(rows: int) -> None:
    header = npy_header(rows, 384)

    assert len(header) == HEADER_BYTES
    assert f"({rows}, 384)".encode() in header


def test_a_line_that_is_not_utf8_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    out = tmp_path / "vectors.npy"
    done = CliRunner().invoke(
        app, ["--kind", "query", "--encoder", "hashing", "--out", str(out)], input=b"good\n\xff\xfe\n"
    )

    assert isinstance(done.exception, ValueError)
    assert str(done.exception).startswith("line 2 is not UTF-8")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_encoder_ends_with_its_reason() -> None:
    done = CliRunner().invoke(app, ["--kind", "query", "--encoder", "e5"], input=b"x\n")

    assert isinstance(done.exception, EncoderUnavailable)
    assert str(done.exception).startswith("encoder 'e5' is not known")


def test_the_kind_must_be_said() -> None:
    done = CliRunner().invoke(app, ["--encoder", "hashing"], input=b"x\n")

    assert done.exit_code == 2
    assert "--kind query or --kind listing" in done.stderr


def test_the_ways_of_hashing_are_one() -> None:
    done = CliRunner().invoke(app, ["--ways", "--encoder", "hashing:16"])

    assert done.exit_code == 0
    assert "one way to run" in done.stdout


def test_the_ways_of_an_unknown_encoder_end_with_its_reason() -> None:
    done = CliRunner().invoke(app, ["--ways", "--encoder", "e5"])

    assert isinstance(done.exception, EncoderUnavailable)
    assert str(done.exception).startswith("encoder 'e5' is not known")
