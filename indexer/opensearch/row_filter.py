"""RowFilter: a `Selection` as an OpenSearch filter, evaluated inside the search.

A small selection is sent as a Roaring bitmap of its rows, which is exact. A larger one is described
by its terms, or not at all; then more hits are requested, and the mask selects among them.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.selection import Selection

BITMAP_MAX = 262_144
"""Bytes of a bitmap sent with a request: two million rows of any pattern, more of a regular one."""

WINDOW = 10_000
"""The most hits of one request: OpenSearch's default ``index.max_result_window``."""

_SPARE = 1.2  # factor on the hits requested through a filter that is not exact

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RowFilter:
    """An OpenSearch filter, and how many hits to request through it."""

    conditions: list[dict[str, Any]]  # every selected row meets them
    is_exact: bool  # no other row meets them
    size: int  # of the request; k selected hits are expected among them


def row_filter(selection: Selection, k: int, *, exact: bool = False) -> RowFilter:
    """The filter for a search of `k` hits. `exact` sends the rows themselves, however many."""
    k = min(k, selection.count, WINDOW)
    if selection.is_everything:
        return RowFilter([], True, k)
    bitmap = selection.roaring
    if exact or len(bitmap) <= BITMAP_MAX:
        return RowFilter([rows_condition(bitmap)], True, k)
    conditions = [{"term": {"filters": term}} for term in selection.terms]
    size = round(_SPARE * k * len(selection.mask) / selection.count)  # as if the terms excluded nothing
    if size > WINDOW and not conditions:
        return RowFilter([rows_condition(bitmap)], True, k)
    return RowFilter(conditions, False, min(size, WINDOW))


def rows_condition(bitmap: bytes) -> dict[str, Any]:
    """The condition that a document's row is in a Roaring bitmap (portable format)."""
    return {"terms": {"row": [base64.b64encode(bitmap).decode()], "value_type": "bitmap"}}
