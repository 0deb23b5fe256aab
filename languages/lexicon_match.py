"""Lexicon lookup: which words of a text the lexicon knows, and their names in other languages.

Lemmas are compared, as `analyse` gives them for listings and queries. So an inflected or unaccented
form matches, and so does a word of an unspaced script inside a longer run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from languages.analyse import analyse
from languages.lexicon import Entry, lexicon

GROUPS = frozenset(("kind", "color", "material", "use", "audience", "style", "feature"))
"""The groups of entries that are matched.

Units and names of attributes are in every title and say nothing.
"""

_LEMMAS_MAX = 24  # of a phrase; a kanji compound of twelve characters has eleven bigrams


@dataclass(frozen=True, slots=True)
class LexiconMatch:
    """The span ``lemmas[start:stop]`` and the entries it names; several where it is ambiguous."""

    start: int
    stop: int
    entry_ids: tuple[str, ...]


def lemmas_of(text: str, language: str) -> tuple[str, ...]:
    """The text's lemmas in order, as `analyse` gives them."""
    return tuple(token.lemma for token in analyse(text, language).tokens if token.lemma)


def match_lexicon(lemmas: Sequence[str], language: str) -> tuple[LexiconMatch, ...]:
    """The spans that the lexicon of `language` knows, in order.

    Spans never overlap; the longest wins.
    """
    phrases = _phrases(language)
    longest = min(_LEMMAS_MAX, len(lemmas))
    matches: list[LexiconMatch] = []
    matched: set[int] = set()  # positions
    for size in range(longest, 0, -1):
        for start in range(len(lemmas) - size + 1):
            span = range(start, start + size)
            entry_ids = phrases.get(tuple(lemmas[start : start + size]))
            if entry_ids and matched.isdisjoint(span):
                matched.update(span)
                matches.append(LexiconMatch(start, start + size, entry_ids))
    return tuple(sorted(matches, key=lambda match: match.start))


def entry_names(entry_id: str, language: str) -> tuple[str, ...]:
    """What the entry is called in `language`: its name, then its synonyms.

    () for an unknown entry.
    """
    entry = lexicon(language).get(entry_id)
    return () if entry is None else _names(entry)


def load_lexicons(languages: Sequence[str]) -> None:
    """Load the tables of these languages, 0.1 s each, so that no later call has to."""
    for language in languages:
        _phrases(language)


@cache
def _phrases(language: str) -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Entry ids by lemmas.

    A phrase that is a name or synonym belongs to those entries only, never to a mere form.
    """
    by_name: dict[tuple[str, ...], dict[str, None]] = {}
    by_form: dict[tuple[str, ...], dict[str, None]] = {}
    for entry_id, entry in lexicon(language).items():
        if entry_id.partition(":")[0] in GROUPS:
            for texts, table in ((_names(entry), by_name), (entry.texts(), by_form)):
                for text in texts:
                    if lemmas := lemmas_of(text, language):
                        table.setdefault(lemmas, {})[entry_id] = None
    return {lemmas: tuple(ids) for lemmas, ids in (by_form | by_name).items()}


def _names(entry: Entry) -> tuple[str, ...]:
    return (entry.name, *entry.synonyms)
