"""The sample's words: forty kinds of product, and what sellers write around them, in every language we analyse.

Two tables stand beside this file, one row a cell, so that a speaker can read and mend them:

``sample_words.tsv``    kind, category path (``A > B``), language, names (``head noun|synonym|synonym``)
``sample_phrases.tsv``  group, name, language, text; a group and name may have several texts in a language

Names are whole noun phrases and the words around them stand where nothing has to agree with anything
("Kaffeemaschine, schwarz, 1,5 l"), as real sellers write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class SampleKind:
    """A kind of product: ``names[language]`` is its everyday name there, then its synonyms."""

    kind_id: str
    category: tuple[str, ...]
    names: Mapping[str, tuple[str, ...]]


@cache
def sample_kinds() -> Mapping[str, SampleKind]:
    """The kinds by id, in the table's order.

    Raises:
        ValueError: a row has not four fields, or a kind changes its category.
    """
    kinds: dict[str, SampleKind] = {}
    names: dict[str, dict[str, tuple[str, ...]]] = {}
    for kind_id, category, language, cell in _rows("sample_words.tsv"):
        path = tuple(category.split(" > "))
        names.setdefault(kind_id, {})[language] = tuple(cell.split("|"))
        kind = kinds.setdefault(kind_id, SampleKind(kind_id, path, names[kind_id]))
        if kind.category != path:
            raise ValueError(f"sample_words.tsv: {kind_id} is in {kind.category} and in {path}; give it one category")
    return kinds


@cache
def sample_phrases(group: str, language: str) -> Mapping[str, tuple[str, ...]]:
    """The texts of a group in one language, by name, in the table's order; empty for an unknown group or language.

    Groups: ``color``, ``material``, ``use`` are words; ``name`` is what an attribute is called; ``phrase`` puts a
    word into a title (``цвет {}``); ``unit`` puts a number before its unit; ``sentence`` opens and closes a
    description (``{brand}``, ``{term}``).
    """
    return _phrases().get((group, language), {})


@cache
def _phrases() -> Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]]:
    groups: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {}
    for group, name, language, text in _rows("sample_phrases.tsv"):
        words = groups.setdefault((group, language), {})
        words[name] = (*words.get(name, ()), text)
    return groups


def _rows(name: str) -> list[list[str]]:
    rows = []
    for number, line in enumerate((_FOLDER / name).read_text("utf-8").splitlines(), 1):
        fields = line.split("\t")
        if len(fields) != 4 or not all(fields):
            raise ValueError(f"{name}, line {number}: wants four filled fields between tabs, not {line!r}")
        rows.append(fields)
    return rows
