"""Words that shops and shoppers add to any thing: *cheap*, *buy*, *best*, *from China*.

They say nothing of the thing. ``words/shop_words.tsv`` has a row for each language with its
phrases, separated by ``|``. The lexicon's conditions (*new*, *original*, *wholesale*) count as such
words too, and so do *cheap* and *high quality*.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

from languages.lexicon import read_table

SHOP_WORD = "shop:word"
"""What a phrase of the table names, as if it were an entry of the lexicon."""

_BEGINNINGS = ("shop:", "condition:", "feature:cheap", "feature:high_quality")
"""Entries that begin so."""


def shop_words(language: str) -> tuple[str, ...]:
    """The phrases of a language; none for a language without a row.

    Raises:
        ValueError: with file and line, for other columns.
    """
    return _by_language().get(language, ())


@cache
def _by_language() -> Mapping[str, tuple[str, ...]]:
    rows = read_table("shop_words.tsv", ("language", "phrases"))
    return {row["language"]: tuple(row["phrases"].split("|")) for _, row in rows}


def is_shop_word(entry_id: str) -> bool:
    """Whether an entry is a word that shops and shoppers add to any thing."""
    return entry_id.startswith(_BEGINNINGS)


@lru_cache(maxsize=10_000)  # the readings of a phrase come again in every listing that has it
def without_shop_words(entry_ids: tuple[str, ...]) -> tuple[str, ...]:
    """The entries that say something of the thing."""
    return tuple(entry_id for entry_id in entry_ids if not is_shop_word(entry_id))
