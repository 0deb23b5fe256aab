"""How good and how fast compiled dictionaries are.

    python benchmarks/dictionaries.py --snapshot SNAPSHOT --data DATA

SNAPSHOT holds dictionaries (``fondaco dictionary add``). DATA holds ``vocabulary/`` (the names of
categories and attribute values in Shopify's taxonomy, aligned by id) and ``short_terms/`` (names of
everyday things, aligned by emoji). Neither is a source of a dictionary.

A name that the dictionaries translate is looked up as a whole. *First* is the share of these names
whose first translation has the lemmas of the aligned name, *among 8* the share of those with one of
the translations. The catalogue that drops translations is the vocabulary of the taxonomy.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from indexer.dictionaries.dictionaries import Dictionaries, open_dictionaries
from languages.lexicon_match import lemmas_of

PAIRS = (("en", "de"), ("en", "fr"), ("en", "ja"), ("de", "en"), ("de", "fr"), ("fr", "de"), ("ja", "de"), ("pl", "tr"))
LANGUAGES = tuple(dict.fromkeys(language for pair in PAIRS for language in pair))
NAMES = 4_000  # of the taxonomy
SEED = 1

Names = list[dict[str, str]]
"""Names of one thing by language."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapshot", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("FONDACO_DATA", "../shared/data")))
    arguments = parser.parse_args()
    before = private_mib()
    started = time.perf_counter()
    dictionaries = open_dictionaries(arguments.snapshot)
    opened_ms = (time.perf_counter() - started) * 1e3
    taxonomy = list(read_taxonomy(arguments.data / "vocabulary"))
    vocabulary = {name: {lemma for names in taxonomy for lemma in lemmas_of(names[name], name)} for name in LANGUAGES}
    distinct = list({names["en"]: names for names in taxonomy}.values())  # "Other" is in it 1,986 times
    sample = random.Random(SEED).sample(distinct, min(NAMES, len(distinct)))
    report_quality(dictionaries, {"taxonomy": sample, "everyday": read_everyday(arguments.data)}, vocabulary)
    queries = [lemmas_of(names["de"], "de") for names in sample if names["de"]]
    rates = [lookups_per_second(dictionaries, queries, into) for into in (("en", "fr", "ja"), dictionaries.languages)]
    print(f"\n{len(dictionaries)} dictionaries opened in {opened_ms:.1f} ms")
    print(
        f"queries of the taxonomy, all their spans, German to 3 languages: {rates[0]:,.0f}/s; to all: {rates[1]:,.0f}/s"
    )
    print(
        f"private memory of a process that opens them and looks up 500 queries: {private_of_lookups(arguments, before)}"
    )


def read_taxonomy(folder: Path) -> Iterator[dict[str, str]]:
    """The names of each category and value; "" where a language has none."""
    for name in ("category_names.tsv.gz", "attribute_values.tsv.gz"):
        with gzip.open(folder / name, "rt", encoding="utf-8") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                yield {language: row.get(language) or "" for language in LANGUAGES}


def read_everyday(data: Path) -> Names:
    """The names of each thing that has an emoji."""
    names: defaultdict[str, dict[str, str]] = defaultdict(lambda: dict.fromkeys(LANGUAGES, ""))
    with gzip.open(data / "short_terms" / "terms.tsv.gz", "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["kind"] == "name":
                names[row["emoji"]][row["lang"]] = row["text"]
    return list(names.values())


def report_quality(dictionaries: Dictionaries, sets: dict[str, Names], vocabulary: dict[str, set[str]]) -> None:
    """Print a table of how often the aligned name is found."""
    print("| names | from | to | translated | first | among 8 | first, of the catalogue | among 8, of it |")
    print("|---|---|---|---:|---:|---:|---:|---:|")
    for label, names in sets.items():
        for source, target in PAIRS:
            plain = count(dictionaries, names, source, target, None)
            kept = count(dictionaries, names, source, target, vocabulary[target])
            cells = [f"{hits / max(1, tally[0]):.2f}" for tally in (plain, kept) for hits in tally[1:]]
            print(f"| {label} | {source} | {target} | {plain[0]:,} | {' | '.join(cells)} |")


def count(
    dictionaries: Dictionaries, names: Names, source: str, target: str, vocabulary: set[str] | None
) -> tuple[int, int, int]:
    """How many names are translated, how many of them right first, how many right at all."""
    translated = first = among = 0
    for name in names:
        lemmas, meant = lemmas_of(name[source], source), lemmas_of(name[target], target)
        has = None if vocabulary is None else vocabulary.__contains__
        translations = dictionaries.translations(lemmas, source, [target], has) if lemmas and meant else ()
        ways = [translation.lemmas for translation in translations]
        translated += bool(ways)
        first += ways[:1] == [meant]
        among += meant in ways
    return translated, first, among


def lookups_per_second(dictionaries: Dictionaries, queries: list[tuple[str, ...]], into: tuple[str, ...]) -> float:
    """Queries a second, each with its spans and the translations of each span."""
    started = time.perf_counter()
    found = 0
    for lemmas in queries:
        for span in dictionaries.spans(lemmas, "de"):
            found += len(dictionaries.translations(lemmas[span.start : span.stop], "de", into))
    assert found
    return len(queries) / (time.perf_counter() - started)


def private_of_lookups(arguments: argparse.Namespace, before: float) -> str:
    """What a forked process has for itself, above an empty one."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        start = private_mib()
        dictionaries = open_dictionaries(arguments.snapshot)
        for names in list(read_taxonomy(arguments.data / "vocabulary"))[:500]:
            lemmas = lemmas_of(names["de"], "de")
            for span in dictionaries.spans(lemmas, "de"):
                dictionaries.translations(lemmas[span.start : span.stop], "de", ("en", "fr", "ja"))
        os.write(writing, f"{private_mib() - start:.1f} MiB".encode())
        os._exit(0)
    os.wait()
    return os.read(reading, 100).decode()


def private_mib() -> float:
    """The memory of this process that no file backs."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon"))


if __name__ == "__main__":
    main()
