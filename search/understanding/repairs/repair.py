"""Repairs of a query that was mistyped, tried on evidence.

A query is repaired only where it has a word that neither the catalogue nor the lexicon knows. Each
other text it may have been meant to be is read as a query is. The evidence for it is the share of
its parts that listings have; the likeliest few are then searched for, and the catalogue decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from indexer.stores.lexical import LexicalIndex
from languages.segment import split_chunks, words
from languages.spelling.lexicon_words import lexicon_words
from languages.spelling.word_table import WordTable
from ranking.query import TEXT_MAX, QueryPart, UnderstoodQuery
from search.understanding.query_parts import LIKELY, LOANED
from search.understanding.repairs.candidates import candidates
from search.understanding.repairs.chunks import Chunk, is_known, is_translated, split
from search.understanding.repairs.layouts import layouts
from search.understanding.repairs.replacements import Candidate
from search.understanding.repairs.vocabulary import Vocabulary

TRIED_MAX = 3
"""Texts that are searched for."""

GAIN_MIN = 0.15
"""Of evidence, less its cost, that a text needs to be searched for; where less is missing, two
fifths of that are enough."""

_COMPLETE = 1.05  # the evidence of a text that listings have whole

UNKNOWN_MAX = 6
"""Words that are looked up; of more, nobody mistyped each on its own, and a layout is all that is
tried."""

CHUNKS_MAX = 40
"""Words of a text that is repaired at all: a longer one is pasted, not typed."""

_SURE = 0.5  # the share from which the language of a text is known
_LIKELY = 0.1  # the share of a language whose words are as good as the buyer's own

_READ_MAX = 12
"""Texts that are read, those of least cost: each takes a fraction of a millisecond."""

_ONLY_KNOWN = 0.4
"""The evidence of a part that the lexicon knows and no listing has."""

_WRITTEN = 0.8
"""Of a part whose words listings have, and the lexicon does not know: they may mean another
thing."""

_PAIRS = 0.4
"""Of several pairs of characters of a script without spaces that mean nothing together: each may
stand in some word."""

_PHRASE_GAIN = 0.05
"""Of a text in which words stand together as the lexicon has them."""

_END = 0.5
"""Of a compound of which the end alone is known."""

_MEANT_MIN = 0.3
"""Of a part whose meaning listings have, if that meaning has a probability of nearly 0."""

Read = Callable[[str], UnderstoodQuery]
"""Understands another text for the same buyer."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What may have been meant, as it is understood, and the evidence that it gains, less the cost
    of the repair.
    """

    understood: UnderstoodQuery
    gain: float


def proposals(
    understood: UnderstoodQuery, lexical: LexicalIndex, catalogue: WordTable | None, read: Read
) -> tuple[Proposal, ...]:
    """At most `TRIED_MAX` texts that a query may have been meant to be, the likeliest first."""
    if len(understood.query.text.split()) > CHUNKS_MAX:
        return ()
    vocabulary = _vocabulary(understood, catalogue)
    chunks = split(understood, lexical)
    if _unknown(chunks) <= UNKNOWN_MAX:
        chunks = tuple(_checked(chunk, vocabulary) for chunk in chunks)
        options = _distinct(candidates(chunks, vocabulary))
    else:
        options = _distinct(layouts(chunks, vocabulary))
    before = evidence(understood.parts, lexical)
    enough = min(GAIN_MIN, 0.4 * (_COMPLETE - before))
    proposed = []
    for candidate in options[:_READ_MAX]:
        other = replace(read(candidate.text[:TEXT_MAX]), repairs=candidate.repairs)
        gain = evidence(other.parts, lexical) - candidate.cost - before
        if gain >= enough and gain > 0.0 and not _says_the_same(other, understood):
            proposed.append(Proposal(other, gain))
    return tuple(sorted(proposed, key=lambda proposal: -proposal.gain)[:TRIED_MAX])


def _says_the_same(one: UnderstoodQuery, other: UnderstoodQuery) -> bool:
    """Whether two texts mean the same, whatever the words."""
    meant = [{meaning.entry_id for part in text.parts for meaning in part.meanings} for text in (one, other)]
    return bool(meant[0]) and meant[0] == meant[1] and all(part.meanings for part in other.parts)


def _unknown(chunks: Sequence[Chunk]) -> int:
    return sum(chunk.is_unknown or chunk.is_rare for chunk in chunks)


def _checked(chunk: Chunk, vocabulary: Vocabulary) -> Chunk:
    """A chunk, as known if its words exist though no listing has them: they were meant."""
    if not chunk.is_unknown and not chunk.is_rare and not chunk.is_doubtful:
        return chunk
    found = [word for piece in split_chunks(chunk.text) for word, _ in words(piece)]
    exists = bool(found) and all(vocabulary.has_own(word) or vocabulary.is_covered(word) for word in found)
    return Chunk(chunk.typed, chunk.text, is_unknown=False) if exists else chunk


def evidence(parts: Sequence[QueryPart], lexical: LexicalIndex) -> float:
    """The share of a query, by weight, that listings have, in [0, 1 + _PHRASE_GAIN]; a known phrase
    of several words counts as they do, and a little more.
    """
    weights = [(part.weight * len(part.words), _evidence(part, lexical)) for part in parts]
    total = sum(weight for weight, _ in weights)
    has_phrase = any(len(part.words) > 1 and part.meanings for part in parts)
    gain = _PHRASE_GAIN if has_phrase else 0.0
    return gain + sum(weight * one for weight, one in weights) / total if total else 0.0


def _evidence(part: QueryPart, lexical: LexicalIndex) -> float:
    meant = [meaning.probability for meaning in part.meanings if lexical.doc_freq("text", meaning.entry_id)]
    if meant:
        known = 1.0 if is_known(part, lexical) else _END
        return known * (_MEANT_MIN + (1.0 - _MEANT_MIN) * min(1.0, sum(meant)))
    if not part.meanings and len(part.words) > 1 and all(len(word.surface) == 1 for word in part.words):
        return _PAIRS
    if all(any(lexical.doc_freq("text", lemma) for lemma in word.lemmas) for word in part.words):
        return _WRITTEN
    if is_translated(part):
        return _WRITTEN
    return _ONLY_KNOWN if part.meanings else 0.0


def _vocabulary(understood: UnderstoodQuery, catalogue: WordTable | None) -> Vocabulary:
    home = understood.query.locale.language
    likely = frozenset(language for language, share in understood.languages.items() if share >= _LIKELY)
    if max(understood.languages.values(), default=0.0) < _SURE:
        likely = frozenset((home, LOANED))
    tables = (lexicon_words(),) if catalogue is None else (lexicon_words(), catalogue)
    read = frozenset(language for language, share in understood.languages.items() if share >= LIKELY)
    return Vocabulary(tables, home, likely, read | {LOANED})


def _distinct(options: Iterable[Candidate]) -> list[Candidate]:
    """Each text once, at its least cost; the cheapest first."""
    by_text: dict[str, Candidate] = {}
    for candidate in options:
        other = by_text.get(candidate.text)
        if other is None or candidate.cost < other.cost:
            by_text[candidate.text] = candidate
    return sorted(by_text.values(), key=lambda candidate: candidate.cost)
