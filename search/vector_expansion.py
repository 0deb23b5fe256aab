"""Vector expansion: a query's nearest catalogue words become weighted expansions, for words it does not know.

A product's name in another language stands near its name in the catalogue's, so the encoder, which is at its best on
short names, becomes a dictionary for BM25, which is at its best on exact words.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from indexer.stores.catalogue_terms import LISTINGS_MIN
from indexer.stores.lexical import BODY_WEIGHT, Field, LexicalIndex, Term
from languages.analyse import analyse
from ranking.query import Expansion, UnderstoodQuery
from search.understand import EXACT_WEIGHT, LIKELY

if TYPE_CHECKING:
    from indexer.stores.term_index import TermIndex

ALTERNATIVES = 10  # twice as many found no more
SURE = 2.0
"""Standard deviations above chance at which the best alternative weighs as much as a word of the query."""

KNOWN_SHARE = 0.0002
"""A word that so large a share of the listings has needs no alternative; a rarer one needs them in proportion. In a
large catalogue every word of every language stands somewhere; at ten times the share, ``smartphone`` in six of 19,406
English listings lost a quarter of its nDCG@10 to its own synonyms."""


def bridge(
    understood: UnderstoodQuery, vector: npt.NDArray[np.float32], terms: TermIndex, need: float
) -> UnderstoodQuery:
    """The query with its alternatives, their lemmas among its terms; as it was where it needs none.

    An alternative weighs ``need * min(1, best / SURE) * excess / best``, where `excess` is how far it stands above
    chance and `best` that of the nearest. `need`, in [0, 1], is `unknown` of the query times the share of it that is
    left for the bridge to guess at: all of it where no lexicon knew any.
    """
    near = terms.nearest(vector, ALTERNATIVES) if need > 0 else []
    if not near:
        return understood
    best = near[0].excess
    sure = need * min(1.0, best / SURE)
    found = tuple(Expansion(one.term.text, one.term.lemmas, sure * one.excess / best) for one in near)
    return merged(understood, found)


def merged(understood: UnderstoodQuery, alternatives: tuple[Expansion, ...]) -> UnderstoodQuery:
    """The query with more alternatives beside those it has, and their lemmas among its terms."""
    both = tuple(sorted((*understood.alternatives, *alternatives), key=lambda one: -one.weight))
    return replace(understood, alternatives=both, terms=_merged(understood.terms, alternatives))


def unknown(understood: UnderstoodQuery, lexical: LexicalIndex) -> float:
    """How little the catalogue knows the query's least known word, in [0, 1]; 0 for a query without words.

    A word is known as well as its lemma in the likely language that the most listings have.
    """
    likely: list[str | None] = [language for language, share in understood.languages.items() if share >= LIKELY]
    analysed = [analyse(understood.text, language) for language in likely or [None]]
    lemmas = [[token.lemma for token in one.tokens if token.lemma] for one in analysed]
    each = {lemma: lexical.doc_freq("lemma", lemma) for one in lemmas for lemma in one}
    words = [max(each[lemma] for lemma in word) for word in zip(*lemmas, strict=True)]
    enough = max(KNOWN_SHARE * len(lexical), LISTINGS_MIN)
    return max((1.0 - min(1.0, count / enough) for count in words), default=0.0)


def _merged(terms: tuple[Term, ...], alternatives: tuple[Expansion, ...]) -> tuple[Term, ...]:
    """Own terms first; a lemma that several give has the greatest of their weights, for they are not independent."""
    weights: dict[tuple[Field, str], float] = {(term.field, term.text): term.weight for term in terms}
    for one in alternatives:
        weight = (1.0 - EXACT_WEIGHT) * one.weight
        for lemma in one.lemmas.split():
            weights["lemma", lemma] = max(weights.get(("lemma", lemma), 0.0), weight)
            weights["body", lemma] = max(weights.get(("body", lemma), 0.0), weight * BODY_WEIGHT)
    return tuple(Term(field, text, weight) for (field, text), weight in weights.items())
