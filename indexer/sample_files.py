"""The sample as files: a catalogue in JSON Lines, and beside it who sells and how it ships."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

import orjson

from indexer.companions import write_sellers, write_shipping
from indexer.records import listing_to_record
from indexer.sample import sample_listings, sample_sellers, sample_shipping, sellers_for
from indexer.sample_broken import broken_lines

_BATCH = 1_000  # lines a write
_LEVEL = 5  # of gzip: nearly as small as 9, in half the time


@dataclass(frozen=True, slots=True)
class SampleFiles:
    """Where the three files of a sample lie: the sellers and the shipping beside the catalogue."""

    catalogue: Path
    sellers: Path
    shipping: Path

    @classmethod
    def beside(cls, catalogue: Path) -> SampleFiles:
        return cls(catalogue, catalogue.with_name("sellers.jsonl"), catalogue.with_name("shipping.jsonl"))

    def existing(self) -> list[Path]:
        return [path for path in (self.catalogue, self.sellers, self.shipping) if path.exists()]


def write_sample(
    files: SampleFiles, listings: int, seed: int, broken: int = 0, written: Callable[[int], None] = lambda _: None
) -> None:
    """Write the three files; each appears whole or not at all. `written` hears how many more lines there are.

    The catalogue's suffix decides: ``.jsonl``, ``.jsonl.gz`` or ``.jsonl.zst``. The same arguments give the same bytes.
    """
    with _whole(files.sellers) as part:
        write_sellers(part, sample_sellers(sellers_for(listings), seed))
    with _whole(files.shipping) as part:
        write_shipping(part, sample_shipping())
    with _whole(files.catalogue) as part, _opened(part, files.catalogue.suffix) as file:
        lines = catalogue_lines(listings, seed, broken)
        while batch := list(islice(lines, _BATCH)):
            file.write(b"\n".join(batch) + b"\n")
            written(len(batch))


def catalogue_lines(listings: int, seed: int, broken: int = 0) -> Iterator[bytes]:
    """The catalogue's lines, without line ends; the broken ones last."""
    for listing in sample_listings(listings, seed):
        yield orjson.dumps(listing_to_record(listing))
    good = [dict(listing_to_record(listing)) for listing in sample_listings(min(listings, _BATCH), seed)]
    yield from broken_lines(broken, good, seed)


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A name to write under, which becomes `path` once everything is written, and is gone if something fails."""
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _opened(path: Path, suffix: str) -> Iterator[IO[bytes] | gzip.GzipFile]:
    if suffix == ".gz":
        # No name and no time in the header: the same sample is the same file.
        with path.open("wb") as raw, gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as file:
            yield file
    elif suffix == ".zst":
        import pyarrow as pa

        with pa.CompressedOutputStream(str(path), "zstd") as file:
            yield file
    else:
        with path.open("wb") as file:
            yield file
