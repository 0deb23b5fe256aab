"""The sample as files: a catalogue in JSON Lines, and beside it who sells and how it ships."""

from __future__ import annotations

import gzip
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

import orjson

from eval.sample.broken import broken_lines
from eval.sample.sample import sample_listing, sample_listings, sample_sellers, sample_shipping, sellers_for
from indexer.catalogue.records import listing_to_record
from indexer.catalogue.reference_data import write_sellers, write_shipping

_BATCH = 2_000  # lines a write
_GOOD = 1_000  # listings among which those to break are drawn
_WORTH_WORKERS = 20_000  # listings: below, starting a process costs more than it gives
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
    files: SampleFiles,
    listings: int,
    seed: int,
    broken: int = 0,
    written: Callable[[int], None] = lambda _: None,
    workers: int = 1,
) -> None:
    """Write the three files; each appears whole or not at all. `written` hears how many more lines there are.

    The catalogue's suffix decides: ``.jsonl``, ``.jsonl.gz`` or ``.jsonl.zst``. The same arguments give the same bytes,
    whatever the number of `workers`; no more than two batches a worker are in memory.
    """
    with _whole(files.sellers) as part:
        write_sellers(part, sample_sellers(sellers_for(listings), seed))
    with _whole(files.shipping) as part:
        write_shipping(part, sample_shipping())
    with _whole(files.catalogue) as part, _opened(part, files.catalogue.suffix) as file:
        for count, lines in _batches(listings, seed, workers):
            file.write(lines)
            written(count)
        for line in _broken(listings, seed, broken):
            file.write(line + b"\n")
        written(broken)


def catalogue_lines(listings: int, seed: int, broken: int = 0) -> Iterator[bytes]:
    """The catalogue's lines, without line ends; the broken ones last."""
    for listing in sample_listings(listings, seed):
        yield orjson.dumps(listing_to_record(listing))
    yield from _broken(listings, seed, broken)


def _broken(listings: int, seed: int, broken: int) -> Iterator[bytes]:
    good = (
        [dict(listing_to_record(listing)) for listing in sample_listings(min(listings, _GOOD), seed)] if broken else []
    )
    return broken_lines(broken, good, seed)


def _batches(listings: int, seed: int, workers: int) -> Iterator[tuple[int, bytes]]:
    """How many lines, and the lines, in order."""
    starts = iter(range(0, listings, _BATCH))
    jobs = ((start, min(start + _BATCH, listings), seed) for start in starts)
    if workers == 1 or listings < _WORTH_WORKERS:
        yield from (_batch(*job) for job in jobs)
        return
    # spawn, not fork: a fork would copy whatever threads and locks the caller has
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        waiting = deque(pool.submit(_batch, *job) for job in islice(jobs, 2 * workers))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(_batch, *job) for job in islice(jobs, 1))


def _batch(start: int, stop: int, seed: int) -> tuple[int, bytes]:
    records = (listing_to_record(sample_listing(number, seed)) for number in range(start, stop))
    return stop - start, b"".join(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records)


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
