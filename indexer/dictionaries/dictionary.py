"""An open dictionary: which words it knows, and what they are called in other languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer.dictionaries.compiled import term_hash
from indexer.dictionaries.meta import check_analysis, read_meta

HasLemma = Callable[[str], bool]
"""Whether the catalogue has a lemma."""


@dataclass(frozen=True, slots=True)
class Span:
    """The span ``lemmas[start:stop]`` of a text's lemmas, which a dictionary knows as one term."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Translation:
    """A term of another language. `weight`, in (0, 1], says how likely it means the same."""

    text: str
    lemmas: tuple[str, ...]
    language: str
    weight: float


class Dictionary:
    """A dictionary that `add_dictionary` wrote, memory-mapped; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        """Open a dictionary's folder.

        Raises:
            DictionaryMissing: it has no dictionary.
            DictionaryMismatch: it was compiled by another format or analysis.
        """
        self.meta = read_meta(folder)
        check_analysis(folder, self.meta)
        self.languages = self.meta.languages
        self._numbers = {language: number for number, language in enumerate(self.languages)}
        self._hashes = np.asarray(np.load(folder / "hashes.npy", mmap_mode="r"))
        self._languages = _mapped(folder, "languages")
        self._texts = _mapped(folder, "texts")
        self._texts_at = _mapped(folder, "texts_at")
        self._senses = _mapped(folder, "senses")
        self._senses_at = _mapped(folder, "senses_at")
        self._members = _mapped(folder, "members")
        self._members_at = _mapped(folder, "members_at")

    def known_spans(self, lemmas: Sequence[str], language: str) -> tuple[Span, ...]:
        """Every span that is a term of `language`, the longest first; they may overlap."""
        if language not in self._numbers:
            return ()
        longest = min(self.meta.longest, len(lemmas))
        spans = [Span(start, start + size) for size in range(longest, 0, -1) for start in range(len(lemmas) - size + 1)]
        terms = self._find([" ".join(lemmas[span.start : span.stop]) for span in spans], language)
        return tuple(span for span, term in zip(spans, terms, strict=True) if term >= 0)

    def direct(self, lemmas: Sequence[str], language: str, into: Iterable[str]) -> tuple[Translation, ...]:
        """What shares a sense with a term, in the languages `into`, the surest first.

        Its own language is left out. The weight is ``(forward ** 3 * backward) ** (1/8)``:
        `forward` is the share of the term's senses that the translation has, each sense shared by
        its words of that language; `backward` is the same from the translation. It is 1 for two
        words that mean each other and nothing else, and falls mildly where either means more. With
        `forward` alone, or with both alike, fewer first translations were right.
        """
        wanted = {self._numbers[name] for name in into if name in self._numbers and name != language}
        (term,) = self._find([" ".join(lemmas)], language) if language in self._numbers else (-1,)
        if term < 0 or not wanted:
            return ()
        forward, backward = self._shares(term, wanted)
        translations = [
            self._translation(other, (share**3 * min(1.0, backward[other])) ** 0.125)
            for other, share in forward.items()
        ]
        translations.sort(key=lambda translation: -translation.weight)
        return tuple(translations)

    def _shares(self, term: int, wanted: set[int]) -> tuple[dict[int, float], dict[int, float]]:
        """How much of a term's meaning each other term has, and how much of theirs it has."""
        own = self._languages[term]
        forward: dict[int, float] = {}
        backward: dict[int, float] = {}
        senses_with: dict[int, int] = {}  # by language: how many of the term's senses have words of it
        for sense in self._senses_of(term):
            members = self._members[self._members_at[sense] : self._members_at[sense + 1]].tolist()
            languages = [self._languages[member] for member in members]
            counts: dict[int, int] = {}
            for number in languages:
                counts[number] = counts.get(number, 0) + 1
            for number in wanted.intersection(counts):
                senses_with[number] = senses_with.get(number, 0) + 1
            for other, number in zip(members, languages, strict=True):
                if number in wanted:
                    forward[other] = forward.get(other, 0.0) + 1.0 / counts[number]
                    backward[other] = backward.get(other, 0.0) + 1.0 / counts[own]
        for other in forward:
            forward[other] /= senses_with[self._languages[other]]
            backward[other] /= self._senses_at[other + 1] - self._senses_at[other]
        return forward, backward

    def _senses_of(self, term: int) -> list[int]:
        return self._senses[self._senses_at[term] : self._senses_at[term + 1]].tolist()

    def _find(self, joined: Sequence[str], language: str) -> list[int]:
        """The term of each string of lemmas; -1 where there is none."""
        if not len(self._hashes) or not joined:
            return [-1] * len(joined)
        hashes = np.array([term_hash(language, lemmas) for lemmas in joined], np.uint64)
        places = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        found: list[int] = np.where(self._hashes[places] == hashes, places, -1).tolist()
        return found

    def _translation(self, term: int, weight: float) -> Translation:
        data = self._texts[self._texts_at[term] : self._texts_at[term + 1]].tobytes()
        text, _, lemmas = data.decode().partition("\0")
        return Translation(text, tuple(lemmas.split(" ")), self.languages[self._languages[term]], weight)


def _mapped(folder: Path, name: str) -> memoryview[int]:
    """A column, memory-mapped. A view gives an int some times as fast as NumPy does."""
    return memoryview(np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")))  # type: ignore[arg-type]
