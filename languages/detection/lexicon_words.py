"""The languages whose lexicon has a word.

Compiled on first use, in a second, into one memory-mapped table in the cache folder, which the
workers of a machine share. So a word that a speaker adds to a table counts without a new fit of the
n-grams' weights.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from functools import cache, lru_cache
from pathlib import Path

import marisa_trie

from languages.cache import load_compiled
from languages.detection.ngrams import words_of
from languages.detection.scripts import BY_SCRIPT
from languages.lexicon import lexicon, table_files
from languages.normalise import fold, normalise

SCRIPT_OF = {
    language: script for script, languages in BY_SCRIPT.items() if len(languages) > 1 for language in languages
}
"""The languages that are compared with others of their script."""

_LANGUAGES = tuple(sorted(SCRIPT_OF))
_FORMAT = "2"  # raise it when another table is compiled from the same lexicon
_FILE = "languages.marisa"
_RECORD = "<I"  # a bit for each of _LANGUAGES


@lru_cache(maxsize=20_000)  # words; 5 MB
def languages_with(word: str) -> frozenset[str]:
    """The languages whose lexicon has a normalised word in a text, with or without its marks.

    Only languages of a script with several: the others need no evidence.
    """
    records: list[tuple[int]] = _table().get(word, [])
    bits = records[0][0] if records else 0
    return frozenset(language for number, language in enumerate(_LANGUAGES) if bits >> number & 1)


@cache
def _table() -> marisa_trie.RecordTrie:
    return load_compiled(f"lexicon-words/{_digest()}", _compile, _load)


def _load(folder: Path) -> marisa_trie.RecordTrie:
    return marisa_trie.RecordTrie(_RECORD).mmap(str(folder / _FILE))


def _compile(folder: Path) -> None:
    bits: dict[str, int] = defaultdict(int)
    for number, language in enumerate(_LANGUAGES):
        for word in _words(language):
            bits[word] |= 1 << number
    marisa_trie.RecordTrie(_RECORD, ((word, (known,)) for word, known in bits.items())).save(str(folder / _FILE))


def _words(language: str) -> set[str]:
    """The words of a language's entries in its script, and how they are typed without marks.

    Other ways to type an entry are left out: they are often another language's word.
    """
    texts = {text for entry in lexicon(language).values() for text in entry.texts() if text not in entry.typed}
    words = {word for text in texts for word in words_of(normalise(text), SCRIPT_OF[language])}
    return words | {fold(word) for word in words}


def _digest() -> str:
    content = [path.read_bytes() for language in _LANGUAGES for path in table_files(language)[:1]]
    return hashlib.sha256(b"\0".join([_FORMAT.encode(), *content])).hexdigest()[:16]
