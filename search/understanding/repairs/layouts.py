"""Texts typed with the keyboard set to another language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from languages.normalise import normalise
from languages.segment import split_chunks, words
from languages.spelling.keyboard import LATIN_LAYOUTS, LAYOUTS, as_latin, from_latin, swap_latin
from ranking.query import Repair
from search.understanding.repairs.chunks import Chunk
from search.understanding.repairs.replacements import SLIP_COST, Candidate
from search.understanding.repairs.vocabulary import Vocabulary

LAYOUT_COST = 0.05


def layouts(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """The text as other keyboards type its unknown chunks."""
    for language in LAYOUTS:
        cost = LAYOUT_COST + vocabulary.foreign_cost((language,))
        yield from _retyped(chunks, vocabulary, cost, lambda chunk, layout=language: from_latin(chunk, layout))  # type: ignore[misc]
        yield from _retyped(chunks, vocabulary, LAYOUT_COST, lambda chunk, layout=language: as_latin(chunk, layout))  # type: ignore[misc]
    for layout in LATIN_LAYOUTS:
        for candidate in _retyped(
            chunks,
            vocabulary,
            SLIP_COST,
            lambda chunk, layout=layout: swap_latin(chunk, layout),  # type: ignore[misc]
        ):
            if all(vocabulary.is_own(normalise(repair.repaired)) for repair in candidate.repairs):
                yield candidate


def _retyped(
    chunks: Sequence[Chunk], vocabulary: Vocabulary, cost: float, retype: Callable[[str], str]
) -> Iterator[Candidate]:
    """The text with its unknown chunks in another layout, and with all of them, if words begin as
    they do then: a layout is wrong for a whole text, and some of it may be a word by chance.
    """
    unknown = [chunk for chunk in chunks if chunk.is_unknown] or [chunk for chunk in chunks if chunk.is_rare]
    if not unknown:
        return
    retyped = {chunk.typed: retype(chunk.typed) for chunk in chunks}
    plausible = {old for old, new in retyped.items() if old != new and _is_plausible(new, vocabulary)}
    for group in (unknown, chunks) if len(unknown) < len(chunks) else (unknown,):
        changed = {chunk.typed: retyped[chunk.typed] for chunk in group}
        if plausible.issuperset(changed):
            text = " ".join(changed.get(chunk.typed, chunk.typed) for chunk in chunks)
            yield Candidate(text, tuple(Repair("layout", old, new) for old, new in changed.items()), cost)


def _is_plausible(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a text is made of words that begin as existing ones."""
    found = [word for chunk in split_chunks(normalise(text)) for word, _ in words(chunk)]
    letters = sum(map(len, found))
    return (
        letters >= 0.8 * len(normalise(text).replace(" ", ""))
        and all(map(vocabulary.begins_like, found))
        and bool(found)
    )
