"""The parts of a query as the buyer wrote them, so that one can be named and left out.

The analysis reads some characters twice: ``wh-1000xm5`` is also ``wh1000xm5``, and a run without
spaces is overlapping pairs. Here each character belongs to one part at most.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from indexer.stores.lexical import LexicalIndex
from ranking.query import QueryPart, UnderstoodQuery

_GAP = r"[-/._,\s]*"  # may stand between the characters of a part
_MARKS = " ,.:;!?()\"'،؛؟।。、，！：；？（）「」"  # of the text, and of no part
# Han, kana, Thai, Lao, Khmer and Myanmar write no spaces. Korean does: a word is left out whole.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ffff]"
)


@dataclass(frozen=True, slots=True)
class WrittenPart:
    """What the buyer wrote for some parts: its text, and the positions of its characters.

    Where a script has spaces, it is whole words.
    """

    text: str
    positions: frozenset[int]
    parts: tuple[QueryPart, ...]

    @property
    def importance(self) -> float:
        """The share in the relevance of a listing; 0: not searched for."""
        return sum(part.importance for part in self.parts)


def written_text(understood: UnderstoodQuery) -> str:
    """The text whose positions are counted: in the buyer's own case, where it has the same
    characters.
    """
    own = " ".join(understood.query.text.split())
    is_same = len(own) == len(understood.text) and own.casefold() == understood.text
    return own if is_same else understood.text


def written_parts(understood: UnderstoodQuery) -> tuple[WrittenPart, ...]:
    """The parts of a query, in order. One that does not stand in the text so is left out."""
    found: list[WrittenPart] = []
    spans = list(_spans(understood.text, understood.parts))
    for part, span in sorted(spans, key=lambda pair: not pair[0].meanings):  # a known phrase keeps its characters
        shared = [other for other in found if not other.positions.isdisjoint(span)]
        free = frozenset(span).difference(*(other.positions for other in shared))
        if shared and (not free or not _is_unspaced(understood.text, span)):
            found = [other for other in found if other not in shared]
            found.append(_merged(shared, part, free))
        elif free:
            found.append(WrittenPart("", free, (part,)))
    text = written_text(understood)
    named = (replace(one, text=_slice(text, one.positions).strip(_MARKS)) for one in found)
    return tuple(sorted(named, key=lambda one: min(one.positions)))


def text_without(text: str, left_out: Iterable[WrittenPart]) -> str:
    """A query's text without some of its parts."""
    gone = frozenset[int]().union(*(part.positions for part in left_out))
    return " ".join(_slice(text, (place for place in range(len(text)) if place not in gone)).split()).strip(_MARKS)


def not_in_catalogue(understood: UnderstoodQuery, lexical: LexicalIndex) -> tuple[WrittenPart, ...]:
    """The parts that no listing has: neither their words nor what the lexicon or a dictionary says
    for them.
    """
    lacking = {id(part) for part in understood.parts if _is_lacking(part, lexical)}
    if not lacking:
        return ()
    return tuple(written for written in written_parts(understood) if _are_lacking(written.parts, lacking))


def not_searched(understood: UnderstoodQuery) -> tuple[WrittenPart, ...]:
    """The parts that were not searched for, because the query has too many."""
    if all(part.importance for part in understood.parts):
        return ()
    return tuple(written for written in written_parts(understood) if not written.importance)


def _is_lacking(part: QueryPart, lexical: LexicalIndex) -> bool:
    if any(expansion.source != "encoder" for expansion in part.expansions):
        return False
    return not any(lexical.doc_freq("text", lemma) for word in part.words for lemma in word.lemmas)


def _are_lacking(parts: Sequence[QueryPart], lacking: Collection[int]) -> bool:
    """Whether parts of one word are: the longest, which is the whole of a model number, decides."""
    longest = max(parts, key=lambda part: len(part.text))
    return id(longest) in lacking


def _spans(text: str, parts: Iterable[QueryPart]) -> Iterator[tuple[QueryPart, range]]:
    """Where each part stands in the text; whole words where they have spaces."""
    start = 0
    for part in parts:
        span = _find(text, part.text, start) or _find(text, part.text, 0)
        if span is None:
            continue
        start = max(start, span.stop - 1 if _is_unspaced(text, span) else span.stop)
        yield part, span if _is_unspaced(text, span) else _whole_words(text, span)


def _find(text: str, words: str, start: int) -> range | None:
    place = text.find(words, start)
    if place >= 0:
        return range(place, place + len(words))
    pattern = _GAP.join(re.escape(char) for char in words if char not in " .")
    match = re.compile(pattern).search(text, start)
    return range(*match.span()) if match and match.group() else None


def _whole_words(text: str, span: range) -> range:
    start, stop = span.start, span.stop
    while start > 0 and not text[start - 1].isspace() and not _UNSPACED.match(text[start - 1]):
        start -= 1
    while stop < len(text) and not text[stop].isspace() and not _UNSPACED.match(text[stop]):
        stop += 1
    return range(start, stop)


def _is_unspaced(text: str, span: range) -> bool:
    return _UNSPACED.search(text, span.start, span.stop) is not None


def _merged(shared: Sequence[WrittenPart], part: QueryPart, free: frozenset[int]) -> WrittenPart:
    positions = free.union(*(other.positions for other in shared))
    return WrittenPart("", positions, (*(one for other in shared for one in other.parts), part))


def _slice(text: str, positions: Iterable[int]) -> str:
    return "".join(text[place] for place in sorted(positions))
