"""What could be left out of a query that finds too little.

Each suggestion is a query by itself: the text without some words. To accept it is to search for it,
to undo it is to search for the former text. So it is counted by searching for it, with all that a
search does but the texts: the number is the one that the buyer then sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from languages.kinds import is_thing
from ranking.query import UnderstoodQuery
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


def relaxations(
    understood: UnderstoodQuery, found: int, lacking: Sequence[WrittenPart], count: Callable[[str], Count]
) -> tuple[Relaxation, ...]:
    """At most `SUGGESTIONS_MAX` ways to find more, most answers first; none where enough is found.

    `lacking` are the parts that no listing has: they may be left out together. What is left still
    says what the thing is. `count` searches for a text.
    """
    written = written_parts(understood)
    if found >= TOO_FEW or len(written) < 2:
        return ()
    counted = _counted(written_text(understood), _options(written, lacking), count)
    more = islice((relaxation for relaxation in counted if relaxation.count.found > found), SUGGESTIONS_MAX)
    return tuple(sorted(more, key=lambda relaxation: -relaxation.count.found))


def _counted(
    text: str, options: Iterable[Sequence[WrittenPart]], count: Callable[[str], Count]
) -> Iterator[Relaxation]:
    queries = {text_without(text, parts): " ".join(part.text for part in parts) for parts in options}
    for query, without in islice(queries.items(), _TRIED_MAX):
        yield Relaxation(without, query, count(query))


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
