"""Candidates for the tests of ranking: a test gives some columns, the rest is unknown."""

from __future__ import annotations

from typing import Any

import numpy as np

from indexer.market import Rates
from indexer.stores.fact_fields import FACT_FIELDS
from indexer.stores.facts import FactRows, ShippingTable
from ranking.candidate import Candidates, Offers, SellerFacts

CURRENCIES = ("EUR", "USD", "JPY", "KWD", "XAF")
COUNTRIES = ("DE", "CN", "FR", "US")
RATES = Rates("EUR", "2026-01-02", {"USD": 1.10, "JPY": 160.0, "KWD": 0.34})  # none for XAF

# Template 0 ships to Germany for 3.00 EUR.
# Template 1 ships to France for 5.50 USD and to Germany for 100 XAF.
SHIPPING = ShippingTable(
    ids=("post", "courier"),
    countries=("FR", "DE"),
    cost_minor=np.array([[-1, 300], [550, 100]], np.int64),
    currency=np.array([[-1, 0], [1, 4]], np.int16),
    days_min=np.array([[-1, 8], [2, 3]], np.int16),
    days_max=np.array([[-1, 14], [4, 5]], np.int16),
)
NO_SHIPPING = ShippingTable((), ("DE",), *(np.empty((0, 1), np.int16) for _ in range(4)))


def fact_rows(n: int, **columns: Any) -> FactRows:
    """n listings of which only the given columns are known."""
    arrays = {}
    for field in FACT_FIELDS:
        values = columns.pop(field.name, 0 if field.absent is None else field.absent)
        arrays[field.name] = np.broadcast_to(np.asarray(values, dtype=field.dtype), n).copy()
    assert not columns, f"no such facts: {sorted(columns)}"
    return FactRows(**arrays)


def column(n: int, values: Any) -> Any:
    return np.broadcast_to(np.asarray(values, np.float64), n).copy()


def make_candidates(
    n: int, rows: Any = None, facts: dict[str, Any] | None = None, in_buyers_language: Any = None, **columns: Any
) -> Candidates:
    """n candidates, without scores; columns of offers and sellers are NaN unless given."""

    def of(name: str) -> Any:
        return column(n, columns.pop(name, np.nan))

    offers = Offers(
        item=of("item"), shipping=of("shipping"), tax=of("tax"), landed=of("landed"),
        days_min=of("days_min"), days_max=of("days_max"), on_sale=np.zeros(n, bool),
    )  # fmt: skip
    sellers = SellerFacts(of("rating_mean"), of("rating_count"), of("years_active"), of("units_sold"))
    assert not columns, f"no such column: {sorted(columns)}"
    rows = np.arange(n, dtype=np.int64) if rows is None else np.asarray(rows, np.int64)
    reads = np.zeros(n, bool) if in_buyers_language is None else np.asarray(in_buyers_language, bool)
    return Candidates(rows, column(n, np.nan), column(n, np.nan), reads, fact_rows(n, **(facts or {})), sellers, offers)


def shuffled(candidates: Candidates, places: Any) -> Candidates:
    """The same candidates in another order."""

    def take(part: Any) -> Any:
        return type(part)(*(getattr(part, name)[places] for name in part.__slots__))

    return Candidates(
        candidates.rows[places], candidates.lexical_scores[places], candidates.vector_scores[places],
        candidates.in_buyers_language[places],
        take(candidates.facts), take(candidates.sellers), take(candidates.offers),
    )  # fmt: skip
