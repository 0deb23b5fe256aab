"""How much of what shoppers and shops write the lexicon knows, by language.

    python benchmarks/lexicon_coverage.py --data DATA                the table
    python benchmarks/lexicon_coverage.py --data DATA --missing de   the German words that it lacks

Three sets of texts, none of which the lexicon was written from: the names of the leaves of a
taxonomy (``vocabulary/``, 17 languages), the names of everyday things (``short_terms/``, all
languages), and shoppers' queries in English (``esci_sample/``).

A text counts under *thing* if the lexicon reads a kind of product or a general noun in it, and
under *any* if it reads anything. *Words* is the share of all words that are read, function words
among them.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lexicon import rows_of

from languages.analyse import analyse
from languages.function_words import function_words
from languages.kinds import is_thing
from languages.lexicon_match import match_lexicon
from languages.locale import LANGUAGES

COLUMNS = {"pt": "pt-BR", "zh": "zh-CN"}
NO_COLUMN = ("id",)  # the column ``id`` has identifiers
MISSING_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Read:
    """What the lexicon reads in a text. `unread` are its other words."""

    has_thing: bool
    has_any: bool
    words: int
    unread: tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("FONDACO_DATA", "../shared/data")))
    parser.add_argument("--missing", choices=LANGUAGES, help="Print the words of this language that it lacks.")
    arguments = parser.parse_args()
    sets = {
        "leaves": leaf_names(arguments.data),
        "names": short_names(arguments.data),
        "queries": queries(arguments.data),
    }
    if arguments.missing:
        missing = Counter(
            word for texts in sets.values() for text in texts.get(arguments.missing, ())
            for word in read(text, arguments.missing).unread
        )  # fmt: skip
        for word, count in missing.most_common(MISSING_SHOWN):
            print(f"{count}\t{word}")
        return
    for name, by_language in sets.items():
        print(f"\n| {name} | texts | thing | any | words |\n|---|---:|---:|---:|---:|")
        for language in LANGUAGES:
            if texts := by_language.get(language):
                print(row(language, [read(text, language) for text in texts]))


def row(language: str, reads: Sequence[Read]) -> str:
    words = sum(one.words for one in reads)
    unread = sum(len(one.unread) for one in reads)
    things, known = sum(one.has_thing for one in reads), sum(one.has_any for one in reads)
    total = len(reads)
    return f"| {language} | {total:,} | {things / total:.1%} | {known / total:.1%} | {1 - unread / words:.1%} |"


def read(text: str, language: str) -> Read:
    tokens = [token for token in analyse(text, language).tokens if token.lemma]
    surfaces = [token.surface for token in tokens]
    matches = match_lexicon([token.lemma for token in tokens], language, surfaces)
    matched = {position for match in matches for position in range(match.start, match.stop)}
    unread = tuple(
        token.lemma if len(token.surface) == 1 else token.surface
        for position, token in enumerate(tokens)
        if position not in matched and token.surface not in function_words(language)
    )
    has_thing = any(is_thing(entry_id) for match in matches for entry_id in match.entry_ids)
    return Read(has_thing, bool(matches), len(tokens), unread)


def leaf_names(data: Path) -> Mapping[str, Sequence[str]]:
    """The names of categories without a category below them, by language, without duplicates."""
    rows = list(rows_of(data / "vocabulary" / "category_names.tsv.gz"))
    parents = {row["parent"] for row in rows}
    names: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        if row["id"] not in parents:
            for language in LANGUAGES:
                if language not in NO_COLUMN and (name := row.get(COLUMNS.get(language, language))):
                    names[language][name] = None
    return {language: list(texts) for language, texts in names.items()}


def short_names(data: Path) -> Mapping[str, Sequence[str]]:
    names: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows_of(data / "short_terms" / "terms.tsv.gz"):
        if row["kind"] == "name":
            names[row["lang"]][row["text"]] = None
    return {language: list(texts) for language, texts in names.items()}


def queries(data: Path) -> Mapping[str, Sequence[str]]:
    path = data / "esci_sample" / "esci_us_queryset.json"
    rows = json.loads(path.read_text("utf-8"))["querySetQueries"]
    return {"en": list(dict.fromkeys(row["queryText"] for row in rows))}


if __name__ == "__main__":
    main()
