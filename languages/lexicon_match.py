"""Glossary: which of a text's words the lexicon knows, and what they are called in other languages.

Words are compared as lemmas, as `analyse` gives them for listings and queries, so that an inflected or unaccented form
is found, and a compound of an unspaced script inside a longer run of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from languages.analyse import analyse
from languages.lexicon import Entry, lexicon

GROUPS = frozenset(("kind", "color", "material", "use", "audience", "style", "feature"))
"""Words that a query and a title share; units and names of attributes are in every title."""

_LEMMAS_MAX = 24  # of a phrase; a kanji compound of a dozen characters has eleven bigrams


@dataclass(frozen=True, slots=True)
class LexiconMatch:
    """Entries that the lemmas ``start <= place < stop`` are a way to say; several where they are ambiguous."""

    start: int
    stop: int
    entry_ids: tuple[str, ...]


def lemmas_of(text: str, language: str) -> tuple[str, ...]:
    """The text's lemmas in order, as `analyse` gives them."""
    return tuple(token.lemma for token in analyse(text, language).tokens if token.lemma)


def match_lexicon(lemmas: Sequence[str], language: str) -> tuple[LexiconMatch, ...]:
    """The stretches that the lexicon of `language` knows, the longest first taken and none overlapping; in order."""
    known = _phrases(language)
    longest = min(_LEMMAS_MAX, len(lemmas))
    found: list[LexiconMatch] = []
    taken: set[int] = set()
    for size in range(longest, 0, -1):
        for start in range(len(lemmas) - size + 1):
            places = range(start, start + size)
            entry_ids = known.get(tuple(lemmas[start : start + size]))
            if entry_ids and taken.isdisjoint(places):
                taken.update(places)
                found.append(LexiconMatch(start, start + size, entry_ids))
    return tuple(sorted(found, key=lambda match: match.start))


def entry_names(entry_id: str, language: str) -> tuple[str, ...]:
    """What the entry is called in `language`: its name, then its synonyms; nothing for an unknown one."""
    entry = lexicon(language).get(entry_id)
    return () if entry is None else (entry.name, *entry.synonyms)


def load_lexicons(languages: Sequence[str]) -> None:
    """Read now the tables that a first text in each language would wait for: a tenth of a second each."""
    for language in languages:
        _phrases(language)


@cache
def _phrases(language: str) -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Entry ids by lemmas. A phrase that is some entries' own name or synonym is theirs alone, and no other's form."""
    own: dict[tuple[str, ...], dict[str, None]] = {}
    other: dict[tuple[str, ...], dict[str, None]] = {}
    for entry_id, entry in lexicon(language).items():
        if entry_id.partition(":")[0] in GROUPS:
            for texts, table in ((_said(entry), own), (entry.texts(), other)):
                for text in texts:
                    if lemmas := lemmas_of(text, language):
                        table.setdefault(lemmas, {})[entry_id] = None
    return {lemmas: tuple(ids) for lemmas, ids in (other | own).items()}


def _said(entry: Entry) -> tuple[str, ...]:
    return (entry.name, *entry.synonyms)
