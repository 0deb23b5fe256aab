"""The sample as files: a catalogue in JSON Lines, its sellers and its shipping templates."""

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
_BROKEN_FROM = 1_000  # listings whose records are broken
_MIN_LISTINGS_FOR_WORKERS = 20_000  # below, starting a process takes longer than it saves
_GZIP_LEVEL = 5  # nearly as small as 9, in half the time


@dataclass(frozen=True, slots=True)
class SampleFiles:
    """Where the three files of a sample are."""

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
    on_written: Callable[[int], None] = lambda _: None,
    workers: int = 1,
) -> None:
    """Write the three files, each complete or not at all.

    `on_written` gets how many more lines are written. The catalogue's suffix selects the format:
    ``.jsonl``, ``.jsonl.gz`` or ``.jsonl.zst``. The same arguments give the same bytes, with any
    number of `workers`. At most two batches a worker are in memory.
    """
    with _complete_or_absent(files.sellers) as part:
        write_sellers(part, sample_sellers(sellers_for(listings), seed))
    with _complete_or_absent(files.shipping) as part:
        write_shipping(part, sample_shipping())
    with _complete_or_absent(files.catalogue) as part, _open_for_writing(part, files.catalogue.suffix) as file:
        for count, lines in _batches(listings, seed, workers):
            file.write(lines)
            on_written(count)
        for line in _broken(listings, seed, broken):
            file.write(line + b"\n")
        on_written(broken)


def _broken(listings: int, seed: int, broken: int) -> Iterator[bytes]:
    if not broken:
        return iter(())
    valid = [dict(listing_to_record(listing)) for listing in sample_listings(min(listings, _BROKEN_FROM), seed)]
    return broken_lines(broken, valid, seed)


def _batches(listings: int, seed: int, workers: int) -> Iterator[tuple[int, bytes]]:
    """(count, lines) of each batch, in order."""
    starts = iter(range(0, listings, _BATCH))
    jobs = ((start, min(start + _BATCH, listings), seed) for start in starts)
    if workers == 1 or listings < _MIN_LISTINGS_FOR_WORKERS:
        yield from (_batch(*job) for job in jobs)
        return
    # spawn, not fork: a fork copies the threads and locks of the caller
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        waiting = deque(pool.submit(_batch, *job) for job in islice(jobs, 2 * workers))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(_batch, *job) for job in islice(jobs, 1))


def _batch(start: int, stop: int, seed: int) -> tuple[int, bytes]:
    records = (listing_to_record(sample_listing(number, seed)) for number in range(start, stop))
    return stop - start, b"".join(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records)


@contextmanager
def _complete_or_absent(path: Path) -> Iterator[Path]:
    """A temporary path. It becomes `path` at the end, and is removed when something fails."""
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _open_for_writing(path: Path, suffix: str) -> Iterator[IO[bytes] | gzip.GzipFile]:
    if suffix == ".gz":
        # no name and no time in the header: the same sample gives the same file
        with path.open("wb") as raw, gzip.GzipFile("", "wb", _GZIP_LEVEL, raw, mtime=0) as file:
            yield file
    elif suffix == ".zst":
        import pyarrow as pa

        with pa.CompressedOutputStream(str(path), "zstd") as file:
            yield file
    else:
        with path.open("wb") as file:
            yield file
