"""What a speaker knows of a language's letters, endings, units and sizes: the files of `rules/`.

The one reader of them. A file is named after its language; `common.toml` is for all. The keys, each
optional:

  letters          letter = what it is folded to
  dropped          letters and marks that folding drops
  patterns         [[regular expression, replacement]]: spellings that are folded to one
  fold_first       whether the stemmer reads folded words
  stem_min         letters of the shortest stem
  stem_share       the share of a word's letters that its stem keeps at least
  prefixes         letters that are written to the front of a word: *for*, *the*
  lemma_endings    endings that the light stemmer cuts from a dictionary form
  endings          those that it cuts from a word that the dictionary lacks
  units            unit = how it is written after a number
  size_words       words before a number that is a size

Letters, units and size words hold for every text, because a text's language is often a guess.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from languages.locale import LANGUAGES

FOLDER = Path(__file__).parent.parent / "rules"
COMMON = "common"


@dataclass(frozen=True, slots=True)
class LanguageRules:
    """The rules of one language; the defaults are those of a language without a file."""

    letters: Mapping[str, str] = field(default_factory=dict)
    dropped: str = ""
    patterns: Sequence[tuple[str, str]] = ()
    fold_first: bool = False
    stem_min: int = 2
    stem_share: float = 0.0
    prefixes: str = ""
    lemma_endings: Sequence[str] = ()
    endings: Sequence[str] = ()
    units: Mapping[str, Sequence[str]] = field(default_factory=dict)
    size_words: Sequence[str] = ()
    look_alikes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0.0 <= self.stem_share <= 1.0:
            raise ValueError(f"stem_share is {self.stem_share}, expected a number from 0 to 1")


@dataclass(frozen=True, slots=True)
class Folding:
    """The letters of all languages, as `fold` needs them."""

    letters: Mapping[int, str]
    patterns: tuple[tuple[re.Pattern[str], str], ...]
    to_latin: Mapping[int, str]
    to_cyrillic: Mapping[int, str]
    latin: re.Pattern[str]
    cyrillic: re.Pattern[str]
    mixed: re.Pattern[str]


@cache
def language_rules(language: str) -> LanguageRules:
    """The rules of a language; the defaults where it has no file.

    Raises:
        ValueError: a key is unknown or a value is impossible; the message names the file.
    """
    path = FOLDER / f"{language}.toml"
    if not path.is_file():
        return LanguageRules()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        values["patterns"] = tuple((pattern, replacement) for pattern, replacement in values.get("patterns", ()))
        return LanguageRules(**values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


@cache
def folding() -> Folding:
    """The letters of all files as one table."""
    rules = _all_rules()
    letters = {ord(letter): folded for one in rules for letter, folded in one.letters.items()}
    letters |= {ord(letter): "" for one in rules for letter in one.dropped}
    look_alikes = {cyrillic: latin for one in rules for cyrillic, latin in one.look_alikes.items()}
    return Folding(
        letters,
        tuple((re.compile(pattern), replacement) for one in rules for pattern, replacement in one.patterns),
        {ord(cyrillic): latin for cyrillic, latin in look_alikes.items()},
        {ord(latin): cyrillic for cyrillic, latin in look_alikes.items()},
        re.compile("[a-z]"),
        re.compile("[\u0400-\u04ff]"),
        re.compile("[a-z].*[\u0400-\u04ff]|[\u0400-\u04ff].*[a-z]"),
    )


@cache
def unit_spellings() -> Mapping[str, str]:
    """The unit of each way to write it: ``{"liter": "l", "литр": "l"}``."""
    return {spelling: unit for one in _all_rules() for unit, spellings in one.units.items() for spelling in spellings}


@cache
def size_words() -> frozenset[str]:
    """Words of any language before a number that is a size."""
    return frozenset(word for one in _all_rules() for word in one.size_words)


def _all_rules() -> list[LanguageRules]:
    return [language_rules(name) for name in (COMMON, *LANGUAGES)]
