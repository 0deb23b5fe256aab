"""The words of a catalogue's titles as a table to compare misspelt words with."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

from indexer.stores.term_index import TermIndex
from languages.cache import load_compiled
from languages.spelling.word_table import TableWord, WordTable, code_digest, write_word_table

_FULL_WEIGHT = 1_000
"""Listings of a word that is meant as often as any; fewer count by their logarithm."""


@lru_cache(maxsize=4)  # generations that are open at once
def catalogue_words(terms: TermIndex) -> WordTable:
    """The single words of the catalogue's terms, compiled once for a generation into the cache
    folder.

    They are of no language: brands and models are among them.
    """
    return load_compiled(
        f"spelling/catalogue-{code_digest()}-{terms.digest}",
        lambda folder: write_word_table(_words(terms), folder),
        WordTable,
    )


def _words(terms: TermIndex) -> Iterator[TableWord]:
    for term in terms.terms():
        if " " not in term.text:
            weight = min(1.0, math.log1p(term.listings) / math.log1p(_FULL_WEIGHT))
            yield TableWord(term.text, frozenset(), weight)
