"""Adds terms to a query: names from the lexicon, and the catalogue's terms nearest to its vector.

Two sources: the lexicon (`search.lexicon_expansion`) is exact where it knows a word. The
catalogue's own words nearest to the query's vector (`search.vector_expansion`) are guesses for the
rest.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from indexer.snapshot.snapshot import Snapshot
from indexer.stores.catalogue_terms import LISTINGS_MIN
from indexer.stores.lexical import BODY_WEIGHT, Field, LexicalIndex, Term
from languages.analyse import analyse
from ranking.query import Expansion, UnderstoodQuery
from search.lexicon_expansion import lexicon_expansions, look_up_lexicon
from search.understand import EXACT_WEIGHT, LIKELY
from search.vector_expansion import vector_expansions

KNOWN_SHARE = 0.0002
"""A word that so large a share of the listings has needs no expansion; a rarer one needs it in
proportion. In a large catalogue every word of every language stands somewhere; at ten times the
share, ``smartphone`` in six of 19,406 English listings lost a quarter of its nDCG@10 to its own
synonyms."""


def expand_query(
    understood: UnderstoodQuery,
    vector: npt.NDArray[np.float32] | None,
    snapshot: Snapshot,
    languages: tuple[str, ...],
) -> UnderstoodQuery:
    """The query with its expansions, their lemmas among its terms.

    `languages` are those the catalogue is written in. Without a vector, and with ``Query.expand``
    false, the query stays as it is.
    """
    if vector is None or not understood.query.expand:
        return understood
    lexical = snapshot.lexical
    matches = look_up_lexicon(understood)
    oov = oov_score(understood, lexical)
    guesses = vector_expansions(vector, snapshot.bridge, oov * (1.0 - matches.coverage))
    expanded = with_expansions(understood, guesses)
    return with_expansions(expanded, lexicon_expansions(expanded, matches, languages, lexical, oov))


def with_expansions(understood: UnderstoodQuery, expansions: tuple[Expansion, ...]) -> UnderstoodQuery:
    """The query with more expansions beside those it has, and their lemmas among its terms."""
    if not expansions:
        return understood
    by_weight = sorted((*understood.expansions, *expansions), key=lambda expansion: -expansion.weight)
    terms = _with_terms(understood.terms, expansions)
    return replace(understood, expansions=tuple(by_weight), terms=terms)


def oov_score(understood: UnderstoodQuery, lexical: LexicalIndex) -> float:
    """How far out of the catalogue's vocabulary the query's rarest word is, in [0, 1]; 0 without
    words.

    A word is as frequent as its most frequent lemma in the likely languages. Formula:
    ``1 - min(1, doc_freq / enough)``, where `enough` is KNOWN_SHARE of the listings, at least
    LISTINGS_MIN.
    """
    likely: list[str | None] = [language for language, share in understood.languages.items() if share >= LIKELY]
    analyses = [analyse(understood.text, language) for language in likely or [None]]
    lemmas_by_language = [[token.lemma for token in analysed.tokens if token.lemma] for analysed in analyses]
    doc_freqs = {lemma: lexical.doc_freq("lemma", lemma) for lemmas in lemmas_by_language for lemma in lemmas}
    word_freqs = [max(doc_freqs[lemma] for lemma in word) for word in zip(*lemmas_by_language, strict=True)]
    enough = max(KNOWN_SHARE * len(lexical), LISTINGS_MIN)
    return max((1.0 - min(1.0, doc_freq / enough) for doc_freq in word_freqs), default=0.0)


def _with_terms(terms: tuple[Term, ...], expansions: tuple[Expansion, ...]) -> tuple[Term, ...]:
    """The query's own terms first.

    A lemma of several expansions gets their greatest weight: they overlap.
    """
    weights: dict[tuple[Field, str], float] = {(term.field, term.text): term.weight for term in terms}
    for expansion in expansions:
        weight = (1.0 - EXACT_WEIGHT) * expansion.weight
        for lemma in expansion.lemmas.split():
            weights["lemma", lemma] = max(weights.get(("lemma", lemma), 0.0), weight)
            weights["body", lemma] = max(weights.get(("body", lemma), 0.0), weight * BODY_WEIGHT)
    return tuple(Term(field, text, weight) for (field, text), weight in weights.items())
