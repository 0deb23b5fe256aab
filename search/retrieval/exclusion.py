"""Listings that say what the buyer does not want."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np

from indexer.selection import Selection
from indexer.stores.facts import Rows
from indexer.stores.lexical import Clause, LexicalIndex, Term
from languages.analyse import analyse
from languages.constraints.tables import exclusion_phrases
from ranking.query import QueryConstraint, QueryPart
from search.understanding.query_parts import LOOKS

EXCLUDED_MAX = 10_000
"""Listings that a condition leaves out, those that say it most: what OpenSearch answers at once."""

_MEANT_MIN = 0.3
"""The probability of a meaning that is left out too; a word that only might mean it stays."""


def excluded_rows(lexical: LexicalIndex, exclusions: Iterable[QueryConstraint], selection: Selection) -> Rows:
    """The selected rows whose texts say what is not wanted, in any language that the lexicon knows.

    A listing whose title says itself that it is *without* is what the buyer wants, and stays. That
    is no rule for looks: a *red dress without sleeves* is red.
    """
    rows = np.zeros(0, np.int64)
    for exclusion in exclusions:
        said: Rows | None = None
        for part in exclusion.parts:
            of_part = _rows_saying(lexical, part, selection)
            said = of_part if said is None else np.intersect1d(said, of_part)
        if said is not None and len(said) and not any(map(_is_look, exclusion.parts)):
            said = np.setdiff1d(said, _search(lexical, _negations(), selection.only(said)))
        rows = rows if said is None else np.union1d(rows, said)
    return rows


def _rows_saying(lexical: LexicalIndex, part: QueryPart, selection: Selection) -> Rows:
    """Rows with a meaning of a part, or with all of its words."""
    concepts = tuple(Term("text", one.entry_id, 1.0) for one in part.meanings if one.probability >= _MEANT_MIN)
    meant = _search(lexical, concepts, selection)
    written: Rows | None = None
    for word in part.words:
        rows = _search(lexical, tuple(Term("text", lemma, 1.0) for lemma in word.lemmas), selection)
        written = rows if written is None else np.intersect1d(written, rows)
    return meant if written is None else np.union1d(meant, written)


def _search(lexical: LexicalIndex, terms: tuple[Term, ...], selection: Selection) -> Rows:
    """The selected rows with one of some terms."""
    if not terms or not selection.count:
        return np.zeros(0, np.int64)
    clause = Clause(1.0, tuple((term,) for term in terms))
    return np.sort(lexical.search((clause,), selection, min(selection.count, EXCLUDED_MAX)).rows)


def _is_look(part: QueryPart) -> bool:
    return any(meaning.entry_id.startswith(LOOKS) for meaning in part.meanings)


@cache
def _negations() -> tuple[Term, ...]:
    """The words for *without*, of one word each, in every language.

    In scripts without spaces they are a pair of characters, which only the texts have.
    """
    terms: dict[Term, None] = {}
    for language, phrases in exclusion_phrases().items():
        for phrase in phrases:
            tokens = [token for token in analyse(phrase.before or phrase.after, language).tokens if token.lemma]
            if len(tokens) != 1 or phrase.needs_meaning:
                continue
            (token,) = tokens
            is_pair = len(token.surface) < len(token.lemma) == 2
            terms[Term("text", token.lemma, 1.0) if is_pair else Term("exact", token.surface, 1.0)] = None
    return tuple(terms)
