"""Names of the products and attributes in a query, in the catalogue's languages, by the lexicon.

The lexicon is exact where it knows a word, also in languages that the encoder reads badly. Guesses
beside a sure word only dilute it, so vector expansion gets the share that the lexicon leaves
(`LexiconLookup.coverage`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from indexer.stores.lexical import LexicalIndex
from languages.lexicon_match import LexiconMatch, entry_names, lemmas_of, match_lexicon
from ranking.query import Expansion, UnderstoodQuery
from search.understand import LIKELY

NAME_WEIGHT = 0.9
"""What the everyday name in another language weighs against a word of the query's own."""

SYNONYM_WEIGHT = 0.6
"""What another name weighs: synonyms are broader or narrower more often than names."""

SURE = 0.3
"""A language of so large a share is taken as the query's; a less likely one weighs in
proportion."""

EXPANSIONS_MAX = 60  # of all languages together: each is a posting list or two to read


@dataclass(frozen=True, slots=True)
class LexiconLookup:
    """What the lexicon knows of a query, by likely language, the likeliest first."""

    matches: Mapping[str, tuple[LexiconMatch, ...]]
    coverage: float  # the share of the query's lemmas that it knows in the likeliest language, in [0, 1]


class _Name(NamedTuple):
    """One way to say an entry in a language of the catalogue."""

    text: str
    lemmas: str  # with spaces between
    language: str
    weight: float


def look_up_lexicon(understood: UnderstoodQuery) -> LexiconLookup:
    """Look up the query's words, once for all that need it."""
    matches: dict[str, tuple[LexiconMatch, ...]] = {}
    coverage = 0.0
    likely = [language for language, share in understood.languages.items() if share >= LIKELY]
    for language in sorted(likely, key=lambda language: -understood.languages[language]):
        lemmas = lemmas_of(understood.text, language)
        matches[language] = match_lexicon(lemmas, language)
        if len(matches) == 1:
            coverage = sum(match.stop - match.start for match in matches[language]) / max(1, len(lemmas))
    return LexiconLookup(matches, coverage)


def lexicon_expansions(
    understood: UnderstoodQuery,
    lexicon_lookup: LexiconLookup,
    languages: tuple[str, ...],
    lexical: LexicalIndex,
    oov: float,
) -> tuple[Expansion, ...]:
    """Names of what the query means in the catalogue's `languages`, the heaviest first.

    Only names that some listing has are given, and none whose lemmas are all among the query's
    terms. Names in the query's own language weigh in proportion to its `oov_score`: a title that
    lists every synonym is no better than one that says the word once.
    """
    expansions: dict[str, Expansion] = {}  # by lemmas
    for name, weight in _weighted_names(understood, lexicon_lookup, languages, oov):
        heaviest = expansions.get(name.lemmas)
        if weight and (heaviest is None or heaviest.weight < weight) and _is_in_catalogue(name.lemmas, lexical):
            expansions[name.lemmas] = Expansion(name.text, name.lemmas, weight)
    own = {term.text for term in understood.terms}
    new = [expansion for expansion in expansions.values() if not own >= set(expansion.lemmas.split())]
    new.sort(key=lambda expansion: -expansion.weight)
    return tuple(new[:EXPANSIONS_MAX])


def _weighted_names(
    understood: UnderstoodQuery, lexicon_lookup: LexiconLookup, languages: tuple[str, ...], oov: float
) -> Iterator[tuple[_Name, float]]:
    """Every name of every entry that the query may mean.

    An ambiguous word's weight is shared by its entries.
    """
    for language, matches in lexicon_lookup.matches.items():
        sure = min(1.0, understood.languages[language] / SURE)
        for match in matches:
            for entry_id in match.entry_ids:
                for name in _names(entry_id, languages):
                    own_language = oov if name.language == language else 1.0
                    yield name, name.weight * (own_language * sure / len(match.entry_ids))


def _is_in_catalogue(lemmas: str, lexical: LexicalIndex) -> bool:
    return all(lexical.doc_freq("lemma", lemma) for lemma in lemmas.split())


@lru_cache(maxsize=20_000)
def _names(entry_id: str, languages: tuple[str, ...]) -> tuple[_Name, ...]:
    """The names of an entry in each language, the everyday name first."""
    names: list[_Name] = []
    for language in languages:
        for position, text in enumerate(entry_names(entry_id, language)):
            lemmas = " ".join(dict.fromkeys(lemmas_of(text, language)))
            if lemmas:
                names.append(_Name(text, lemmas, language, SYNONYM_WEIGHT if position else NAME_WEIGHT))
    return tuple(names)
