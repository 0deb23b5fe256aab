"""Candidates from hits: the evidence of both indexes, with facts, sellers and what they cost this
buyer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from indexer.hits import Hits
from indexer.snapshot.snapshot import Snapshot
from indexer.stores.facts import FactRows, Rows, SellerTable
from indexer.stores.tables import Tables
from languages.locale import Locale
from ranking.candidate import Candidates, Floats, Offers, SellerFacts
from ranking.offer import BuyerContext, PriceTables, offers
from ranking.query import UnderstoodQuery

Vector = npt.NDArray[np.float32]


def gather_candidates(
    snapshot: Snapshot, understood: UnderstoodQuery, lexical_hits: Hits, vector_hits: Hits, vector: Vector | None
) -> Candidates:
    """The listings that either index found, by row.

    `vector` is the query's, (dim,). With it every candidate gets its cosine, as a standard score
    over the whole catalogue, also those that only the lexical index found.
    """
    rows: Rows = np.union1d(lexical_hits.rows, vector_hits.rows)
    lexical_scores = np.full(len(rows), np.nan)
    if len(lexical_hits):
        lexical_scores[np.searchsorted(rows, lexical_hits.rows)] = lexical_hits.scores
    vector_scores = np.full(len(rows), np.nan)
    vector_scores[np.searchsorted(rows, vector_hits.rows)] = vector_hits.scores
    missing = np.isnan(vector_scores)
    if vector is not None and vector.any() and missing.any():
        vector_scores[missing] = snapshot.vector_index.cosines(rows[missing], vector)
    if vector is not None:
        vector_scores = snapshot.moments.standard_scores(vector_scores, vector)
    return load_candidates(snapshot, understood, rows, lexical_scores, vector_scores)


def nearest_candidates(snapshot: Snapshot, understood: UnderstoodQuery, hits: Hits, vector: Vector) -> Candidates:
    """Candidates whose only evidence is their cosine to a listing's vector, (dim,), by row."""
    by_row = np.argsort(hits.rows)
    unknown = np.full(len(hits), np.nan)
    scores = snapshot.moments.standard_scores(hits.scores[by_row].astype(np.float64), vector)
    return load_candidates(snapshot, understood, hits.rows[by_row], unknown, scores)


def load_candidates(
    snapshot: Snapshot, understood: UnderstoodQuery, rows: Rows, lexical_scores: Floats, vector_scores: Floats
) -> Candidates:
    """Candidates for some rows with known evidence; scores are (rows,), NaN where not known."""
    facts = snapshot.facts.take(rows)
    sellers = _sellers_of(facts, snapshot.tables.sellers)
    in_buyers_language = _is_in(understood.query.locale.language, facts, snapshot.tables)
    offers = offers_of(snapshot, facts, understood)
    return Candidates(rows, lexical_scores, vector_scores, in_buyers_language, facts, sellers, offers)


def _is_in(language: str, facts: FactRows, tables: Tables) -> npt.NDArray[np.bool_]:
    """Whether each listing is written in a language.  # (n,)"""
    of_locale = np.array([Locale.parse(tag).language == language for tag in tables.locales], np.bool_)
    written: npt.NDArray[np.bool_] = of_locale[facts.locale]
    return written


def offers_of(snapshot: Snapshot, facts: FactRows, understood: UnderstoodQuery) -> Offers:
    """What some listings cost this buyer, and how long they take."""
    tables = snapshot.tables
    prices = PriceTables(tables.currencies, tables.countries, tables.shipping, tables.rates)
    buyer = BuyerContext(understood.market, understood.currency, understood.query.now)
    return offers(facts, prices, buyer)


def _sellers_of(facts: FactRows, table: SellerTable) -> SellerFacts:
    seller = facts.seller
    return SellerFacts(
        rating_mean=table.rating_mean[seller],
        rating_count=table.rating_count[seller],
        years_active=table.years_active[seller],
        units_sold=table.units_sold[seller],
    )
