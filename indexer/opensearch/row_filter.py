"""Row filter: a `Selection` as a filter of OpenSearch's, evaluated inside the search.

The rows themselves go along as a Roaring bitmap while that is small, which is exact. A larger selection is described
by its terms, or not at all; then more hits than needed are asked for and the mask decides among them.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from indexer.selection import Selection

BITMAP_MAX = 262_144
"""Bytes of a bitmap that goes with a request: two million rows of any pattern, many more of a sparse or a plain one."""

WINDOW = 10_000
"""The most hits of one request; OpenSearch's own ``index.max_result_window`` unless set otherwise."""

_SPARE = 1.2


@dataclass(frozen=True, slots=True)
class RowFilter:
    """`conditions` hold for every selected row, `is_exact` for no other. `wanted` hits hold k selected ones."""

    conditions: list[dict[str, Any]]
    is_exact: bool
    wanted: int


def row_filter(selection: Selection, k: int, *, exact: bool = False) -> RowFilter:
    """The filter to search `k` hits with. `exact` insists on the rows themselves, whatever their size."""
    k = min(k, selection.count, WINDOW)
    if selection.is_everything:
        return RowFilter([], True, k)
    bitmap = selection.roaring
    if exact or len(bitmap) <= BITMAP_MAX:
        return RowFilter([rows_condition(bitmap)], True, k)
    conditions = [{"term": {"filters": term}} for term in selection.terms]
    needed = round(_SPARE * k * len(selection.mask) / selection.count)  # as if the terms said nothing
    if needed > WINDOW and not conditions:
        return RowFilter([rows_condition(bitmap)], True, k)
    return RowFilter(conditions, False, min(needed, WINDOW))


def rows_condition(bitmap: bytes) -> dict[str, Any]:
    """The condition that a document's row is in a Roaring bitmap (portable format)."""
    return {"terms": {"row": [base64.b64encode(bitmap).decode()], "value_type": "bitmap"}}
