"""How fast is each form of a catalogue read, and how much memory does it take?

    python benchmarks/read.py [--records 200000] [--forms shopify woocommerce ...]

Each form is written with that many rows, and read to listings in a process of its own. Beside it,
in the same run, a parser alone reads the same file: pyarrow's CSV reader, expat, orjson by line,
pyarrow's Parquet reader. Asserts how many rows became listings and how many were left out. Seconds
are of the processor, all threads together, so that other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.parsers import expat

TEXT = "A chair of solid oak with a woven seat, oiled by hand, for the kitchen and the dining room. " * 3
FILES = {
    "jsonl": "own.jsonl",
    "json": "own.json",
    "parquet": "own.parquet",
    "google-tsv": "google.tsv",
    "google-csv": "google.csv",
    "google-xml": "google.xml",
    "shopify": "shopify.csv",
    "woocommerce": "woocommerce.csv",
    "openai": "openai.jsonl",
}
SIZES = ("S", "M", "L", "XL")
Rows = Iterator[dict[str, object]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--forms", nargs="+", choices=list(FILES), default=list(FILES))
    parser.add_argument("--child", nargs=2, metavar=("WHAT", "PATH"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(measure(*arguments.child)))
        return
    print("| form | file, MB | records/s | plain parser, rows/s | peak memory, MB |\n|---|---|---|---|---|")
    for form in arguments.forms:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / FILES[form]
            WRITERS[form](path, arguments.records)
            ours, plain = child(form, path), child(f"plain {form}", path)
            assert ours["counts"] == expected(form, arguments.records), (form, ours["counts"])
            assert plain["counts"]["rows"] == arguments.records, (form, plain["counts"])
            rates = [arguments.records / run["seconds"] for run in (ours, plain)]
            size = path.stat().st_size / 1e6
            print(
                f"| {form} | {size:,.0f} | {rates[0]:,.0f} | {rates[1]:,.0f} | {ours['megabytes']:,.0f} |", flush=True
            )


def child(what: str, path: Path) -> dict[str, dict[str, int]]:
    """What a new process measures."""
    command = [sys.executable, __file__, "--child", what, str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure(what: str, path: str) -> dict[str, object]:
    """Processor seconds, counts and peak memory of reading one file, without the imports."""
    import orjson  # noqa: F401
    import pyarrow.csv
    import pyarrow.parquet  # noqa: F401

    import indexer.catalogue.catalogue  # noqa: F401

    plain = what.startswith("plain ")
    started = time.process_time()
    counts = PLAIN[what.removeprefix("plain ")](Path(path)) if plain else read(what, Path(path))
    seconds = time.process_time() - started
    return {"seconds": seconds, "counts": counts, "megabytes": peak_megabytes()}


def peak_megabytes() -> float:
    """The most memory that this process had; getrusage would count its parent's too."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def read(form: str, path: Path) -> dict[str, int]:
    """How many of each outcome the catalogue has."""
    from indexer.catalogue.catalogue import Defaults, open_catalogue
    from languages.locale import Locale

    catalogue = open_catalogue(path, defaults=Defaults(Locale.parse("en-GB"), "SHOP", currency="EUR"))
    assert catalogue.form == form, catalogue.form
    return dict(Counter(type(outcome).__name__ for _, outcome in catalogue))


def expected(form: str, records: int) -> dict[str, int]:
    """Every fifth row of a shop's export is no offer: a picture, or a product with variations."""
    if form not in ("shopify", "woocommerce"):
        return {"Listing": records}
    left_out = (records + 4) // 5 if form == "woocommerce" else records // 5
    return {"Listing": records - left_out, "LeftOut": left_out}


def own_rows(records: int) -> Rows:
    for number in range(records):
        yield {
            "listing_id": f"L{number}", "seller_id": f"S{number % 500}", "locale": "en-GB",
            "title": f"Oak chair {number}", "description": TEXT, "price_minor": 1_000 + number % 9_000,
            "currency": "EUR", "brand": "Nord", "category": ["Furniture", "Chairs"],
            "attributes": {"colour": "brown", "height": "90 cm"}, "stock": number % 20,
        }  # fmt: skip


def google_rows(records: int) -> Rows:
    for number in range(records):
        yield {
            "id": f"L{number}", "title": f"Oak chair {number}", "description": TEXT, "link": "https://shop.example/c",
            "image_link": f"https://shop.example/{number}.jpg", "price": f"{10 + number % 90}.90 EUR",
            "availability": "in_stock", "brand": "Nord", "product_type": "Furniture > Chairs", "color": "brown",
            "item_group_id": f"G{number // 4}", "shipping": "DE:::4.95 EUR",
        }  # fmt: skip


def shopify_rows(records: int) -> Rows:
    """Products of four variants and a picture."""
    for number in range(records):
        product, row = divmod(number, 5)
        first = {
            "Title": f"Oak chair {product}", "Body (HTML)": f"<p>{TEXT}</p>", "Vendor": "Nord",
            "Product Category": "Furniture > Chairs", "Tags": "oak, kitchen", "Published": "true",
            "Option1 Name": "Size", "Status": "active",
        } if row == 0 else {}  # fmt: skip
        variant = {
            "Option1 Value": SIZES[row % 4], "Variant SKU": f"SKU-{number}", "Variant Inventory Tracker": "shopify",
            "Variant Inventory Qty": number % 20, "Variant Price": f"{10 + number % 90}.90",
            "Variant Compare At Price": "120.00",
        } if row < 4 else {}  # fmt: skip
        yield {"Handle": f"oak-chair-{product}", **first, **variant, "Image Src": f"https://cdn.example/{number}.jpg"}


def woocommerce_rows(records: int) -> Rows:
    """Products of four variations."""
    for number in range(records):
        product, row = divmod(number, 5)
        common = {"ID": number + 1, "SKU": f"SKU-{number}", "Published": 1, "Attribute 1 name": "Size"}
        if row == 0:
            yield common | {
                "Type": "variable", "Name": f"Oak chair {product}", "Description": TEXT,
                "Categories": "Furniture > Chairs, Gifts", "Tags": "oak, kitchen",
                "Images": f"https://shop.example/{product}.jpg", "Attribute 1 value(s)": ", ".join(SIZES),
            }  # fmt: skip
        else:
            yield common | {
                "Type": "variation", "Name": f"Oak chair {product} - {SIZES[row - 1]}", "In stock?": 1,
                "Stock": number % 20, "Regular price": f"{10 + number % 90},90", "Parent": f"SKU-{product * 5}",
                "Attribute 1 value(s)": SIZES[row - 1],
            }  # fmt: skip


def openai_rows(records: int) -> Rows:
    for number in range(records):
        yield {
            "is_eligible_search": True, "is_eligible_checkout": False, "item_id": f"L{number}",
            "title": f"Oak chair {number}", "description": TEXT, "url": "https://shop.example/c", "brand": "Nord",
            "image_url": f"https://shop.example/{number}.jpg", "price": f"{10 + number % 90}.90 EUR",
            "availability": "in_stock", "inventory_quantity": number % 20, "group_id": f"G{number // 4}",
            "product_category": "Furniture > Chairs", "color": "brown", "shipping": "DE:::4.95 EUR",
            "seller_name": "Nord", "star_rating": 4.5, "review_count": 12,
        }  # fmt: skip


def write_table(rows: Rows, path: Path, columns: list[str], delimiter: str = ",") -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def write_lines(rows: Rows, path: Path) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)


def write_array(rows: Rows, path: Path) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.write("[")
        for number, row in enumerate(rows):
            out.write((",\n" if number else "\n") + json.dumps(row))
        out.write("\n]\n")


def write_parquet(rows: Rows, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    first = next(rows)
    with pq.ParquetWriter(path, pa.Table.from_pylist([first]).schema) as writer:
        batch = [first]
        for row in rows:
            batch.append(row)
            if len(batch) == 10_000:
                writer.write_table(pa.Table.from_pylist(batch))
                batch = []
        if batch:
            writer.write_table(pa.Table.from_pylist(batch))


def write_xml(rows: Rows, path: Path) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.write('<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>\n')
        for row in rows:
            del row["shipping"]
            fields = "".join(f"<g:{name}>{str(text).replace('>', '&gt;')}</g:{name}>" for name, text in row.items())
            shipping = "<g:shipping><g:country>DE</g:country><g:price>4.95 EUR</g:price></g:shipping>"
            out.write(f"<item>{fields}{shipping}</item>\n")
        out.write("</channel></rss>\n")


def columns_of(rows: Rows) -> list[str]:
    """The columns of the first ten rows, in order."""
    return list(dict.fromkeys(name for row in rows for name in row))


WRITERS: dict[str, Callable[[Path, int], None]] = {
    "jsonl": lambda path, records: write_lines(own_rows(records), path),
    "json": lambda path, records: write_array(own_rows(records), path),
    "parquet": lambda path, records: write_parquet(own_rows(records), path),
    "google-tsv": lambda path, records: write_table(google_rows(records), path, columns_of(google_rows(1)), "\t"),
    "google-csv": lambda path, records: write_table(google_rows(records), path, columns_of(google_rows(1))),
    "google-xml": lambda path, records: write_xml(google_rows(records), path),
    "shopify": lambda path, records: write_table(shopify_rows(records), path, columns_of(shopify_rows(10))),
    "woocommerce": lambda path, records: write_table(woocommerce_rows(records), path, columns_of(woocommerce_rows(10))),
    "openai": lambda path, records: write_lines(openai_rows(records), path),
}


def parse_csv(path: Path, delimiter: str = ",") -> dict[str, int]:
    from pyarrow import csv as arrow_csv

    options = arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
    with arrow_csv.open_csv(path, parse_options=options) as reader:
        return {"rows": sum(batch.num_rows for batch in reader)}


def parse_xml(path: Path) -> dict[str, int]:
    counts = {"rows": 0}

    def start(name: str, attributes: dict[str, str]) -> None:
        counts["rows"] += name == "item"

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.CharacterDataHandler = len
    with path.open("rb") as file:
        parser.ParseFile(file)
    return counts


def parse_lines(path: Path) -> dict[str, int]:
    import orjson

    with path.open("rb") as file:
        return {"rows": sum(isinstance(orjson.loads(line), dict) for line in file)}


def parse_array(path: Path) -> dict[str, int]:
    import orjson

    return {"rows": len(orjson.loads(path.read_bytes()))}


def parse_parquet(path: Path) -> dict[str, int]:
    import pyarrow.parquet as pq

    return {"rows": sum(batch.num_rows for batch in pq.ParquetFile(path).iter_batches())}


PLAIN: dict[str, Callable[[Path], dict[str, int]]] = {
    "jsonl": parse_lines,
    "json": parse_array,
    "parquet": parse_parquet,
    "google-tsv": lambda path: parse_csv(path, "\t"),
    "google-csv": parse_csv,
    "google-xml": parse_xml,
    "shopify": parse_csv,
    "woocommerce": parse_csv,
    "openai": parse_lines,
}


if __name__ == "__main__":
    main()
