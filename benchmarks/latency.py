"""How long does a search take, by phase, and how much memory does a serving process hold?

    python benchmarks/latency.py --snapshot SNAPSHOT [--queries 2000]

Queries are the sample's own names of things in 22 languages, for buyers of three markets, each asked once (no vector is
remembered); one at a time, in one process. Asserts that pages are full, that landed prices add up, and that the
vector index's recall against an exact scan is as stated.
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
    given = parser.parse_args()
    before = psutil.Process().memory_info()
    engine = open_engine(given.snapshot, threads=1)
    loaded = psutil.Process().memory_info()
    asked = queries(given.queries, seed=7)
    for query in asked[:50]:  # warm pages and caches
        engine.search(query)
    times: dict[str, list[float]] = {name: [] for name in (*PHASES, "total")}
    for query in asked[50:]:
        started = time.perf_counter()
        page = engine.search(query)
        times["total"].append((time.perf_counter() - started) * 1e3)
        for phase in PHASES:
            times[phase].append(page.milliseconds[phase])
        assert len(page.results) == query.size, (query.text, len(page.results))
        offer = page.results[0].offer
        assert offer.landed_minor == (offer.item_minor or 0) + (offer.shipping_minor or 0) + (offer.tax_minor or 0)
    memory = psutil.Process().memory_info()
    report = {
        "listings": len(engine.snapshot),
        "vector_index": engine.snapshot.manifest.vector_index,
        "queries": len(asked) - 50,
        "p50_ms": {name: _round(np.percentile(values, 50)) for name, values in times.items()},
        "p99_ms": {name: _round(np.percentile(values, 99)) for name, values in times.items()},
        "recall_at_100": recall(engine, asked[: given.recall_queries]),
        "anonymous_mb": {"before": _own(before), "opened": _own(loaded), "after": _own(memory)},
        "snapshot_resident_bytes_per_listing": resident(given.snapshot, len(engine.snapshot)),
    }
    print(json.dumps(report, indent=2))


def queries(count: int, seed: int) -> list[Query]:
    """Names of things, most with an attribute, in the language of the buyer; no two the same."""
    draw = random.Random(seed)
    markets = ("US", "DE", "BR")
    made: dict[str, Query] = {}
    while len(made) < count:
        language = draw.choice(LANGUAGES)
        kind = draw.choice(list(group("kind", "en")))
        facet = draw.choice(["color", "material", "use"])
        noun = lexicon(language)[f"kind:{kind}"]
        words = [noun_phrase(noun, [draw.choice(list(group(facet, language).values()))])]
        words += [str(draw.randint(1, 999))] * (draw.random() < 0.3)
        text = " ".join(words)
        made[text] = Query(text, Locale.parse(language), now=1_795_000_000, country=draw.choice(markets))
    return list(made.values())


def recall(engine: object, asked: list[Query]) -> float:
    """Share of the exact best 100 that the vector index finds, mean over queries, inside each buyer's eligibility."""
    from search.engine import Engine
    from search.understand import understand

    assert isinstance(engine, Engine)
    exact = ExactVectorIndex(engine.snapshot.vectors)
    shares = []
    for query in asked:
        understood = understand(query, engine.snapshot.tables)
        selection = engine.select(understood)
        vector = engine.encode(understood.text)[None]
        wanted = exact.search(vector, selection, 100)[0].rows
        found = engine.snapshot.vector_index.search(vector, selection, 100)[0].rows
        shares.append(len(np.intersect1d(wanted, found)) / max(1, len(wanted)))
    return _round(float(np.mean(shares)), 4)


def resident(snapshot: Path, listings: int) -> dict[str, float]:
    """Bytes a listing of each store that are in memory now, mapped from its files; workers share them."""
    found: dict[str, float] = {}
    store = None
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split(" ")[0]:
            path = line.split(maxsplit=5)[-1]
            inside = path.startswith(str(snapshot.resolve())) and "/generations/" in path
            store = "/".join(path.split("/generations/")[1].split("/")[1:3]) if inside else None
        elif store is not None and line.startswith("Rss:"):
            name = store if store.startswith("vectors") else store.split("/")[0]
            found[name] = found.get(name, 0.0) + int(line.split()[1]) * 1024 / listings
    return {name: _round(size, 1) for name, size in sorted(found.items())}


def _own(memory: object) -> int:
    return round((memory.rss - memory.shared) / 1e6)  # type: ignore[attr-defined]  # psutil's named tuple


def _round(value: float, digits: int = 2) -> float:
    return round(float(value), digits)


if __name__ == "__main__":
    main()
