"""Words of a query replaced by others: the text that comes of it, and what it costs.

A cost is how unlikely the slip is, about in the units of the evidence that a text gains. It
is a judgement: a keyboard in the wrong layout explains a whole text, two wrong letters in one word
explain many words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from ranking.query import Repair, RepairKind
from search.understanding.repairs.chunks import Chunk

SLIP_COST = 0.12
"""Of each slip of the keyboard."""

WEIGHT_GAIN = 0.05
"""Of a word that is often meant, before a rare one."""

VARIANTS = 3
"""Of a word; of several unknown words the first variants are taken together."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another text for a query, what was changed in it, and what the changes cost."""

    text: str
    repairs: tuple[Repair, ...]
    cost: float


@dataclass(frozen=True, slots=True)
class Replacement:
    """What stands for some chunks, and what that costs."""

    text: str
    cost: float


def cheapest(costs: Mapping[str, float]) -> Sequence[Replacement]:
    """The `VARIANTS` texts of least cost, those that tie by the alphabet."""
    by_cost = sorted(costs.items(), key=lambda pair: (pair[1], pair[0]))
    return tuple(Replacement(text, cost) for text, cost in islice(by_cost, VARIANTS))


def combined(
    chunks: Sequence[Chunk], replaced: Sequence[tuple[range, Sequence[Replacement]]], kind: RepairKind, cost: float
) -> Iterator[Candidate]:
    """The best replacements of all, and the other ones of each with the best of the rest."""
    best = [(places, options[0]) for places, options in replaced]
    yield replaced_in(chunks, best, kind, cost)
    for number, (places, options) in enumerate(replaced):
        for option in options[1:]:
            yield replaced_in(chunks, [*best[:number], (places, option), *best[number + 1 :]], kind, cost)


def replaced_in(
    chunks: Sequence[Chunk], replacements: Sequence[tuple[range, Replacement]], kind: RepairKind, cost: float
) -> Candidate:
    """The text with what replaces some chunks in their places; `cost` is beside their own."""
    pieces = [chunk.typed for chunk in chunks]
    repairs = []
    for places, replacement in replacements:
        typed = " ".join(pieces[places.start : places.stop])
        repairs.append(Repair(kind, typed, replacement.text))
        pieces[places.start] = replacement.text
        pieces[places.start + 1 : places.stop] = [""] * (len(places) - 1)
    total = cost + sum(replacement.cost for _, replacement in replacements)
    return Candidate(" ".join(piece for piece in pieces if piece), tuple(repairs), total)


def joined_text(chunks: Sequence[Chunk]) -> str:
    """The texts of adjacent chunks without the spaces between them."""
    return "".join(chunk.text for chunk in chunks)
