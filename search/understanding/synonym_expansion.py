"""What a shop's own synonyms say for a part of a query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from math import prod
from typing import NamedTuple

from indexer.stores.lexical import LexicalIndex
from languages.analyse import Token, analyse
from languages.kinds import shares
from languages.lexicon_match import entries_of
from languages.normalise import normalise
from languages.synonyms.rule import SynonymTerm
from languages.synonyms.table import Synonyms
from ranking.query import QueryPart, UnderstoodQuery, Word
from search.understanding.clauses import UNMEANT_WEIGHT, Translate, Translated, no_translations
from search.understanding.query_parts import LIKELY, split_query

WEIGHT = 0.9
"""Of a synonym against the query's own words: people vouch for it, and of two listings that are
equal otherwise the one that says it as the buyer does comes first."""


WHOLE_WEIGHT = 0.8
"""Of the kind that a phrase names as a whole, where its words say more: of any wallet, for *leather
wallet*."""

_Lemmas = tuple[str, ...]


class _Readings(NamedTuple):
    """A synonym by its words, and by what the lexicon knows of it, with shares."""

    written: tuple[_Lemmas, ...]
    meant: Mapping[_Lemmas, float]


@dataclass(frozen=True, slots=True)
class _Match:
    """The words of the query from `start` to `stop`, what they also mean, and how surely.

    They stand in so many `parts`.
    """

    start: int
    stop: int
    synonyms: tuple[SynonymTerm, ...]
    language: str
    certainty: float
    parts: int

    def touches(self, part: QueryPart) -> bool:
        return self.start < part.start + len(part.words) and part.start < self.stop


def synonyms_from(synonyms: Synonyms, understood: UnderstoodQuery) -> Translate:
    """Synonyms for a query, in its likely languages and in the buyer's own.

    Of a language, the longest left sides count. One that stands in several parts is an alternative
    of each, so a listing with the synonym alone answers all of them. One that is a piece of a part
    takes its place there: *smartphone case* for ``phone case``.
    """
    matches = tuple(_matches(synonyms, understood)) if synonyms else ()
    if not matches:
        return no_translations

    def find(part: QueryPart, lexical: LexicalIndex) -> Sequence[Translated]:
        best: dict[tuple[str, ...], Translated] = {}
        for match in matches:
            for synonym in _synonyms(match, part, lexical) if match.touches(part) else ():
                if synonym.lemmas not in best or best[synonym.lemmas].weight < synonym.weight:
                    best[synonym.lemmas] = synonym
        return sorted(best.values(), key=lambda synonym: -synonym.weight)

    return find


def _synonyms(match: _Match, part: QueryPart, lexical: LexicalIndex) -> Iterator[Translated]:
    for synonym in match.synonyms:
        for lemmas, weight in _in_catalogue(synonym, match.language, lexical):
            in_place = _in_place(lemmas, match, part)
            yield Translated(synonym.text, in_place, weight * match.certainty, 1.0 / match.parts)


def _matches(synonyms: Synonyms, understood: UnderstoodQuery) -> Iterator[_Match]:
    region = understood.query.locale.region or understood.market.country
    for language, certainty in _certainties(understood).items():
        tables = synonyms.tables(language, region)
        tokens: Sequence[Token] = ()
        if tables:
            tokens = [token for token in analyse(understood.text, language).tokens if token.lemma]
        for match in (match for table in tables for match in table.matches(tokens)):
            read = _Match(match.start, match.stop, match.synonyms, language, certainty, 1)
            parts = sum(read.touches(part) for part in understood.parts)
            yield replace(read, parts=max(1, parts))


def _certainties(understood: UnderstoodQuery) -> dict[str, float]:
    """The likely languages, the likeliest with 1.0, others in proportion; the buyer's own with 1.0,
    in whatever script the query is: a Russian shop has synonyms of *iphone*.
    """
    likely = {language: share for language, share in understood.languages.items() if share >= LIKELY}
    certainties = {language: share / max(likely.values()) for language, share in likely.items()}
    return certainties | {understood.query.locale.language: 1.0}


def _in_catalogue(synonym: SynonymTerm, language: str, lexical: LexicalIndex) -> Iterator[tuple[_Lemmas, float]]:
    """A synonym as listings have it, with weights: by its words, inflected or as a brand is, and by
    what the lexicon knows it to mean; then the words alone are less sure, as those of a query.
    """
    readings = _readings(synonym, language)
    meant = {lemmas: share for lemmas, share in readings.meant.items() if _has(lexical, lemmas)}
    for lemmas in readings.written:
        if _has(lexical, lemmas):
            yield lemmas, WEIGHT * (UNMEANT_WEIGHT if meant else 1.0)
    for lemmas, share in meant.items():
        yield lemmas, WEIGHT * share


def _has(lexical: LexicalIndex, lemmas: _Lemmas) -> bool:
    return all(lexical.doc_freq("text", lemma) for lemma in lemmas)


@lru_cache(maxsize=20_000)  # 20 MB
def _readings(synonym: SynonymTerm, language: str) -> _Readings:
    unstemmed = tuple(token.lemma for token in analyse(synonym.text, None).tokens if token.lemma)
    written = tuple(dict.fromkeys((synonym.lemmas, unstemmed)))
    return _Readings(written, _meant(synonym, language))


def _meant(synonym: SynonymTerm, language: str) -> Mapping[_Lemmas, float]:
    """What a synonym means, read as a query is: the entries that it may name, with their shares; of
    several parts, the likeliest entry of each, or its words where the lexicon knows none.
    """
    parts = split_query(normalise(synonym.text), {language: 1.0})
    if len(parts) == 1:
        return {(meaning.entry_id,): meaning.probability for meaning in parts[0].meanings}
    best = [max(part.meanings, key=lambda meaning: meaning.probability, default=None) for part in parts]
    if not any(best):
        return {}
    lemmas = (
        (meaning.entry_id,) if meaning else tuple(word.lemmas[0] for word in part.words)
        for part, meaning in zip(parts, best, strict=True)
    )
    entries = shares(entries_of(synonym.lemmas, language))
    whole = {(entry_id,): WHOLE_WEIGHT * share for entry_id, share in entries.items()}
    return whole | {tuple(chain(*lemmas)): prod(meaning.probability for meaning in best if meaning)}


def _in_place(lemmas: tuple[str, ...], match: _Match, part: QueryPart) -> tuple[str, ...]:
    """The lemmas of a synonym with the words of the part before and after what it stands for."""
    before = part.words[: max(0, match.start - part.start)]
    after = part.words[max(0, match.stop - part.start) :]
    replaced = part.words[len(before) : len(part.words) - len(after)]
    return (*_outside(before[::-1], replaced[:1])[::-1], *lemmas, *_outside(after, replaced[-1:]))


def _outside(words: Sequence[Word], edge: Sequence[Word]) -> tuple[str, ...]:
    """The lemmas of the words beside some that are replaced, without a pair that shares a character
    with them.
    """
    shares_character = words and edge and _is_pair(words[0]) and _is_pair(edge[0])
    return tuple(word.lemmas[0] for word in (words[1:] if shares_character else words))


def _is_pair(word: Word) -> bool:
    """Whether it is a pair of characters of a script without spaces."""
    return len(word.surface) == 1 and len(word.lemmas[0]) == 2
