"""Run: one system's answers to topics. Files are TREC runs: ``qid Q0 listing_id rank score tag``.

trec_eval never reads the rank column: it sorts by the score, kept as a 32-bit float, and ties by listing id. A ranking
written with tied scores would be judged in another order than the shopper saw. A Run therefore holds scores that
strictly fall in 32 bits: where an engine's scores tie or rise (diversity moves listings), each is set just below the
one before it. They keep the ranking; they are not to be compared between topics.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from eval.trec import InvalidFile, is_id, read_columns, write_lines

COLUMNS = ("qid", "Q0", "listing_id", "rank", "score", "tag")

Rankings = Mapping[str, Sequence[str]]
"""Listing ids by qid, best first."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A listing and its score, higher is better. Its rank is its place in the ranking, from 1."""

    listing_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Run:
    """The rankings a system gave, by qid, best first. A topic without an answer has no entry.

    Raises:
        ValueError: on construction: no answer at all; an id or tag that is empty or holds white space; a listing
            twice in one ranking; scores that do not strictly fall, or are not finite.
    """

    tag: str
    rankings: Mapping[str, tuple[Answer, ...]]

    def __post_init__(self) -> None:
        _require_id("tag", self.tag)
        if not self.rankings:
            raise ValueError(f"run {self.tag} answers no topic")
        for qid, ranking in self.rankings.items():
            _require_id("qid", qid)
            _check(qid, ranking)

    @classmethod
    def ranked(cls, tag: str, found: Mapping[str, Iterable[tuple[str, float]]]) -> Run:
        """A run from (listing id, score) pairs in the order shown, best first; empty rankings are left out.

        Scores are rounded to 32-bit floats and lowered where they do not fall.

        Raises:
            ValueError: as on construction, or a score beyond 32 bits.
        """
        rankings = {qid: tuple(_falling(qid, pairs)) for qid, pairs in found.items()}
        return cls(tag, {qid: ranking for qid, ranking in rankings.items() if ranking})

    @property
    def listing_ids(self) -> Rankings:
        """What stands in each ranking, best first, without scores."""
        return {qid: [answer.listing_id for answer in ranking] for qid, ranking in self.rankings.items()}

    @property
    def depths(self) -> tuple[int, ...]:
        """How many answers each answered topic has."""
        return tuple(len(ranking) for ranking in self.rankings.values())


def shuffled(rankings: Rankings, seed: int) -> Rankings:
    """The same answers in random order: what a run would be worth if its order said nothing."""
    chance = random.Random(seed)
    # sorted: the order of a file's lines must not change the figure
    return {qid: chance.sample(rankings[qid], len(rankings[qid])) for qid in sorted(rankings)}


def read_run(path: Path) -> Run:
    """A run from a TREC file, ordered as trec_eval orders it: by score. Ties keep the order of rank, then of lines.

    Raises:
        InvalidFile: naming file and line: another number of columns, a rank or score that is no number, a second
            tag, a listing twice in one ranking; or no answer at all.
        OSError: the file cannot be opened.
    """
    tag = ""
    found: dict[str, dict[str, tuple[float, int]]] = {}
    for number, (qid, _, listing_id, rank, score, line_tag) in read_columns(path, COLUMNS):
        tag = tag or line_tag
        if line_tag != tag:
            raise InvalidFile(path, number, f"tag {line_tag!r} differs from {tag!r} above; one file holds one run")
        ranking = found.setdefault(qid, {})
        if listing_id in ranking:
            raise InvalidFile(path, number, f"listing {listing_id} stands twice in the ranking of {qid}")
        ranking[listing_id] = (_number(path, number, score), _rank(path, number, rank))
    if not found:
        raise InvalidFile(path, None, "holds no answers; a run of a system that finds nothing has no figures")
    try:
        return Run.ranked(tag, {qid: _ordered(ranking) for qid, ranking in found.items()})
    except ValueError as problem:
        raise InvalidFile(path, None, str(problem)) from None


def write_run(path: Path, run: Run) -> None:
    """Write a TREC run; what is written is read back the same Run."""
    write_lines(path, _lines(run))


def _lines(run: Run) -> Iterator[str]:
    for qid, ranking in run.rankings.items():
        for rank, answer in enumerate(ranking, 1):
            yield f"{qid} Q0 {answer.listing_id} {rank} {answer.score:.9g} {run.tag}"  # 9 digits hold 32 bits


def _falling(qid: str, pairs: Iterable[tuple[str, float]]) -> Iterator[Answer]:
    import numpy as np

    limit = float(np.finfo(np.float32).max)
    lowest = np.float32(-np.inf)
    ceiling = math.inf
    for listing_id, raw in pairs:
        score = min(float(raw), ceiling)
        if not abs(score) <= limit or not math.isfinite(raw):
            raise ValueError(f"topic {qid}: listing {listing_id} has score {raw}, beyond a 32-bit float")
        narrow = np.float32(score)
        yield Answer(listing_id, float(narrow))
        ceiling = float(np.nextafter(narrow, lowest))


def _ordered(ranking: Mapping[str, tuple[float, int]]) -> list[tuple[str, float]]:
    best_first = sorted(ranking.items(), key=lambda item: (-item[1][0], item[1][1]))
    return [(listing_id, score) for listing_id, (score, _) in best_first]


def _check(qid: str, ranking: tuple[Answer, ...]) -> None:
    if not ranking:
        raise ValueError(f"topic {qid} has an empty ranking; leave it out")
    seen = {answer.listing_id for answer in ranking}
    if len(seen) != len(ranking):
        raise ValueError(f"topic {qid}: a listing stands twice in the ranking")
    for answer in ranking:
        _require_id("listing_id", answer.listing_id)
        if not math.isfinite(answer.score):
            raise ValueError(f"topic {qid}: listing {answer.listing_id} has score {answer.score}")
    for above, below in pairwise(ranking):
        if not above.score > below.score:
            raise ValueError(
                f"topic {qid}: listing {below.listing_id} scores {below.score}, not below the {above.score} above it; "
                "build the run with Run.ranked"
            )


def _require_id(name: str, text: str) -> None:
    if not is_id(text):
        raise ValueError(f"{name} {text!r} must be one word: TREC files part their columns by white space")


def _number(path: Path, line: int, text: str) -> float:
    try:
        score = float(text)
    except ValueError:
        raise InvalidFile(path, line, f"score {text!r} is not a number") from None
    if not math.isfinite(score):
        raise InvalidFile(path, line, f"score {text!r} is not finite")
    return score


def _rank(path: Path, line: int, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidFile(path, line, f"rank {text!r} is not a whole number") from None
