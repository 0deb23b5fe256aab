"""Fits the n-gram weights of language detection, and writes them into languages/detection/.

    python benchmarks/detection_training.py --data DATA [--out FILE]

From words and phrases of at most four words: the lexicon's texts, the terms of the dictionary (the
English ones too), and inflected forms of simplemma's dictionaries. What says nothing of a Latin
language is a class of its own: the lexicon's brands, and the dictionary's transliterations of other
scripts. The sets that `detection.py` measures on are not among them. Some minutes on one core. The
same data give the same bytes on the same processor and version of torch.
`languages/detection/ngrams.toml` says where the data come from, and under which licences.

Softmax regression by Adagrad (Duchi, Hazan & Singer 2011), on hashed n-grams. Each language of a
script has the same weight, however many words it has. A text typed without its marks counts
FOLDED_WEIGHT of the text.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt
from simplemma.strategies.dictionaries import DefaultDictionaryFactory

from languages.detection.ngrams import COLUMNS, FILE, OTHER, ROWS, SCALE, WIDTH, ngram_rows, words_of
from languages.detection.scripts import BY_SCRIPT
from languages.lexicon import lexicon
from languages.locale import LANGUAGES
from languages.names import known_names
from languages.normalise import fold, normalise

WORDS_MAX = 4
LEXICON_WEIGHT = 2.0
"""Of the words of a shop, beside the dictionary's words of all kinds."""

FOLDED_WEIGHT = 0.3
INFLECTED_WEIGHT = 0.3
INFLECTED_MIN = 4
"""Letters: shorter forms are names and abbreviations of many languages."""

INFLECTED_MAX = 20_000
INFLECTED = ("cs", "de", "en", "es", "fr", "id", "it", "nl", "pl", "pt", "ru", "sv", "tr", "uk")
HAN_JAPANESE = 0.4
"""Of a Japanese text without kana, beside a Chinese one: most Japanese texts have some."""

OTHER_WEIGHT = 0.5
"""Of all brands and transliterations together, beside one language."""

EPOCHS = 4
BATCH = 2048
LEARNING_RATE = 0.3
_PRIOR = {OTHER: OTHER_WEIGHT, "ja": HAN_JAPANESE}


@dataclass(frozen=True, slots=True)
class Example:
    """A text of a language, and how much it counts beside others of the language."""

    text: str
    language: str
    weight: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("FONDACO_DATA", "../shared/data")))
    parser.add_argument("--out", type=Path, default=FILE)
    arguments = parser.parse_args()
    weights = fit(read_examples(arguments.data))
    np.save(arguments.out, weights)
    size = arguments.out.stat().st_size
    assert size <= 2_000_000, size
    print(f"{arguments.out}: {size:,} bytes, {np.count_nonzero(weights):,} weights that are not zero")


def read_examples(data: Path) -> list[Example]:
    """All texts that the weights are fitted to."""
    sources = (_lexicon(), _names(), _dictionary(data), _inflected())
    return list(dict.fromkeys(example for source in sources for example in source))


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a table in gzip, tab-separated and without quotes."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def _lexicon() -> Iterator[Example]:
    for language in LANGUAGES:
        for text in {text for entry in lexicon(language).values() for text in entry.texts()}:
            yield Example(text, language, LEXICON_WEIGHT)


def _names() -> Iterator[Example]:
    """Brands, which say nothing of a language."""
    for name in known_names().values():
        for text in name.written("en"):
            yield Example(text, OTHER, LEXICON_WEIGHT)


def _dictionary(data: Path) -> Iterator[Example]:
    for row in rows_of(data / "dictionary" / "dictionary.tsv.gz"):
        yield Example(row["en"], "en", 1.0)
        if row["lang"] in LANGUAGES:
            yield Example(row["text"], row["lang"], 1.0)
            if row["translit"] and row["lang"] not in BY_SCRIPT["LATIN"]:
                yield Example(fold(normalise(row["translit"])), OTHER, 1.0)


def _inflected() -> Iterator[Example]:
    """At most INFLECTED_MAX forms a language, of simplemma's: those with the lowest hashes."""
    for language in INFLECTED:
        forms = DefaultDictionaryFactory(cache_max_size=1).get_dictionary(language)
        words = (form for form in forms if len(form) >= INFLECTED_MIN and form.isalpha() and form == form.lower())
        for form in sorted(words, key=lambda form: crc32(form.encode("utf-8")))[:INFLECTED_MAX]:
            yield Example(form, language, INFLECTED_WEIGHT)


def fit(examples: Sequence[Example]) -> npt.NDArray[np.int8]:
    """Weights of shape (ROWS, WIDTH), in units of SCALE."""
    weights = np.zeros((ROWS, WIDTH), np.float32)
    latin = [*BY_SCRIPT["LATIN"], OTHER]
    weights[:, list(COLUMNS["LATIN"])] = _fit(_weighed(examples, "LATIN", latin), len(latin))
    pairs = [  # both in one column: their n-grams differ
        row for script in ("CYRILLIC", "CJK") for row in _weighed(examples, script, BY_SCRIPT[script])
    ]
    first_and_second = _fit(pairs, 2)
    weights[:, COLUMNS["CJK"][0]] = first_and_second[:, 1] - first_and_second[:, 0]
    return np.clip(np.round(weights / SCALE), -127, 127).astype(np.int8)


_Row = tuple[npt.NDArray[np.int32], int, float]  # rows of the n-grams, number of the language, weight


def _weighed(examples: Sequence[Example], script: str, languages: Sequence[str]) -> list[_Row]:
    """The texts that are in a script alone, each once a language, with weights that give each
    language the same sum.
    """
    by_text = _texts(examples, script, languages)
    totals: dict[str, float] = defaultdict(float)
    for (_, language), weight in by_text.items():
        totals[language] += weight
    mean = sum(totals.values()) / len(totals)
    shares = {language: _PRIOR.get(language, 1.0) * mean / totals[language] for language in totals}
    return [
        (_rows_of_words(words), languages.index(language), weight * shares[language])
        for (words, language), weight in by_text.items()
    ]


def _texts(
    examples: Sequence[Example], script: str, languages: Sequence[str]
) -> dict[tuple[tuple[str, ...], str], float]:
    """The words of each text that is in the script alone, with its language: the largest weight."""
    weights: dict[tuple[tuple[str, ...], str], float] = {}
    for example in examples:
        if example.language not in languages:
            continue
        text = normalise(example.text)
        words = tuple(words_of(text, script))
        if 0 < len(words) <= WORDS_MAX and sum(map(len, words)) == sum(map(str.isalpha, text)):
            weights[words, example.language] = max(weights.get((words, example.language), 0.0), example.weight)
    for (words, language), weight in list(weights.items()):
        folded = tuple(map(fold, words))
        weights.setdefault((folded, language), weight * FOLDED_WEIGHT)
    return weights


def _rows_of_words(words: Sequence[str]) -> npt.NDArray[np.int32]:
    return np.concatenate([_rows_of_word(word) for word in words])


@cache
def _rows_of_word(word: str) -> npt.NDArray[np.int32]:
    return np.array(ngram_rows(word), np.int32)


def _fit(rows: list[_Row], classes: int) -> npt.NDArray[np.float32]:
    """Softmax regression: weights of shape (ROWS, classes)."""
    import torch

    torch.set_num_threads(1)  # several would add up in another order at each run
    random.Random(0).shuffle(rows)
    weights = torch.zeros((ROWS, classes), requires_grad=True)
    optimiser = torch.optim.Adagrad([weights], lr=LEARNING_RATE, foreach=False)
    mean = sum(weight for _, _, weight in rows) / len(rows)
    for epoch in range(EPOCHS):
        optimiser.param_groups[0]["lr"] = LEARNING_RATE * (1 - epoch / EPOCHS)
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            logits = _logits(torch, weights, [ngrams for ngrams, _, _ in batch])
            labels = torch.tensor([language for _, language, _ in batch])
            losses = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
            optimiser.zero_grad()
            (losses * torch.tensor([weight / mean for _, _, weight in batch])).mean().backward()
            optimiser.step()
    fitted: npt.NDArray[np.float32] = weights.detach().numpy()
    return fitted


def _logits(torch, weights, texts):  # type: ignore[no-untyped-def]  # torch is imported where it is needed
    sizes = np.array([len(ngrams) for ngrams in texts])
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    return torch.nn.functional.embedding_bag(
        torch.from_numpy(np.concatenate(texts).astype(np.int64)),
        weights,
        torch.from_numpy(starts),
        mode="sum",
        per_sample_weights=torch.from_numpy(np.repeat(sizes**-0.5, sizes).astype(np.float32)),
    )


if __name__ == "__main__":
    main()
