"""The facts index: price, stock, delivery and seller of each listing as a small document.

Facts have an index of their own because an update writes the whole document again. Beside the
tokens, that would repeat their analysis and change the counts that BM25 uses; beside a vector, it
would change the graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from indexer.stores.fact_fields import UPDATABLE_FIELDS, FactField, FactValue, code_tables
from indexer.stores.facts import FactRows
from indexer.stores.tables import Tables

_NUMBER_TYPES = {"<i8": "long", "<u4": "long", "<i4": "integer"}  # by the dtype on disk


def _mapping(field: FactField) -> dict[str, Any]:
    return {"type": "keyword" if field.is_coded else _NUMBER_TYPES[field.dtype], "index": False}


PROPERTIES: dict[str, Any] = {
    "row": {"type": "integer"},  # of a listing; a seller has none
    "seller_id": {"type": "keyword"},
    "changed": {"type": "long"},  # number of the last change, 0 since the build; followers search by it
    **{field.document_key: _mapping(field) for field in UPDATABLE_FIELDS},
    "active": {"type": "boolean", "index": False},  # of a seller
}

BY_NUMBER = [{"changed": "asc"}, {"row": {"order": "asc", "missing": "_last"}}, {"seller_id": "asc"}]
"""The order of changes. It is total: listings differ in their row, and sellers in their id."""

SELLER = "seller:"
"""The id of a seller's document begins with it; the seller's id follows."""

LISTING = "listing:"
"""The id of a listing's document begins with it; the listing's id follows."""


def fact_sources(first_row: int, facts: FactRows, tables: Tables) -> Iterator[dict[str, Any]]:
    """The documents of consecutive rows. What is not known is left out."""
    seller_ids = [tables.sellers.ids[code] for code in facts.seller.tolist()]
    columns = _document_columns(facts, tables)
    for position, seller_id in enumerate(seller_ids):
        document: dict[str, Any] = {"row": first_row + position, "seller_id": seller_id, "changed": 0}
        for key, values in columns.items():
            if (value := values[position]) is not None:
                document[key] = value
        yield document


def _document_columns(facts: FactRows, tables: Tables) -> Mapping[str, Sequence[FactValue | None]]:
    """The values of the updatable facts by their name in documents; None where not known."""
    code_values = code_tables(tables)
    columns: dict[str, list[FactValue | None]] = {}
    for field in UPDATABLE_FIELDS:
        stored = getattr(facts, field.name).tolist()
        known = [None if value == field.absent else value for value in stored]
        if field.is_coded:
            table = code_values[field.name]
            known = [None if code is None else table[code] for code in known]
        columns[field.document_key] = known
    return columns


def seller_sources(tables: Tables) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each seller's document id, and whether they may sell."""
    sellers = tables.sellers
    for seller_id, active in zip(sellers.ids, np.asarray(sellers.active).tolist(), strict=True):
        yield SELLER + seller_id, {"seller_id": seller_id, "changed": 0, "active": active}
