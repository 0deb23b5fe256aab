"""The parts of a query: the words that say one thing together, and what they may mean.

A part is the longest phrase that the lexicon knows in a likely language of the query, or else a
single word. A guess of the language weighs; it removes nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import NamedTuple

from languages.analyse import Token, analyse
from languages.compounds import modifier_lemmas, split_compound
from languages.function_words import function_words
from languages.kinds import is_thing, shares
from languages.lexicon_match import entries_of, match_lexicon
from languages.shop_words import is_shop_word
from ranking.query import Meaning, QueryPart, Word

LIKELY = 0.04
"""Languages with a smaller share are not analysed: each costs terms."""

LOANED = "en"
LOAN_CERTAINTY = 0.4
"""Of what a word means in English, in a query of another language."""

WRITTEN_CERTAINTY = 0.9
"""Of a word's lemma in another than the likeliest language: it is the same word, inflected by other
rules."""

KIND_WEIGHT = 1.2
"""What a thing is decides more than how it is. Twice as much gains 0.02 on the sample, and loses as
much in English on the real products, where *computer* decides in ``computer fan``."""

LOOK_WEIGHT = 0.6
"""Of a colour, a material or a style beside a kind: a red table does not answer ``red dress``. What
a thing can do (``usb fan``) weighs like any word."""

LOOKS = ("color:", "material:", "style:")

IDENTIFIER_WEIGHT = 2.0
"""Of a model number: who types one wants that model, and no other of its maker."""

FUNCTION_WEIGHT = 0.1
"""Of a word such as *for*: listings rarely repeat it."""

SHOP_WEIGHT = 0.1
"""Of a word that shoppers add to any thing: *cheap*, *buy*, *new*."""

QUALIFIER_WEIGHT = 0.3
"""Of a word inside a phrase that means the same without it: ``android`` in ``android tablet``."""

PARTS_MAX = 24
"""Of a pasted paragraph the parts with the rarest words are searched; the response shows which."""


KnownPhrases = Callable[[Sequence[str], str], Iterable[tuple[int, int]]]
"""The spans of some lemmas that dictionaries of a language know, as (start, stop)."""

_IDENTIFIER = re.compile(r"(?=\w*\d)(?=\w*[^\W\d]|\d{4,})\w{3,}")
"""Letters and digits together, or at least four digits."""


class _Reading(NamedTuple):
    """The query's words in one likely language."""

    language: str
    certainty: float  # (0, 1]
    lemmas: tuple[str, ...]


class _Span(NamedTuple):
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a query, with their readings; the positions are the same in all of them."""

    tokens: tuple[Token, ...]
    unstemmed: tuple[str, ...]
    readings: tuple[_Reading, ...]

    def part(self, span: _Span, meanings: Mapping[str, float] | None = None, weight: float = 1.0) -> QueryPart:
        positions = range(*span)
        words = tuple(self._word(position) for position in positions)
        return QueryPart(
            text=_text(self.tokens[span.start : span.stop]),
            words=words,
            meanings=tuple(Meaning(entry_id, probability) for entry_id, probability in (meanings or {}).items()),
            weight=weight,
            start=span.start,
        )

    def _word(self, position: int) -> Word:
        weights: dict[str, float] = {}
        for reading in self.readings:
            weights.setdefault(reading.lemmas[position], WRITTEN_CERTAINTY if weights else 1.0)
        weights.setdefault(self.unstemmed[position], 1.0)  # brands and models are written as they are
        return Word(self.tokens[position].surface, tuple(weights), tuple(weights.values()))


def split_query(
    text: str, languages: Mapping[str, float], known_phrases: KnownPhrases | None = None
) -> tuple[QueryPart, ...]:
    """The parts of a normalised text, in order; none for a text without words.

    `known_phrases` are those of dictionaries: of the words that the lexicon does not know, they
    keep together what is one phrase.
    """
    words = _read(text, languages)
    meanings = _meanings(words)
    parts: list[tuple[int, QueryPart]] = []
    free = set(range(len(words.tokens)))
    for span in sorted(meanings, key=lambda span: (span.start - span.stop, -max(meanings[span].values()), span.start)):
        if free.issuperset(range(*span)):
            free.difference_update(range(*span))
            parts += _phrase_parts(words, span, meanings[span])
    for span in _dictionary_spans(words, known_phrases, free):
        free.difference_update(range(*span))
        parts.append((span.start, words.part(span)))
    parts += [(span.start, words.part(span)) for span in _free_spans(words.tokens, free)]
    return _weighed_words(tuple(part for _, part in sorted(parts, key=lambda pair: pair[0])), languages)


def _dictionary_spans(words: _Words, known_phrases: KnownPhrases | None, free: Set[int]) -> list[_Span]:
    """The phrases of several words that a dictionary knows among the free ones, longest first,
    without overlaps.
    """
    if known_phrases is None:
        return []
    spans = {_Span(*span) for reading in words.readings for span in known_phrases(reading.lemmas, reading.language)}
    chosen: list[_Span] = []
    left = set(free)
    for span in sorted(spans, key=lambda span: (span.start - span.stop, span.start)):
        if span.stop - span.start > 1 and left.issuperset(range(*span)):
            left.difference_update(range(*span))
            chosen.append(span)
    return chosen


def _free_spans(tokens: Sequence[Token], free: set[int]) -> Iterator[_Span]:
    """The words that no phrase has: each by itself, the pairs of a run without spaces together."""
    start = 0
    while start < len(tokens):
        stop = start + 1
        if start in free:
            while _is_unspaced(tokens[start]) and stop in free and _are_of_one_run(tokens[stop - 1], tokens[stop]):
                stop += 1
            words_of_run = _without_crossing_pairs(tokens, start, stop, free)
            if words_of_run.start < words_of_run.stop:
                yield words_of_run
        start = stop


def _without_crossing_pairs(tokens: Sequence[Token], start: int, stop: int, free: Set[int]) -> _Span:
    """Free pairs of a run without those that cross into a phrase beside them: い財 of 黒い財布.

    A pair that is alone and crosses on one side is kept: nothing else has its other character.
    """
    crosses_before = start > 0 and start - 1 not in free and _are_of_one_run(tokens[start - 1], tokens[start])
    crosses_after = stop < len(tokens) and stop not in free and _are_of_one_run(tokens[stop - 1], tokens[stop])
    if stop - start == 1 and crosses_before != crosses_after:
        return _Span(start, stop)
    return _Span(start + crosses_before, stop - crosses_after)


def _are_of_one_run(before: Token, after: Token) -> bool:
    """Whether two tokens are overlapping pairs of characters."""
    return _is_unspaced(before) and _is_unspaced(after) and before.lemma[1] == after.lemma[0]


def _read(text: str, languages: Mapping[str, float]) -> _Words:
    likely = {language: share for language, share in languages.items() if share >= LIKELY} or {"": 1.0}
    by_share = sorted(likely.items(), key=lambda pair: -pair[1])
    analyses = [(language, share, analyse(text, language or None)) for language, share in by_share]
    readings = tuple(
        _Reading(
            language,
            share / by_share[0][1],
            tuple(token.lemma for token in analysed.tokens if token.lemma),
        )
        for language, share, analysed in analyses
    )
    tokens = tuple(token for token in analyses[0][2].tokens if token.lemma)
    unstemmed = tuple(token.lemma for token in analyse(text, None).tokens if token.lemma)
    return _Words(tokens, unstemmed, (*readings, *_loanwords(text, likely)))


def _loanwords(text: str, likely: Mapping[str, float]) -> Iterator[_Reading]:
    """The words as English, where that is not likely: shops everywhere write *gaming PC*."""
    if LOANED not in likely and any("a" <= character <= "z" for character in text):
        yield _Reading(
            LOANED, LOAN_CERTAINTY, tuple(token.lemma for token in analyse(text, LOANED).tokens if token.lemma)
        )


def _meanings(words: _Words) -> dict[_Span, dict[str, float]]:
    """The spans that the lexicon knows, with the probability of each entry.

    The readings of an ambiguous phrase share the certainty of its language.
    """
    meanings: dict[_Span, dict[str, float]] = defaultdict(dict)
    surfaces = [token.surface for token in words.tokens]
    for reading in words.readings:
        for match in match_lexicon(reading.lemmas, reading.language, surfaces):
            known = meanings[_Span(match.start, match.stop)]
            for entry_id, share in shares(match.entry_ids).items():
                known[entry_id] = max(known.get(entry_id, 0.0), reading.certainty * share)
    return meanings


def _phrase_parts(words: _Words, span: _Span, meanings: Mapping[str, float]) -> list[tuple[int, QueryPart]]:
    """A phrase as a part.

    Where a shorter phrase in it names the same kind, the others are words that qualify it, and are
    parts too.
    """
    weight = KIND_WEIGHT if any(map(is_thing, meanings)) else 1.0
    head = _head(words, span, meanings)
    if head == span:
        is_compound = not _is_unspaced(words.tokens[span.start]) and not _entries(words, span)
        modifier = _modifier(words, span.start) if is_compound else ()
        part = replace(words.part(span, meanings, weight), is_compound=is_compound, modifier=modifier)
        return [(span.start, part)]
    before, after = _Span(span.start, head.start), _Span(head.stop, span.stop)
    qualifiers = [part for outside in (before, after) for part in _qualifiers(words, outside)]
    return [*qualifiers, (head.start, words.part(head, meanings, weight))]


def _modifier(words: _Words, position: int) -> tuple[str, ...]:
    """The lemmas that the beginning of a compound may have, and the entries that they name."""
    word = words.tokens[position].surface
    for reading in words.readings:
        compound = split_compound(word, reading.language)
        if compound is not None:
            lemmas = modifier_lemmas(compound, reading.language)
            named = (entry_id for lemma in lemmas for entry_id in entries_of((lemma,), reading.language))
            return tuple(dict.fromkeys((*lemmas, *named)))
    return ()


def _qualifiers(words: _Words, span: _Span) -> Iterator[tuple[int, QueryPart]]:
    """The words beside a head: with a meaning of their own (the *leather* of a leather wallet) they
    are parts like any other.
    """
    start = span.start
    while start < span.stop:
        stop = start + 1
        while stop < span.stop and _are_of_one_run(words.tokens[stop - 1], words.tokens[stop]):
            stop += 1
        meanings = _entries(words, _Span(start, stop))
        yield start, words.part(_Span(start, stop), meanings, 1.0 if meanings else QUALIFIER_WEIGHT)
        start = stop


def _head(words: _Words, span: _Span, meanings: Mapping[str, float]) -> _Span:
    """The shortest phrase of whole words within that names the same kind, the last of equals."""
    things = set(filter(is_thing, meanings))
    for size in range(1, span.stop - span.start):
        for start in range(span.stop - size, span.start - 1, -1):
            within = _Span(start, start + size)
            if _is_of_whole_words(words.tokens, within) and things.intersection(_entries(words, within)):
                return within
    return span


def _is_of_whole_words(tokens: Sequence[Token], span: _Span) -> bool:
    """Whether the span does not begin or end inside a run without spaces."""
    begins = span.start == 0 or not _are_of_one_run(tokens[span.start - 1], tokens[span.start])
    return begins and (span.stop == len(tokens) or not _are_of_one_run(tokens[span.stop - 1], tokens[span.stop]))


def _entries(words: _Words, span: _Span) -> dict[str, float]:
    """The entries that exactly the words of a span name, with the certainty of their language."""
    entries: dict[str, float] = {}
    for reading in words.readings:
        for entry_id in entries_of(reading.lemmas[span.start : span.stop], reading.language):
            entries[entry_id] = max(entries.get(entry_id, 0.0), reading.certainty)
    return entries


def _weighed_words(parts: tuple[QueryPart, ...], languages: Mapping[str, float]) -> tuple[QueryPart, ...]:
    """Parts with the weight of their word: more for a model number, less for the look of a thing
    and for a function word, in proportion to how likely it is one.

    A query of function words alone (``The Who``, ``It``) keeps them.
    """
    has_thing = any(_names_thing(part) for part in parts)
    weighed = tuple(_weighed(part, languages, has_thing) for part in parts)
    return weighed if any(part.weight > 0.5 for part in weighed) else parts


def _names_thing(part: QueryPart) -> bool:
    return any(is_thing(meaning.entry_id) for meaning in part.meanings)


def _says_look(part: QueryPart) -> bool:
    return all(meaning.entry_id.startswith(LOOKS) for meaning in part.meanings)


def _weighed(part: QueryPart, languages: Mapping[str, float], has_thing: bool) -> QueryPart:
    if part.meanings and all(is_shop_word(meaning.entry_id) for meaning in part.meanings):
        return replace(part, meanings=(), weight=SHOP_WEIGHT)
    if part.meanings:
        return replace(part, weight=LOOK_WEIGHT) if has_thing and _says_look(part) else part
    if len(part.words) > 1:
        return part
    (word,) = part.words
    if _IDENTIFIER.fullmatch(word.surface):
        return replace(part, weight=IDENTIFIER_WEIGHT)
    likelihood = sum(share for language, share in languages.items() if word.surface in function_words(language))
    if not likelihood:
        return part
    return replace(part, weight=part.weight * (1.0 - (1.0 - FUNCTION_WEIGHT) * min(1.0, likelihood)))


def _text(tokens: Sequence[Token]) -> str:
    """The words of a part as the buyer wrote them: bigrams joined again, the others spaced."""
    pieces: list[str] = []
    previous_is_bigram = False
    for token in tokens:
        is_bigram = _is_unspaced(token)
        if is_bigram and previous_is_bigram and pieces and pieces[-1].endswith(token.surface):
            pieces[-1] += token.lemma[1:]
        else:
            pieces.append(token.lemma if is_bigram else token.surface)
        previous_is_bigram = is_bigram
    return " ".join(pieces)


def _is_unspaced(token: Token) -> bool:
    """Whether it is a pair of characters of a run without spaces."""
    return len(token.surface) == 1 and len(token.lemma) == 2
