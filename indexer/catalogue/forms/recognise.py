"""Recognises the form of a catalogue file: whose fields it has, and how they are written.

The content counts before the file's name. A file whose form is not clear is refused with what was
seen in it and the form that is nearest.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from indexer.catalogue.files.csv_rows import Dialect
from indexer.catalogue.files.json_array import WRAPPED
from indexer.catalogue.files.lines import BOM, SEPARATOR_LINE
from indexer.catalogue.files.source import Source
from indexer.catalogue.forms import google_headers, openai_feed, shopify_csv, woocommerce_csv

FORMS = (
    "jsonl", "json", "parquet", "google", "shopify", "woocommerce", "openai", "csv",
    "google-tsv", "google-csv", "google-xml",
)  # fmt: skip
HEAD = 1 << 16  # bytes of text to recognise a form by
_RECORDS = 20  # records of the head that are looked at
_SHOWN = 12  # columns or fields named in a message
_CONTAINERS = {
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".parquet": "parquet",
    ".xml": "xml",
    ".rss": "xml",
    ".atom": "xml",
    ".csv": "table",
    ".tsv": "table",
}
_COMPRESSED = (".gz", ".zst", ".zstd")
_DELIMITERS = ("\t", ",", ";", "|")
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)")
_ITEM = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>]")
_FEED_ROOTS = ("rss", "feed", "rdf", "channel")
_CONVERT = "export a Google product feed from the shop, or convert the file to JSON Lines or CSV"
_NAME_FORM = "leave --form out, and give the file the suffix of what it is, such as .csv"
_JSON = re.compile(rb'(?:\[\s*)?\{\s*"')
_XML = re.compile(rb"<(?:\?xml|!DOCTYPE|rss|feed)\b", re.IGNORECASE)
_OWN = ("listing_id", "price_minor")  # fields of our own form that no other has
_OF_CONTAINER = {"lines": "jsonl", "array": "json", "parquet": "parquet"}
# The columns that each form requires and a header lacks; the first form that lacks none counts.
_TABLES: dict[str, Callable[[Sequence[str]], list[str]]] = {
    "shopify": shopify_csv.missing_columns,
    "woocommerce": woocommerce_csv.missing_columns,
    "openai": lambda header: openai_feed.missing_fields([column.lower() for column in header]),
    "google": google_headers.missing_columns,
}
_TITLES = {"shopify": "a Shopify export", "woocommerce": "a WooCommerce export",
           "openai": "an OpenAI product feed", "google": "a Google product feed"}  # fmt: skip
_MAPPING = "map its fields to Fondaco's in a mapping file and give it with --mapping (docs/catalogue.md)"


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a catalogue: whose fields it has, and how records are written."""

    name: str  # one of FORMS
    container: str  # lines, array, table, xml or parquet
    dialect: Dialect = field(default_factory=Dialect)
    header: tuple[str, ...] = ()  # the columns of a table, or the fields of the first records

    @property
    def title(self) -> str:
        """The form's name in a sentence."""
        return _TITLES.get(self.name.partition("-")[0], f"a catalogue of form {self.name}")


def recognise_form(source: Source, name: str | None = None, dialect: Dialect | None = None) -> Form:
    """The form of the file: the one called `name`, or the one that its content has.

    `dialect` is the one of a mapping, which says what the fields mean; None without a mapping.

    Raises:
        ValueError: the form is not known, not recognised, or lacks a field that it requires.
    """
    if name is not None and name not in FORMS:
        raise ValueError(f"form {name!r} is not known: write one of {', '.join(FORMS)}")
    head = source.head(HEAD).removeprefix(BOM)
    if head.startswith(b"PK\x03\x04"):
        raise ValueError(f"{source.path}: is a ZIP or Excel file: unpack it, or save its sheet as CSV (UTF-8)")
    container = _container(source.path, head, name)
    if name is None and container in ("table", "xml") and not head.strip():
        raise ValueError(f"{source.path}: is empty: export it again")
    _check_written(source.path, head, name, container)
    if container == "table":
        return _table(source.path, head, name, dialect)
    if container == "xml":
        if dialect is not None:
            _for_mapping(source.path, name or "google-xml", "xml")
        _check_root(source.path, head)
        return Form(_checked(source.path, name, "google-xml", ("google",)), container)
    own = _OF_CONTAINER[container]
    if dialect is not None:
        return Form(_for_mapping(source.path, name, own), container)
    names = _field_names(source.path, head, container)
    if name == "openai" and names and not openai_feed.is_openai_json(names):
        missing = openai_feed.missing_fields(names)
        raise ValueError(f"{source.path}: its records have no field {missing[0]!r}; they have {_shown(names)}")
    if name == "openai" or (name is None and openai_feed.is_openai_json(names)):
        return Form("openai", container, header=tuple(names))
    is_own = not names or any(name in names for name in _OWN)
    if name is not None or is_own:
        return Form(_checked(source.path, name, own, ("jsonl", "json", "parquet")), container)
    raise ValueError(
        f"{source.path}: its records have the fields {_shown(names)}. Fondaco's own form has listing_id, "
        f"seller_id, locale, title, price_minor and currency. {_nearest(names, ('openai',))}{_MAPPING}, "
        "or name the form with --form"
    )


def _container(path: Path, head: bytes, name: str | None) -> str:
    """How the records are written, by content, else by the name of the file or of the form."""
    text = head.lstrip()
    suffix = _suffix(path)
    by_name = _CONTAINERS.get(suffix)
    if head[:4] == b"PAR1":
        return "parquet"
    if by_name not in ("table", "parquet", "xml") or _JSON.match(text):
        if text.startswith(b"["):
            return "array"
        if text.startswith(b"{"):
            return "array" if _is_wrapped(text) else "lines"
    if text.startswith(b"<") and (by_name is None or _XML.match(text)):
        return "xml"
    if by_name is not None:
        return by_name
    return {"jsonl": "lines", "json": "array", "parquet": "parquet", "google-xml": "xml"}.get(name or "", "table")


def _check_written(path: Path, head: bytes, name: str | None, container: str) -> None:
    """Raise ValueError for a file that is named as Parquet, XML or JSON, and is not written so."""
    text = head.lstrip()
    if container == "parquet" and head and head[:4] != b"PAR1":
        raise ValueError(f"{path}: is not Parquet: it begins with {_beginning(head)}: {_NAME_FORM}")
    if container == "xml" and text and not text.startswith(b"<"):
        raise ValueError(f"{path}: is not XML: it begins with {_beginning(head)}: {_NAME_FORM}")
    if container == "lines" and text.startswith(b"{") and _spans_lines(text):
        raise ValueError(
            f"{path}: holds a JSON object over several lines: write each record in one line, as with jq -c ., "
            "or all in one array [...]"
        )
    is_text = container in ("lines", "array") and text and not any(map(_begins_json, text.splitlines()[:_RECORDS]))
    if is_text and (name is not None or any(len(_header(head, mark)) > 1 for mark in _DELIMITERS)):
        raise ValueError(f"{path}: is not JSON: it begins with {_beginning(head)}: {_NAME_FORM}")


def _spans_lines(text: bytes) -> bool:
    """Whether the first JSON object of a text ends in another line than its first."""
    try:
        _, end = json.JSONDecoder().raw_decode(decoded := text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return False  # the reader says what is wrong
    return "\n" in decoded[:end]


def _begins_json(line: bytes) -> bool:
    return line.lstrip()[:1] in (b"{", b"[")


def _check_root(path: Path, head: bytes) -> None:
    """Raise ValueError for XML that holds no items of a product feed."""
    if match := _ROOT.search(head):
        root = match[1].decode("utf-8", "replace")
        if root.rpartition(":")[2].lower() not in _FEED_ROOTS and not _ITEM.search(head):
            advice = "was a page of the shop saved in its place?" if root.lower() == "html" else _CONVERT
            raise ValueError(f"{path}: is XML with the root <{root}>, and no product feed in RSS or Atom: {advice}")


def _suffix(path: Path) -> str:
    name = path.name.lower()
    for compressed in _COMPRESSED:
        name = name.removesuffix(compressed)
    return Path(name).suffix


def _is_wrapped(text: bytes) -> bool:
    """Whether an object holds the records in an array, rather than being the first record."""
    if WRAPPED.match(text.decode("utf-8", "replace")) is None:
        return False
    try:
        first = orjson.loads(text.split(b"\n")[0])
    except orjson.JSONDecodeError:
        return True  # the object goes on after its first line
    return isinstance(first, dict) and not any(name in first for name in ("title", *_OWN))


def _field_names(path: Path, head: bytes, container: str) -> list[str]:
    """The names of the fields in the first records, in order; empty where none can be read."""
    if container == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return list(pq.read_schema(path).names)
        except (OSError, pa.ArrowException):
            return []  # the reader says what is wrong
    names: dict[str, None] = {}
    if container == "lines":
        for line in head.split(b"\n")[:_RECORDS]:
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            names.update(dict.fromkeys(record if isinstance(record, dict) else ()))
        return list(names)
    text = head.decode("utf-8", "replace")
    try:
        record, _ = json.JSONDecoder().raw_decode(text, text.index("{", text.index("[")))
    except (ValueError, RecursionError):
        return []
    return list(record) if isinstance(record, dict) else []


def _table(path: Path, head: bytes, name: str | None, dialect: Dialect | None) -> Form:
    if dialect is not None:
        return Form(_for_mapping(path, name, "csv"), "table", dialect)
    if name == "csv":
        raise ValueError(f"{path}: CSV of no built-in form: {_MAPPING}")
    wanted = None if name is None else name.partition("-")[0]
    if wanted not in (None, *_TABLES):
        raise ValueError(f"{path}: is not {name}: it begins with {_beginning(head)}")
    headers = [(delimiter, _header(head, delimiter)) for delimiter in _DELIMITERS]
    for delimiter, header in headers:
        for form, missing in _TABLES.items():
            if wanted in (None, form) and (not missing(header) or not head.strip()):
                actual = _table_name(form, delimiter)
                if head.strip():
                    _checked(path, name, actual, (form,))
                return Form(actual, "table", Dialect(delimiter), header)
    header = max((header for _, header in headers), key=len)
    if wanted is not None:
        raise ValueError(f"{path}: the header has no column {_TABLES[wanted](header)[0]!r}; it has {_shown(header)}")
    if len(header) < 2:
        raise ValueError(
            f"{path}: is neither JSON, Parquet, XML nor a table of columns: it begins with {_beginning(head)}. "
            f"If it is a catalogue, name its form with --form: {', '.join(FORMS)}"
        )
    nearest = _nearest(header, tuple(_TABLES))
    raise ValueError(
        f"{path}: its columns are {_shown(header)}, those of no form that is built in. {nearest}{_MAPPING}"
    )


def _header(head: bytes, delimiter: str) -> tuple[str, ...]:
    """The cells of the first line that is not blank."""
    lines = SEPARATOR_LINE.sub(b"", head, count=1) if SEPARATOR_LINE.match(head) else head
    line = next((line for line in lines.splitlines() if line.strip()), b"").decode("utf-8", "replace")
    try:
        return tuple(cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:
        return ()


def _table_name(form: str, delimiter: str) -> str:
    if form != "google":
        return form
    return "google-tsv" if delimiter == "\t" else "google-csv"


def _checked(path: Path, name: str | None, actual: str, same: Sequence[str]) -> str:
    """The `actual` form of a file; `name` is what it was called, `same` are other names of it.

    Raises:
        ValueError: the file was called something else.
    """
    if name in (None, actual, *same):
        return actual
    raise ValueError(f"{path}: is not of the form {name}, but of {actual}: leave --form out, or write --form {actual}")


def _for_mapping(path: Path, name: str | None, actual: str) -> str:
    """The `actual` form of a file that has a mapping."""
    if name in (None, "jsonl", "json", "parquet", "csv"):
        return actual
    raise ValueError(f"{path}: the form {name} needs no mapping; for a table of another form write --form csv")


def _nearest(names: Sequence[str], forms: Sequence[str]) -> str:
    """The beginning of a sentence on the form of which one field alone is not in `names`."""
    for form in forms:
        lacking = _TABLES[form](names)
        if len(lacking) == 1:
            return f"To be {_TITLES[form]} it lacks {lacking[0]!r}; to read it as it is, "
    return "To read it, "


def _shown(names: Collection[str]) -> str:
    shown = ", ".join(list(names)[:_SHOWN])[:300]
    return shown + (", ..." if len(names) > _SHOWN else "")


def _beginning(head: bytes) -> str:
    return repr(head[:40].decode("utf-8", "backslashreplace"))
