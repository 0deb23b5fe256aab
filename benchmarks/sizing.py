"""How much memory and disk, how many shards and nodes does a cluster need?

    python benchmarks/sizing.py --listings 10000000 50000000 [--replicas 1] [--quantisation none]

Prints the table of docs/opensearch.md from formulas; nothing is measured here. The bytes of a
listing are inputs: measure yours with `_cat/indices?bytes=b` on a generation of your own catalogue.

The memory of a vector in a graph is OpenSearch's estimate ("Vector quantization" in its
documentation): 1.1 * (bytes a dimension * dimension + 8 * m), with 4 bytes for floats, 2 for fp16,
1 for bytes. With the faiss engine it is native memory: k-NN uses at most half of the memory beside
the heap. With the lucene engine it is page cache.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

GB = 1e9
DIMENSION_BYTES = {"none": 4, "fp16": 2, "byte": 1}
"""Bytes a dimension in memory.

The setting ``quantisation = "scalar"`` is byte with lucene, fp16 with faiss.
"""

SHARD_BYTES = 30 * GB  # the middle of the 10-50 GB that OpenSearch recommends
SHARD_VECTORS = 20_000_000
LOW_WATERMARK = 0.85  # of a disk: above it OpenSearch places no more shards there
HEAP_MAX_GB = 31.0  # above it Java cannot use compressed pointers
SYSTEM_GB = 2.0
CIRCUIT_BREAKER = 0.5  # of the memory beside the heap: the native memory of the faiss engine
NODES_MIN = 3  # with two, the loss of one stops the cluster


@dataclass(frozen=True)
class SizingInput:
    """A catalogue, and how the cluster stores it."""

    listings: int
    dim: int = 384
    m: int = 16
    replicas: int = 1
    bytes_words: int = 500  # of a listing on disk; docs/figures.md has measured values
    bytes_vectors: int = 1_800
    bytes_texts: int = 300  # stored fields of a page; 0 with `opensearch+faiss`, as for vectors
    bytes_facts: int = 100
    quantisation: str = "none"
    knn_engine: str = "lucene"
    generations: int = 2  # on disk at the same time: the current one and the one being built
    words_hot: float = 0.5  # share of the words index that should be in page cache
    node_gb: float = 64.0


def vector_bytes(dim: int, m: int, quantisation: str) -> float:
    """Memory of one vector in a graph, by OpenSearch's estimate."""
    return 1.1 * (DIMENSION_BYTES[quantisation] * dim + 8 * m)


def graph_gb(sizing: SizingInput) -> float:
    """Memory of all vectors and their graph, replicas included."""
    each = vector_bytes(sizing.dim, sizing.m, sizing.quantisation)
    return sizing.listings * each * (1 + sizing.replicas) / GB


def words_gb(sizing: SizingInput) -> float:
    """Page cache for the words index, replicas included."""
    return sizing.listings * sizing.bytes_words * sizing.words_hot * (1 + sizing.replicas) / GB


def disk_gb(sizing: SizingInput) -> float:
    """Disk of all nodes together, so that it stays below the low watermark."""
    a_listing = sizing.bytes_words + sizing.bytes_vectors + sizing.bytes_texts + sizing.bytes_facts
    return sizing.listings * a_listing * (1 + sizing.replicas) * sizing.generations / LOW_WATERMARK / GB


def shards(sizing: SizingInput) -> tuple[int, int]:
    """Primary shards of the words index and of the vectors index."""
    words = ceil(sizing.listings * sizing.bytes_words / SHARD_BYTES)
    vectors = ceil(sizing.listings * sizing.bytes_vectors / SHARD_BYTES)
    return max(1, words), max(1, vectors, ceil(sizing.listings / SHARD_VECTORS))


def heap_gb(sizing: SizingInput) -> float:
    """Heap of a node: half its memory, at most `HEAP_MAX_GB`."""
    return min(HEAP_MAX_GB, sizing.node_gb / 2)


def nodes(sizing: SizingInput) -> int:
    """How many data nodes are needed, so that graphs and hot words stay in memory.

    Raises:
        ValueError: a node has no memory left beside its heap.
    """
    free = sizing.node_gb - heap_gb(sizing) - SYSTEM_GB
    if free <= 0:
        raise ValueError(f"a node of {sizing.node_gb:g} GB has no memory left beside its heap; give a larger --node-gb")
    if sizing.knn_engine == "faiss":
        native = CIRCUIT_BREAKER * (sizing.node_gb - heap_gb(sizing))
        needed = max(graph_gb(sizing) / native, (graph_gb(sizing) + words_gb(sizing)) / free)
    else:
        needed = (graph_gb(sizing) + words_gb(sizing)) / free
    return max(ceil(needed), NODES_MIN if sizing.replicas else 1)


def table(rows: Sequence[SizingInput]) -> str:
    """The rows in Markdown."""
    header = (
        "listings", "quantisation", "bytes a vector", "graph, GB", "hot words, GB", "shards: words, vectors",
        "nodes", "heap of each, GB", "disk, GB", "disk of each, GB",
    )  # fmt: skip
    lines = [f"| {' | '.join(header)} |", f"|{' ---: |' * len(header)}"]
    for row in rows:
        count = nodes(row)
        disk = disk_gb(row)
        cells = (
            f"{row.listings:,}", row.quantisation, f"{vector_bytes(row.dim, row.m, row.quantisation):,.1f}",
            f"{graph_gb(row):,.0f}", f"{words_gb(row):,.0f}", "{}, {}".format(*shards(row)),
            f"{count}", f"{heap_gb(row):,.0f}", f"{disk:,.0f}", f"{disk / count:,.0f}",
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(command_line: Sequence[str] | None = None) -> None:
    """Print the table for every given number of listings and quantisation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listings", type=int, nargs="+", default=[10_000_000, 50_000_000])
    parser.add_argument("--quantisation", nargs="+", choices=DIMENSION_BYTES, default=["none"])
    parser.add_argument("--knn-engine", choices=("lucene", "faiss"), default=SizingInput.knn_engine)
    for name in ("dim", "m", "replicas", "bytes_words", "bytes_vectors", "bytes_texts", "bytes_facts", "generations"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(SizingInput, name))
    for name in ("words_hot", "node_gb"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=getattr(SizingInput, name))
    options = vars(parser.parse_args(command_line))
    counts, quantisations = options.pop("listings"), options.pop("quantisation")
    rows = [
        SizingInput(listings=count, quantisation=quantisation, **options)
        for count in counts
        for quantisation in quantisations
    ]
    print(table(rows))


if __name__ == "__main__":
    main()
