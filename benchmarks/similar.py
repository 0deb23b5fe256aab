"""How near are the listings that are shown as similar to one?

    python benchmarks/similar.py --snapshot SNAPSHOT [--listings 150] [--size 10] [--seed 7]

Takes listings at random, and for each the similar ones that a buyer in its seller's country sees.
Reports how relevant the first and the last of a list are, the lists that begin with the nearest
listing of those shown, those whose first listings are the same on a shorter page, and milliseconds.
Asserts that no list is empty or has the listing itself or an offer of its group.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from indexer.stores.facts import Rows
from languages.locale import Locale
from ranking.query import Query
from search.bootstrap import open_engine
from search.engine import Engine
from search.page import Page, Result

NOW = 1_793_491_200  # 2026-11-01: a fixed time, since it decides which sales are on
SHORT = 3  # listings on the shorter page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapshot", type=Path, required=True)
    parser.add_argument("--listings", type=int, default=150)
    parser.add_argument("--size", type=int, default=10)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    engine = open_engine(arguments.snapshot, threads=1)
    relevances: list[list[float]] = []
    nearest_first = 0
    times: list[float] = []
    same_start = 0
    for text in engine.snapshot.texts.take(random_rows(engine, arguments.listings, arguments.seed)):
        query = Query("", Locale.parse(text.locale), NOW, size=arguments.size)
        started = time.perf_counter()
        page = engine.similar(text.listing_id, query)
        times.append((time.perf_counter() - started) * 1e3)
        check(page, text.listing_id, text.group_id)
        relevances.append([relevance(result) for result in page.results])
        nearest_first += is_nearest_first(engine, text.listing_id, page)
        shorter = engine.similar(text.listing_id, replace(query, size=SHORT))
        same_start += ids(shorter) == ids(page)[:SHORT]
    report = {
        "lists": len(relevances),
        "results": sum(map(len, relevances)),
        "relevance_of_the_first_p50": round(float(np.median([values[0] for values in relevances])), 3),
        "relevance_of_the_last_p50": round(float(np.median([values[-1] for values in relevances])), 3),
        "lists_that_begin_with_the_nearest": nearest_first,
        "lists_with_the_same_start_on_a_shorter_page": same_start,
        "p50_ms": round(float(np.percentile(times, 50)), 1),
        "p95_ms": round(float(np.percentile(times, 95)), 1),
    }
    print(json.dumps(report, indent=2))


def random_rows(engine: Engine, count: int, seed: int) -> Rows:
    """Rows of listings whose sellers are active."""
    snapshot = engine.snapshot
    active = np.flatnonzero(snapshot.tables.sellers.active[snapshot.facts.column("seller")])
    rows: Rows = np.random.default_rng(seed).choice(active, count, replace=False)
    return rows


def ids(page: Page) -> list[str]:
    return [result.listing_id for result in page.results]


def relevance(result: Result) -> float:
    return next(term.utility for term in result.explanation if term.feature == "relevance")


def is_nearest_first(engine: Engine, listing_id: str, page: Page) -> bool:
    """Whether the first listing of a page is the nearest of those on it."""
    snapshot = engine.snapshot
    row_of = snapshot.lexical.rows_of([listing_id, *ids(page)])
    vector = snapshot.vector_index.vector(row_of[listing_id])
    cosines = snapshot.vector_index.cosines(np.array([row_of[name] for name in ids(page)], np.int64), vector)
    return bool(cosines[0] >= cosines.max() - 1e-6)


def check(page: Page, listing_id: str, group_id: str | None) -> None:
    assert page.results, listing_id
    for result in page.results:
        assert result.listing_id != listing_id
        assert group_id is None or result.text.group_id != group_id, (listing_id, result.listing_id)


if __name__ == "__main__":
    main()
