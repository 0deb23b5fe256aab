"""Every fact of a listing in one table, which defines the columns and the OpenSearch documents.

To add a fact:

1. Add a field to `Listing` with its rule, and read it in `indexer.catalogue.records`; if it is not
   text, also in `indexer.catalogue.forms.mapped_records`.
2. Add a line to `FACT_FIELDS`, and an attribute of the same name to `FactRows`
   (`indexer.stores.facts`).
3. Raise `FORMAT` in `indexer.snapshot.manifest`: older snapshots lack the column.
4. If updates change it, add its field to `ListingUpdate` (`indexer.opensearch.updates`).
5. To show it, add it to `search.page`, `search.results`, `search.http.wire` and
   `search.http.translate`.
6. Correct the expected tables in ``tests/indexer/test_fact_fields.py``, and ``docs/catalogue.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from indexer.stores.tables import Tables

ABSENT_MINOR = -1  # no such amount
ABSENT_COUNT = -1
ABSENT_ID = -1
ABSENT_TIME = 0  # no listing dates from 1970

TIME_DTYPE = "<u4"  # seconds since 1970 UTC
FactValue = int | float | str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactField:
    """One fact of a listing: where it comes from, how it is stored, whether updates change it."""

    name: str  # of the column, of its file, and of the attribute of `FactRows`
    dtype: str  # of the column on disk
    meaning: str
    listing_field: str  # the field of `Listing`, and of `ListingUpdate`, that the fact comes from
    convert: Callable[[Any], FactValue] | None = None  # from that field's value to the fact, where they differ
    absent: int | float | None = None  # stored where a listing does not have the fact; None if every listing has it
    table: Callable[[Tables], Sequence[FactValue]] | None = None  # if given, the column holds positions in this table
    updatable: bool = False  # whether updates change it; only these facts are in OpenSearch documents
    document_name: str | None = None  # in OpenSearch documents, where it differs from `name`

    def __post_init__(self) -> None:
        is_integer = np.dtype(self.dtype).kind in "iu"
        if (self.updatable or self.is_coded) and not is_integer:
            raise ValueError(f"{self.name} is {self.dtype}; an updatable or coded fact is stored as a whole number")

    @property
    def is_coded(self) -> bool:
        """Whether the column holds positions in a table instead of values."""
        return self.table is not None

    @property
    def is_required(self) -> bool:
        """Whether every listing has this fact."""
        return self.absent is None

    @property
    def document_key(self) -> str:
        """The fact's name in OpenSearch documents."""
        return self.document_name or self.name

    def from_field_value(self, value: Any) -> FactValue | None:
        """The fact that a value of `listing_field` gives; None if that is None or empty."""
        if value is None or value == ():
            return None
        fact: FactValue = value if self.convert is None else self.convert(value)
        return fact


FACT_FIELDS: tuple[FactField, ...] = (
    FactField("price_minor", "<i8", "regular price, in `currency`", listing_field="price_minor", updatable=True),
    FactField(
        "currency", "u1", "currency of both prices", listing_field="currency",
        table=lambda tables: tables.currencies, updatable=True,
    ),
    FactField(
        "sale_price_minor", "<i8", "price during the sale", listing_field="sale",
        convert=lambda sale: sale.price_minor, absent=ABSENT_MINOR, updatable=True,
    ),
    FactField(
        "sale_starts", TIME_DTYPE, "first second of the sale", listing_field="sale",
        convert=lambda sale: sale.starts, absent=ABSENT_TIME, updatable=True,
    ),
    FactField(
        "sale_ends", TIME_DTYPE, "first second after the sale", listing_field="sale",
        convert=lambda sale: sale.ends, absent=ABSENT_TIME, updatable=True,
    ),
    FactField("stock", "<i4", "units left", listing_field="stock", absent=ABSENT_COUNT, updatable=True),
    FactField(
        "template", "<i4", "shipping template: to which countries, cost and days", listing_field="shipping_template",
        absent=ABSENT_ID, table=lambda tables: tables.shipping.ids, updatable=True, document_name="shipping_template",
    ),
    FactField(
        "ships_from", "<i2", "country of dispatch", listing_field="ships_from",
        absent=ABSENT_ID, table=lambda tables: tables.countries, updatable=True,
    ),
    FactField("seller", "<i4", "seller", listing_field="seller_id", table=lambda tables: tables.sellers.ids),
    FactField(
        "locale", "u1", "locale of the texts", listing_field="locale", convert=str, table=lambda tables: tables.locales
    ),
    FactField(
        "category", "<i4", "category path", listing_field="category",
        absent=ABSENT_ID, table=lambda tables: tables.categories,
    ),
    FactField(
        "brand", "<i4", "brand", listing_field="brand", absent=ABSENT_ID, table=lambda tables: tables.brands
    ),
    FactField("rating_mean", "<f4", "mean of buyers' ratings, 0..5", listing_field="rating_mean", absent=float("nan")),
    FactField("rating_count", "<i4", "number of ratings", listing_field="rating_count", absent=ABSENT_COUNT),
    FactField("units_sold", "<i4", "units sold so far", listing_field="units_sold", absent=ABSENT_COUNT),
    FactField("created_at", TIME_DTYPE, "when the listing was created", listing_field="created_at", absent=ABSENT_TIME),
)  # fmt: skip
"""In the order of `FactRows`' attributes and of the keys of an OpenSearch document."""

UPDATABLE_FIELDS = tuple(field for field in FACT_FIELDS if field.updatable)
"""The facts that updates change."""


def code_tables(tables: Tables) -> dict[str, Sequence[FactValue]]:
    """The table of each coded column, by the column's name. A code is a position in its table."""
    return {field.name: field.table(tables) for field in FACT_FIELDS if field.table is not None}
