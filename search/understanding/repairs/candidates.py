"""What a query with unknown words may have been meant to be: other texts, with what they cost.

A cost is how unlikely the slip is, about in the units of the evidence that a text gains. It
is a judgement: a keyboard in the wrong layout explains a whole text, two wrong letters in one word
explain many words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, islice

from languages.function_words import function_words
from languages.keyboard import LATIN_LAYOUTS, LAYOUTS, as_latin, from_latin, swap_latin
from languages.lemmas import find_lemma
from languages.normalise import normalise
from languages.segment import split_chunks, words
from languages.spelling.cover import Segment, cover
from languages.spelling.romanise import (
    CONSONANTS_ALONE,
    ROMANISED,
    WITHOUT_SPACES,
    is_romanised,
    romanised,
    similar_sound,
    squeezed,
)
from languages.spelling.word_table import NearWord, WordTable
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
_BEGINNING = 4  # letters by which a word of another layout is known to be one
_WORD_MIN = 3  # letters of each of two words written as one; a function word may have less
_WINDOW = 2  # words beside what is unknown in a text without spaces that may belong to it
_WINDOW_MAX = 12  # characters of both
_RUNS_READ = 4  # ways to write a run in Latin letters
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

    def are_two_words(self, one: str, other: str) -> bool:
        """Whether two texts are words: each long enough and known, or a function word beside one
        that the buyer's or the query's languages have.
        """
        if min(len(one), len(other)) >= _WORD_MIN and one in self and other in self:
            return True
        return any(
            (word in functions and self._is_word_of(rest, language))
            for language in self.likely
            for functions in (function_words(language),)
            for word, rest in ((one, other), (other, one))
        )

    def _is_word_of(self, word: str, language: str) -> bool:
        """Whether a word, or the form that dictionaries have, is one of the language."""
        if len(word) < _WORD_MIN:
            return False
        forms = {word, find_lemma(word, language) or word}
        found = (table.find(form) for table in self.tables for form in forms)
        return any(one is not None and language in one.languages for one in found)

    def is_covered(self, word: str) -> bool:
        """Whether a run of a script without spaces is words of the query's languages throughout."""
        if not any(is_unspaced for _, is_unspaced in words(word)):
            return False
        segments = cover(word, self.own_beginnings)
        return bool(segments) and all(segment.is_word for segment in segments)

    def own_beginnings(self, text: str) -> list[str]:
        """The words of the query's languages that a text begins with."""
        return [word for table in self.tables for word in table.beginnings(text, self.likely) if len(word) > 1]

    def own_misspelt(self, text: str) -> Iterator[NearWord]:
        """The other words of the query's languages that a text is a slip of."""
        for near in chain.from_iterable(table.misspelt(text) for table in self.tables):
            if near.word.text != text and not self.likely.isdisjoint(near.word.languages):
                yield near

    def spelled_beginnings(self, text: str, language: str) -> list[str]:
        """The words of a language in Latin letters that a text begins with."""
        return [word for table in self.tables for word in table.spelled_beginnings(text, language)]

    def spelled(self, text: str, language: str) -> list[str]:
        """The words of a language that are typed so in Latin letters, the heaviest first."""
        found = [word for table in self.tables for word in table.spelled(text, language)]
        return [word.text for word in sorted(found, key=lambda word: (-word.weight, word.text))]

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


def _romanised(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    for language in ROMANISED:
        foreign = vocabulary.foreign_cost((language,))
        if foreign and language in CONSONANTS_ALONE:  # too many words have the same consonants
            continue
        replaced = list(_romanised_chunks(chunks, vocabulary, language))
        if replaced and all(options for _, options in replaced):
            yield from _combined(chunks, replaced, "transliteration", ROMANISED_COST + foreign)
        if replaced and language == vocabulary.home and len(replaced) < len(chunks):
            whole = list(_romanised_chunks([_as_unknown(chunk) for chunk in chunks], vocabulary, language))
            heard = [(places, options) for places, options in whole if options]
            if len(heard) > len(replaced):
                yield from _combined(chunks, heard, "transliteration", ROMANISED_COST)


def _as_unknown(chunk: Chunk) -> Chunk:
    """A word that may be known by chance: *stil* is one of many languages, and стіл by ear."""
    return replace(chunk, is_unknown=True) if is_romanised(chunk.text) else chunk


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
            while stop < len(chunks) and chunks[stop].is_unknown and language in WITHOUT_SPACES:
                stop += 1
            while stop > start + 1 and not _sounding(_joined(chunks[start:stop]), vocabulary, language):
                stop -= 1
            yield range(start, stop), _sounding(_joined(chunks[start:stop]), vocabulary, language)
        start = stop


def _romanised_runs(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """A chunk in Latin letters as several words of a language without spaces: nushibanniangfu."""
    for language in sorted(WITHOUT_SPACES & vocabulary.languages):
        for place, chunk in enumerate(chunks):
            if chunk.is_unknown and is_romanised(chunk.text):
                options = _spelled(squeezed(chunk.text), vocabulary, language)
                for number, option in enumerate(options):
                    cost = ROMANISED_COST + number * WEIGHT_GAIN
                    yield _replaced(
                        chunks, [(range(place, place + 1), _Replacement(option, cost))], "transliteration", 0.0
                    )


def _spelled(text: str, vocabulary: Vocabulary, language: str) -> Sequence[str]:
    """A text as words in Latin letters, if nothing of it is left; with the heaviest words first,
    then with other words for each.
    """
    segments = cover(text, lambda rest: vocabulary.spelled_beginnings(rest, language))
    if not segments or not all(segment.is_word for segment in segments):
        return ()
    options = [vocabulary.spelled(text[segment.start : segment.stop], language)[:_VARIANTS] for segment in segments]
    best = [words[0] for words in options]
    others = ([*best[:place], word, *best[place + 1 :]] for place, words in enumerate(options) for word in words[1:])
    return tuple("".join(words) for words in islice(chain([best], others), _RUNS_READ))


def _joined(chunks: Sequence[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


def _sounding(typed: str, vocabulary: Vocabulary, language: str) -> Sequence[_Replacement]:
    if not is_romanised(typed):
        return ()
    if "-" in typed:
        pieces = [_sounding(piece, vocabulary, language) for piece in typed.split("-") if piece]
        if not pieces or not all(pieces):
            return ()
        best = [options[0] for options in pieces]
        return (_Replacement("-".join(one.text for one in best), sum(one.cost for one in best)),)
    found = dict.fromkeys(_function_words_heard(language).get(squeezed(typed), ()), 0.0)
    for near in chain.from_iterable(table.sounding_like(typed, language) for table in vocabulary.tables):
        sound = similar_sound(typed, near.word.text, language)
        if sound >= (_SOUND_MIN if language in vocabulary.languages else _FOREIGN_SOUND_MIN):
            cost = SLIP_COST * near.cost + SOUND_COST * (1.0 - sound) - WEIGHT_GAIN * near.word.weight
            found[near.word.text] = min(found.get(near.word.text, 1.0), cost)
    return _cheapest(found)


@cache
def _function_words_heard(language: str) -> Mapping[str, Sequence[str]]:
    """The function words of a language in its own script, by how they sound in Latin letters."""
    functions = function_words(language)
    heard: dict[str, list[str]] = {}
    for word in sorted(functions.purpose | functions.others):
        for spelling in () if word.isascii() else romanised(word, language):
            heard.setdefault(squeezed(spelling), []).append(word)
    return heard


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


def _runs(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """Chunks without spaces inside, with a slip in one of their words: アミ製水筒."""
    for place, chunk in enumerate(chunks):
        if chunk.is_unknown or chunk.is_doubtful:
            for option in _respelled(chunk.text, vocabulary):
                yield _replaced(chunks, [(range(place, place + 1), option)], "spelling", 0.0)


def _respelled(text: str, vocabulary: Vocabulary) -> Sequence[_Replacement]:
    found: dict[str, float] = {}
    for run in {run for run, is_unspaced in words(text) if is_unspaced}:
        segments = cover(run, vocabulary.own_beginnings)
        for start, stop in _windows(segments):
            for near in vocabulary.own_misspelt(run[start:stop]):
                other = text.replace(run, run[:start] + near.word.text + run[stop:])
                cost = SLIP_COST * near.cost - WEIGHT_GAIN * near.word.weight
                found[other] = min(found.get(other, 1.0), cost)
    return _cheapest(found)


def _windows(segments: Sequence[Segment]) -> Iterator[tuple[int, int]]:
    """The places around the first that no word covers, with up to `_WINDOW` words on each side."""
    unknown = next((place for place, segment in enumerate(segments) if not segment.is_word), None)
    if unknown is None:
        return
    for first in range(max(0, unknown - _WINDOW), unknown + 1):
        for last in range(unknown, min(len(segments), unknown + _WINDOW + 1)):
            start, stop = segments[first].start, segments[last].stop
            if stop - start <= _WINDOW_MAX:
                yield start, stop


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
        is_short = min(len(chunk.text) for chunk in pair) < _WORD_MIN
        if any(map(str.isdigit, joined)) or (is_short and not all(map(_is_unspaced, pair))):
            continue
        if joined in vocabulary:
            cost = -COMPOUND_GAIN if vocabulary.is_own(joined) else SPACING_COST
            yield _replaced(chunks, [(range(place, place + 2), _Replacement(joined, cost))], "spacing", 0.0)


def _is_unspaced(chunk: Chunk) -> bool:
    return all(is_unspaced for _, is_unspaced in words(chunk.text))


def _runs_joined(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """Adjacent chunks of a script without spaces as one: 摩 托车."""
    for place in range(len(chunks) - 1):
        pair = chunks[place : place + 2]
        if all(map(_is_unspaced, pair)) and any(chunk.is_unknown or chunk.is_doubtful for chunk in pair):
            yield _replaced(chunks, [(range(place, place + 2), _Replacement(_joined(pair), 0.0))], "spacing", 0.0)


def _splits(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """A word that is two: ``hdmikabel``."""
    for place, chunk in enumerate(chunks):
        if not chunk.is_unknown and not chunk.is_doubtful:
            continue
        text = chunk.text
        halves = [(text[:cut], text[cut:]) for cut in range(1, len(text))]
        options = {f"{one} {other}": 0.0 for one, other in halves if vocabulary.are_two_words(one, other)}
        for option in _cheapest(options):
            yield _replaced(chunks, [(range(place, place + 1), option)], "spacing", SPACING_COST)


_KINDS: Sequence[Callable[[Sequence[Chunk], Vocabulary], Iterator[Candidate]]] = (
    layouts,
    _romanised,
    _romanised_runs,
    _misspelt,
    _runs,
    _homophones,
    _joins,
    _runs_joined,
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
