"""Fondaco's own forms: every format gives the same listings, in order, from wherever one starts."""

from __future__ import annotations

import gzip
import json
import random
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.catalogue.catalogue import Catalogue, Defaults, open_catalogue
from indexer.listing import Listing, Rejected, Sale, Translation
from languages.locale import Locale

CHAIR: dict[str, Any] = {
    "listing_id": "L1",
    "seller_id": "S1",
    "locale": "de-DE",
    "title": "Stuhl aus Eiche",
    "price_minor": 4999,
    "currency": "EUR",
    "category": ["Möbel", "Stühle"],
    "attributes": {"Farbe": "braun", "Höhe": "90 cm"},
    "sale": {"price_minor": 3999, "from": "2024-01-01T00:00:00Z", "to": 1_800_000_000},
    "stock": 3,
    "rating_mean": 4.5,
    "created_at": "2024-05-01T14:00:00+02:00",
    "translations": {"en": {"title": "Oak chair"}},
}
LAMP: dict[str, Any] = {
    "listing_id": "L2",
    "seller_id": "S2",
    "locale": "zh-Hant",
    "title": "檯燈",
    "price_minor": 0,
    "currency": "TWD",
}
RECORDS = [CHAIR, LAMP] + [{**LAMP, "listing_id": f"L{number}"} for number in range(3, 3001)]


def jsonl(records: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


def written(folder: Path, name: str) -> Path:
    path = folder / name
    if name.endswith(".parquet"):
        schema = pa.schema(
            [(field, pa.string()) for field in ("listing_id", "seller_id", "locale", "title", "currency")]
            + [("price_minor", pa.int64()), ("stock", pa.int32()), ("rating_mean", pa.float64())]
            + [("category", pa.list_(pa.string())), ("attributes", pa.map_(pa.string(), pa.string()))]
            + [("sale", pa.struct([("price_minor", pa.int64()), ("from", pa.timestamp("s")), ("to", pa.int64())]))]
            + [("created_at", pa.timestamp("us", "UTC")), ("seen_by", pa.string())]
            + [("translations", pa.map_(pa.string(), pa.struct([("title", pa.string())])))]
        )
        rows = [dict(record) for record in RECORDS]
        rows[0]["attributes"] = list(CHAIR["attributes"].items())
        rows[0]["translations"] = list(CHAIR["translations"].items())
        rows[0]["sale"] = {**CHAIR["sale"], "from": 1_704_067_200}
        rows[0]["created_at"] = 1_714_564_800_000_000
        codec = {"plain.parquet": "NONE", "gzip.parquet": "GZIP", "zstd.parquet": "ZSTD"}[name]
        pq.write_table(pa.Table.from_pylist(rows, schema), path, compression=codec, row_group_size=700)
    elif name.endswith(".gz"):
        path.write_bytes(gzip.compress(jsonl(RECORDS)))
    elif name.endswith(".zst"):
        path.write_bytes(pa.compress(jsonl(RECORDS), codec="zstd", asbytes=True))
    else:
        path.write_bytes(jsonl(RECORDS))
    return path


FILES = ["a.jsonl", "a.ndjson.gz", "a.jsonl.zst", "plain.parquet", "gzip.parquet", "zstd.parquet"]


def listings(catalogue: Catalogue) -> list[Listing]:
    found = [listing for _, listing in catalogue]
    assert not [entry for entry in found if isinstance(entry, Rejected)]
    return [entry for entry in found if isinstance(entry, Listing)]


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_listings(tmp_path: Path, name: str) -> None:
    catalogue = open_catalogue(written(tmp_path, name))
    found = listings(catalogue)

    assert found[0] == Listing(
        listing_id="L1",
        seller_id="S1",
        locale=Locale("de", None, "DE"),
        title="Stuhl aus Eiche",
        price_minor=4999,
        currency="EUR",
        category=("Möbel", "Stühle"),
        attributes={"Farbe": "braun", "Höhe": "90 cm"},
        sale=Sale(3999, 1_704_067_200, 1_800_000_000),
        stock=3,
        rating_mean=4.5,
        created_at=1_714_564_800,
        translations={Locale("en"): Translation("Oak chair")},
    )
    assert found[1] == Listing("L2", "S2", Locale("zh", "Hant"), "檯燈", 0, "TWD")
    assert [listing.listing_id for listing in found] == [f"L{number}" for number in range(1, 3001)]
    assert catalogue.bytes_read == catalogue.bytes_total == (tmp_path / name).stat().st_size
    assert catalogue.form == ("parquet" if name.endswith(".parquet") else "jsonl")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("skip", [0, 1, 699, 700, 1500, 2999, 3000, 9999])
def test_a_resumed_reading_gives_the_same_tail(tmp_path: Path, name: str, skip: int) -> None:
    path = written(tmp_path, name)
    whole = list(open_catalogue(path))

    assert list(open_catalogue(path, skip=skip)) == whole[skip:]


def test_a_catalogue_can_be_read_twice(tmp_path: Path) -> None:
    catalogue = open_catalogue(written(tmp_path, "a.jsonl"))

    assert len(list(catalogue)) == 3_000
    assert list(catalogue) == list(catalogue)


def test_the_position_counts_compressed_bytes_while_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    rows = [{**LAMP, "listing_id": str(random.Random(number).random())} for number in range(20_000)]
    path.write_bytes(gzip.compress(jsonl(rows)))
    catalogue = open_catalogue(path)
    reading = iter(catalogue)
    for _ in range(10_000):
        next(reading)

    assert 0.4 * catalogue.bytes_total < catalogue.bytes_read < 0.8 * catalogue.bytes_total


def test_content_is_recognised_without_a_name(tmp_path: Path) -> None:
    for name, format in (("a.jsonl.gz", "jsonl"), ("plain.parquet", "parquet")):
        path = written(tmp_path, name).rename(tmp_path / "upload")

        assert open_catalogue(path).form == format


def test_byte_order_mark_carriage_returns_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [b"\xef\xbb\xbf" + jsonl([CHAIR]).strip(), b"", b"  \t", jsonl([LAMP]).strip(), b""]
    path.write_bytes(b"\r\n".join(lines))

    assert [(number, entry.listing_id) for number, entry in open_catalogue(path) if isinstance(entry, Listing)] == [
        (1, "L1"),
        (2, "L2"),
    ]


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()

    assert list(open_catalogue(tmp_path / "a.jsonl")) == []


def test_defaults_fill_missing_fields_of_a_record(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    record = {name: value for name, value in LAMP.items() if name not in ("locale", "seller_id")} | {"locale": None}
    path.write_bytes(jsonl([record, CHAIR]))
    defaults = Defaults(Locale("zh", "Hant"), "SHOP", "T1", "TW")
    lamp, chair = listings(open_catalogue(path, defaults=defaults))

    assert lamp == Listing(
        "L2", "SHOP", Locale("zh", "Hant"), "檯燈", 0, "TWD", shipping_template="T1", ships_from="TW"
    )
    assert (str(chair.locale), chair.seller_id, chair.ships_from) == ("de-DE", "S1", "TW")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.bin", b"\x00\x01\x02", "name its form with --form: jsonl, json, parquet, google, shopify"),
        ("a.xml", b"<rss/>", "does not state its locale and seller: add --locale de-DE --seller-id MY-SHOP"),
        ("a.tsv", b"id\ttitle\tprice\n", "a Google product feed does not state its locale and seller: add --locale"),
        ("a.parquet", b"PAR1 and then nothing", "is not a whole Parquet file"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ValueError, match=rf"{name}.*{re.escape(message)}"):
        list(open_catalogue(tmp_path / name))


def test_a_folder_an_unknown_format_and_a_negative_skip_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "a.jsonl")

    with pytest.raises(ValueError, match="is a folder"):
        open_catalogue(tmp_path)
    with pytest.raises(ValueError, match="form 'yaml' is not known"):
        open_catalogue(path, form="yaml")
    with pytest.raises(ValueError, match="skip -1 is negative"):
        open_catalogue(path, skip=-1)
