"""Does a search say that nothing matches, where nothing does, and only there?

    python benchmarks/nothing.py SNAPSHOT [--topics TOPICS --qrels QRELS] [--strings 500] [--seed 7]

Searches for strings that mean nothing (letters of each language's own words at random, and runs of
a keyboard's keys), and for model numbers that no listing has (with and without a brand), over 22
languages. Strings of which some listing has a word are drawn again. With topics and judgements, it
counts the clean topics that have a relevant listing on their first page and are told that nothing
matches. Asserts that 95 of 100 strings of both sorts are told so.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from eval.judgement import read_judgements
from eval.topic import read_topics
from languages.analyse import analyse
from languages.lexicon import lexicon
from languages.locale import LANGUAGES, Locale
from languages.normalise import normalise
from ranking.query import Query
from search.bootstrap import open_engine
from search.engine import Engine

NOW = 1_793_491_200
BRANDS = ("sony", "bosch", "samsung", "philips", "xiaomi", "canon", "lg", "zorvano", "makita", "dyson")
KEYS = "qwertyuiopasdfghjklzxcvbnm"
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
SHORT_WORDS = ("zh", "ja", "ko")  # a few characters are a word
LEAST = 0.95


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("snapshot", type=Path)
    parser.add_argument("--topics", type=Path)
    parser.add_argument("--qrels", type=Path)
    parser.add_argument("--strings", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    engine = open_engine(arguments.snapshot)
    rng = random.Random(arguments.seed)
    shares = {}
    for name, draw in (("nonsense", nonsense), ("model numbers", model_number)):
        told = Counter(
            (language, not engine.search(Query(text, Locale(language), NOW, size=10)).found)
            for language, text in absent(engine, draw, rng, arguments.strings)
        )
        shares[name] = sum(count for (_, is_told), count in told.items() if is_told) / arguments.strings
        worst = min(LANGUAGES, key=lambda language: told[language, True] / max(1, total(told, language)))
        of_worst = told[worst, True] / max(1, total(told, worst))
        print(f"{name}: {shares[name]:.3f} are told that nothing matches; fewest in {worst}, {of_worst:.3f}")
    if arguments.topics and arguments.qrels:
        lost, count = lost_topics(engine, arguments.topics, arguments.qrels)
        print(f"clean topics: {lost} of {count} have a relevant listing on the page and are told that nothing matches")
    assert min(shares.values()) >= LEAST, shares


def total(told: Counter[tuple[str, bool]], language: str) -> int:
    return told[language, True] + told[language, False]


def absent(
    engine: Engine, draw: Callable[[random.Random, str], str], rng: random.Random, count: int
) -> Iterator[tuple[str, str]]:
    """So many strings that no listing has a word of, with their languages in turn."""
    for number in range(count):
        language = LANGUAGES[number % len(LANGUAGES)]
        text = draw(rng, language)
        while is_in_catalogue(engine, text, language):
            text = draw(rng, language)
        yield language, text


def is_in_catalogue(engine: Engine, text: str, language: str) -> bool:
    """Whether some listing has the text's words; of a brand beside a model number, the model's."""
    lexical = engine.snapshot.lexical
    tokens = [token for token in analyse(normalise(text), language).tokens if token.lemma]
    return all(lexical.doc_freq("text", token.lemma) for token in tokens[-1:])


def nonsense(rng: random.Random, language: str) -> str:
    if rng.random() < 0.2 and language not in (*SHORT_WORDS, "th"):
        start = rng.randrange(len(KEYS) - 10)
        return KEYS[start : start + rng.randint(6, 10)]
    letters = sorted({char for entry in lexicon(language).values() for char in entry.name.lower() if char.isalpha()})
    least, most = (3, 6) if language in SHORT_WORDS else (6, 12)
    return "".join(rng.choice(letters) for _ in range(rng.randint(least, most)))


def model_number(rng: random.Random, language: str) -> str:
    letters = "".join(rng.choice(LETTERS) for _ in range(rng.randint(2, 4)))
    number = f"{letters}{rng.choice(('', '-', ' '))}{rng.randint(1_000, 99_999)}{rng.choice(('', 'B', 'X'))}".lower()
    return f"{rng.choice(BRANDS)} {number}" if rng.random() < 0.5 else number


def lost_topics(engine: Engine, topics: Path, qrels: Path) -> tuple[int, int]:
    """Clean topics with a relevant listing on a page that says nothing matches, and how many topics
    have a relevant listing on their page.
    """
    relevant: dict[str, set[str]] = {}
    for judgement in read_judgements(qrels):
        if judgement.grade > 0:
            relevant.setdefault(judgement.qid, set()).add(judgement.listing_id)
    lost = count = 0
    for topic in read_topics(topics):
        if topic.kind != "clean":
            continue
        page = engine.search(Query(topic.query, topic.locale, NOW, size=10))
        if relevant.get(topic.judged_query, set()).intersection(r.listing_id for r in (*page.results, *page.near)):
            count += 1
            lost += not page.found
    return lost, count


if __name__ == "__main__":
    main()
