"""Evidence: what both indexes say of the candidates of judged topics, with their grades."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from eval.fit.judged_catalogue import JudgedCatalogue
from eval.judgement import Grades, Judgement, grades_by_query, read_judgements
from eval.topic import Topic, judged_query_of, read_topics
from eval.trec import escape_id
from ranking.candidate import Candidates, Floats
from ranking.query import Query
from ranking.relevance import known_evidence

Ints = npt.NDArray[np.int64]
CLEAN = "clean"
UNJUDGED = -1


class Retrieved(Protocol):
    """The candidates for a query, with their relevance by the model of the engine."""

    @property
    def candidates(self) -> Candidates:
        """In any order."""

    @property
    def relevance(self) -> Floats:
        """In the order of the candidates.  # (candidates,)"""


class Engine(Protocol):
    """What finds candidates."""

    def retrieve(self, query: Query) -> Retrieved:
        """The candidates for a query."""

    def listing_ids(self, rows: Ints) -> Sequence[str]:
        """The ids of the listings of some rows."""


@dataclass(frozen=True, slots=True)
class JudgedTopic:
    """A topic, the catalogue it is searched in, and the judged query whose grades count for it."""

    catalogue: str
    topic: Topic
    query: str


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The n candidates of some topics, all columns (n,).

    `lexical` and `vector` are what the model takes (`known_evidence`). `grade` is UNJUDGED where
    nothing is known; where the judgements are complete, an unjudged listing has grade 0.
    """

    topics: tuple[JudgedTopic, ...]
    judgements: dict[str, tuple[Judgement, ...]]  # by catalogue
    topic: Ints  # position in `topics`, ascending
    listing_ids: tuple[str, ...]  # as judgements write them
    lexical: Floats
    vector: Floats
    grade: Ints

    def __len__(self) -> int:
        return len(self.topic)

    @property
    def catalogues(self) -> tuple[str, ...]:
        """The names of the catalogues, in the order given."""
        return tuple(dict.fromkeys(topic.catalogue for topic in self.topics))


def topics_of(catalogue: JudgedCatalogue) -> tuple[tuple[JudgedTopic, ...], tuple[Judgement, ...]]:
    """The topics of a catalogue that have judgements, of its kinds, and all its judgements.

    Raises:
        InvalidFile: a file is not valid; it names the line.
        OSError: a file cannot be opened.
        ValueError: no topic is of these kinds, or none is judged.
    """
    judgements = read_judgements(catalogue.qrels)
    judged = {judgement.qid for judgement in judgements}
    topics = _of_kinds(read_topics(catalogue.topics), catalogue)
    kept = [JudgedTopic(catalogue.name, topic, judged_query_of(topic, judged)) for topic in topics]
    kept = [topic for topic in kept if topic.query in judged]
    if not kept:
        raise ValueError(
            f"{catalogue.name}: no topic of {catalogue.topics} has judgements in {catalogue.qrels}: "
            f"topics are {_examples(topic.qid for topic in topics)}, judged queries {_examples(judged)}; "
            "give the topics that were judged"
        )
    return tuple(kept), judgements


def gather(
    catalogue: JudgedCatalogue,
    engine: Engine,
    topics: Iterable[JudgedTopic],
    judgements: tuple[Judgement, ...],
    now: int,
    depth: int,
    country: str | None = None,
) -> Evidence:
    """The evidence of the first `depth` candidates of each topic, by the engine's relevance.

    Raises:
        ValueError: no candidate is judged, or a topic's query is not valid.
        IndexUnavailable: an index does not answer.
    """
    grades = grades_by_query(judgements)
    kept: list[JudgedTopic] = []
    positions: list[int] = []
    ids: list[str] = []
    lexical: list[Floats] = []
    vector: list[Floats] = []
    grade: list[int] = []
    for position, topic in enumerate(topics):
        kept.append(topic)
        candidates, best = _best(engine, topic, now, depth, country)
        names = [escape_id(name) for name in engine.listing_ids(candidates.rows[best])]
        positions += [position] * len(names)
        ids += names
        lexical.append(candidates.lexical_scores[best])
        vector.append(candidates.vector_scores[best])
        grade += _grades(grades, topic.query, names, catalogue.complete)
    _require_judged(catalogue, kept, grades, ids, positions)
    standard = known_evidence(np.concatenate(lexical), np.concatenate(vector))
    columns = (np.array(positions, np.int64), tuple(ids), *standard, np.array(grade, np.int64))
    return Evidence(tuple(kept), {catalogue.name: judgements}, *columns)


def joined(parts: Sequence[Evidence]) -> Evidence:
    """The evidence of several catalogues as one."""
    offsets = np.cumsum([0, *(len(part.topics) for part in parts)])
    return Evidence(
        tuple(topic for part in parts for topic in part.topics),
        {name: judgements for part in parts for name, judgements in part.judgements.items()},
        np.concatenate([part.topic + offset for part, offset in zip(parts, offsets[:-1], strict=True)]),
        tuple(name for part in parts for name in part.listing_ids),
        np.concatenate([part.lexical for part in parts]),
        np.concatenate([part.vector for part in parts]),
        np.concatenate([part.grade for part in parts]),
    )


def by_topic(evidence: Evidence, value: Callable[[JudgedTopic], str]) -> npt.NDArray[np.str_]:
    """A property of the topic of each candidate.  # (n,)"""
    return np.array([value(topic) for topic in evidence.topics])[evidence.topic]


def _of_kinds(topics: Sequence[Topic], catalogue: JudgedCatalogue) -> Sequence[Topic]:
    kinds = {topic.kind for topic in topics}
    wanted: Collection[str] = catalogue.kinds or ({CLEAN} if CLEAN in kinds else kinds)
    if unknown := sorted(set(wanted) - kinds):
        known = ", ".join(sorted(kind for kind in kinds if kind)) or "none: its qids have no third part"
        raise ValueError(f"{catalogue.name}: {catalogue.topics} has no topic of kind {unknown[0]!r}; kinds: {known}")
    return [topic for topic in topics if topic.kind in wanted]


def _best(engine: Engine, topic: JudgedTopic, now: int, depth: int, country: str | None) -> tuple[Candidates, Ints]:
    """The candidates of a topic, and the positions of the first of them."""
    try:
        retrieved = engine.retrieve(Query(topic.topic.query, topic.topic.locale, now, country=country))
    except ValueError as error:
        raise ValueError(f"{topic.catalogue}: topic {topic.topic.qid}: {error}") from error
    order = np.lexsort((retrieved.candidates.rows, -retrieved.relevance))
    return retrieved.candidates, order[:depth].astype(np.int64)


def _grades(grades: Grades, query: str, names: Iterable[str], complete: bool) -> Iterator[int]:
    unjudged = 0 if complete else UNJUDGED
    return (grades[query].get(name, unjudged) for name in names)


def _require_judged(
    catalogue: JudgedCatalogue,
    topics: Sequence[JudgedTopic],
    grades: Grades,
    ids: Sequence[str],
    positions: Sequence[int],
) -> None:
    if not any(name in grades[topics[position].query] for name, position in zip(ids, positions, strict=True)):
        judged = {name for by_listing in grades.values() for name in by_listing}
        raise ValueError(
            f"{catalogue.name}: none of the {len(ids):,} candidates from {catalogue.snapshot} has a judgement in "
            f"{catalogue.qrels}: candidates are {_examples(ids)}, judged listings {_examples(judged)}; "
            "give the snapshot of the judged catalogue, or a larger --candidates"
        )


def _examples(names: Iterable[str]) -> str:
    first = sorted(set(names))[:3]
    return ", ".join(first) + (" ..." if len(first) == 3 else "") if first else "none"
