"""How long does a search take, by phase, and how much memory does a serving process hold?

    python benchmarks/latency.py --snapshot SNAPSHOT [--queries 2000]

Queries are names of products in 22 languages, for buyers of three markets. Each is searched once,
so that no vector is in a cache, and one at a time. Asserts that pages are full and that landed
prices add up. Reports the vector index's recall against an exact scan.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np
import psutil

from indexer.stores.vector import ExactVectorIndex
from languages.lexicon import group, lexicon
from languages.locale import LANGUAGES, Locale
from languages.phrase import noun_phrase
from ranking.query import Query
from search.bootstrap import open_engine

PHASES = ("understand", "encode", "expand", "select", "lexical", "vector", "gather", "rank", "page")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapshot", type=Path, required=True)
    parser.add_argument("--queries", type=int, default=2_000)
    parser.add_argument("--recall-queries", type=int, default=100)
    arguments = parser.parse_args()
    before = psutil.Process().memory_info()
    engine = open_engine(arguments.snapshot, threads=1)
    loaded = psutil.Process().memory_info()
    searches = random_queries(arguments.queries, seed=7)
    for query in searches[:50]:  # warm pages and caches
        engine.search(query)
    times: dict[str, list[float]] = {name: [] for name in (*PHASES, "total")}
    for query in searches[50:]:
        started = time.perf_counter()
        page = engine.search(query)
        times["total"].append((time.perf_counter() - started) * 1e3)
        for phase in PHASES:
            times[phase].append(page.milliseconds[phase])
        shown = (*page.results, *page.near)
        assert len(shown) == query.size, (query.text, len(shown))
        offer = shown[0].offer
        assert offer.landed_minor == (offer.item_minor or 0) + (offer.shipping_minor or 0) + (offer.tax_minor or 0)
    memory = psutil.Process().memory_info()
    report = {
        "listings": len(engine.snapshot),
        "vector_index": engine.snapshot.manifest.vector_index,
        "queries": len(searches) - 50,
        "p50_ms": {name: _round(np.percentile(values, 50)) for name, values in times.items()},
        "p99_ms": {name: _round(np.percentile(values, 99)) for name, values in times.items()},
        "recall_at_100": recall(engine, searches[: arguments.recall_queries]),
        "anonymous_mb": {
            "before": _anonymous_mb(before),
            "opened": _anonymous_mb(loaded),
            "after": _anonymous_mb(memory),
        },
        "snapshot_resident_bytes_per_listing": resident(arguments.snapshot, len(engine.snapshot)),
    }
    print(json.dumps(report, indent=2))


def random_queries(count: int, seed: int) -> list[Query]:
    """Names of products with an attribute, some with a number, in the buyer's language.

    All are different.
    """
    rng = random.Random(seed)
    markets = ("US", "DE", "BR")
    by_text: dict[str, Query] = {}
    while len(by_text) < count:
        language = rng.choice(LANGUAGES)
        kind = rng.choice(list(group("kind", "en")))
        facet = rng.choice(["color", "material", "use"])
        noun = lexicon(language)[f"kind:{kind}"]
        words = [noun_phrase(noun, [rng.choice(list(group(facet, language).values()))])]
        words += [str(rng.randint(1, 999))] * (rng.random() < 0.3)
        text = " ".join(words)
        by_text[text] = Query(text, Locale.parse(language), now=1_795_000_000, country=rng.choice(markets))
    return list(by_text.values())


def recall(engine: object, queries: list[Query]) -> float:
    """The share of the exact best 100 eligible listings that the vector index finds, averaged over
    queries.
    """
    from search.engine import Engine
    from search.understanding.understand import understand

    assert isinstance(engine, Engine)
    exact = ExactVectorIndex(engine.snapshot.vectors)
    shares = []
    for query in queries:
        understood = understand(query, engine.snapshot.tables)
        selection = engine.select(understood)
        vector = engine.encode(understood.text)[None]
        expected = exact.search(vector, selection, 100)[0].rows
        found = engine.snapshot.vector_index.search(vector, selection, 100)[0].rows
        shares.append(len(np.intersect1d(expected, found)) / max(1, len(expected)))
    return _round(float(np.mean(shares)), 4)


def resident(snapshot: Path, listings: int) -> dict[str, float]:
    """Bytes a listing of each store's mapped files that are in memory now. Workers share them."""
    sizes: dict[str, float] = {}
    store = None
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split(" ")[0]:
            path = line.split(maxsplit=5)[-1]
            inside = path.startswith(str(snapshot.resolve())) and "/generations/" in path
            store = "/".join(path.split("/generations/")[1].split("/")[1:3]) if inside else None
        elif store is not None and line.startswith("Rss:"):
            name = store if store.startswith("vectors") else store.split("/")[0]
            sizes[name] = sizes.get(name, 0.0) + int(line.split()[1]) * 1024 / listings
    return {name: _round(size, 1) for name, size in sorted(sizes.items())}


def _anonymous_mb(memory: object) -> int:
    return round((memory.rss - memory.shared) / 1e6)  # type: ignore[attr-defined]  # psutil's named tuple


def _round(value: float, digits: int = 2) -> float:
    return round(float(value), digits)


if __name__ == "__main__":
    main()
