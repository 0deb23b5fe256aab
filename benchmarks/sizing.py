"""How much memory and disk, how many shards and nodes does a cluster need for so many listings?

    python benchmarks/sizing.py --listings 10000000 50000000 [--replicas 1] [--quantisation none] ...

Prints the table of docs/opensearch.md, from formulas alone: nothing is measured here. Bytes a listing are inputs;
measure yours with `_cat/indices?bytes=b` on a generation of your own catalogue.

Memory a vector in a graph is OpenSearch's own estimate ("Vector quantization" in its documentation):
1.1 * (bytes a dimension * dimension + 8 * m), with 4 bytes for floats, 2 for fp16, 1 for bytes. With the faiss engine
it is native memory, of which k-NN takes half of what the heap leaves; with the lucene engine it is page cache, of which
there must be as much.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

GB = 1e9
DIMENSION_BYTES = {"none": 4, "fp16": 2, "byte": 1}
"""Bytes a dimension in memory. The setting ``quantisation = "scalar"`` is byte with lucene, fp16 with faiss."""

SHARD_BYTES = 30 * GB  # the middle of the 10-50 GB that OpenSearch recommends
SHARD_VECTORS = 20_000_000
LOW_WATERMARK = 0.85  # of a disk: above it OpenSearch places no further shard there
HEAP_MAX_GB = 31.0  # above it Java gives up compressed pointers
SYSTEM_GB = 2.0
CIRCUIT_BREAKER = 0.5  # of what the heap leaves: the native memory of the faiss engine
NODES_MIN = 3  # with two, neither may go


@dataclass(frozen=True)
class Wanted:
    """A catalogue and how it is kept."""

    listings: int
    dim: int = 384
    m: int = 16
    replicas: int = 1
    bytes_words: int = 500  # of a listing, on disk; docs/figures.md has what was measured
    bytes_vectors: int = 1_800
    bytes_texts: int = 300  # what is shown of it; 0 with `opensearch+faiss`, as for vectors
    bytes_facts: int = 100
    quantisation: str = "none"
    knn_engine: str = "lucene"
    generations: int = 2  # at once on disk: the one served, the one being built
    words_hot: float = 0.5  # of the words index, worth holding in page cache
    node_gb: float = 64.0


def vector_bytes(dim: int, m: int, quantisation: str) -> float:
    """Memory of one vector in a graph, by OpenSearch's estimate."""
    return 1.1 * (DIMENSION_BYTES[quantisation] * dim + 8 * m)


def graph_gb(wanted: Wanted) -> float:
    """Memory of all vectors and their graph, replicas included."""
    each = vector_bytes(wanted.dim, wanted.m, wanted.quantisation)
    return wanted.listings * each * (1 + wanted.replicas) / GB


def words_gb(wanted: Wanted) -> float:
    """Page cache that the words index is worth, replicas included."""
    return wanted.listings * wanted.bytes_words * wanted.words_hot * (1 + wanted.replicas) / GB


def disk_gb(wanted: Wanted) -> float:
    """Disk of all nodes together, with room below the low watermark."""
    a_listing = wanted.bytes_words + wanted.bytes_vectors + wanted.bytes_texts + wanted.bytes_facts
    return wanted.listings * a_listing * (1 + wanted.replicas) * wanted.generations / LOW_WATERMARK / GB


def shards(wanted: Wanted) -> tuple[int, int]:
    """Primary shards of the words index and of the vectors index."""
    words = ceil(wanted.listings * wanted.bytes_words / SHARD_BYTES)
    vectors = ceil(wanted.listings * wanted.bytes_vectors / SHARD_BYTES)
    return max(1, words), max(1, vectors, ceil(wanted.listings / SHARD_VECTORS))


def heap_gb(wanted: Wanted) -> float:
    """Heap of a node: half its memory, as far as that does good."""
    return min(HEAP_MAX_GB, wanted.node_gb / 2)


def nodes(wanted: Wanted) -> int:
    """Data nodes of that much memory, so that graphs and hot words stay in it.

    Raises:
        ValueError: such a node has no memory left beside its heap.
    """
    free = wanted.node_gb - heap_gb(wanted) - SYSTEM_GB
    if free <= 0:
        raise ValueError(f"a node of {wanted.node_gb:g} GB has nothing left beside its heap; give --node-gb of more")
    if wanted.knn_engine == "faiss":
        native = CIRCUIT_BREAKER * (wanted.node_gb - heap_gb(wanted))
        needed = max(graph_gb(wanted) / native, (graph_gb(wanted) + words_gb(wanted)) / free)
    else:
        needed = (graph_gb(wanted) + words_gb(wanted)) / free
    return max(ceil(needed), NODES_MIN if wanted.replicas else 1)


def table(rows: Sequence[Wanted]) -> str:
    """The rows in Markdown."""
    heads = (
        "listings", "quantisation", "bytes a vector", "graph, GB", "hot words, GB", "shards: words, vectors",
        "nodes", "heap of each, GB", "disk, GB", "disk of each, GB",
    )  # fmt: skip
    lines = [f"| {' | '.join(heads)} |", f"|{' ---: |' * len(heads)}"]
    for row in rows:
        count, disk = nodes(row), disk_gb(row)
        cells = (
            f"{row.listings:,}", row.quantisation, f"{vector_bytes(row.dim, row.m, row.quantisation):,.1f}",
            f"{graph_gb(row):,.0f}", f"{words_gb(row):,.0f}", "{}, {}".format(*shards(row)),
            f"{count}", f"{heap_gb(row):,.0f}", f"{disk:,.0f}", f"{disk / count:,.0f}",
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(given: Sequence[str] | None = None) -> None:
    """Print the table for every number of listings and every quantisation asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listings", type=int, nargs="+", default=[10_000_000, 50_000_000])
    parser.add_argument("--quantisation", nargs="+", choices=DIMENSION_BYTES, default=["none"])
    parser.add_argument("--knn-engine", choices=("lucene", "faiss"), default=Wanted.knn_engine)
    for name in ("dim", "m", "replicas", "bytes_words", "bytes_vectors", "bytes_texts", "bytes_facts", "generations"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(Wanted, name))
    for name in ("words_hot", "node_gb"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=getattr(Wanted, name))
    asked = vars(parser.parse_args(given))
    counts, kinds = asked.pop("listings"), asked.pop("quantisation")
    print(table([Wanted(listings=count, quantisation=kind, **asked) for count in counts for kind in kinds]))


if __name__ == "__main__":
    main()
