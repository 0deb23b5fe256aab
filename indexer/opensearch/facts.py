"""Facts in a cluster: price, stock, delivery and seller of each listing as small documents, updated many times.

They stand in an index of their own. An update writes the whole document again, so beside the words it would cost their
analysis and shift the counts that BM25 rests on, and beside a vector it would cost the graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from indexer.stores.facts import ABSENT_COUNT, ABSENT_ID, ABSENT_MINOR, FactRows
from indexer.stores.tables import Tables

_WHOLE: dict[str, Any] = {"type": "long", "index": False}
_NAME: dict[str, Any] = {"type": "keyword", "index": False}

PROPERTIES: dict[str, Any] = {
    "row": {"type": "integer"},  # of a listing; a seller has none
    "seller_id": {"type": "keyword"},
    "changed": {"type": "long"},  # the number of the last change, 0 since the build: what is newer is asked for by it
    "price_minor": _WHOLE,
    "currency": _NAME,
    "sale_price_minor": _WHOLE,
    "sale_starts": _WHOLE,
    "sale_ends": _WHOLE,
    "stock": {"type": "integer", "index": False},
    "shipping_template": _NAME,
    "ships_from": _NAME,
    "active": {"type": "boolean", "index": False},  # of a seller
}

BY_NUMBER = [{"changed": "asc"}, {"row": {"order": "asc", "missing": "_last"}}, {"seller_id": "asc"}]
"""The order of changes. No two documents are equal in all of it: a listing has a row of its own, a seller none but an
id."""

SELLER = "seller:"
"""A seller's document is named so; a listing's by ``listing:`` and its id."""

LISTING = "listing:"


def fact_sources(first_row: int, facts: FactRows, tables: Tables) -> Iterator[dict[str, Any]]:
    """The facts of consecutive rows as the index holds them. What is not known is left out."""
    for at in range(len(facts)):
        sale = int(facts.sale_price_minor[at])
        template, country = int(facts.template[at]), int(facts.ships_from[at])
        stock = int(facts.stock[at])
        made: dict[str, Any] = {
            "row": first_row + at,
            "seller_id": tables.sellers.ids[int(facts.seller[at])],
            "changed": 0,
            "price_minor": int(facts.price_minor[at]),
            "currency": tables.currencies[int(facts.currency[at])],
        }
        if sale != ABSENT_MINOR:
            made |= {
                "sale_price_minor": sale,
                "sale_starts": int(facts.sale_starts[at]),
                "sale_ends": int(facts.sale_ends[at]),
            }
        if stock != ABSENT_COUNT:
            made["stock"] = stock
        if template != ABSENT_ID:
            made["shipping_template"] = tables.shipping.ids[template]
        if country != ABSENT_ID:
            made["ships_from"] = tables.countries[country]
        yield made


def seller_sources(tables: Tables) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each seller's name in the index, and whether they may sell."""
    sellers = tables.sellers
    for seller_id, active in zip(sellers.ids, np.asarray(sellers.active).tolist(), strict=True):
        yield SELLER + seller_id, {"seller_id": seller_id, "changed": 0, "active": active}
