"""FactUpdate: new facts of a listing, or a seller's status. A missing field stays; null clears it.

``{"listing_id": "L1", "price_minor": 1290, "currency": "EUR"}``
``{"listing_id": "L1", "sale": null, "stock": 0}``
``{"seller_id": "S9", "active": false}``
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO, Final

from indexer.catalogue.files.jsonl import read_jsonl
from indexer.catalogue.files.source import PIECE, Source
from indexer.catalogue.records import Record, read_listing, refuse
from indexer.listing import ID_MAX, InvalidRecord, Rejected, Sale, require, require_text
from indexer.opensearch.facts import LISTING, SELLER
from indexer.stores.fact_fields import UPDATABLE_FIELDS
from indexer.stores.tables import Tables


class Unset(Enum):
    """The value of a field that an update does not give. None stands for a field it clears."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET

_REQUIRED_FIELDS = {"seller_id": "-", "locale": "en", "title": "-", "price_minor": 2**62 - 1, "currency": "EUR"}
"""Fields that every record has: they complete an update, so that records' rules apply to it.

The price is the highest, because a sale without its price may be below any."""


@dataclass(frozen=True, slots=True)
class ListingUpdate:
    """New facts of a listing. Price and currency cannot be cleared; a currency needs its price."""

    listing_id: str
    price_minor: int | Unset = UNSET
    currency: str | Unset = UNSET
    sale: Sale | Unset | None = UNSET
    stock: int | Unset | None = UNSET
    shipping_template: str | Unset | None = UNSET
    ships_from: str | Unset | None = UNSET

    @property
    def doc_id(self) -> str:
        """The id of the document that the update changes."""
        return LISTING + self.listing_id

    def partial(self) -> dict[str, Any]:
        """The fields of the document that the update changes, with their new values."""
        values = _given(self)
        return {
            field.document_key: field.from_field_value(values[field.listing_field])
            for field in UPDATABLE_FIELDS
            if field.listing_field in values
        }


@dataclass(frozen=True, slots=True)
class SellerUpdate:
    """Whether a seller may sell from now on."""

    seller_id: str
    active: bool

    @property
    def doc_id(self) -> str:
        """The id of the document that the update changes."""
        return SELLER + self.seller_id

    def partial(self) -> dict[str, Any]:
        """The fields of the document that the update changes, with their new values."""
        return {"active": self.active}


FactUpdate = ListingUpdate | SellerUpdate

_LISTING_FIELDS = tuple(field.name for field in fields(ListingUpdate))
_SELLER_FIELDS = tuple(field.name for field in fields(SellerUpdate))


def merged(earlier: FactUpdate | None, later: FactUpdate) -> FactUpdate:
    """One update with the effect of two of the same listing or seller, one after the other."""
    if not isinstance(earlier, ListingUpdate) or not isinstance(later, ListingUpdate):
        return later
    return replace(earlier, **_given(later))


def read_updates(source: Source, tables: Tables) -> Iterator[tuple[int, FactUpdate | Rejected]]:
    """The updates of a JSON Lines file, each with its record's number from 1.

    `tables` are the served generation's: an update may only name what they contain.
    """
    known_names = KnownNames(tables)
    for number, record in read_jsonl(source, 0):
        if isinstance(record, Rejected):
            yield number, record
            continue
        try:
            update = read_update(record)
            known_names.check(update)
        except InvalidRecord as error:
            yield number, refuse(number, error)
        else:
            yield number, update


def read_update(record: Record) -> FactUpdate:
    """The update that `record` describes.

    Raises:
        InvalidRecord: with field, value and broken rule. No JSON value raises anything else.
    """
    if "listing_id" in record:
        _reject_unknown_fields(record, _LISTING_FIELDS)
        return _listing_update(record)
    if "seller_id" not in record:
        raise InvalidRecord("listing_id", None, "is missing; an update is of a listing_id or of a seller_id")
    _reject_unknown_fields(record, _SELLER_FIELDS)
    seller_id = record["seller_id"]
    active = record.get("active")
    if type(seller_id) is not str:
        raise InvalidRecord("seller_id", seller_id, "must be text")
    require_text("seller_id", seller_id, ID_MAX)
    if type(active) is not bool:
        raise InvalidRecord("active", active, "is missing" if active is None else "must be true or false")
    return SellerUpdate(seller_id, active)


class KnownNames:
    """The names that a generation's tables contain, by field; an update may use no others."""

    def __init__(self, tables: Tables) -> None:
        self._by_field = {
            field.listing_field: frozenset(field.table(tables)) for field in UPDATABLE_FIELDS if field.table is not None
        }
        self._by_field["seller_id"] = frozenset(tables.sellers.ids)

    def check(self, update: FactUpdate) -> None:
        """Raise InvalidRecord if the update names something that the generation does not have."""
        for field, names in self._by_field.items():
            value = getattr(update, field, UNSET)
            is_known = value is UNSET or value is None or value in names
            require(is_known, field, value, "is not in the served generation; build again to bring it in")


class Stream(Source):
    """Standard input or a pipe: bytes are read as they arrive."""

    def __init__(self, file: BinaryIO) -> None:
        self.path = Path("-")
        self.compression = None
        self.bytes_total = 0
        self.bytes_read = 0
        self._file = file

    def pieces(self) -> Iterator[bytes]:
        """What has arrived so far; waits only until there is something."""
        read = getattr(self._file, "read1", self._file.read)
        while piece := read(PIECE):
            self.bytes_read += len(piece)
            yield piece


def _listing_update(record: Record) -> ListingUpdate:
    given = [name for name in _LISTING_FIELDS if name in record and name != "listing_id"]
    listing = read_listing({**_REQUIRED_FIELDS, **record})
    if not given:
        raise InvalidRecord("record", list(record), f"changes nothing; give one of {', '.join(_LISTING_FIELDS[1:])}")
    if "currency" in given and "price_minor" not in given:
        raise InvalidRecord("currency", record["currency"], "comes without its price_minor; give both")
    return ListingUpdate(listing.listing_id, **{name: getattr(listing, name) for name in given})


def _reject_unknown_fields(record: Record, allowed: tuple[str, ...]) -> None:
    """Raise InvalidRecord for any other field: a misspelt one would silently change nothing."""
    for name in record:
        if name not in allowed:
            reason = f"is not a fact that an update can change; there are {', '.join(allowed)}"
            raise InvalidRecord(name[:ID_MAX], record[name], reason)


def _given(update: FactUpdate) -> dict[str, Any]:
    """The fields that an update gives, with their values."""
    values = {field.name: getattr(update, field.name) for field in fields(update)}
    return {name: value for name, value in values.items() if value is not UNSET}
