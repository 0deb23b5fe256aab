"""The forms of catalogues that `fuzz_readers.py` writes, and how a record is written in each.

A new form is a function and a line in FORMS.
"""

from __future__ import annotations

import csv
import io
import json
import random
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from indexer.catalogue.forms.mapping import CatalogueMapping, parse_mapping

RECORDS_A_FILE = 40
TEXTS = (
    "Stuhl aus Eiche", "Café & Röster", "size <10 cm", "<b>fett</b><br>neu", "椅子 木製", "كرسي خشبي",
    'Monitor 24"', "a\\b",
    "KÃ¼hltasche", "&nbsp;&amp;&lt;", "x" * 300, "=1+1", "'quoted'", "émoji 🪑", "1.299,00 €", "a;b,c|d", "]]>",
    "<!-- x",
)  # fmt: skip
MAPPING = """
[fields]
listing_id = "id"
title = "title"
description = "description"
brand = "brand"
[price]
field = "price"
unit = "major"
currency = "EUR"
[sale]
field = "sale_price"
"""
COLUMNS = (
    "id",
    "title",
    "price",
    "sale_price",
    "description",
    "brand",
    "availability",
    "gtin",
    "shipping",
    "image_link",
)

Record = dict[str, str]


@dataclass(frozen=True)
class Form:
    """How a file of one form is written. `around` is written before and after the records."""

    name: str
    file_name: str
    write: Callable[[Record], bytes]
    around: tuple[bytes, bytes] = (b"", b"")
    mapping: CatalogueMapping | None = None
    damage: Callable[[list[Record], random.Random], Damaged] | None = None  # of a form that is not text

    @property
    def is_xml(self) -> bool:
        return self.file_name.endswith((".xml", ".atom"))


@dataclass(frozen=True)
class Damaged:
    """A damaged file. `touched` records may be rejected; None where even their number may change.

    `lost_max` is how many records may be missing among those that are read.
    """

    content: bytes
    touched: int | None
    lost_max: int = RECORDS_A_FILE


def make_record(number: int, rng: random.Random) -> Record:
    record = {name: rng.choice(TEXTS) for name in ("description", "brand")}
    return record | {
        "id": f"A{number}",
        "title": f"{rng.choice(TEXTS)} {number}",
        "price": f"{rng.randrange(10_000) / 100:.2f} EUR",
        "sale_price": rng.choice(["", "0,50 €", "1.00 EUR"]),
        "availability": rng.choice(["in stock", "OutOfStock", "who knows"]),
        "gtin": rng.choice(["4006381333931", "123", ""]),
        "shipping": rng.choice(["", "UK:::4.95 GBP", "DE::Abholung:0 EUR"]),
        "image_link": "https://x.example/a.jpg",
    }


def _tsv(record: Record) -> bytes:
    return "\t".join(_one_line(record[name]) for name in COLUMNS).encode() + b"\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _csv(record: Record) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow([record[name] for name in COLUMNS])
    return text.getvalue().encode()


def _jsonl(record: Record) -> bytes:
    own: dict[str, object] = {"listing_id": record["id"], "price_minor": 100, "currency": "EUR"}
    for name in ("title", "description", "brand", "gtin"):
        own[name] = record[name]
    own["sale"] = {"price_minor": 50, "to": "2026-11-09"} if record["sale_price"] else None
    return json.dumps(own, ensure_ascii=False).encode() + b"\n"


def _mapped(record: Record) -> bytes:
    return json.dumps(record).encode() + b"\n"


def _xml(record: Record) -> bytes:
    parts = [
        f"<g:{name}>{escape(record[name])}</g:{name}>" for name in COLUMNS if name not in ("shipping", "description")
    ]
    description = record["description"].replace("]]>", "]]&gt;")
    parts.append(f"<description><![CDATA[{description}]]></description>")
    if record["shipping"]:
        country, _, service, price = record["shipping"].split(":")
        inner = f"<g:country>{country}</g:country><g:service>{service}</g:service><g:price>{price}</g:price>"
        parts.append(f"<g:shipping>{inner}</g:shipping>")
    return f"<item>{''.join(parts)}</item>\n".encode()


_FEED = b'<?xml version="1.0"?><rss xmlns:g="http://base.google.com/ns/1.0"><channel><title>x</title>\n'
_ATOM = b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">\n'


def _entry(record: Record) -> bytes:
    return _xml(record).replace(b"<item>", b"<entry>").replace(b"</item>", b"</entry>")


def _damaged_parquet(records: list[Record], rng: random.Random) -> Damaged:
    """A Parquet file with flipped bits, or cut."""
    rows = pa.Table.from_pylist([orjson.loads(_jsonl(record)) for record in records])
    file = io.BytesIO()
    pq.write_table(rows, file, row_group_size=10, compression=rng.choice(["zstd", "snappy", "none"]))
    content = bytearray(file.getvalue())
    for _ in range(rng.choice([1, 1, 2, 8])):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return Damaged(bytes(content[: rng.randrange(len(content))] if rng.random() < 0.1 else content), None)


def _cells(*cells: str, delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


def _shopify(record: Record) -> bytes:
    price, sale = record["price"].split()[0] if record["price"] else "", "0.50" if record["sale_price"] else ""
    texts = (record["title"], record["description"], record["brand"])
    return _cells(record["id"], *texts, record["id"], sale or price, price, record["gtin"], record["image_link"])


_SHOPIFY = (
    b"Handle,Title,Body (HTML),Vendor,Variant SKU,Variant Price,Variant Compare At Price,Variant Barcode,Image Src\n"
)


def _woocommerce(record: Record) -> bytes:
    price = record["price"].split()[0] if record["price"] else ""
    texts = (record["title"], "1", record["description"], price, record["brand"])
    return _cells(record["id"].removeprefix("A"), "simple", record["id"], *texts)


_WOOCOMMERCE = b"ID,Type,SKU,Name,Published,Description,Regular price,Brands\n"


def _openai(record: Record) -> bytes:
    names = {"id": "item_id", "image_link": "image_url"}
    ours = {names.get(name, name): value for name, value in record.items() if value and name != "shipping"}
    return json.dumps(ours | {"seller_name": "S", "is_eligible_search": True}, ensure_ascii=False).encode() + b"\n"


def _google_csv(record: Record) -> bytes:
    return _cells(*(record[name] for name in COLUMNS))


_OWN_MAPPING = parse_mapping(tomllib.loads(MAPPING))
FORMS = (
    Form("jsonl", "a.jsonl", _jsonl),
    Form("google-tsv", "feed.tsv", _tsv, ("\t".join(COLUMNS).encode() + b"\n", b"")),
    Form("google-xml", "feed.xml", _xml, (_FEED, b"</channel></rss>\n")),
    Form("google-atom", "feed.atom", _entry, (_ATOM, b"</feed>\n")),
    Form("csv", "a.csv", _csv, (",".join(COLUMNS).encode() + b"\n", b""), _OWN_MAPPING),
    Form("mapped-jsonl", "m.jsonl", _mapped, mapping=_OWN_MAPPING),
    Form("google-csv", "google.csv", _google_csv, (",".join(COLUMNS).encode() + b"\n", b"")),
    Form("shopify", "shopify.csv", _shopify, (_SHOPIFY, b"")),
    Form("woocommerce", "woocommerce.csv", _woocommerce, (_WOOCOMMERCE, b"")),
    Form("openai", "openai.jsonl", _openai),
    Form("parquet", "a.parquet", _jsonl, damage=_damaged_parquet),
)
