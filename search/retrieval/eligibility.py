"""Decides which listings a buyer may be shown."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

import numpy as np
import numpy.typing as npt

from indexer.market import Market
from indexer.selection import Selection, category_terms, filter_term
from indexer.snapshot.snapshot import Snapshot
from indexer.stores.facts import Rows
from ranking.offer import ships_to_country
from ranking.query import Filters, UnderstoodQuery
from search.retrieval.candidates import offers_of

Mask = npt.NDArray[np.bool_]

_MARKETS_MAX = 64  # eligibility masks that are kept, each a byte a listing


class Eligibility:
    """Which listings a buyer may be shown: shipped to the country, seller active, in stock, all
    filters met.

    The mask of a market is kept. Where facts change, only the changed rows are computed again. A
    mask that was handed out never changes: a search sees one state from its beginning to its end.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        # by country and in_stock: the version of the facts, and what the market may see by them
        self._markets: OrderedDict[tuple[str, bool], tuple[int, Selection]] = OrderedDict()
        self._lock = Lock()

    def select(self, understood: UnderstoodQuery) -> Selection:
        """The listings that this query may be answered with."""
        filters = understood.filters
        market = self._select_market(understood.market, filters.in_stock)
        mask = market.mask
        terms: list[str] = []
        for condition, term in self._conditions(filters):
            mask = mask & condition
            terms.append(term)
        if filters.price_min_minor is not None or filters.price_max_minor is not None:
            mask = self._within_price(mask, understood)
        # without filters the market's own selection: what it computes, such as its rows, is
        # computed once
        return market if mask is market.mask else Selection(mask, tuple(terms))

    def _select_market(self, market: Market, in_stock: bool) -> Selection:
        key = (market.country, in_stock)
        version = self._snapshot.facts.version  # read first: later changes are then found the next time
        with self._lock:
            kept = self._markets.get(key)
        if kept is None:
            selection = Selection(self._eligible(market, in_stock))
        elif kept[0] == version:
            selection = kept[1]
        else:
            selection = self._updated(kept[0], kept[1], market, in_stock)
        with self._lock:
            self._markets[key] = (version, selection)
            self._markets.move_to_end(key)
            while len(self._markets) > _MARKETS_MAX:
                self._markets.popitem(last=False)
        return selection

    def _updated(self, version: int, selection: Selection, market: Market, in_stock: bool) -> Selection:
        """A market's selection of an earlier version, brought up to date."""
        changed = self._snapshot.facts.changed_since(version)
        if changed is None:
            return Selection(self._eligible(market, in_stock))
        eligible = self._eligible(market, in_stock, changed)
        if np.array_equal(eligible, selection.mask[changed]):  # a new price does not change eligibility
            return selection
        mask = selection.mask.copy()
        mask[changed] = eligible
        return Selection(mask)

    def _eligible(self, market: Market, in_stock: bool, rows: Rows | None = None) -> Mask:
        """Whether some rows, or all, may be shown, without filters.  # (rows,)"""
        tables = self._snapshot.tables
        facts = self._snapshot.facts.all_rows() if rows is None else self._snapshot.facts.take(rows)
        mask: Mask = tables.sellers.active[facts.seller]
        mask = mask & ships_to_country(facts, tables.shipping, market.country)
        if in_stock:
            mask &= facts.stock != 0
        return mask

    def _conditions(self, filters: Filters) -> list[tuple[Mask, str]]:
        """Each filter as a mask over the facts, and as the lexical index's term for it."""
        facts = self._snapshot.facts
        tables = self._snapshot.tables
        conditions: list[tuple[Mask, str]] = []
        if filters.category:
            term = category_terms(filters.category)[-1]
            codes = [code for code, path in enumerate(tables.categories) if term in category_terms(path)]
            conditions.append((np.isin(facts.column("category"), codes), term))
        if filters.brand is not None:
            term = filter_term("brand", filters.brand)
            codes = [code for code, brand in enumerate(tables.brands) if filter_term("brand", brand) == term]
            conditions.append((np.isin(facts.column("brand"), codes), term))
        if filters.seller_id is not None:
            term = filter_term("seller", filters.seller_id)
            codes = [code for code, seller_id in enumerate(tables.sellers.ids) if seller_id == filters.seller_id]
            conditions.append((np.isin(facts.column("seller"), codes), term))
        for name, value in filters.attributes.items():
            mask = np.zeros(len(facts), np.bool_)
            mask[facts.with_attribute(name, value)] = True
            conditions.append((mask, filter_term(f"attribute.{name}", value)))
        return conditions

    def _within_price(self, mask: Mask, understood: UnderstoodQuery) -> Mask:
        """`mask` where the landed price lies in the range. An unknown price is in no range."""
        filters = understood.filters
        rows = np.flatnonzero(mask)
        landed = offers_of(self._snapshot, self._snapshot.facts.take(rows), understood).landed
        price_min = filters.price_min_minor or 0
        price_max = np.inf if filters.price_max_minor is None else filters.price_max_minor
        within = np.zeros(len(mask), np.bool_)
        within[rows[(landed >= price_min) & (landed <= price_max)]] = True
        return within
