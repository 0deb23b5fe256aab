"""How many texts are analysed in a second, by language, and what memory do the tables take?

    python benchmarks/analysis.py

The texts are the lexicon's names and other ways to say them, with and without a size and a model
number, each analysed in its language; once with empty caches (*cold*) and then again (*warm*). The
tables are mapped from files that all workers of a machine share: their bytes, by kind, and what a
process that opens them all has more, in private and in shared memory. Asserts that analysis gives
the same tokens both times.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections import Counter

from languages import analyse as analysis
from languages import stem
from languages.analysis import lemmas
from languages.cache import cache_folder
from languages.lexicon import lexicon
from languages.locale import LANGUAGES
from languages.phrase_table import names

TEXTS = 2_000  # of a language
SUFFIXES = ("", " 2,5 l", " ZX-200N 40x30 cm")
TABLES = ("lemmas", "lexicon", "spelling")  # folders of the cache
CACHES = (analysis._frequent_chunk, stem._stem, lemmas.find_lemma)

READ_ALL = """
from languages.lexicon_match import load_lexicons
from languages.locale import LANGUAGES
from languages.spelling.lexicon_words import lexicon_words
def memory():
    lines = dict(line.split(":", 1) for line in open("/proc/self/smaps_rollup").read().splitlines()[1:])
    private = sum(int(lines[key].split()[0]) for key in ("Private_Clean", "Private_Dirty"))
    return private / 1024, (int(lines["Rss"].split()[0]) - private) / 1024
before = memory()
load_lexicons(LANGUAGES)
for word in ("lapotp", "xfqybr", "wasserkohcer"):
    lexicon_words().misspelt(word)
after = memory()
print(f"{after[0] - before[0]:.0f} {after[1] - before[1]:.0f}")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    print("| language | cold, texts/s | warm, texts/s |\n| --- | ---: | ---: |")
    for language in LANGUAGES:
        cold, warm = rates(language)
        print(f"| {language} | {cold:,.0f} | {warm:,.0f} |")
    for _ in range(2):  # the first compiles what is not compiled yet
        read = subprocess.run([sys.executable, "-c", READ_ALL], capture_output=True, text=True, check=True)
    private, shared = read.stdout.split()
    sizes: Counter[str] = Counter()
    for path in (path for table in TABLES for path in (cache_folder() / table).rglob("*") if path.is_file()):
        sizes[path.relative_to(cache_folder()).parts[0]] += path.stat().st_size
    print("\nfiles of the tables, MB: " + ", ".join(f"{table} {size / 1e6:.1f}" for table, size in sizes.items()))
    print(f"a process that opens all has {private} MB more of its own, and {shared} MB more shared or mapped")


def rates(language: str) -> tuple[float, float]:
    """Texts a second, cold and warm."""
    said = [text for entry in lexicon(language).values() for text in (*names(entry), *entry.texts())]
    texts = [text + SUFFIXES[number % len(SUFFIXES)] for number, text in enumerate(said[:TEXTS])]
    analysis.analyse(texts[0], language)  # opens the tables
    for cache in CACHES:
        cache.cache_clear()
    seconds, results = [], []
    for _ in range(2):
        started = time.perf_counter()
        results.append([analysis.analyse(text, language).tokens for text in texts])
        seconds.append(time.perf_counter() - started)
    assert results[0] == results[1], language
    return len(texts) / seconds[0], len(texts) / seconds[1]


if __name__ == "__main__":
    main()
