"""What a query with unknown words may have been meant to be: other texts, with what they cost.

A cost is how unlikely the slip is, about in the units of the evidence that a text gains. It
is a judgement: a keyboard in the wrong layout explains a whole text, two wrong letters in one word
explain many words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from languages.keyboard import LATIN_LAYOUTS, LAYOUTS, as_latin, from_latin, swap_latin
from languages.normalise import normalise
from languages.segment import split_chunks, words
from languages.spelling.romanise import CONSONANTS_ALONE, ROMANISED, is_romanised, similar_sound
from languages.spelling.word_table import WordTable
from ranking.query import Repair
from search.understanding.repairs.chunks import Chunk

LAYOUT_COST = 0.05
SPACING_COST = 0.1
COMPOUND_GAIN = 0.2
"""Of two words that are one thing together, in a language that the query is likely in: each may
well exist by itself."""

ROMANISED_COST = 0.1
SLIP_COST = 0.12
"""Of each slip of the keyboard."""

DISTANCE_MAX = 3.0
DOUBTFUL_DISTANCE_MAX = 0.5
"""Slips in a word that no listing has as it is written, only another form of it: letters swapped or
doubled."""

SOUND_COST = 0.3
"""Of a word that sounds nothing like what was typed, in proportion."""

FOREIGN_COST = 0.15
"""Of words of a language that the buyer does not read and the query is not likely in."""

WEIGHT_GAIN = 0.05
"""Of a word that is often meant, before a rare one."""

LANGUAGELESS_COST = 0.03
"""Of a word of the catalogue of which only the letters are known, against one of the lexicon."""

_SOUND_MIN = 0.5
_FOREIGN_SOUND_MIN = 0.85  # of a word of a language that the buyer does not read
UNSPACED = frozenset(("ja", "ko", "zh"))
"""Romanised languages in which several typed words may be one."""

_BEGINNING = 4  # letters by which a word of another layout is known to be one
_WORD_MIN = 3  # letters of each of two words written as one
_VARIANTS = 3  # of a word; of several unknown words the first variants are taken together


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another text for a query, what was changed in it, and what the changes cost."""

    text: str
    repairs: tuple[Repair, ...]
    cost: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that exist: the lexicon's and the catalogue's; the language that the buyer reads,
    and those that the query is likely in.
    """

    tables: tuple[WordTable, ...]
    home: str
    likely: frozenset[str]

    @property
    def languages(self) -> frozenset[str]:
        """The buyer's and the query's."""
        return self.likely | {self.home}

    def __contains__(self, word: str) -> bool:
        return any(word in table for table in self.tables)

    def has_own(self, word: str) -> bool:
        """Whether a word exists in the languages that the query is likely in, with or without its
        diacritics.
        """
        nearest = chain.from_iterable(table.misspelt(word) for table in self.tables)
        return any(not near.cost and not self.likely.isdisjoint(near.word.languages) for near in nearest)

    def is_own(self, word: str) -> bool:
        """Whether a word is one of a language that the query is likely in, as it is written."""
        found = (table.find(word) for table in self.tables)
        return any(one is not None and not self.likely.isdisjoint(one.languages) for one in found)

    def begins_like(self, word: str) -> bool:
        """Whether a word begins as some existing one."""
        return any(table.has_beginning(word[:_BEGINNING]) for table in self.tables)

    def foreign_cost(self, languages: Iterable[str]) -> float:
        """0 for a word of the buyer's or the query's languages, little for one of no language."""
        known = frozenset(languages)
        if not known:
            return LANGUAGELESS_COST
        return FOREIGN_COST if known.isdisjoint(self.languages) else 0.0


@dataclass(frozen=True, slots=True)
class _Replacement:
    text: str
    cost: float


def candidates(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """Other texts for a query, of all kinds; none is the query itself."""
    text = " ".join(chunk.text for chunk in chunks)
    made = chain.from_iterable(make(chunks, vocabulary) for make in _KINDS)
    return (candidate for candidate in made if normalise(candidate.text) != text)


def layouts(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """The text as other keyboards type its unknown chunks."""
    for language in LAYOUTS:
        cost = LAYOUT_COST + vocabulary.foreign_cost((language,))
        yield from _retyped(chunks, vocabulary, cost, lambda chunk, layout=language: from_latin(chunk, layout))  # type: ignore[misc]
        yield from _retyped(chunks, vocabulary, LAYOUT_COST, lambda chunk, layout=language: as_latin(chunk, layout))  # type: ignore[misc]
    for layout in LATIN_LAYOUTS:
        yield from _retyped(chunks, vocabulary, SLIP_COST, lambda chunk, layout=layout: swap_latin(chunk, layout))  # type: ignore[misc]


def _retyped(
    chunks: Sequence[Chunk], vocabulary: Vocabulary, cost: float, retype: Callable[[str], str]
) -> Iterator[Candidate]:
    """The text with its unknown chunks in another layout, if words begin as they do then."""
    typed = {chunk.typed: retype(chunk.typed) for chunk in chunks if chunk.is_unknown}
    if not typed or any(old == new or not _is_plausible(new, vocabulary) for old, new in typed.items()):
        return
    text = " ".join(typed.get(chunk.typed, chunk.typed) if chunk.is_unknown else chunk.typed for chunk in chunks)
    yield Candidate(text, tuple(Repair("layout", old, new) for old, new in typed.items()), cost)


def _is_plausible(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a text is made of words that begin as existing ones."""
    found = [word for chunk in split_chunks(normalise(text)) for word, _ in words(chunk)]
    letters = sum(map(len, found))
    return (
        letters >= 0.8 * len(normalise(text).replace(" ", ""))
        and all(map(vocabulary.begins_like, found))
        and bool(found)
    )


def _romanised(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    for language in ROMANISED:
        foreign = vocabulary.foreign_cost((language,))
        if foreign and language in CONSONANTS_ALONE:  # too many words have the same consonants
            continue
        replaced = list(_romanised_chunks(chunks, vocabulary, language))
        if replaced and all(options for _, options in replaced):
            yield from _combined(chunks, replaced, "transliteration", ROMANISED_COST + foreign)


def _romanised_chunks(
    chunks: Sequence[Chunk], vocabulary: Vocabulary, language: str
) -> Iterator[tuple[range, Sequence[_Replacement]]]:
    """The unknown chunks and what they may be; adjacent ones are one word where the language writes
    no spaces.
    """
    start = 0
    while start < len(chunks):
        stop = start + 1
        if chunks[start].is_unknown or chunks[start].is_rare:
            while stop < len(chunks) and chunks[stop].is_unknown and language in UNSPACED:
                stop += 1
            while stop > start + 1 and not _sounding(_joined(chunks[start:stop]), vocabulary, language):
                stop -= 1
            yield range(start, stop), _sounding(_joined(chunks[start:stop]), vocabulary, language)
        start = stop


def _joined(chunks: Sequence[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


def _sounding(typed: str, vocabulary: Vocabulary, language: str) -> Sequence[_Replacement]:
    if not is_romanised(typed):
        return ()
    found: dict[str, float] = {}
    for near in chain.from_iterable(table.sounding_like(typed, language) for table in vocabulary.tables):
        sound = similar_sound(typed, near.word.text, language)
        if sound >= (_SOUND_MIN if language in vocabulary.languages else _FOREIGN_SOUND_MIN):
            cost = SLIP_COST * near.cost + SOUND_COST * (1.0 - sound) - WEIGHT_GAIN * near.word.weight
            found[near.word.text] = min(found.get(near.word.text, 1.0), cost)
    return _cheapest(found)


def _misspelt(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    replaced = []
    for place, chunk in enumerate(chunks):
        if chunk.is_unknown or chunk.is_doubtful:
            options = _spellings(chunk.text, vocabulary, DISTANCE_MAX if chunk.is_unknown else DOUBTFUL_DISTANCE_MAX)
            if options:
                replaced.append((range(place, place + 1), options))
    if replaced:
        yield from _combined(chunks, replaced, "spelling", 0.0)


def _spellings(text: str, vocabulary: Vocabulary, distance_max: float) -> Sequence[_Replacement]:
    """A chunk with each of its unknown words as one that exists."""
    found: dict[str, float] = {}
    for word in {word for chunk in split_chunks(text) for word, _ in words(chunk)}:
        if any(map(str.isdigit, word)) or vocabulary.has_own(word):
            continue
        for near in chain.from_iterable(table.misspelt(word) for table in vocabulary.tables):
            if near.word.text == word or near.cost > distance_max:
                continue
            other = text.replace(word, near.word.text)
            cost = SLIP_COST * near.cost + vocabulary.foreign_cost(near.word.languages) - WEIGHT_GAIN * near.word.weight
            found[other] = min(found.get(other, 1.0), cost)
    return _cheapest(found)


def _homophones(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """Chinese characters that sound like those of a word: 双间包 for 双肩包."""
    for place, chunk in enumerate(chunks):
        if chunk.is_unknown:
            options = {word: 0.0 for table in vocabulary.tables for word in table.homophones(chunk.text, "zh")}
            for option in _cheapest(options):
                yield _replaced(chunks, [(range(place, place + 1), option)], "spelling", SLIP_COST)


def _joins(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """Two adjacent words that are one: ``tee kanne``."""
    for place in range(len(chunks) - 1):
        pair = chunks[place : place + 2]
        joined = _joined(pair)
        if any(map(str.isdigit, joined)) or min(len(chunk.text) for chunk in pair) < _WORD_MIN:
            continue
        if joined in vocabulary:
            cost = -COMPOUND_GAIN if vocabulary.is_own(joined) else SPACING_COST
            yield _replaced(chunks, [(range(place, place + 2), _Replacement(joined, cost))], "spacing", 0.0)


def _splits(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """A word that is two: ``hdmikabel``."""
    for place, chunk in enumerate(chunks):
        if not chunk.is_unknown:
            continue
        text = chunk.text
        halves = [(text[:cut], text[cut:]) for cut in range(_WORD_MIN, len(text) - _WORD_MIN + 1)]
        options = {f"{one} {other}": 0.0 for one, other in halves if one in vocabulary and other in vocabulary}
        for option in _cheapest(options):
            yield _replaced(chunks, [(range(place, place + 1), option)], "spacing", SPACING_COST)


_KINDS: Sequence[Callable[[Sequence[Chunk], Vocabulary], Iterator[Candidate]]] = (
    layouts,
    _romanised,
    _misspelt,
    _homophones,
    _joins,
    _splits,
)


def _cheapest(costs: Mapping[str, float]) -> Sequence[_Replacement]:
    by_cost = sorted(costs.items(), key=lambda pair: (pair[1], pair[0]))
    return tuple(_Replacement(text, cost) for text, cost in islice(by_cost, _VARIANTS))


def _combined(
    chunks: Sequence[Chunk], replaced: Sequence[tuple[range, Sequence[_Replacement]]], kind: str, cost: float
) -> Iterator[Candidate]:
    """The best replacements of all, and the other ones of each with the best of the rest."""
    best = [(places, options[0]) for places, options in replaced]
    yield _replaced(chunks, best, kind, cost)
    for number, (places, options) in enumerate(replaced):
        for option in options[1:]:
            yield _replaced(chunks, [*best[:number], (places, option), *best[number + 1 :]], kind, cost)


def _replaced(
    chunks: Sequence[Chunk], replacements: Sequence[tuple[range, _Replacement]], kind: str, cost: float
) -> Candidate:
    pieces = [chunk.typed for chunk in chunks]
    repairs = []
    for places, replacement in replacements:
        typed = " ".join(pieces[places.start : places.stop])
        repairs.append(Repair(kind, typed, replacement.text))  # type: ignore[arg-type]
        pieces[places.start] = replacement.text
        pieces[places.start + 1 : places.stop] = [""] * (len(places) - 1)
    total = cost + sum(replacement.cost for _, replacement in replacements)
    return Candidate(" ".join(piece for piece in pieces if piece), tuple(repairs), total)
