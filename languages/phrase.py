"""Noun phrases: a kind's name with its attribute words, in the word order of the language.

``words/rules.toml`` says for each language where modifiers go:

``order = "before"``  all before the noun (Turkish, Hindi, Japanese, Korean, Chinese)
``order = "after"``   all after the noun (French, Arabic, Thai ...)
``order = "split"``   before the noun ("schwarzer Tisch"), but two sorts after it: those that begin
                      with one of `prepositions` ("Tisch aus Holz"), and, unless `several_words` is
                      set, those of several words that do not agree with the noun
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from languages.lexicon import Entry
from languages.locale import LANGUAGES

_FILE = Path(__file__).parent / "words" / "rules.toml"


@dataclass(frozen=True, slots=True)
class PhraseRules:
    """Where a language puts modifiers, and the marks that it writes between words and numbers."""

    order: Literal["before", "after", "split"]
    prepositions: frozenset[str]
    several_words: bool
    space: str
    comma: str
    colon: str
    stop: str
    decimal: str
    brand_first: bool
    compounds: bool


@cache
def phrase_rules() -> Mapping[str, PhraseRules]:
    """The rules of every language we analyse.

    Raises:
        ValueError: a language is missing, or a rule is not a field of `PhraseRules`.
    """
    tables = tomllib.loads(_FILE.read_text("utf-8"))
    common = tables.pop("default")
    if set(tables) != set(LANGUAGES):
        raise ValueError(f"rules.toml: has rules for {' '.join(sorted(tables))}, expected {' '.join(LANGUAGES)}")
    try:
        return {language: _rules({**common, **table}) for language, table in tables.items()}
    except TypeError as problem:
        raise ValueError(f"rules.toml: {problem}") from None


def noun_phrase(noun: Entry, modifiers: Iterable[Entry]) -> str:
    """The noun with its modifiers in the order given, each agreeing with the noun's gender."""
    rules = phrase_rules()[noun.language]
    before: list[str] = []
    after: list[str] = []
    for modifier in modifiers:
        form = modifier.form(noun.gender)
        (before if _goes_before(form, modifier.agrees, rules) else after).append(form)
    return rules.space.join([*before, noun.name, *after])


def _goes_before(form: str, agrees: bool, rules: PhraseRules) -> bool:
    if rules.order != "split":
        return rules.order == "before"
    if agrees:
        return True
    first, _, rest = form.partition(" ")
    return first.lower() not in rules.prepositions and (not rest or rules.several_words)


def _rules(table: Mapping[str, Any]) -> PhraseRules:
    return PhraseRules(**{**table, "prepositions": frozenset(table["prepositions"].split())})
