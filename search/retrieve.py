"""Retrieve: the best of both indexes inside the buyer's eligibility, with their facts and what they cost this buyer."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from indexer.hits import Hits
from indexer.market import Market
from indexer.selection import Selection, category_terms, filter_term
from indexer.snapshot.snapshot import Snapshot
from indexer.stores.facts import FactRows, SellerTable
from ranking.candidate import Candidates, SellerFacts
from ranking.offer import offers, ships_to_country
from ranking.query import Filters, UnderstoodQuery

Only = Literal["lexical", "vector"]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

_MARKETS_HELD = 64  # eligibility masks kept, a byte a listing each


class Eligibility:
    """Which listings a buyer may be shown: shipped to the country, seller active, in stock, every filter met.

    A market's mask is kept, and made anew where facts have changed, for the changed rows alone. A mask that was handed
    out never changes: a search sees one state from its beginning to its end.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        # what each market may see, with the version of the facts that it was made of
        self._held: OrderedDict[tuple[str, bool], tuple[int, Selection]] = OrderedDict()
        self._lock = Lock()

    def select(self, understood: UnderstoodQuery) -> Selection:
        """The listings this query may answer with."""
        filters = understood.query.filters
        everyone = self._market(understood.market, filters.in_stock)
        mask, terms = everyone.mask, list[str]()
        for part, term in self._conditions(filters):
            mask = mask & part
            terms.append(term)
        if filters.price_min_minor is not None or filters.price_max_minor is not None:
            mask = self._priced(mask, understood)
        # without a filter the market's own: what it knows of itself, such as its rows, is worked out once for all
        return everyone if mask is everyone.mask else Selection(mask, tuple(terms))

    def _market(self, market: Market, in_stock: bool) -> Selection:
        key, facts = (market.country, in_stock), self._snapshot.facts
        version = facts.version  # first: what changes from here on is found by it the next time
        with self._lock:
            known = self._held.get(key)
        if known is not None and known[0] == version:
            selection = known[1]
        elif known is None:
            selection = Selection(self._eligible(market, in_stock))
        else:
            mask = self._mended(known[0], known[1].mask, market, in_stock)
            selection = known[1] if mask is known[1].mask else Selection(mask)
        with self._lock:
            self._held[key] = version, selection
            self._held.move_to_end(key)
            while len(self._held) > _MARKETS_HELD:
                self._held.popitem(last=False)
        return selection

    def _mended(self, version: int, mask: Mask, market: Market, in_stock: bool) -> Mask:
        """A mask of an earlier version as it is now."""
        changed = self._snapshot.facts.changed_since(version)
        if changed is None:
            return self._eligible(market, in_stock)
        now = self._eligible(market, in_stock, changed)
        if np.array_equal(now, mask[changed]):  # a price changes no one's eligibility
            return mask
        mended = mask.copy()
        mended[changed] = now
        return mended

    def _eligible(self, market: Market, in_stock: bool, rows: Rows | None = None) -> Mask:
        """Whether some rows, or all, may be shown, filters apart.  # (rows,)"""
        tables, facts = self._snapshot.tables, self._snapshot.facts
        taken = _whole(self._snapshot) if rows is None else facts.take(rows)
        mask: Mask = tables.sellers.active[taken.seller]
        mask = mask & ships_to_country(taken, tables.shipping, market.country)
        if in_stock:
            mask &= taken.stock != 0
        return mask

    def _conditions(self, filters: Filters) -> list[tuple[Mask, str]]:
        """Each filter as a mask over the facts, and as the term the lexical index knows it by."""
        facts, tables = self._snapshot.facts, self._snapshot.tables
        found: list[tuple[Mask, str]] = []
        if filters.category:
            term = category_terms(filters.category)[-1]
            known = [at for at, path in enumerate(tables.categories) if term in category_terms(path)]
            found.append((np.isin(facts.column("category"), known), term))
        if filters.brand is not None:
            term = filter_term("brand", filters.brand)
            known = [at for at, brand in enumerate(tables.brands) if filter_term("brand", brand) == term]
            found.append((np.isin(facts.column("brand"), known), term))
        if filters.seller_id is not None:
            known = [at for at, seller_id in enumerate(tables.sellers.ids) if seller_id == filters.seller_id]
            found.append((np.isin(facts.column("seller"), known), filter_term("seller", filters.seller_id)))
        for name, value in filters.attributes.items():
            mask = np.zeros(len(facts), np.bool_)
            mask[facts.with_attribute(name, value)] = True
            found.append((mask, filter_term(f"attribute.{name}", value)))
        return found

    def _priced(self, mask: Mask, understood: UnderstoodQuery) -> Mask:
        """`mask` where the landed price lies in the range. An unknown price meets no range."""
        filters = understood.query.filters
        rows = np.flatnonzero(mask)
        landed = _offers(self._snapshot, self._snapshot.facts.take(rows), understood).landed
        low, high = filters.price_min_minor or 0, filters.price_max_minor
        within = (landed >= low) & (landed <= (np.inf if high is None else high))
        kept = np.zeros(len(mask), np.bool_)
        kept[rows[within]] = True
        return kept


def gather(snapshot: Snapshot, understood: UnderstoodQuery, lexical: Hits, vector: Hits, query: Any) -> Candidates:
    """Candidates from what the indexes found. The vector's evidence is completed for what only words found.

    `query` is the query's unit vector (dim,), or None without vectors.
    """
    rows = np.union1d(lexical.rows, vector.rows)
    words, meaning = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    if len(lexical):
        words[np.searchsorted(rows, lexical.rows)] = lexical.scores / max(lexical.ceiling, 1e-9)
    meaning[np.searchsorted(rows, vector.rows)] = vector.scores
    unknown = np.isnan(meaning)
    if query is not None and query.any() and unknown.any():
        meaning[unknown] = snapshot.vector_index.cosines(rows[unknown], query)
    return candidates_of(snapshot, understood, rows, words, meaning)


def candidates_of(snapshot: Snapshot, understood: UnderstoodQuery, rows: Rows, lexical: Any, vector: Any) -> Candidates:
    """Rows with their evidence, facts, sellers and offers."""
    facts = snapshot.facts.take(rows)
    sellers = _sellers(snapshot.tables.sellers, facts)
    return Candidates(rows, lexical, vector, facts, sellers, _offers(snapshot, facts, understood))


def _offers(snapshot: Snapshot, facts: FactRows, understood: UnderstoodQuery) -> Any:
    tables = snapshot.tables
    return offers(
        facts,
        tables.shipping,
        understood.market,
        understood.currency,
        tables.currencies,
        tables.countries,
        tables.rates,
        understood.query.now,
    )


def _sellers(table: SellerTable, facts: FactRows) -> SellerFacts:
    at = facts.seller
    return SellerFacts(table.rating_mean[at], table.rating_count[at], table.years_active[at], table.units_sold[at])


def _whole(snapshot: Snapshot) -> FactRows:
    """Every listing's facts, as the mapped columns themselves."""
    from indexer.stores.facts import COLUMNS

    return FactRows(**{name: snapshot.facts.column(name) for name, _ in COLUMNS})
