"""The lexicon's words of all languages as a table to compare misspelt words with."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from languages.cache import load_compiled
from languages.function_words import function_words
from languages.lexicon import lexicon
from languages.locale import LANGUAGES
from languages.names import known_names
from languages.normalise import normalise
from languages.phrase_table import GROUPS, names
from languages.segment import split_chunks, words
from languages.shop_words import shop_words
from languages.spelling.word_table import TableWord, WordTable, code_digest, write_word_table

_NAME_WEIGHT = 0.6
_FORM_WEIGHT = 0.4
"""Of inflected forms and other ways to type a word."""

_FUNCTION_WEIGHT = 0.5
_LETTERS = re.compile(r"[^\W\d_]")


@cache
def lexicon_words() -> WordTable:
    """The table, compiled on first use in some seconds into the cache folder, and again when the
    lexicon changes.
    """
    return load_compiled(f"spelling/lexicon-{_digest()}", lambda folder: write_word_table(_words(), folder), WordTable)


def _digest() -> str:
    tables = sorted((Path(__file__).parent.parent / "words").glob("*.tsv"))
    content = [code_digest().encode(), *(path.read_bytes() for path in tables)]
    return hashlib.sha256(b"\0".join(content)).hexdigest()[:16]


def _words() -> Iterator[TableWord]:
    for language in LANGUAGES:
        for text, weight in _texts(language):
            for chunk in split_chunks(normalise(text)):
                for word, _ in words(chunk):
                    if len(word) > 1 and _LETTERS.search(word):
                        yield TableWord(word, frozenset((language,)), weight)


def _texts(language: str) -> Iterator[tuple[str, float]]:
    for entry_id, entry in lexicon(language).items():
        if entry_id.partition(":")[0] in GROUPS:
            for name in names(entry):
                yield name, _NAME_WEIGHT
            for text in entry.texts():
                yield text, _FORM_WEIGHT
    for known_name in known_names().values():
        for spelling in known_name.written(language):
            yield spelling, 1.0
    known = function_words(language)
    for word in (*known.purpose, *known.others, *shop_words(language)):
        yield word, _FUNCTION_WEIGHT
