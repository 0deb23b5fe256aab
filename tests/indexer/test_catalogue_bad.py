"""Each invalid record is rejected with its field, its cut value and a reason; reading goes on."""

from __future__ import annotations

import gzip
import json
import random
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.catalogue.catalogue import open_catalogue
from indexer.listing import Listing, Rejected

GOOD = {
    "listing_id": "L", "seller_id": "S", "locale": "en", "title": "A chair", "price_minor": 1, "currency": "USD",
}  # fmt: skip


def line(**changes: Any) -> bytes:
    return json.dumps({name: value for name, value in {**GOOD, **changes}.items() if value != "-"}).encode()


def read(path: Path, content: bytes) -> list[str | Rejected]:
    path.write_bytes(content)
    return [entry.listing_id if isinstance(entry, Listing) else entry for _, entry in open_catalogue(path)]


BAD = [
    (line(listing_id="-"), "listing_id", "", "is missing"),
    (line(listing_id=17), "listing_id", "17", "must be text"),
    (line(title=" \n"), "title", " \n", "is missing"),
    (line(title="x" * 1001), "title", "x" * 200, "is longer than 1,000 characters"),
    (line(title="a\x00b"), "title", "a\\x00b", "holds a NUL character"),
    (line(price_minor=-1), "price_minor", "-1", "must not be negative"),
    (line(price_minor="1999"), "price_minor", "1999", "must be a whole number of minor units"),
    (line(price_minor=True), "price_minor", "True", "must be a whole number of minor units"),
    (line(price_minor=19.99), "price_minor", "19.99", "must be a whole number of minor units"),
    (line(price_minor=10**30), "price_minor", "1e+30", "must be a whole number of minor units"),
    (line(price_minor=2**63), "price_minor", str(2**63), "is too large for a price"),
    (line(currency="XQX"), "currency", "XQX", "is not an ISO 4217 code"),
    (line(currency="Euro"), "currency", "Euro", "is not an ISO 4217 code"),
    (line(currency=None), "currency", "", "is missing"),
    (line(locale="klingon!"), "locale", "klingon!", "is not a language tag"),
    (line(locale=["de"]), "locale", "['de']", "must be a language tag"),
    (line(stock=True), "stock", "True", "must be a whole number"),
    (line(stock=-3), "stock", "-3", "must be a count"),
    (line(rating_mean=5.1), "rating_mean", "5.1", "must lie between 0 and 5"),
    (line(rating_mean=False), "rating_mean", "False", "must be a number between 0 and 5"),
    (line(rating_mean=float("nan")), "record", line(rating_mean=float("nan")).decode(), "is not valid JSON"),
    (line(adult="no"), "adult", "no", "must be true or false"),
    (line(category={"a": 1}), "category", "{'a': 1}", "must be a list of texts"),
    (line(attributes=["red"]), "attributes", "['red']", "must be an object"),
    (line(attributes={"wet": True}), "attributes.wet", "True", "must be text or a number"),
    (line(attributes={"tone": "a\x00"}), "attributes.tone", "a\\x00", "holds a NUL character"),
    (line(sale=5), "sale", "5", "must be an object"),
    (line(sale={"from": 20}), "sale.price_minor", "", "is missing"),
    (line(created_at="yesterday"), "created_at", "yesterday", "is not a time such as"),
    (line(created_at="1969-12-31"), "created_at", "1969-12-31", "must lie between 1970 and 2106"),
    (line(ships_from="Germany"), "ships_from", "Germany", "is not an ISO 3166 country code"),
    (line(translations={"de": {"title": 5}}), "translations.de.title", "5", "must be text"),
    (line(translations={"?": {"title": "x"}}), "translations", "?", "is not a language tag"),
    (b'{"listing_id": "L1", "title": ', "record", '{"listing_id": "L1", "title": ', "is not valid JSON"),
    (b"[1, 2]", "record", "[1, 2]", "is not a JSON object"),
    (b"null", "record", "null", "is not a JSON object"),
    (b'{"title": "\xff\xfe chair"}', "record", '{"title": "\\xff\\xfe chair"}', "is not valid UTF-8 at byte 11"),
    (b'{"title": "\\ud800"}', "record", '{"title": "\\ud800"}', "is not valid JSON"),
    (b'{"title": "a\x00b"}', "record", '{"title": "a\\x00b"}', "holds a NUL byte"),
    (b"[" * 100_000, "record", "[" * 200, "is not valid JSON"),
]


@pytest.mark.parametrize(("bad", "field", "value", "reason"), BAD, ids=[f"{b[1]}-{b[3]}"[:40] for b in BAD])
def test_a_bad_record_is_rejected_and_the_next_one_read(
    tmp_path: Path, bad: bytes, field: str, value: str, reason: str
) -> None:
    first, rejected, last = read(tmp_path / "a.jsonl", line(listing_id="1") + b"\n" + bad + b"\n" + line())

    assert (first, last) == ("1", "L")
    assert isinstance(rejected, Rejected)
    assert (rejected.record, rejected.field, rejected.value) == (2, field, value)
    assert rejected.reason.startswith(reason)


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_line_of_ten_megabytes_is_refused_in_bounded_memory(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    content = line() + b"\n" + line(description="x" * 10_000_000) + b"\n" + line(listing_id="L3")
    path.write_bytes(gzip.compress(content, 1) if name.endswith(".gz") else content)
    del content
    tracemalloc.start()
    found = [entry for _, entry in open_catalogue(path)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert isinstance(found[1], Rejected)
    assert found[1].reason == "is longer than 1,048,576 bytes"
    assert found[1].value.startswith('{"listing_id": "L", ')
    assert [entry.listing_id for entry in found if isinstance(entry, Listing)] == ["L", "L3"]
    assert peak < 6_000_000


def test_a_line_just_under_the_limit_is_read_and_the_description_judged(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    fits = line(unknown="x" * ((1 << 20) - len(line(unknown=""))))

    assert len(fits) == 1 << 20
    assert read(path, fits + b"\n" + line()) == ["L", "L"]
    assert isinstance(read(path, fits[:-1] + b" }\n" + line())[0], Rejected)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes((line(description="words " * 200) + b"\n") * 15_000)
    tracemalloc.start()
    count = sum(1 for _ in open_catalogue(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 15_000
    assert path.stat().st_size > 18_000_000
    assert peak < 2_000_000


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.999])
def test_a_cut_file_keeps_the_records_before_the_cut(tmp_path: Path, name: str, share: float) -> None:
    lines = [line(listing_id=f"L{number}", title=str(random.Random(number).random())) for number in range(5_000)]
    content = b"\n".join(lines)
    whole = gzip.compress(content) if name.endswith(".gz") else pa.compress(content, codec="zstd", asbytes=True)
    *kept, cut = read(tmp_path / name, whole[: int(len(whole) * share)])

    assert kept == [f"L{number}" for number in range(len(kept))]
    assert len(kept) > 5_000 * share * 0.4
    assert isinstance(cut, Rejected)
    assert (cut.record, cut.field) == (len(kept) + 1, "file")
    assert "is cut or damaged" in cut.reason
    assert list(open_catalogue(tmp_path / name, skip=len(kept))) == [(len(kept) + 1, cut)]
    assert list(open_catalogue(tmp_path / name, skip=len(kept) + 1)) == []


def test_damage_in_the_middle_of_a_gzip_file_is_rejected_and_the_records_before_it_are_kept(tmp_path: Path) -> None:
    lines = [line(listing_id=f"L{number}", title=str(random.Random(number).random())) for number in range(5_000)]
    whole = bytearray(gzip.compress(b"\n".join(lines)))
    middle = len(whole) // 2
    whole[middle : middle + 50] = b"\xff" * 50
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(whole)
    *before, (number, last) = open_catalogue(path)

    assert [entry.listing_id for _, entry in before[:2_000] if isinstance(entry, Listing)] == [
        f"L{number}" for number in range(2_000)
    ]
    assert isinstance(last, Rejected)
    assert (number, last.record, last.field) == (len(before) + 1, len(before) + 1, "file")
    assert "is cut or damaged" in last.reason


def test_bad_values_in_parquet_are_rejected_by_row(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    titles = pa.array([b"A chair", b"\xff\xfe", b"A lamp", b"A table"]).view(pa.string())
    columns = {name: pa.array([value] * 4) for name, value in GOOD.items()}
    ratings = pa.array([4.5, 4.5, float("nan"), None])
    pq.write_table(pa.table({**columns, "title": titles, "rating_mean": ratings}), path)
    chair, broken, nan, table = (entry for _, entry in open_catalogue(path))

    assert isinstance(chair, Listing)
    assert broken == Rejected(2, "title", "\\xff\\xfe", "is not valid UTF-8")
    assert nan == Rejected(3, "rating_mean", "nan", "must lie between 0 and 5")
    assert isinstance(table, Listing)
    assert table.rating_mean is None


def test_a_damaged_row_group_is_one_rejection_and_the_next_group_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    rows = [{**GOOD, "listing_id": f"L{number}", "title": str(random.Random(number).random())} for number in range(90)]
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=30, compression="zstd", use_dictionary=False)
    column = pq.ParquetFile(path).metadata.row_group(1).column(3)
    content = bytearray(path.read_bytes())
    start = column.data_page_offset
    content[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    path.write_bytes(content)
    entries = dict(open_catalogue(path))
    broken = entries.pop(31)

    assert isinstance(broken, Rejected)
    assert broken.field == "file"
    assert broken.reason.startswith("the rest of row group 1 cannot be read")
    assert list(entries) == [*range(1, 31), *range(61, 91)]
    assert all(isinstance(entry, Listing) for entry in entries.values())


def test_files_joined_after_compression_are_read_to_the_end(tmp_path: Path) -> None:
    parts = [line(listing_id="L1") + b"\n", line(listing_id="L2") + b"\n"]

    assert read(tmp_path / "a.gz", b"".join(map(gzip.compress, parts))) == ["L1", "L2"]
    joined = b"".join(pa.compress(part, codec="zstd", asbytes=True) for part in parts)
    assert read(tmp_path / "a.zst", joined) == ["L1", "L2"]
