"""What the words of a synonym decide beside others: as much as where the lexicon knows the words of
a query.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from languages.kinds import is_thing
from ranking.query import QueryPart
from search.understanding.query_parts import KIND_WEIGHT, LOOK_WEIGHT, LOOKS


def lemma_weight(lemma: str) -> float:
    """The weight of a word or an entry inside a phrase, before its rarity."""
    if is_thing(lemma):
        return KIND_WEIGHT
    return LOOK_WEIGHT if lemma.startswith(LOOKS) else 1.0


def name_thing(phrases: Iterable[Iterable[str]]) -> bool:
    """Whether one of some phrases, given as lemmas, names a thing."""
    return any(is_thing(lemma) for lemmas in phrases for lemma in lemmas)


def reweighed(part: QueryPart, *, is_named: bool, has_thing: bool) -> QueryPart:
    """An ordinary part with the weight that it has where a word of the lexicon names the thing.

    `is_named` says that this part's synonym does, `has_thing` that some part's does.
    """
    if part.weight != 1.0 or not has_thing:
        return part
    if is_named:
        return replace(part, weight=KIND_WEIGHT)
    says_look = part.meanings and all(meaning.entry_id.startswith(LOOKS) for meaning in part.meanings)
    return replace(part, weight=LOOK_WEIGHT) if says_look else part
