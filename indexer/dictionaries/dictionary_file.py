"""A dictionary's file: what it says of itself, and its senses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from indexer.dictionaries.sense import Sense
from indexer.progress import ProgressCallback


class DictionaryFile(Protocol):
    """A dictionary on disk, in any form."""

    @property
    def form(self) -> str:
        """The form's name: ``dictd``, ``stardict``, ``translations`` or ``glossary``."""
        ...

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it is read from, the given one first."""
        ...

    @property
    def licence(self) -> str | None:
        """What it says itself of its licence."""
        ...

    def senses(self, progress: ProgressCallback) -> Iterator[Sense]:
        """Every sense, in the order of the file.

        Raises:
            DictionaryRefused: the file is damaged, or a line of it cannot be read.
        """
        ...
