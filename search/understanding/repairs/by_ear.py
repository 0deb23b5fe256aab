"""Words in Latin letters by ear, and Chinese characters that sound alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import chain, islice

from languages.function_words import function_words
from languages.spelling.cover import cover
from languages.spelling.romanise import (
    CONSONANTS_ALONE,
    ROMANISED,
    WITHOUT_SPACES,
    is_romanised,
    romanised,
    similar_sound,
    squeezed,
)
from search.understanding.repairs.chunks import Chunk
from search.understanding.repairs.replacements import (
    SLIP_COST,
    VARIANTS,
    WEIGHT_GAIN,
    Candidate,
    Replacement,
    cheapest,
    combined,
    joined_text,
    replaced_in,
)
from search.understanding.repairs.vocabulary import Vocabulary

ROMANISED_COST = 0.1
SOUND_COST = 0.3
"""Of a word that sounds nothing like what was typed, in proportion."""

_SOUND_MIN = 0.5
_FOREIGN_SOUND_MIN = 1.0  # of a word of a language that the buyer does not read
_RUNS_READ = 4  # ways to write a run in Latin letters


def transliterations(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """The text with its unknown chunks in another script; for a buyer who reads that, with all that
    sound like words of it.
    """
    for language in ROMANISED:
        foreign = vocabulary.foreign_cost((language,))
        if foreign and language in CONSONANTS_ALONE:  # too many words have the same consonants
            continue
        replaced = list(_romanised_chunks(chunks, vocabulary, language))
        if replaced and all(options for _, options in replaced):
            yield from combined(chunks, replaced, "transliteration", ROMANISED_COST + foreign)
        if replaced and language == vocabulary.home and len(replaced) < len(chunks):
            whole = list(_romanised_chunks([_as_unknown(chunk) for chunk in chunks], vocabulary, language))
            heard = [(places, options) for places, options in whole if options]
            if len(heard) > len(replaced):
                yield from combined(chunks, heard, "transliteration", ROMANISED_COST)


def _as_unknown(chunk: Chunk) -> Chunk:
    """A word that may be known by chance: *stil* is one of many languages, and стіл by ear."""
    return replace(chunk, is_unknown=True) if is_romanised(chunk.text) else chunk


def _romanised_chunks(
    chunks: Sequence[Chunk], vocabulary: Vocabulary, language: str
) -> Iterator[tuple[range, Sequence[Replacement]]]:
    """The unknown chunks and what they may be; adjacent ones are one word where the language writes
    no spaces.
    """
    start = 0
    while start < len(chunks):
        stop = start + 1
        if chunks[start].is_unknown or chunks[start].is_rare:
            while stop < len(chunks) and chunks[stop].is_unknown and language in WITHOUT_SPACES:
                stop += 1
            while stop > start + 1 and not _sounding(joined_text(chunks[start:stop]), vocabulary, language):
                stop -= 1
            yield range(start, stop), _sounding(joined_text(chunks[start:stop]), vocabulary, language)
        start = stop


def transliterated_runs(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """A chunk in Latin letters as several words of a language without spaces: nushibanniangfu."""
    for language in sorted(WITHOUT_SPACES & vocabulary.languages):
        for place, chunk in enumerate(chunks):
            if chunk.is_unknown and is_romanised(chunk.text):
                options = _spelled(squeezed(chunk.text), vocabulary, language)
                for number, option in enumerate(options):
                    cost = ROMANISED_COST + number * WEIGHT_GAIN
                    yield replaced_in(
                        chunks, [(range(place, place + 1), Replacement(option, cost))], "transliteration", 0.0
                    )


def _spelled(text: str, vocabulary: Vocabulary, language: str) -> Sequence[str]:
    """A text as words in Latin letters, if nothing of it is left; with the heaviest words first,
    then with other words for each.
    """
    segments = cover(text, lambda rest: vocabulary.spelled_beginnings(rest, language))
    if not segments or not all(segment.is_word for segment in segments):
        return ()
    options = [vocabulary.spelled(text[segment.start : segment.stop], language)[:VARIANTS] for segment in segments]
    best = [words[0] for words in options]
    others = ([*best[:place], word, *best[place + 1 :]] for place, words in enumerate(options) for word in words[1:])
    return tuple("".join(words) for words in islice(chain([best], others), _RUNS_READ))


def _sounding(typed: str, vocabulary: Vocabulary, language: str) -> Sequence[Replacement]:
    if not is_romanised(typed):
        return ()
    if "-" in typed:
        pieces = [_sounding(piece, vocabulary, language) for piece in typed.split("-") if piece]
        if not pieces or not all(pieces):
            return ()
        best = [options[0] for options in pieces]
        return (Replacement("-".join(one.text for one in best), sum(one.cost for one in best)),)
    found = dict.fromkeys(_function_words_heard(language).get(squeezed(typed), ()), 0.0)
    for near in chain.from_iterable(table.sounding_like(typed, language) for table in vocabulary.tables):
        sound = similar_sound(typed, near.word.text, language)
        if sound >= (_SOUND_MIN if language in vocabulary.languages else _FOREIGN_SOUND_MIN):
            cost = SLIP_COST * near.cost + SOUND_COST * (1.0 - sound) - WEIGHT_GAIN * near.word.weight
            found[near.word.text] = min(found.get(near.word.text, 1.0), cost)
    return cheapest(found)


@cache
def _function_words_heard(language: str) -> Mapping[str, Sequence[str]]:
    """The function words of a language in its own script, by how they sound in Latin letters."""
    functions = function_words(language)
    heard: dict[str, list[str]] = {}
    for word in sorted(functions.purpose | functions.others):
        for spelling in () if word.isascii() else romanised(word, language):
            heard.setdefault(squeezed(spelling), []).append(word)
    return heard


def homophones(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """Chinese characters that sound like those of a word: 双间包 for 双肩包."""
    for place, chunk in enumerate(chunks):
        if chunk.is_unknown:
            options = {word: 0.0 for table in vocabulary.tables for word in table.homophones(chunk.text, "zh")}
            for option in cheapest(options):
                yield replaced_in(chunks, [(range(place, place + 1), option)], "spelling", SLIP_COST)
