"""What could be left out of a query that finds too little.

Each suggestion is a query by itself: the text without some words. To accept it is to search for it,
to undo it is to search for the former text. So it is counted by searching for it, with all that a
search does but the texts: the number is the one that the buyer then sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from languages.kinds import is_thing
from ranking.query import QueryConstraint, UnderstoodQuery
from search.understanding.written_parts import WrittenPart, text_without, written_parts, written_text

TOO_FEW = 3
"""A query with fewer answers is relaxed."""

SUGGESTIONS_MAX = 3

_TRIED_MAX = 4
"""Of a long query the likeliest are counted: each costs a search."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many listings answer a query; there may be more where it is not exact."""

    found: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The query without some of its words, and how many listings answer it."""

    without: str
    query: str
    count: Count


CountOf = Callable[[str, Sequence[QueryConstraint]], Count]
"""Searches for a text with some of the query's constraints."""


def relaxations(
    understood: UnderstoodQuery, found: int, lacking: Sequence[WrittenPart], count: CountOf
) -> tuple[Relaxation, ...]:
    """At most `SUGGESTIONS_MAX` ways to find more, most answers first; none where enough is found.

    `lacking` are the parts that no listing has: they may be left out together. What is left still
    says what the thing is. A constraint that words say may be left out as words are.
    """
    if found >= TOO_FEW:
        return ()
    counted = chain(_without_constraints(understood, count), _without_words(understood, lacking, count))
    more = islice((relaxation for relaxation in counted if relaxation.count.found > found), SUGGESTIONS_MAX)
    return tuple(sorted(more, key=lambda relaxation: -relaxation.count.found))


def _without_constraints(understood: UnderstoodQuery, count: CountOf) -> Iterator[Relaxation]:
    """The query without each of its constraints."""
    for left_out in understood.constraints[:_TRIED_MAX]:
        others = [one for one in understood.constraints if one is not left_out]
        query = _with_constraints(written_text(understood), others)
        yield Relaxation(left_out.text, query, count(understood.text, others))


def _without_words(understood: UnderstoodQuery, lacking: Sequence[WrittenPart], count: CountOf) -> Iterator[Relaxation]:
    written = written_parts(understood)
    if len(written) < 2:
        return
    text = written_text(understood)
    options = _options(written, lacking)
    queries = {text_without(text, parts): " ".join(part.text for part in parts) for parts in options}
    for query, without in islice(queries.items(), _TRIED_MAX):
        said = _with_constraints(query, understood.constraints)
        yield Relaxation(without, said, count(query, understood.constraints))


def _with_constraints(text: str, constraints: Iterable[QueryConstraint]) -> str:
    """A text with the words that say some constraints, since it is searched for as a query."""
    return " ".join([text, *(one.text for one in constraints)])


def _options(written: Sequence[WrittenPart], lacking: Sequence[WrittenPart]) -> Iterator[Sequence[WrittenPart]]:
    """What may be left out: what no listing has, then one part by itself, the smallest change
    first.
    """
    searched = [part for part in written if part.importance]
    singly = [[part] for part in sorted(searched, key=lambda part: (part not in lacking, part.importance))]
    for parts in [lacking, *singly] if len(lacking) > 1 else singly:
        if _say_what_it_is([part for part in written if part not in parts], written):
            yield parts


def _say_what_it_is(rest: Sequence[WrittenPart], written: Sequence[WrittenPart]) -> bool:
    """Whether some parts of a query name a kind, or, where none does, are at least half of it."""
    if any(map(_names_a_thing, written)):
        return any(map(_names_a_thing, rest))
    return sum(part.importance for part in rest) >= 0.5 * sum(part.importance for part in written)


def _names_a_thing(written: WrittenPart) -> bool:
    return any(is_thing(meaning.entry_id) for part in written.parts for meaning in part.meanings)
