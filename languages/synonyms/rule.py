"""The nouns of synonyms: terms, rules, what is wrong with a file, and the error that says it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from pathlib import Path

from languages.lexicon_match import is_alike


@dataclass(frozen=True, slots=True)
class SynonymTerm:
    """A word or phrase of a rule: as the file has it, and as `languages.analyse` reads it.

    `written` has a word for each lemma, normalised; a pair of characters of a script without spaces
    is its lemma.
    """

    text: str
    lemmas: tuple[str, ...]
    written: tuple[str, ...]


def is_written_alike(written: Sequence[str], other: Sequence[str], language: str) -> bool:
    """Whether phrases of the same lemmas are forms of one phrase.

    Lemmas alone do not decide: a stemmer makes *ca* of both ``çadır`` (tent) and ``çanta`` (bag).
    """
    return all(is_alike(one, another, language) for one, another in zip(written, other, strict=False))


@dataclass(frozen=True, slots=True)
class SynonymRule:
    """One line: terms that mean each other, or, with a `right` side, terms that also mean those.

    `line` counts from 1.
    """

    line: int
    left: tuple[SynonymTerm, ...]
    right: tuple[SynonymTerm, ...] = ()

    @property
    def is_one_way(self) -> bool:
        return bool(self.right)

    def pairs(self) -> Iterator[tuple[SynonymTerm, SynonymTerm]]:
        """Pairs of terms: who types the first also means the second."""
        return product(self.left, self.right) if self.is_one_way else permutations(self.left, 2)


@dataclass(frozen=True, slots=True, order=True)
class SynonymProblem:
    """What is wrong, and how to mend it. `line` counts from 1; 0 is the whole file."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"


class InvalidSynonyms(ValueError):
    """Files of synonyms break rules; the message has all problems, one a line."""

    def __init__(self, folder: Path, problems: Sequence[SynonymProblem]) -> None:
        super().__init__(folder, problems)  # as they are, so that another process can raise it again
        self.folder = folder
        self.problems = tuple(problems)

    def __str__(self) -> str:
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        return "\n".join([f"synonyms {self.folder} has {count}:", *(f"  {problem}" for problem in self.problems)])
