"""FactUpdate: what changed about a listing or a seller. A field that is not given stays as it is; null clears it.

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

from indexer.catalogue.jsonl import read_jsonl
from indexer.catalogue.records import Record, read_listing, refuse
from indexer.catalogue.source import PIECE, Source
from indexer.listing import ID_MAX, InvalidRecord, Rejected, Sale, require, require_text
from indexer.opensearch.facts import LISTING, SELLER
from indexer.stores.fact_fields import UPDATABLE_FIELDS
from indexer.stores.tables import Tables


class Unset(Enum):
    """The value of a field that an update does not give; None is the value of one that it clears."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET

_NO_OTHER = {"seller_id": "-", "locale": "en", "title": "-", "price_minor": 0, "currency": "EUR"}
"""What a listing cannot be without: with it, an update is read by the rules of a whole record."""


@dataclass(frozen=True, slots=True)
class ListingUpdate:
    """New facts of one listing. Price and currency cannot be cleared, and a currency comes with its price."""

    listing_id: str
    price_minor: int | Unset = UNSET
    currency: str | Unset = UNSET
    sale: Sale | Unset | None = UNSET
    stock: int | Unset | None = UNSET
    shipping_template: str | Unset | None = UNSET
    ships_from: str | Unset | None = UNSET

    @property
    def doc_id(self) -> str:
        """The name of the document that it changes."""
        return LISTING + self.listing_id

    def partial(self) -> dict[str, Any]:
        """The fields of the document that it changes."""
        given = _given(self)
        return {
            field.document_key: field.from_field_value(given[field.listing_field])
            for field in UPDATABLE_FIELDS
            if field.listing_field in given
        }


@dataclass(frozen=True, slots=True)
class SellerUpdate:
    """Whether a seller may sell from now on."""

    seller_id: str
    active: bool

    @property
    def doc_id(self) -> str:
        """The name of the document that it changes."""
        return SELLER + self.seller_id

    def partial(self) -> dict[str, Any]:
        """The fields of the document that it changes."""
        return {"active": self.active}


FactUpdate = ListingUpdate | SellerUpdate

_LISTING_FIELDS = tuple(one.name for one in fields(ListingUpdate))
_SELLER_FIELDS = tuple(one.name for one in fields(SellerUpdate))


def merged(first: FactUpdate | None, then: FactUpdate) -> FactUpdate:
    """One update that does what two of the same listing or seller do, one after the other."""
    if not isinstance(first, ListingUpdate) or not isinstance(then, ListingUpdate):
        return then
    return replace(first, **_given(then))


def read_updates(source: Source, tables: Tables) -> Iterator[tuple[int, FactUpdate | Rejected]]:
    """The updates of JSON Lines, one after another, each with its number from 1.

    `tables` are the served generation's: a currency, template, country or seller must be among them.
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
        InvalidRecord: naming the field, the value and the broken rule; nothing else is raised for any JSON value.
    """
    if "listing_id" in record:
        _no_others(record, _LISTING_FIELDS)
        return _listing_update(record)
    if "seller_id" not in record:
        raise InvalidRecord("listing_id", None, "is missing; an update is of a listing_id or of a seller_id")
    _no_others(record, _SELLER_FIELDS)
    seller_id, active = record["seller_id"], record.get("active")
    if type(seller_id) is not str:
        raise InvalidRecord("seller_id", seller_id, "must be text")
    require_text("seller_id", seller_id, ID_MAX)
    if type(active) is not bool:
        raise InvalidRecord("active", active, "is missing" if active is None else "must be true or false")
    return SellerUpdate(seller_id, active)


class KnownNames:
    """The currencies, templates, countries and sellers of a generation: an update may name no others."""

    def __init__(self, tables: Tables) -> None:
        self._by_field = {
            field.listing_field: frozenset(field.table(tables)) for field in UPDATABLE_FIELDS if field.table is not None
        }
        self._by_field["seller_id"] = frozenset(tables.sellers.ids)

    def check(self, update: FactUpdate) -> None:
        """Raise InvalidRecord where an update names what the generation does not have."""
        for field, names in self._by_field.items():
            value = getattr(update, field, UNSET)
            is_known = value is UNSET or value is None or value in names
            require(is_known, field, value, "is not in the served generation; build again to bring it in")


class Stream(Source):
    """Bytes that come as they come, from standard input or a pipe."""

    def __init__(self, file: BinaryIO) -> None:
        self.path, self.compression = Path("-"), None
        self.bytes_total = self.bytes_read = 0
        self._file = file

    def pieces(self) -> Iterator[bytes]:
        """What has come so far, as soon as something has."""
        read = getattr(self._file, "read1", self._file.read)
        while piece := read(PIECE):
            self.bytes_read += len(piece)
            yield piece


def _listing_update(record: Record) -> ListingUpdate:
    given = [name for name in _LISTING_FIELDS if name in record and name != "listing_id"]
    listing = read_listing({**_NO_OTHER, **record})
    if not given:
        raise InvalidRecord("record", list(record), f"changes nothing; give one of {', '.join(_LISTING_FIELDS[1:])}")
    if "currency" in given and "price_minor" not in given:
        raise InvalidRecord("currency", record["currency"], "comes without its price_minor; give both")
    return ListingUpdate(listing.listing_id, **{name: getattr(listing, name) for name in given})


def _no_others(record: Record, known: tuple[str, ...]) -> None:
    """A misspelt field would change nothing, and nobody would know."""
    for name in record:
        if name not in known:
            what = f"is not a fact that an update can change; there are {', '.join(known)}"
            raise InvalidRecord(name[:ID_MAX], record[name], what)


def _given(update: FactUpdate) -> dict[str, Any]:
    return {one.name: value for one in fields(update) if (value := getattr(update, one.name)) is not UNSET}
