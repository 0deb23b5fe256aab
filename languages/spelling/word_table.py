"""Words to compare a misspelt one with, compiled and memory-mapped.

A table finds the words within one or two slips of the keyboard, and those that sound like what was
typed in Latin letters. A folder holds, for the workers of a machine to share:

  words.marisa       a trie of the words as written (normalised)
  weights.npy        (words,) float32: how often each is meant, in [0, 1]
  languages.npy      (words,) uint32: the languages that have it, one bit each
  deletions.marisa   for each word without some of its letters: the numbers of the words
  skeletons.marisa   for each skeleton in a language, and each skeleton without a letter: likewise
  spellings.marisa   for each word of a language without spaces in Latin letters: likewise

To compare two words by what is left of both is symmetric deletion (Garbe's SymSpell, 2012, after
Mor & Fraenkel 1982): the look-up does not depend on how many words there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import marisa_trie
import numpy as np
import numpy.typing as npt

from languages.locale import LANGUAGES
from languages.phrase_table import analysis_digest
from languages.spelling.edit_distance import letters, slips, slips_max
from languages.spelling.readings import spoken
from languages.spelling.romanise import (
    ROMANISED,
    SKELETON_MIN,
    WITHOUT_SPACES,
    romanised,
    skeleton,
    skeletons,
    squeezed,
)

_PREFIX = 8
"""Letters of a long word whose deletions are kept; the distance is then that of the whole words."""

_FOUND_MAX = 200
"""Words that share a deletion and are compared: the first by number."""

_BITS = {language: 1 << place for place, language in enumerate(LANGUAGES)}


class TableWord(NamedTuple):
    """A word of a table: as written, the languages that have it, and how often it is meant."""

    text: str
    languages: frozenset[str]
    weight: float


@dataclass(frozen=True, slots=True)
class NearWord:
    """A word near to a misspelt one; `cost` is above 0, 1 for a slip of the usual kind."""

    word: TableWord
    cost: float


@cache
def code_digest() -> str:
    """A hash of what the tables depend on beside their words: this room's code and the analysis."""
    sources = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    return hashlib.sha256(b"\0".join([analysis_digest(), *sources])).hexdigest()[:16]


def write_word_table(words: Iterable[TableWord], folder: Path) -> None:
    """Write the table into an empty folder. A word that comes twice has the languages of both and
    the larger weight.
    """
    by_text: dict[str, TableWord] = {}
    for word in words:
        other = by_text.get(word.text, word)
        by_text[word.text] = TableWord(word.text, word.languages | other.languages, max(word.weight, other.weight))
    trie = marisa_trie.Trie(by_text)
    numbered = {trie[text]: word for text, word in by_text.items()}
    ordered = [numbered[number] for number in range(len(numbered))]
    trie.save(str(folder / "words.marisa"))
    np.save(folder / "weights.npy", np.array([word.weight for word in ordered], np.float32))
    np.save(
        folder / "languages.npy", np.array([sum(map(_BITS.__getitem__, word.languages)) for word in ordered], "<u4")
    )
    deletions = ((key, number) for number, word in enumerate(ordered) for key in _deletions(word.text))
    sounds = ((key, number) for number, word in enumerate(ordered) for key in _sounds(word))
    spellings = ((key, number) for number, word in enumerate(ordered) for key in _spellings(word))
    for name, keys in (("deletions", deletions), ("skeletons", sounds), ("spellings", spellings)):
        marisa_trie.RecordTrie("<I", ((key, (number,)) for key, number in keys)).save(str(folder / f"{name}.marisa"))


class WordTable:
    """A table that `write_word_table` wrote; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self._words = marisa_trie.Trie().mmap(str(folder / "words.marisa"))
        self._deletions = marisa_trie.RecordTrie("<I").mmap(str(folder / "deletions.marisa"))
        self._skeletons = marisa_trie.RecordTrie("<I").mmap(str(folder / "skeletons.marisa"))
        self._spellings = marisa_trie.RecordTrie("<I").mmap(str(folder / "spellings.marisa"))
        self._weights: npt.NDArray[np.float32] = np.load(folder / "weights.npy", mmap_mode="r")
        self._languages: npt.NDArray[np.uint32] = np.load(folder / "languages.npy", mmap_mode="r")

    def __len__(self) -> int:
        return len(self._weights)

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def find(self, word: str) -> TableWord | None:
        """The word as it is written; None if it is not in the table."""
        number = self._words.get(word)
        return None if number is None else self._word(number)

    def has_beginning(self, text: str) -> bool:
        """Whether some word begins with a text."""
        return next(self._words.iterkeys(text), None) is not None

    def beginnings(self, text: str, languages: frozenset[str]) -> list[str]:
        """The words of some languages that a text begins with."""
        mask = _mask(languages)
        return [word for word in self._words.prefixes(text) if int(self._languages[self._words[word]]) & mask]

    def spelled_beginnings(self, text: str, language: str) -> list[str]:
        """The words of a language without spaces, in Latin letters, that a text begins with; one
        that is written with a single character is none.
        """
        label = f"{language} "
        return [key.removeprefix(label) for key in self._spellings.prefixes(label + text)]

    def spelled(self, text: str, language: str) -> list[TableWord]:
        """The words of a language without spaces that are typed so in Latin letters, heaviest
        first.
        """
        found = (self._word(number) for (number,) in self._spellings.get(f"{language} {text}", ()))
        return sorted(found, key=lambda word: (-word.weight, word.text))

    def misspelt(self, word: str) -> list[NearWord]:
        """The words that a normalised one is a slip of, the nearest first, then the heaviest.

        A word that is in the table is near to itself at cost 0.
        """
        numbers: dict[int, None] = {}
        for key in _deletions(word):
            numbers.update((number, None) for (number,) in self._deletions.get(key, ()))
        found: list[NearWord] = []
        for number in list(numbers)[:_FOUND_MAX]:
            other = self._word(number)
            cost = slips(word, other.text)
            if cost is not None:
                found.append(NearWord(other, cost))
        return sorted(found, key=lambda near: (near.cost, -near.word.weight, near.word.text))

    def sounding_like(self, typed: str, language: str) -> list[NearWord]:
        """The words of a language that sound like what was typed in Latin letters.

        Those with the same skeleton cost nothing, those with one more or one less letter cost 1.
        """
        key = skeleton(typed, language)
        if len(key) < SKELETON_MIN:
            return []
        found: dict[int, float] = {}
        for variant in (key, *_shorter(key)):
            for (number,) in self._skeletons.get(f"{language} {variant}", ()):
                same = variant == key and key in skeletons(self._words.restore_key(number), language)
                found[number] = min(found.get(number, 1.0), 0.0 if same else 1.0)
        return sorted(
            (NearWord(self._word(number), cost) for number, cost in found.items()),
            key=lambda near: (near.cost, -near.word.weight, near.word.text),
        )

    def homophones(self, text: str, language: str) -> list[str]:
        """The words in characters that are read as a text in characters is, and are written
        otherwise; the heaviest first.
        """
        sounds = set(spoken(text, language))
        found = {
            near.word
            for sound in sounds
            for near in self.sounding_like(sound, language)
            if not near.cost and near.word.text != text and not sounds.isdisjoint(romanised(near.word.text, language))
        }
        return [word.text for word in sorted(found, key=lambda word: (-word.weight, word.text))]

    def _word(self, number: int) -> TableWord:
        bits = int(self._languages[number])
        languages = frozenset(language for language, bit in _BITS.items() if bits & bit)
        return TableWord(self._words.restore_key(number), languages, float(self._weights[number]))


def _deletions(word: str) -> Iterator[str]:
    """The folded letters of a word, and what is left without one or two of them."""
    plain = letters(word)
    limit = slips_max(plain)
    head = plain[:_PREFIX]
    yield head
    for size in range(1, limit + 1):
        for places in combinations(range(len(head)), size):
            yield "".join(letter for place, letter in enumerate(head) if place not in places)
    if plain != word and len(word) > 2 and all("가" <= letter <= "힣" for letter in word):
        yield from (word[:place] + word[place + 1 :] for place in range(len(word)))


def _sounds(word: TableWord) -> Iterator[str]:
    for language in word.languages.intersection(ROMANISED):
        for key in skeletons(word.text, language):
            yield f"{language} {key}"
            for variant in _shorter(key):
                yield f"{language} {variant}"


def _spellings(word: TableWord) -> Iterator[str]:
    if len(word.text) > 1:
        for language in word.languages.intersection(WITHOUT_SPACES):
            for spelling in romanised(word.text, language):
                yield f"{language} {squeezed(spelling)}"


def _mask(languages: Iterable[str]) -> int:
    return sum(_BITS[language] for language in languages if language in _BITS)


def _shorter(key: str) -> Iterator[str]:
    """A skeleton without one of its characters, where enough is left to say something."""
    if len(key) > SKELETON_MIN + 1:
        yield from dict.fromkeys(key[:place] + key[place + 1 :] for place in range(len(key)))
