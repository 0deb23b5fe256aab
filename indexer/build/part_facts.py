"""The facts of a part's listings as columns. Coded columns hold codes of the part itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.listing import Listing
from indexer.stores.fact_fields import ABSENT_ID, FACT_FIELDS, TIME_DTYPE, FactField, FactValue
from indexer.stores.facts import Array, attribute_hash

_CODE_DTYPE = "<i4"  # of a part's codes, also where the generation's column is narrower
_TIME_MIN, _TIME_MAX = 1, 2**32 - 1  # what TIME_DTYPE holds beside ABSENT_TIME


@dataclass(frozen=True, slots=True, eq=False)
class PartFacts:
    """Columns of facts, and what the codes of the coded ones mean, by column.

    Beside a column for each fact there are `attribute_counts` (n,) and, one after another, the
    `attribute_hashes` of all listings.
    """

    columns: Mapping[str, Array]
    code_values: Mapping[str, list[FactValue]]

    def select(self, mask: npt.NDArray[np.bool_]) -> PartFacts:
        """The facts of the listings in `mask`, as `part_facts` gives them."""
        counts = self.columns["attribute_counts"]
        columns = {
            name: column[np.repeat(mask, counts) if name == "attribute_hashes" else mask]
            for name, column in self.columns.items()
        }
        code_values = {}
        for name, values in self.code_values.items():
            columns[name], code_values[name] = _renumbered(columns[name], values)
        return PartFacts(columns, code_values)


def part_facts(listings: Sequence[Listing]) -> PartFacts:
    """The facts of listings. Codes are numbered in order of first appearance."""
    columns: dict[str, Array] = {}
    code_values: dict[str, list[FactValue]] = {}
    for field in FACT_FIELDS:
        values = list(map(field.from_field_value, map(attrgetter(field.listing_field), listings)))
        if field.is_coded:
            columns[field.name], code_values[field.name] = _coded(values)
        else:
            columns[field.name] = np.array(_stored(field, values), field.dtype)
    hashes = [[attribute_hash(n, v) for n, v in listing.attributes.items()] for listing in listings]
    columns["attribute_counts"] = np.array([len(h) for h in hashes], np.uint32)
    columns["attribute_hashes"] = np.array([value for h in hashes for value in h], np.uint64)
    return PartFacts(columns, code_values)


def _coded(values: Sequence[FactValue | None]) -> tuple[Array, list[FactValue]]:
    """A code for each value, ABSENT_ID for None; and the values by code."""
    codes: dict[FactValue, int] = {}
    column = [ABSENT_ID if value is None else codes.setdefault(value, len(codes)) for value in values]
    return np.array(column, _CODE_DTYPE), list(codes)


def _renumbered(column: Array, values: Sequence[FactValue]) -> tuple[Array, list[FactValue]]:
    """The same values with codes in order of first appearance, without those that no row has."""
    known = [None if code == ABSENT_ID else values[code] for code in column.tolist()]
    return _coded(known)


def _stored(field: FactField, values: Sequence[Any]) -> list[Any]:
    """Values as their column holds them. A time out of range becomes the nearest one in range."""
    if field.dtype == TIME_DTYPE:
        values = [None if value is None else min(max(value, _TIME_MIN), _TIME_MAX) for value in values]
    return [field.absent if value is None else value for value in values]
