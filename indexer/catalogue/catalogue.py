"""Opens a catalogue file and reads its listings, in the order of the file.

A record that cannot become a listing is given as `Rejected`. Memory does not grow with the file.
``docs/catalogue.md`` shows each format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

from indexer.catalogue.csv_rows import Dialect, read_csv, read_header
from indexer.catalogue.google_feed import google_record, normalise_name, own_template, tsv_items
from indexer.catalogue.jsonl import read_jsonl
from indexer.catalogue.mapped_records import map_record
from indexer.catalogue.mapping import CatalogueMapping
from indexer.catalogue.parquet import read_parquet
from indexer.catalogue.records import Defaults, Record, read_listing, refuse
from indexer.catalogue.source import Source
from indexer.catalogue.xml_items import Item, read_xml
from indexer.listing import InvalidRecord, Listing, Rejected
from indexer.market import ShippingTemplate

__all__ = ["FORMATS", "Catalogue", "Defaults", "open_catalogue"]

FORMATS = ("jsonl", "parquet", "google-tsv", "google-xml", "csv")
_BY_NAME = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".tsv": "google-tsv",
    ".xml": "google-xml",
    ".rss": "google-xml",
    ".atom": "google-xml",
    ".csv": "csv",
}
_COMPRESSED = (".gz", ".zst", ".zstd")
_HEAD = 1 << 16  # bytes of text to recognise a format by
_REQUIRED = ("id", "title", "price")  # columns that every product feed has

Entries = Iterator[tuple[int, Listing | Rejected]]


def open_catalogue(
    path: Path,
    *,
    mapping: CatalogueMapping | None = None,
    format: str | None = None,
    skip: int = 0,
    defaults: Defaults | None = None,
) -> Catalogue:
    """Open the catalogue in the file at `path`, to be read after its first `skip` records.

    Without `format` the format is recognised by name and content. `mapping` is for JSON Lines, CSV,
    TSV and Parquet in another shop's form. `defaults` fill what neither a record nor the mapping's
    own defaults say.

    Raises:
        ValueError: the format is not recognised, or `mapping` or `defaults` lack what it needs.
        OSError: the file cannot be read.
    """
    if skip < 0:
        raise ValueError(f"skip {skip} is negative")
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name one file, or join its files into one (JSON Lines can be appended)")
    source = Source(path)
    head = source.head(_HEAD)
    if format is None:
        format = _recognise(path, head, mapping)
    if format not in FORMATS:
        raise ValueError(f"format {format!r} is not known: write one of {', '.join(FORMATS)}")
    defaults = defaults or Defaults()
    if mapping is not None:
        mapping = _with_defaults(mapping, defaults)
        _check_mapping(path, format, mapping)
    elif format == "csv":
        raise ValueError(f"{path}: CSV has no standard columns: give a mapping file that names its columns")
    elif format.startswith("google"):
        _check_google(format, source, head, defaults)
    return Catalogue(source, format, mapping, defaults, skip)


class Catalogue:
    """The records of one file. Each iteration starts again after the first `skip` records.

    Attributes:
        format: one of FORMATS.
        templates: the shipping templates in a feed's items, by id, complete when iteration ends;
            those of skipped records are included. Equal rows share one template.
    """

    def __init__(
        self, source: Source, format: str, mapping: CatalogueMapping | None, defaults: Defaults, skip: int
    ) -> None:
        self.format = format
        self.templates: dict[str, ShippingTemplate] = {}
        self._source = source
        self._mapping = mapping
        self._defaults = defaults
        self._skip = skip

    @property
    def bytes_read(self) -> int:
        """How many bytes of the file on disk were read, before decompression."""
        return self._source.bytes_read

    @property
    def bytes_total(self) -> int:
        """The size of the file on disk."""
        return self._source.bytes_total

    def __iter__(self) -> Entries:
        """(number from 1, listing or rejection) of each record, whatever `skip` is."""
        if self.format.startswith("google"):
            return self._google()
        return self._records()

    def _records(self) -> Entries:
        convert = self._converter()
        for number, record in self._read():
            if isinstance(record, Rejected):
                yield number, record
                continue
            try:
                listing = read_listing(convert(record) if convert else record)
            except InvalidRecord as error:
                yield number, refuse(number, error)
            else:
                yield number, listing

    def _read(self) -> Iterator[tuple[int, Record | Rejected]]:
        if self.format == "parquet":
            return read_parquet(self._source, self._skip, only_fields=self._mapping is None)
        if self.format == "csv" and self._mapping is not None:
            return read_csv(self._source, self._skip, self._mapping.dialect)
        return read_jsonl(self._source, self._skip)

    def _converter(self) -> Callable[[Record], Record] | None:
        """Converts a record to our form; None where it has our form already."""
        mapping = self._mapping
        if mapping is not None:
            return lambda record: map_record(mapping, record)
        defaults = self._defaults.as_record()
        if defaults:
            return lambda record: defaults | {name: value for name, value in record.items() if value is not None}
        return None

    def _google(self) -> Entries:
        items = tsv_items(self._source) if self.format == "google-tsv" else read_xml(self._source)
        for number, item in items:
            if number > self._skip:
                yield number, item if isinstance(item, Rejected) else self._listing(number, item)
            elif isinstance(item, dict):
                self._note_template(item)

    def _listing(self, number: int, item: Item) -> Listing | Rejected:
        try:
            return read_listing(google_record(item, self._defaults, self.templates))
        except InvalidRecord as error:
            return refuse(number, error)

    def _note_template(self, item: Item) -> None:
        """Keep the template of a skipped item: a killed build has its listing and needs it."""
        with suppress(InvalidRecord):
            own_template(item, self._defaults, self.templates)


def _recognise(path: Path, head: bytes, mapping: CatalogueMapping | None) -> str:
    """The format by content where that is unambiguous, else by the file's name."""
    name = path.name.lower()
    for compressed in _COMPRESSED:
        name = name.removesuffix(compressed)
    format = _BY_NAME.get(Path(name).suffix)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:4] == b"PAR1":
        return "parquet"
    if format == "csv" or (mapping is not None and format == "google-tsv"):
        return "csv"
    if format is not None:
        return format
    if text.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return "google-xml"
    if text.startswith(b"{"):
        return "jsonl"
    if text.startswith(b"["):
        raise ValueError(f"{path}: is one JSON array; write JSON Lines, one object a line: jq -c '.[]' FILE")
    if mapping is not None:
        return "csv"
    columns = {normalise_name(cell) for cell in text.split(b"\n")[0].decode("utf-8", "replace").split("\t")}
    if columns.issuperset(_REQUIRED):
        return "google-tsv"
    raise ValueError(
        f"{path}: is neither JSON Lines, Parquet nor a product feed; name its format: {', '.join(FORMATS)}"
    )


def _with_defaults(mapping: CatalogueMapping, fallback: Defaults) -> CatalogueMapping:
    own = mapping.defaults
    return replace(
        mapping,
        defaults=Defaults(
            locale=own.locale or fallback.locale,
            seller_id=own.seller_id or fallback.seller_id,
            shipping_template=own.shipping_template or fallback.shipping_template,
            ships_from=own.ships_from or fallback.ships_from,
        ),
    )


def _check_mapping(path: Path, format: str, mapping: CatalogueMapping) -> None:
    if format.startswith("google"):
        raise ValueError(f"{path}: a product feed needs no mapping; for a TSV of another form name the format 'csv'")
    defaults = mapping.defaults.as_record()
    for name in ("locale", "seller_id"):
        if name not in mapping.fields and name not in defaults:
            raise ValueError(f"{path}: the mapping has no {name}: add fields.{name}, defaults.{name} or a default")


def _check_google(format: str, source: Source, head: bytes, defaults: Defaults) -> None:
    path = source.path
    if defaults.locale is None:
        raise ValueError(f"{path}: a product feed does not state its language: give a default locale such as 'de-DE'")
    if format == "google-xml":
        has_seller = b"external_seller_id" in head
    else:
        columns = _columns(source)
        missing = [name for name in _REQUIRED if name not in columns]
        if missing and source.bytes_total:
            raise ValueError(f"{path}: the header has no column {missing[0]!r}; it has {', '.join(columns)[:200]}")
        has_seller = "external_seller_id" in columns
    if defaults.seller_id is None and not has_seller:
        raise ValueError(f"{path}: the feed has no external_seller_id: give a default seller_id")


def _columns(source: Source) -> Mapping[str, None]:
    try:
        header = read_header(source, Dialect(delimiter="\t"))
    finally:
        source.bytes_read = 0
    return cast("Mapping[str, None]", dict.fromkeys(map(normalise_name, header)))
