"""The senses of a dictionary whose index says where each word's entry is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from indexer.dictionaries.blocks import Places, read_blocks
from indexer.dictionaries.entry_text import LanguagePair, entry_senses
from indexer.dictionaries.sense import Sense
from indexer.progress import ProgressCallback

_STEP = 2_000  # entries between two reports


def decoded(data: bytes) -> str:
    """The text of an entry that is nothing else; a damaged character is replaced."""
    return data.decode("utf-8", "replace")


def is_about(word: bytes) -> bool:
    """Whether an entry is about the dictionary itself, as dictd has some."""
    return word.startswith((b"00database", b"00-database"))


def senses_of_index(
    words: Sequence[bytes],
    places: Places,
    body: Path,
    pair: LanguagePair,
    progress: ProgressCallback,
    to_text: Callable[[bytes], str] = decoded,
) -> Iterator[Sense]:
    """The senses of every entry, in the order of the body. Words with the same entry share it.

    `to_text` reads an entry's bytes.

    Raises:
        DictionaryRefused: an entry lies outside the body, or the body is damaged.
    """
    order = np.lexsort((places[:, 1], places[:, 0])).tolist()
    entries = [list(numbers) for _, numbers in groupby(order, key=lambda number: tuple(places[number]))]
    blocks = read_blocks(body, places, [numbers[0] for numbers in entries])
    for done, (numbers, block) in enumerate(zip(entries, blocks, strict=True)):
        if done % _STEP == 0:
            progress("read", done, len(entries), done)
        index_words = [decoded(words[number]) for number in numbers if not is_about(words[number])]
        yield from entry_senses(index_words, to_text(block), pair)
