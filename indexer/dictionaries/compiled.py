"""The compiled form of a dictionary, and how it is written.

A *term* is a word or phrase of one language, known by its lemmas. Terms are numbered by the order
of their hashes, senses by the order of the file. The files, all memory-mapped:

  meta.json           see `DictionaryMeta`
  hashes.npy          (terms,) uint64, ascending: of language and lemmas
  languages.npy       (terms,) uint8, positions in `meta.languages`
  texts.npy           bytes: the text of each term, a NUL, and its lemmas with spaces between
  texts_at.npy        (terms + 1,) uint64: where each term begins there
  senses.npy          uint32: the senses of each term, ascending
  senses_at.npy       (terms + 1,) uint64
  members.npy         uint32: the terms of each sense, as the file orders them
  members_at.npy      (senses + 1,) uint64

Compiling takes 12 bytes of memory a word of a sense, and its texts on disk once more.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from indexer.dictionaries.sense import Sense, Word
from languages.lexicon_match import lemmas_of

LEMMAS_MAX = 24
"""Of a term, as in the lexicon. A longer term is left out."""

_SPOOL = "spool.tmp"


@dataclass(frozen=True, slots=True)
class Counts:
    """What was written. `languages` are those of the terms, the one with the most first."""

    languages: tuple[str, ...]
    senses: int
    terms: int
    longest: int


def term_hash(language: str, lemmas: str) -> int:
    """The 64-bit hash of a term: the chance of a collision among 5 million is 1e-6."""
    return int.from_bytes(hashlib.blake2b(f"{language}\0{lemmas}".encode(), digest_size=8).digest(), "little")


def write_senses(senses: Iterable[Sense], folder: Path) -> Counts:
    """Write a dictionary's arrays into an empty folder. A sense of one language is left out."""
    spool = _Spool()
    with (folder / _SPOOL).open("wb") as out:
        for sense in senses:
            spool.add(_terms(sense), out)
    counts = spool.write(folder)
    (folder / _SPOOL).unlink()
    return counts


def _terms(sense: Sense) -> list[tuple[Word, str]]:
    """The distinct terms of a sense with their lemmas; none if they are all of one language."""
    terms: dict[tuple[str, str], Word] = {}
    for word in sense:
        if lemmas := _lemmas(word):
            terms.setdefault((word.language, lemmas), word)
    is_bilingual = len({language for language, _ in terms}) > 1
    return [(word, lemmas) for (_, lemmas), word in terms.items()] if is_bilingual else []


@lru_cache(maxsize=20_000)  # headwords repeat from sense to sense
def _lemmas(word: Word) -> str:
    """A word's lemmas, separated by spaces; "" if it has none or too many."""
    lemmas = lemmas_of(word.text, word.language)
    return " ".join(lemmas) if len(lemmas) <= LEMMAS_MAX else ""


class _Spool:
    """Every word of every sense, as it comes: small columns in memory, texts in a file."""

    def __init__(self) -> None:
        self._hashes = array("Q")
        self._text_ends = array("Q", [0])
        self._languages = bytearray()
        self._members_at = array("Q", [0])
        self._language_numbers: dict[str, int] = {}
        self._longest = 0

    def add(self, terms: list[tuple[Word, str]], out: BinaryIO) -> None:
        """Add a sense."""
        for word, lemmas in terms:
            data = f"{word.text}\0{lemmas}".encode()
            out.write(data)
            self._hashes.append(term_hash(word.language, lemmas))
            self._text_ends.append(self._text_ends[-1] + len(data))
            self._languages.append(self._language_numbers.setdefault(word.language, len(self._language_numbers)))
            self._longest = max(self._longest, lemmas.count(" ") + 1)
        if terms:
            self._members_at.append(len(self._hashes))

    def write(self, folder: Path) -> Counts:
        """Write the arrays. The text of a term is the one that came first."""
        hashes, first, members = np.unique(
            np.frombuffer(self._hashes, np.uint64), return_index=True, return_inverse=True
        )
        languages = np.frombuffer(self._languages, np.uint8)[first]
        names, ranks = self._by_frequency(languages)
        members_at = np.frombuffer(self._members_at, np.uint64)
        np.save(folder / "hashes.npy", hashes)
        np.save(folder / "languages.npy", ranks[languages])
        np.save(folder / "members.npy", members.astype(np.uint32))
        np.save(folder / "members_at.npy", members_at)
        _write_senses_of_terms(folder, members, members_at, len(hashes))
        _write_texts(folder, first, np.frombuffer(self._text_ends, np.uint64))
        return Counts(names, len(members_at) - 1, len(hashes), self._longest)

    def _by_frequency(self, languages: npt.NDArray[np.uint8]) -> tuple[tuple[str, ...], npt.NDArray[np.uint8]]:
        """The languages by their number of terms, and the rank of each by its number until now."""
        counts = Counter(dict(enumerate(np.bincount(languages, minlength=len(self._language_numbers)).tolist())))
        names = list(self._language_numbers)
        order = [number for number, _ in counts.most_common()]
        ranks = np.zeros(max(1, len(order)), np.uint8)
        ranks[order] = np.arange(len(order), dtype=np.uint8)
        return tuple(names[number] for number in order), ranks


def _write_senses_of_terms(
    folder: Path, members: npt.NDArray[np.int64], members_at: npt.NDArray[np.uint64], terms: int
) -> None:
    """The same pairs of sense and term, by term."""
    sizes = (members_at[1:] - members_at[:-1]).astype(np.int64)
    senses = np.repeat(np.arange(len(sizes), dtype=np.uint32), sizes)
    np.save(folder / "senses.npy", senses[np.argsort(members, kind="stable")])
    np.save(folder / "senses_at.npy", _starts(np.bincount(members, minlength=terms)))


def _write_texts(folder: Path, first: npt.NDArray[np.int64], text_ends: npt.NDArray[np.uint64]) -> None:
    """The text of each term, in the order of the terms."""
    starts, ends = text_ends[first].astype(np.int64), text_ends[first + 1].astype(np.int64)
    np.save(folder / "texts_at.npy", _starts(ends - starts))
    size = int((ends - starts).sum())
    texts = np.lib.format.open_memmap(folder / "texts.npy", mode="w+", dtype=np.uint8, shape=(size,))
    if size:
        spool = np.memmap(folder / _SPOOL, np.uint8, mode="r")
        for position, piece in _pieces(spool, starts, ends):
            texts[position : position + len(piece)] = piece
    texts.flush()


def _pieces(
    spool: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
    """The bytes of each term, and where they go."""
    position = 0
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield position, spool[start:end]
        position += end - start


def _starts(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Where pieces of these sizes begin, and where the last one ends.  # (n + 1,)"""
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.uint64)
