"""Opens a catalogue file and reads its listings, in the order of the file.

A record that cannot become a listing is given as `Rejected`. Memory does not grow with the file.
``docs/catalogue.md`` shows each format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from indexer.catalogue.files.csv_rows import read_cells, read_csv
from indexer.catalogue.files.json_array import read_json_array
from indexer.catalogue.files.jsonl import parse_line, read_jsonl, read_lines
from indexer.catalogue.files.lines import TooLong
from indexer.catalogue.files.parquet import read_parquet
from indexer.catalogue.files.source import Source
from indexer.catalogue.files.xml_items import GOOGLE, Item, read_xml, unknown_namespaces
from indexer.catalogue.forms.google_feed import csv_items, google_record, own_template, tsv_items
from indexer.catalogue.forms.google_headers import attribute_name
from indexer.catalogue.forms.mapped_records import map_record
from indexer.catalogue.forms.mapping import CatalogueMapping
from indexer.catalogue.forms.openai_feed import is_excluded, lower_names, openai_item, openai_record
from indexer.catalogue.forms.openai_variants import VARIANTS, divide_products
from indexer.catalogue.forms.recognise import FORMS, HEAD, Form, recognise_form
from indexer.catalogue.forms.shopify_csv import shopify_records
from indexer.catalogue.forms.woocommerce_csv import woocommerce_records
from indexer.catalogue.notes import Notes
from indexer.catalogue.records import Defaults, Record, read_listing, refuse
from indexer.listing import InvalidRecord, LeftOut, Listing, Rejected
from indexer.market import ShippingTemplate

__all__ = ["FORMS", "Catalogue", "Defaults", "RawRecord", "RecordReader", "open_catalogue"]

Outcome = Listing | Rejected | LeftOut
Entries = Iterator[tuple[int, Outcome]]
RawRecord = bytes | TooLong | Record | Rejected | LeftOut
"""A record as the file has it: a line of JSON that is not parsed yet, or named values.

One of a shop's export is in our form.
"""

_SHOPS = ("shopify", "woocommerce")
_WITH_TEMPLATES = ("google-tsv", "google-csv", "google-xml", "openai")
_OPTIONS = {  # what a form can lack: the option that gives it, with an example
    "locale": "--locale de-DE",
    "seller_id": "--seller-id MY-SHOP",
    "currency": "--currency EUR",
}


def open_catalogue(
    path: Path,
    *,
    mapping: CatalogueMapping | None = None,
    form: str | None = None,
    skip: int = 0,
    defaults: Defaults | None = None,
) -> Catalogue:
    """Open the catalogue in the file at `path`, to be read after its first `skip` records.

    Without `form`, one of FORMS, the form is recognised by content and name. `mapping` is for JSON
    Lines, JSON, CSV, TSV and Parquet in another shop's form. `defaults` fill what neither a record
    nor the mapping's own defaults say.

    Raises:
        ValueError: the form is not recognised, or `mapping` or `defaults` lack what it needs.
        OSError: the file cannot be read.
    """
    if skip < 0:
        raise ValueError(f"skip {skip} is negative")
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name one file, or join its files into one (JSON Lines can be appended)")
    source = Source(path)
    defaults = defaults or Defaults()
    if mapping is not None:
        mapping = _with_defaults(mapping, defaults)
    recognised = recognise_form(source, form, None if mapping is None else mapping.dialect)
    if mapping is not None:
        _check_mapping(path, mapping)
    else:
        _check_defaults(source, recognised, defaults)
    return Catalogue(source, recognised, mapping, defaults, skip)


class Catalogue:
    """The records of one file. Each iteration starts again after the first `skip` records.

    Attributes:
        form: one of FORMS.
        templates: the shipping templates in a feed's items, by id, complete when iteration ends;
            those of skipped records are included. Equal rows share one template.
        notes: what was left out of listings that were kept.
    """

    def __init__(
        self, source: Source, form: Form, mapping: CatalogueMapping | None, defaults: Defaults, skip: int
    ) -> None:
        self.form = form.name
        self.templates: dict[str, ShippingTemplate] = {}
        self.notes = Notes()
        self._source = source
        self._form = form
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

    @property
    def reader(self) -> RecordReader:
        """What makes listings of this file's records. It can be sent to another process."""
        return RecordReader(self.form, self._mapping, self._defaults)

    def __iter__(self) -> Entries:
        """(number from 1, outcome) of each record, whatever `skip` is."""
        reader = self.reader
        for number, raw in self.raw_records():
            yield number, reader.read(number, raw, self.templates, self.notes)

    def raw_records(self) -> Iterator[tuple[int, RawRecord]]:
        """(number from 1, record) of each record, for `reader`.

        The templates of skipped records are in `templates`, those of the others are not.
        """
        for number, raw in self._raw():
            if number > self._skip:
                yield number, raw
            elif self.form in _WITH_TEMPLATES and isinstance(raw, Mapping):
                self._note_template(raw)

    def _raw(self) -> Iterator[tuple[int, RawRecord]]:
        """The records as the file has them; those of a shop's export in our form."""
        source, dialect = self._source, self._form.dialect
        if self.form in _SHOPS:
            header = self._form.header
            rows = read_csv(source, 0, dialect)
            if self.form == "shopify":
                return shopify_records(rows, header, self._defaults.currency or "")
            return woocommerce_records(self._first_pass(), rows, header, self._defaults)
        if self.form == "google-xml":
            return read_xml(source)
        if self.form == "google-tsv":
            return tsv_items(source)
        if self.form == "google-csv":
            return csv_items(read_cells(source, dialect))
        if self.form == "openai":
            return divide_products(self._openai())
        skip = self._skip
        if self._form.container == "table":
            return read_csv(source, skip, dialect)
        if self._form.container == "parquet":
            return read_parquet(source, skip, only_fields=self.form == "parquet" and self._mapping is None)
        if self._form.container == "array":
            return read_json_array(source, skip)
        return read_lines(source, skip)

    def _openai(self) -> Iterator[tuple[int, Record | Rejected]]:
        """The products of an OpenAI feed, all of them."""
        if self._form.container == "table":
            return lower_names(read_csv(self._source, 0, self._form.dialect))
        if self._form.container == "parquet":
            return read_parquet(self._source, 0, only_fields=False)
        return (read_json_array if self._form.container == "array" else read_jsonl)(self._source, 0)

    def _first_pass(self) -> Iterator[tuple[int, Record | Rejected]]:
        """The rows of a table, read from the file without counting as read."""
        yield from read_csv(Source(self._source.path), 0, self._form.dialect)

    def _note_template(self, record: Record) -> None:
        """Keep the template of a skipped record: a killed build has its listing and needs it."""
        if self.form == "openai" and is_excluded(record):
            return
        with suppress(InvalidRecord):
            item = openai_item(record) if self.form == "openai" else cast("Item", record)
            own_template(item, self._defaults, self.templates)


@dataclass(frozen=True, slots=True)
class RecordReader:
    """Makes listings of the records of one file, each by itself."""

    form: str
    mapping: CatalogueMapping | None
    defaults: Defaults

    def read(
        self, number: int, raw: RawRecord, templates: dict[str, ShippingTemplate], notes: Notes | None = None
    ) -> Outcome:
        """The listing of a record. The record's own shipping template is added to `templates`.

        What is left out of the listing is counted in `notes`.
        """
        if isinstance(raw, bytes | TooLong):
            raw = parse_line(number, raw)
        if isinstance(raw, Rejected | LeftOut):
            return raw
        notes = Notes() if notes is None else notes
        try:
            record = self._convert(raw, templates, notes)
            return LeftOut(number, record) if isinstance(record, str) else read_listing(record, notes)
        except InvalidRecord as error:
            return refuse(number, error)

    def _convert(self, record: Record, templates: dict[str, ShippingTemplate], notes: Notes) -> Record | str:
        """A record in our form; a text is the reason why it is left out."""
        if self.mapping is not None:
            return map_record(self.mapping, record)
        if self.form == "openai":
            return openai_record(record, self.defaults, templates, notes)
        if self.form in _WITH_TEMPLATES:
            return google_record(cast("Item", record), self.defaults, templates, notes)
        defaults = self.defaults.as_record()
        if not defaults:
            return record
        return defaults | {name: value for name, value in record.items() if value is not None}


def _with_defaults(mapping: CatalogueMapping, fallback: Defaults) -> CatalogueMapping:
    own = mapping.defaults
    return replace(
        mapping,
        defaults=Defaults(
            locale=own.locale or fallback.locale,
            seller_id=own.seller_id or fallback.seller_id,
            shipping_template=own.shipping_template or fallback.shipping_template,
            ships_from=own.ships_from or fallback.ships_from,
            currency=own.currency or fallback.currency,
        ),
    )


def _check_mapping(path: Path, mapping: CatalogueMapping) -> None:
    defaults = mapping.defaults.as_record()
    for name in ("locale", "seller_id"):
        if name not in mapping.fields and name not in defaults:
            raise ValueError(f"{path}: the mapping has no {name}: add fields.{name}, defaults.{name} or a default")


def _check_defaults(source: Source, form: Form, defaults: Defaults) -> None:
    """Raise ValueError if neither the file nor `defaults` say what each listing must have."""
    if form.name not in (*_SHOPS, *_WITH_TEMPLATES):
        return
    for prefix, namespace in unknown_namespaces(source) if form.container == "xml" else ():
        raise ValueError(f"{source.path}: prefix {prefix} is of the namespace {namespace!r}; Google's is {GOOGLE!r}")
    needed = ["locale"]
    if not _names_sellers(source, form):
        needed.append("seller_id")
    if form.name in _SHOPS:
        needed.append("currency")
    if missing := [name for name in needed if getattr(defaults, name) is None]:
        options = " ".join(_OPTIONS[name] for name in missing)
        raise ValueError(f"{source.path}: {form.title} does not state its {_and(missing)}: add {options}")


def _names_sellers(source: Source, form: Form) -> bool:
    """Whether the file's listings can name their seller."""
    if form.container == "xml":
        return b"external_seller_id" in source.head(HEAD)
    columns = {attribute_name(column) for column in form.header}
    if VARIANTS in columns and form.container != "parquet":
        return b'"seller' in source.head(HEAD)
    return bool(columns & {"external_seller_id", "marketplace_seller", "seller_name"})


def _and(names: list[str]) -> str:
    words = [name.removesuffix("_id") for name in names]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
