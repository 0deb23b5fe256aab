"""A text without spaces as words that exist, and what lies between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

TEXT_MAX = 40
"""Characters of a text that is covered; nobody types a longer one without a space."""


class Segment(NamedTuple):
    """``text[start:stop]``, and whether it is a word."""

    start: int
    stop: int
    is_word: bool


def cover(text: str, beginnings: Callable[[str], Sequence[str]]) -> tuple[Segment, ...]:
    """A text as words and the rests between them, with as few characters outside of words as can
    be, and of these ways the one of fewest words.

    `beginnings` gives the words that a text begins with. Of a text longer than `TEXT_MAX` nothing
    is covered.
    """
    if not text or len(text) > TEXT_MAX:
        return ()
    best: list[tuple[int, int, int]] = [(0, 0, 0)] * (len(text) + 1)  # uncovered, words, length of the first segment
    for start in range(len(text) - 1, -1, -1):
        uncovered, words, _ = best[start + 1]
        ways = [(uncovered + 1, words, -1)]
        for word in beginnings(text[start:]):
            uncovered, words, _ = best[start + len(word)]
            ways.append((uncovered, words + 1, len(word)))
        best[start] = min(ways, key=lambda way: (way[0], way[1], -way[2]))
    segments: list[Segment] = []
    start = 0
    while start < len(text):
        length = best[start][2]
        if length > 0:
            segments.append(Segment(start, start + length, True))
        elif segments and not segments[-1].is_word:
            segments[-1] = Segment(segments[-1].start, start + 1, False)
        else:
            segments.append(Segment(start, start + 1, False))
        start += abs(length)
    return tuple(segments)
