"""Kinds of product and the general nouns above them: what is broader, and what is near.

``words/kinds.tsv`` gives the category, the department, the near kinds and the broader entries of
each kind. ``words/general_nouns.tsv`` has the nouns that shoppers type for many kinds (*shoes*,
*case*, *lamp*), each with those broader than itself. Broader and narrower are the terms of SKOS,
the W3C's vocabulary of thesauri.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from languages.lexicon import read_table

KIND = "kind:"
GENERAL = "general:"
THINGS = (KIND, GENERAL)
"""Entries that say what a thing is begin so; the others say how it is."""

KIND_COLUMNS = ("kind", "category", "department", "near", "broader")
GENERAL_COLUMNS = ("general", "broader")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of product.

    `near` are the kinds that a buyer of this one would accept instead. `broader` are the entries
    right above it, general nouns or kinds: every ``kind:down_jacket`` is a ``kind:jacket``.
    """

    kind_id: str
    category: str
    department: str
    near: tuple[str, ...]
    broader: tuple[str, ...]


@cache
def kinds() -> Mapping[str, Kind]:
    """The kinds of product by id, in the table's order.

    Raises:
        ValueError: with file and line, for a row with other columns, or a near kind or broader
            entry that is in neither table.
    """
    rows = list(read_table("kinds.tsv", KIND_COLUMNS))
    kind_ids = {row["kind"] for _, row in rows}
    by_id: dict[str, Kind] = {}
    for number, row in rows:
        near = tuple(row["near"].split())
        if unknown := set(near) - kind_ids:
            raise ValueError(f"kinds.tsv, line {number}: near {' '.join(sorted(unknown))} is no kind of this table")
        broader = _broader("kinds.tsv", number, row["broader"], general_nouns(), kind_ids)
        by_id[row["kind"]] = Kind(row["kind"], row["category"], row["department"], near, broader)
    return by_id


@cache
def general_nouns() -> Mapping[str, tuple[str, ...]]:
    """The general nouns by id, in the table's order, with the entries right above each.

    Raises:
        ValueError: with file and line, for a row with other columns or an unknown broader noun.
    """
    rows = list(read_table("general_nouns.tsv", GENERAL_COLUMNS))
    general = {row["general"] for _, row in rows}
    return {row["general"]: _broader("general_nouns.tsv", number, row["broader"], general) for number, row in rows}


@cache
def broader(entry_id: str) -> tuple[str, ...]:
    """All entries above a kind or general noun, nearest first; none for other entries.

    An entry that is above itself is not repeated.
    """
    above: dict[str, None] = {}
    rest = [*_right_above(entry_id)]
    while rest:
        found = rest.pop(0)
        if found not in above and found != entry_id:
            above[found] = None
            rest += _right_above(found)
    return tuple(above)


def is_thing(entry_id: str) -> bool:
    """Whether an entry says what a thing is: a kind of product or a general noun."""
    return entry_id.startswith(THINGS)


def narrowest(entry_ids: Iterable[str]) -> frozenset[str]:
    """Of some entries those that are not broader than another one."""
    given = frozenset(entry_ids)
    return given.difference(*map(broader, given))


@cache
def with_broader(entry_ids: frozenset[str]) -> frozenset[str]:
    """Some entries and all that are broader than one of them."""
    return entry_ids.union(*map(broader, entry_ids))


@cache
def shares(entry_ids: tuple[str, ...]) -> Mapping[str, float]:
    """How the readings of an ambiguous phrase share its certainty.

    An entry and one broader than it are not two readings: the narrowest share among themselves, a
    broader one has its part of all.
    """
    apart = narrowest(entry_ids)
    return {entry_id: 1.0 / len(apart if entry_id in apart else entry_ids) for entry_id in entry_ids}


def _right_above(entry_id: str) -> Iterator[str]:
    group, _, name = entry_id.partition(":")
    if group == "kind" and name in kinds():
        yield from kinds()[name].broader
    elif group == "general":
        yield from general_nouns().get(name, ())


def _broader(
    file: str, number: int, cell: str, general: Collection[str], kind_ids: Collection[str] = ()
) -> tuple[str, ...]:
    """The entries of a cell, each a general noun or a kind."""
    names = cell.split()
    if unknown := [name for name in names if name not in general and name not in kind_ids]:
        raise ValueError(f"{file}, line {number}: broader {' '.join(unknown)} is neither a general noun nor a kind")
    return tuple((GENERAL if name in general else KIND) + name for name in names)
