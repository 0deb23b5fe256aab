"""Dictionary forms of inflected words: *szafka* of ``szafki``, *kutu* of ``kutuları``.

simplemma's dictionaries, compiled on first use into one memory-mapped table a language in the cache
folder, for the workers of a machine to share. Read by simplemma itself, a dictionary costs each
worker some 60 MB; the table has 1 to 10 MB.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path
from unicodedata import is_normalized

import marisa_trie
from simplemma.strategies.dictionaries import DefaultDictionaryFactory

from languages.cache import load_compiled
from languages.normalise import fold, normalise

LEMMATISED = frozenset(("cs", "de", "es", "fr", "he", "it", "nl", "pl", "pt", "ru", "sv", "tr", "uk"))
"""The languages that are read with a dictionary."""

_FORMAT = "2"  # raise it when another table is compiled from the same dictionaries

_FILE = "edits.marisa"

_FORM_MIN = 4
"""Letters of the shortest form that is looked up: *aaa* and *led* are inflected in no shop."""

_DERIVED = {"tr": re.compile("s[ıiuü]z|l[ıiuü]|[cç][ıiuüae]")}
"""Endings that make another word: *kablosuz* (wireless) is no form of *kablo* (cable)."""

_PLURALS_LIKE_INFINITIVES = frozenset(("nl",))
"""Where the plural of a noun is written as a verb that is made of it: *bladen*, *platen*."""


class LemmaTable:
    """The lemmas of one language and their forms.

    Values are edits, which are few and compress well: a character whose code is the number of
    letters to cut off, and the letters to put there.
    """

    def __init__(self, folder: Path) -> None:
        self._edits = marisa_trie.BytesTrie().mmap(str(folder / _FILE))

    def find(self, word: str) -> str | None:
        """The lemma of a normalised word; None if the word is not known."""
        edits: list[bytes] = self._edits.get(word, [])
        if not edits:
            return None
        edit = edits[0].decode("utf-8")
        return word[: len(word) - ord(edit[0])] + edit[1:]


@cache
def lemma_table(language: str) -> LemmaTable | None:
    """The lemmas of a language; None for a language without a dictionary.

    Compiled in one to ten seconds on first use; without a writable cache folder, for this process
    alone.
    """
    if language not in LEMMATISED:
        return None
    name = f"lemmas/{language}-{version('simplemma')}.{_FORMAT}"
    return load_compiled(name, lambda folder: _compile(language, folder), LemmaTable)


@lru_cache(maxsize=50_000)  # 10 MB
def find_lemma(word: str, language: str) -> str | None:
    """The lemma of a normalised word; None where none is known."""
    table = lemma_table(language)
    return None if table is None else table.find(word)


def dictionary_form(word: str, language: str) -> str:
    """The lemma of a normalised word; the word itself where none is known."""
    return find_lemma(word, language) or word


def is_dictionary_form(word: str, language: str) -> bool:
    """Whether a normalised word is known, and is its own lemma."""
    return find_lemma(word, language) == word


def is_in_dictionary(word: str, language: str) -> bool:
    """Whether a normalised word, as it is written, is one of the dictionary of a language."""
    return find_lemma(word, language) is not None


def _compile(language: str, folder: Path) -> None:
    lemmas = _lemmas(language)
    edits = ((form, _edit(form, lemma).encode()) for form, lemma in lemmas.items())
    marisa_trie.BytesTrie(edits).save(str(folder / _FILE))


def _lemmas(language: str) -> dict[str, str]:
    """The lemma of each form and of each lemma, all normalised.

    A word that is the lemma of others is its own, whatever else it may be a form of. Capitalised
    forms are nouns in German, and come before verbs that are written alike: *Hüllen* are covers.
    In other languages they are names, and are left out.
    """
    dictionary = DefaultDictionaryFactory(cache_max_size=1).get_dictionary(language)
    forms: dict[str, str] = {}
    nouns: dict[str, str] = {}
    for form, lemma in dictionary.items():
        if len(form) < _FORM_MIN or not _is_word(form) or not _is_inflected(form.lower(), lemma.lower(), language):
            continue
        if form.lower() == form:
            forms[_normalised(form)] = _normalised(lemma)
        elif language == "de" and form[1:].islower():
            nouns[_normalised(form)] = _normalised(lemma)
    if language not in _PLURALS_LIKE_INFINITIVES:
        forms |= {lemma: lemma for lemma in forms.values()}
    forms |= nouns
    forms = {form: _last(lemma, forms) for form, lemma in forms.items()}
    forms |= {lemma: lemma for lemma in forms.values()}
    return _folded(forms) | forms


def _last(lemma: str, forms: Mapping[str, str]) -> str:
    """The lemma of the lemma of ...; the shortest where they go round."""
    chain = [lemma]
    while (lemma := forms.get(lemma, lemma)) not in chain:
        chain.append(lemma)
    return min(chain[chain.index(lemma) :], key=len)


def _folded(forms: Mapping[str, str]) -> dict[str, str]:
    """The forms as they are typed without diacritics, where that is one word's form alone."""
    table = str.maketrans({letter: fold(letter) for letter in set().union(*forms)} | {"'": ""})
    lemmas: dict[str, set[str]] = defaultdict(set)
    for form, lemma in forms.items():
        if not form.isascii():
            lemmas[form.translate(table)].add(lemma)
    return {form: of_form.pop() for form, of_form in lemmas.items() if len(of_form) == 1}


def _is_word(form: str) -> bool:
    """Whether it is of letters, and of an apostrophe between them as in *комп'ютер*."""
    return form.isalpha() or form.replace("'", "").isalpha()


def _is_inflected(form: str, lemma: str, language: str) -> bool:
    """Whether both are one word: other prefixes and some endings make another word of it."""
    derived = _DERIVED.get(language)
    return form[0] == lemma[0] and not (derived and derived.match(form, _shared(form, lemma)))


def _normalised(word: str) -> str:
    """As `normalise` gives, which is slower for the millions of words that are so already."""
    is_plain = word.casefold() == word and "'" not in word and is_normalized("NFKC", word)
    return word if is_plain else normalise(word)


def _edit(form: str, lemma: str) -> str:
    kept = _shared(form, lemma)
    return chr(len(form) - kept) + lemma[kept:]


def _shared(form: str, lemma: str) -> int:
    """The letters with which both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(form, lemma, strict=False)))
