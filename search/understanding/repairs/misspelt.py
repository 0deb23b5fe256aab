"""Slips of the keyboard in words, and in runs without spaces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from languages.segment import split_chunks, words
from languages.spelling.cover import Segment, cover
from languages.spelling.edit_distance import SHORT_COST
from search.understanding.repairs.chunks import Chunk
from search.understanding.repairs.replacements import (
    SLIP_COST,
    WEIGHT_GAIN,
    Candidate,
    Replacement,
    cheapest,
    combined,
    replaced_in,
)
from search.understanding.repairs.vocabulary import Vocabulary

DISTANCE_MAX = 3.0
DOUBTFUL_DISTANCE_MAX = 0.5
"""Slips in a word that no listing has as it is written, only another form of it: letters swapped or
doubled."""

SHORT_WORDS = frozenset(("vi",))
"""Languages of short words: of three letters with one left out, others have too many."""

_WINDOW = 2  # words beside what is unknown in a run that may belong to it
_WINDOW_MAX = 12  # characters of both


def misspellings(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """The text with its unknown words as existing ones, one or two slips away."""
    replaced = []
    for place, chunk in enumerate(chunks):
        if chunk.is_unknown or chunk.is_doubtful:
            options = _spellings(chunk.text, vocabulary, DISTANCE_MAX if chunk.is_unknown else DOUBTFUL_DISTANCE_MAX)
            if options:
                replaced.append((range(place, place + 1), options))
    if replaced:
        yield from combined(chunks, replaced, "spelling", 0.0)


def _spellings(text: str, vocabulary: Vocabulary, distance_max: float) -> Sequence[Replacement]:
    """A chunk with each of its unknown words as one that exists."""
    found: dict[str, float] = {}
    for word in {word for chunk in split_chunks(text) for word, _ in words(chunk)}:
        if any(map(str.isdigit, word)) or vocabulary.has_own(word):
            continue
        for near in chain.from_iterable(table.misspelt(word) for table in vocabulary.tables):
            if near.word.text == word or near.cost > distance_max or vocabulary.is_foreign(near.word.languages):
                continue
            if near.cost == SHORT_COST and not vocabulary.languages & SHORT_WORDS:
                continue
            other = text.replace(word, near.word.text)
            cost = SLIP_COST * near.cost + vocabulary.foreign_cost(near.word.languages) - WEIGHT_GAIN * near.word.weight
            found[other] = min(found.get(other, 1.0), cost)
    return cheapest(found)


def misspelt_runs(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """Chunks without spaces inside, with a slip in one of their words: アミ製水筒."""
    for place, chunk in enumerate(chunks):
        if chunk.is_unknown or chunk.is_doubtful:
            for option in _respelled(chunk.text, vocabulary):
                yield replaced_in(chunks, [(range(place, place + 1), option)], "spelling", 0.0)


def _respelled(text: str, vocabulary: Vocabulary) -> Sequence[Replacement]:
    found: dict[str, float] = {}
    for run in {run for run, is_unspaced in words(text) if is_unspaced}:
        segments = cover(run, vocabulary.own_beginnings)
        for start, stop in _windows(segments):
            for near in vocabulary.own_misspelt(run[start:stop]):
                other = text.replace(run, run[:start] + near.word.text + run[stop:])
                cost = SLIP_COST * near.cost - WEIGHT_GAIN * near.word.weight
                found[other] = min(found.get(other, 1.0), cost)
    return cheapest(found)


def _windows(segments: Sequence[Segment]) -> Iterator[tuple[int, int]]:
    """The places around the first that no word covers, with up to `_WINDOW` words on each side."""
    unknown = next((place for place, segment in enumerate(segments) if not segment.is_word), None)
    if unknown is None:
        return
    for first in range(max(0, unknown - _WINDOW), unknown + 1):
        for last in range(unknown, min(len(segments), unknown + _WINDOW + 1)):
            start, stop = segments[first].start, segments[last].stop
            if stop - start <= _WINDOW_MAX:
                yield start, stop
