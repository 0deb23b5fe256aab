"""How much of the lexicon two independent references confirm, by language.

    python benchmarks/lexicon.py --data DATA             the table
    python benchmarks/lexicon.py --data DATA --list de   the entries that the references contradict

DATA holds ``dictionary/dictionary.tsv.gz`` (Wiktionary, English to others) and ``vocabulary/``
(Shopify's taxonomy). The lexicon takes nothing from them.

An entry is *covered* if a reference translates one of its English names. It is *confirmed* if one
of its texts has the same lemmas as one of these translations, *akin* if it shares a lemma with one
(a longer or shorter phrase), and *contradicted* if it shares no lemma with any.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from languages.lexicon import Entry, lexicon
from languages.lexicon_match import lemmas_of
from languages.locale import LANGUAGES
from languages.phrase_table import GROUPS

COLUMNS: dict[str, tuple[str, ...]] = {language: (language,) for language in LANGUAGES} | {
    "pt": ("pt-BR", "pt-PT"),
    "zh": ("zh-CN", "zh-TW"),
    "id": (),  # the column ``id`` has identifiers
}
References = Mapping[str, Mapping[tuple[str, ...], set[str]]]  # by language and English lemmas


@dataclass
class Count:
    covered: int = 0
    confirmed: int = 0
    akin: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("FONDACO_DATA", "../shared/data")))
    parser.add_argument("--list", choices=LANGUAGES, help="Print the contradicted entries of this language.")
    arguments = parser.parse_args()
    references = read_references(arguments.data)
    if arguments.list:
        for entry, translations in contradicted(arguments.list, references):
            print(entry.entry_id, "|".join(entry.texts()), "|".join(sorted(translations)), sep="\t")
        return
    total = sum(entry_id.partition(":")[0] in GROUPS for entry_id in lexicon("en"))
    print(f"{total:,} entries a language\n")
    print("| | covered | confirmed | akin | contradicted | confirmed, of covered |")
    print("|---|---:|---:|---:|---:|---:|")
    for language in LANGUAGES:
        if language == "en":
            continue
        count = count_verdicts(language, references)
        contradicted_count = count.covered - count.confirmed - count.akin
        share = count.confirmed / max(1, count.covered)
        print(
            f"| {language} | {count.covered} | {count.confirmed} | {count.akin} | {contradicted_count} | {share:.0%} |"
        )


def count_verdicts(language: str, references: References) -> Count:
    count = Count()
    for entry, translations in covered(language, references):
        count.covered += 1
        verdict = verdict_on(entry, translations)
        count.confirmed += verdict == "confirmed"
        count.akin += verdict == "akin"
    return count


def contradicted(language: str, references: References) -> Iterator[tuple[Entry, set[str]]]:
    for entry, translations in covered(language, references):
        if verdict_on(entry, translations) == "contradicted":
            yield entry, translations


def covered(language: str, references: References) -> Iterator[tuple[Entry, set[str]]]:
    """Entries whose English names a reference translates, and the translations."""
    english = lexicon("en")
    reference = references[language]
    for entry_id, entry in lexicon(language).items():
        if entry_id.partition(":")[0] in GROUPS:
            names = (english[entry_id].name, *english[entry_id].synonyms)
            translations = {text for name in names for text in reference.get(lemmas_of(name, "en"), ())}
            if translations:
                yield entry, translations


def verdict_on(entry: Entry, translations: set[str]) -> str:
    """``confirmed``, ``akin`` or ``contradicted``."""
    ours = [frozenset(lemmas_of(text, entry.language)) for text in entry.texts()]
    theirs = [frozenset(lemmas_of(text, entry.language)) for text in translations]
    if set(ours) & set(theirs):
        return "confirmed"
    return "akin" if frozenset().union(*ours) & frozenset().union(*theirs) else "contradicted"


def read_references(data: Path) -> References:
    """Translations by language and by the lemmas of the English name."""
    translations: dict[str, dict[tuple[str, ...], set[str]]] = {language: defaultdict(set) for language in LANGUAGES}
    for row in rows_of(data / "dictionary" / "dictionary.tsv.gz"):
        if row["lang"] in translations:
            translations[row["lang"]][lemmas_of(row["en"], "en")].add(row["text"])
    for name, key in (("category_names", "en"), ("attribute_values", "en")):
        for row in rows_of(data / "vocabulary" / f"{name}.tsv.gz"):
            for language, columns in COLUMNS.items():
                texts = {row[column] for column in columns if row.get(column)}
                if texts:
                    translations[language][lemmas_of(row[key], "en")] |= texts
    return translations


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    if not path.exists():
        sys.exit(f"{path} is missing; give the folder that has it: --data FOLDER")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


if __name__ == "__main__":
    main()
