"""How much of what a clean query finds does a mistyped one keep, with and without repairs?

    python benchmarks/mistyped.py SNAPSHOT --topics TOPICS --qrels QRELS

Answers all topics as typed, and with repairs. A mistyped topic is compared with the clean one of
its query and language: the table has, for each way of typing, nDCG@10 as typed, with repairs and of
the clean ones, and the share that is kept, by language. Then the clean topics that a repair
changes, and the time that a query takes before the indexes are searched: understood, and repairs
proposed; of the topics, and of the worst 1,000 characters that we know. Asserts that repairs lose
nothing: with them no way of typing is worse, and the clean topics of no language by more than 0.01.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from eval.answer import answer_topics
from eval.judgement import Judgement, read_judgements
from eval.measure import measure
from eval.run import Run
from eval.topic import Topic, read_topics
from languages.locale import Locale
from ranking.query import TEXT_MAX, Query
from search.bootstrap import open_engine
from search.engine import Engine

NOW = 1_793_491_200  # 2026-11-01, midnight UTC
CLEAN = "clean"
MEASURE = "nDCG@10"
DEPTH = 10
LOSS_MAX = 0.01
SEED = 7

Scores = Mapping[str, float]
"""nDCG@10 by qid."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("snapshot", type=Path)
    parser.add_argument("--topics", type=Path, required=True)
    parser.add_argument("--qrels", type=Path, required=True)
    arguments = parser.parse_args()
    engine = open_engine(arguments.snapshot, threads=1)
    topics, judgements = read_topics(arguments.topics), read_judgements(arguments.qrels)
    typed = scores(engine, topics, judgements, repair=False)
    repaired = scores(engine, topics, judgements, repair=True)
    show_kinds(topics, typed, repaired)
    show_clean(engine, topics, typed, repaired)
    show_times(engine, topics)
    show_worst(engine)


def scores(engine: Engine, topics: Sequence[Topic], judgements: Sequence[Judgement], repair: bool) -> Scores:
    answers = answer_topics(engine, topics, NOW, DEPTH, repair=repair)
    run = Run.ranked("repaired" if repair else "typed", {answer.qid: answer.results for answer in answers})
    figures = measure(run, judgements, topics, [MEASURE])
    return dict(zip((topic.qid for topic in figures.topics), figures.values[:, 0].tolist(), strict=True))


def show_kinds(topics: Sequence[Topic], typed: Scores, repaired: Scores) -> None:
    clean = {(topic.judged_query, str(topic.locale)): topic.qid for topic in topics if topic.kind == CLEAN}
    by_kind: dict[str, list[tuple[Topic, str]]] = defaultdict(list)
    for topic in topics:
        twin = clean.get((topic.judged_query, str(topic.locale)))
        if topic.kind != CLEAN and topic.qid in typed and twin in typed:
            by_kind[topic.kind].append((topic, twin))
    print("| typed | topics | as typed | repaired | clean | kept | by language |\n|---|---|---|---|---|---|---|")
    for kind, pairs in sorted(by_kind.items()):
        off, on = mean(typed[topic.qid] for topic, _ in pairs), mean(repaired[topic.qid] for topic, _ in pairs)
        own = mean(typed[twin] for _, twin in pairs)
        columns = (kind, len(pairs), f"{off:.3f}", f"{on:.3f}", f"{own:.3f}", f"{on / own:.0%}")
        print("| " + " | ".join(map(str, (*columns, kept(pairs, typed, repaired)))) + " |")
        assert on >= off - LOSS_MAX, (kind, on, off)


def kept(pairs: Iterable[tuple[Topic, str]], typed: Scores, repaired: Scores) -> str:
    """The share that is kept, by language."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for topic, twin in pairs:
        found[topic.locale.language].append((repaired[topic.qid], typed[twin]))
    sums = {language: np.sum(values, axis=0) for language, values in sorted(found.items())}
    return " ".join(f"{language} {100 * on / own:.0f}" for language, (on, own) in sums.items() if own)


def show_clean(engine: Engine, topics: Sequence[Topic], typed: Scores, repaired: Scores) -> None:
    by_language: dict[str, list[tuple[float, float]]] = defaultdict(list)
    changed: list[str] = []
    for topic in topics:
        if topic.kind == CLEAN and topic.qid in typed:
            by_language[topic.locale.language].append((typed[topic.qid], repaired[topic.qid]))
            understood = engine.search(Query(topic.query, topic.locale, NOW, size=1)).understood
            if understood.repairs:
                changed.append(f"{topic.locale} {topic.query} > {understood.text}")
    means = {language: np.mean(values, axis=0) for language, values in sorted(by_language.items())}
    print("\nclean, as typed and repaired: ", end="")
    print(", ".join(f"{language} {off:.3f} {on:.3f}" for language, (off, on) in means.items()))
    print(f"clean topics that a repair changes, {len(changed)} of {sum(map(len, by_language.values()))}:")
    print("\n".join(f"  {line}" for line in changed))
    worse = {language: (off, on) for language, (off, on) in means.items() if on < off - LOSS_MAX}
    assert not worse, worse


def show_times(engine: Engine, topics: Sequence[Topic]) -> None:
    """A second time for each topic, so that no table is read for the first time."""
    times = []
    for _ in range(2):
        times = [before_search(engine, Query(topic.query, topic.locale, NOW)) for topic in topics]
    p50, p99 = np.percentile(times, (50, 99))
    print(f"\nunderstood, and repairs proposed: p50 {p50:.2f} ms, p99 {p99:.2f} ms, max {max(times):.1f} ms")


def show_worst(engine: Engine) -> None:
    """Of each sort of 1,000 characters the fastest of five times."""
    rng = random.Random(SEED)
    worst = {
        "one word": "".join(rng.choices("abcdefghijklmnop", k=TEXT_MAX)),
        "short words": " ".join("".join(rng.choices("qxzwk", k=2)) for _ in range(TEXT_MAX // 3)),
        "unknown words": " ".join("".join(rng.choices("abcdeilmnoprst", k=6)) for _ in range(TEXT_MAX // 7)),
        "Han": "".join(chr(rng.randint(0x4E00, 0x9000)) for _ in range(TEXT_MAX)),
        "Hangul": " ".join("".join(chr(rng.randint(0xAC00, 0xD7A3)) for _ in range(4)) for _ in range(TEXT_MAX // 5)),
        "Thai": "".join(chr(rng.randint(0x0E01, 0x0E2E)) for _ in range(TEXT_MAX)),
        "numbers": "1,5 x 2 " * (TEXT_MAX // 8),
        "exclusions": "ohne " * (TEXT_MAX // 5),
    }
    print("the worst 1,000 characters, ms:")
    for name, text in worst.items():
        query = Query(text, Locale("de"), NOW)
        print(f"  {name}: {min(before_search(engine, query) for _ in range(5)):.1f}")


def before_search(engine: Engine, query: Query) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    engine.propose_repairs(engine.understand(query))
    return (time.perf_counter() - started) * 1e3


def mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


if __name__ == "__main__":
    main()
