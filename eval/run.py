"""Run: one system's answers to topics. Files are TREC runs: ``qid Q0 listing_id rank score tag``.

trec_eval ignores the rank column. It sorts by the score, as a 32-bit float, and breaks ties by
listing id. With tied scores it would evaluate another order than the shopper saw. The scores of a
Run therefore strictly decrease in 32 bits: where an engine's scores do not decrease, each is set
just below the one before it. The scores keep the ranking. Do not compare them between topics.
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
    """A listing and its score; higher is better. Its rank is its place in the ranking, from 1."""

    listing_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Run:
    """The rankings of one system by qid, best first. A topic without an answer has no entry.

    Raises:
        ValueError: on construction: there is no answer; an id or the tag is empty or has white
            space; a listing is twice in one ranking; scores are not finite or do not strictly
            decrease.
    """

    tag: str
    rankings: Mapping[str, tuple[Answer, ...]]

    def __post_init__(self) -> None:
        _require_id("tag", self.tag)
        if not self.rankings:
            raise ValueError(f"run {self.tag} answers no topic")
        for qid, ranking in self.rankings.items():
            _require_id("qid", qid)
            _validate_ranking(qid, ranking)

    @classmethod
    def ranked(cls, tag: str, results: Mapping[str, Iterable[tuple[str, float]]]) -> Run:
        """A run from (listing id, score) pairs by qid, in the order shown, best first.

        Empty rankings are left out. Scores are rounded to 32-bit floats, and lowered where they do
        not decrease.

        Raises:
            ValueError: as on construction, or a score beyond 32 bits.
        """
        rankings = {qid: tuple(_decreasing(qid, pairs)) for qid, pairs in results.items()}
        return cls(tag, {qid: ranking for qid, ranking in rankings.items() if ranking})

    @property
    def listing_ids(self) -> Rankings:
        """The listing ids of each ranking, best first."""
        return {qid: [answer.listing_id for answer in ranking] for qid, ranking in self.rankings.items()}

    @property
    def depths(self) -> tuple[int, ...]:
        """How many answers each answered topic has."""
        return tuple(len(ranking) for ranking in self.rankings.values())


def shuffled(rankings: Rankings, seed: int) -> Rankings:
    """The same answers in random order."""
    rng = random.Random(seed)
    # sorted: the order of a file's lines must not change the result
    return {qid: rng.sample(rankings[qid], len(rankings[qid])) for qid in sorted(rankings)}


def read_run(path: Path) -> Run:
    """A run from a TREC file, sorted by score as in trec_eval, then by rank and line.

    Raises:
        InvalidFile: naming file and line: another number of columns, a rank or score that is not a
            number, a second tag, a listing twice in one ranking; or there is no answer.
        OSError: the file cannot be opened.
    """
    tag = ""
    rankings: dict[str, dict[str, tuple[float, int]]] = {}
    for number, (qid, _, listing_id, rank, score, line_tag) in read_columns(path, COLUMNS):
        tag = tag or line_tag
        if line_tag != tag:
            raise InvalidFile(path, number, f"tag {line_tag!r} differs from {tag!r} above; a file must have one run")
        ranking = rankings.setdefault(qid, {})
        if listing_id in ranking:
            raise InvalidFile(path, number, f"listing {listing_id} is twice in the ranking of {qid}")
        ranking[listing_id] = (_number(path, number, score), _rank(path, number, rank))
    if not rankings:
        raise InvalidFile(path, None, "has no answers; a run without answers cannot be evaluated")
    try:
        return Run.ranked(tag, {qid: _ordered(ranking) for qid, ranking in rankings.items()})
    except ValueError as error:
        raise InvalidFile(path, None, str(error)) from None


def write_run(path: Path, run: Run) -> None:
    """Write a TREC run. `read_run` reads the same Run back."""
    write_lines(path, _lines(run))


def _lines(run: Run) -> Iterator[str]:
    for qid, ranking in run.rankings.items():
        for rank, answer in enumerate(ranking, 1):
            yield f"{qid} Q0 {answer.listing_id} {rank} {answer.score:.9g} {run.tag}"  # 9 digits keep 32 bits exactly


def _decreasing(qid: str, pairs: Iterable[tuple[str, float]]) -> Iterator[Answer]:
    import numpy as np

    float32_max = float(np.finfo(np.float32).max)
    max_score = math.inf
    for listing_id, engine_score in pairs:
        score = min(float(engine_score), max_score)
        if not abs(score) <= float32_max or not math.isfinite(engine_score):
            raise ValueError(f"topic {qid}: listing {listing_id} has score {engine_score}, beyond a 32-bit float")
        score32 = np.float32(score)
        yield Answer(listing_id, float(score32))
        max_score = float(np.nextafter(score32, np.float32(-np.inf)))


def _ordered(ranking: Mapping[str, tuple[float, int]]) -> list[tuple[str, float]]:
    best_first = sorted(ranking.items(), key=lambda item: (-item[1][0], item[1][1]))
    return [(listing_id, score) for listing_id, (score, _) in best_first]


def _validate_ranking(qid: str, ranking: tuple[Answer, ...]) -> None:
    if not ranking:
        raise ValueError(f"topic {qid} has an empty ranking; leave it out")
    if len({answer.listing_id for answer in ranking}) != len(ranking):
        raise ValueError(f"topic {qid}: a listing is twice in the ranking")
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
        raise ValueError(f"{name} {text!r} must be one word: white space separates the columns of TREC files")


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
