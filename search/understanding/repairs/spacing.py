"""Words split and joined in the wrong place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from languages.segment import words
from search.understanding.repairs.chunks import Chunk
from search.understanding.repairs.replacements import Candidate, Replacement, cheapest, joined_text, replaced_in
from search.understanding.repairs.vocabulary import WORD_MIN, Vocabulary

SPACING_COST = 0.1
COMPOUND_GAIN = 0.2
"""Of two words that are one thing together, in a language that the query is likely in: each may
well exist by itself."""


def joins(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """Two adjacent words that are one: ``tee kanne``."""
    for place in range(len(chunks) - 1):
        pair = chunks[place : place + 2]
        joined = joined_text(pair)
        is_short = min(len(chunk.text) for chunk in pair) < WORD_MIN
        if any(map(str.isdigit, joined)) or (is_short and not all(map(_is_unspaced, pair))):
            continue
        if joined in vocabulary:
            cost = -COMPOUND_GAIN if vocabulary.is_own(joined) else SPACING_COST
            yield replaced_in(chunks, [(range(place, place + 2), Replacement(joined, cost))], "spacing", 0.0)


def _is_unspaced(chunk: Chunk) -> bool:
    return all(is_unspaced for _, is_unspaced in words(chunk.text))


def joined_runs(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """Adjacent chunks of a script without spaces as one: 摩 托车."""
    for place in range(len(chunks) - 1):
        pair = chunks[place : place + 2]
        if all(map(_is_unspaced, pair)) and any(chunk.is_unknown or chunk.is_doubtful for chunk in pair):
            yield replaced_in(chunks, [(range(place, place + 2), Replacement(joined_text(pair), 0.0))], "spacing", 0.0)


def splits(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """A word that is two: ``hdmikabel``."""
    for place, chunk in enumerate(chunks):
        if not chunk.is_unknown and not chunk.is_doubtful:
            continue
        text = chunk.text
        halves = [(text[:cut], text[cut:]) for cut in range(1, len(text))]
        with_function_words = len(chunks) > 1  # a word alone is none with a preposition: *tallit* is not *tall it*
        options = {
            f"{one} {other}": 0.0
            for one, other in halves
            if vocabulary.are_two_words(one, other, with_function_words=with_function_words)
        }
        for option in cheapest(options):
            yield replaced_in(chunks, [(range(place, place + 1), option)], "spacing", SPACING_COST)
