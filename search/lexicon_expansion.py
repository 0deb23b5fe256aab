"""Lexicon expansion: a query's words that the lexicon knows become the catalogue's words for the same things.

The lexicon is exact where it knows a word, in languages that the encoder reads badly too; the bridge guesses at the
rest, in proportion to it (`Known.covered`): guesses beside a sure word only dilute it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from indexer.stores.lexical import LexicalIndex
from languages.lexicon_match import LexiconMatch, lemmas_of, lexicon_matches, names_of
from ranking.query import Expansion, UnderstoodQuery
from search.understand import LIKELY
from search.vector_expansion import merged

NAME = 0.9
"""What the everyday name in another language weighs against a word of the query's own."""

SYNONYM = 0.6
"""What another name weighs: synonyms are broader or narrower oftener than names."""

SURE = 0.3
"""A language of so large a share is taken as the query's; the words of a less likely one weigh in proportion."""

ALTERNATIVES = 60  # of all languages together: each is a posting list or two to read


@dataclass(frozen=True, slots=True)
class Known:
    """What the lexicon knows of a query, by likely language, the likeliest first; `covered` by the likeliest."""

    lexicon_matches: Mapping[str, tuple[LexiconMatch, ...]]
    covered: float  # the share of the query's lemmas that it knows, in [0, 1]


def known(understood: UnderstoodQuery) -> Known:
    """Look the query's words up, once for all that asks."""
    found: dict[str, tuple[LexiconMatch, ...]] = {}
    covered = 0.0
    likely = [language for language, share in understood.languages.items() if share >= LIKELY]
    for language in sorted(likely, key=lambda one: -understood.languages[one]):
        lemmas = lemmas_of(understood.text, language)
        found[language] = lexicon_matches(lemmas, language)
        if len(found) == 1:
            covered = sum(one.stop - one.start for one in found[language]) / max(1, len(lemmas))
    return Known(found, covered)


def gloss(
    understood: UnderstoodQuery, read: Known, languages: Sequence[str], lexical: LexicalIndex, need: float
) -> UnderstoodQuery:
    """The query with what the lexicon calls its things in the catalogue's `languages`; as it was where it knows none.

    Only words that some listing has are added; those of the query's own language in proportion to `need`, which is
    how little the catalogue knows the query: a title that lists every synonym is no better than one that says it once.
    """
    found: dict[str, Expansion] = {}
    for language, known_words in read.lexicon_matches.items():
        sure = min(1.0, understood.languages[language] / SURE)
        for one in known_words:
            for entry_id in one.entry_ids:
                for name, lemmas, other, weight in _names(entry_id, tuple(languages)):
                    weight *= (need if other == language else 1.0) * sure / len(one.entry_ids)
                    if weight and (lemmas not in found or found[lemmas].weight < weight) and _is_known(lemmas, lexical):
                        found[lemmas] = Expansion(name, lemmas, weight)
    own = {term.text for term in understood.terms}
    new = sorted((one for one in found.values() if not own >= set(one.lemmas.split())), key=lambda one: -one.weight)
    return merged(understood, tuple(new[:ALTERNATIVES])) if new else understood


def _is_known(lemmas: str, lexical: LexicalIndex) -> bool:
    return all(lexical.doc_freq("lemma", lemma) for lemma in lemmas.split())


@lru_cache(maxsize=20_000)
def _names(entry_id: str, languages: tuple[str, ...]) -> tuple[tuple[str, str, str, float], ...]:
    """Name, its lemmas, its language and its weight, in each language."""
    rows = []
    for language in languages:
        for place, name in enumerate(names_of(entry_id, language)):
            lemmas = " ".join(dict.fromkeys(lemmas_of(name, language)))
            rows.append((name, lemmas, language, SYNONYM if place else NAME))
    return tuple(row for row in rows if row[1])
