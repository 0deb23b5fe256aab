"""Lexicon lookup: which words of a text the lexicon knows, and their names in other languages.

Lemmas are compared, as `analyse` gives them for listings and queries. So an inflected or unaccented
form matches, and so does a word of an unspaced script inside a longer run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from languages.analyse import analyse
from languages.analysis.lemmas import dictionary_form, lemma_table
from languages.compounds import COMPOUNDING, UNSPACED, compound_head
from languages.lexicon import lexicon
from languages.normalise import fold
from languages.phrase_table import Phrase, Written, as_written, names, phrase_table

_ALIKE_MIN = 3  # letters at the beginning that two forms of a word share
_ALIKE_SHARE = 0.6  # of the shorter of the two forms


@dataclass(frozen=True, slots=True)
class LexiconMatch:
    """The span ``lemmas[start:stop]`` and the entries it names; several where it is ambiguous."""

    start: int
    stop: int
    entry_ids: tuple[str, ...]


def lemmas_of(text: str, language: str) -> tuple[str, ...]:
    """The text's lemmas in order, as `analyse` gives them."""
    return tuple(token.lemma for token in analyse(text, language).tokens if token.lemma)


def match_lexicon(
    lemmas: Sequence[str], language: str, surfaces: Sequence[str] | None = None
) -> tuple[LexiconMatch, ...]:
    """The spans that the lexicon of `language` knows, in order.

    Spans never overlap; the longest wins, of equals the first. With the `surfaces` of the lemmas, a
    span that is written as an entry's names or forms are names those entries alone, and one that
    only shares the lemmas must also look like it: a stemmer makes *ca* of both ``çadır`` (tent) and
    ``çanta`` (bag).
    """
    table = phrase_table(language)
    if table is None:
        return ()
    matches: list[LexiconMatch] = []
    matched: set[int] = set()  # positions
    for start, stop, number in sorted(table.spans(lemmas), key=lambda span: (span[0] - span[1], span[0])):
        if not matched.isdisjoint(range(start, stop)):
            continue
        if surfaces is None:
            entry_ids = _phrase(language, number).entry_ids
        else:
            entry_ids = _written_like(
                language, number, tuple(map(as_written, surfaces[start:stop], lemmas[start:stop]))
            )
        if entry_ids:
            matched.update(range(start, stop))
            matches.append(LexiconMatch(start, stop, entry_ids))
    if surfaces is not None and language in COMPOUNDING:
        matches += _compounds(lemmas, surfaces, language, matched)
    return tuple(sorted(matches, key=lambda match: match.start))


def _compounds(
    lemmas: Sequence[str], surfaces: Sequence[str], language: str, matched: Collection[int]
) -> Iterator[LexiconMatch]:
    """The words that no phrase has and that end with a thing; of a run without spaces, its end."""
    for position, (lemma, surface) in enumerate(zip(lemmas, surfaces, strict=True)):
        following = lemmas[position + 1] if position + 1 < len(lemmas) else ""
        ends_run = not following or len(surfaces[position + 1]) > 1 or following[0] != lemma[-1]
        if position in matched or (language in UNSPACED and not ends_run):
            continue
        if things := compound_head(as_written(surface, lemma), language):
            yield LexiconMatch(position, position + 1, things)


def entries_of(lemmas: Sequence[str], language: str) -> tuple[str, ...]:
    """The entries that exactly these lemmas name in `language`; () where there is none."""
    table = phrase_table(language)
    number = None if table is None else table.find(lemmas)
    return () if number is None else _phrase(language, number).entry_ids


def entry_names(entry_id: str, language: str) -> tuple[str, ...]:
    """What the entry is called in `language`: its name, then its synonyms.

    () for an unknown entry.
    """
    entry = lexicon(language).get(entry_id)
    return () if entry is None else names(entry)


def load_lexicons(languages: Sequence[str]) -> None:
    """Open the tables of these languages, so that no later call has to compile one."""
    for language in languages:
        lemma_table(language)
        phrase_table(language)


@lru_cache(maxsize=20_000)  # 10 MB
def _phrase(language: str, number: int) -> Phrase:
    table = phrase_table(language)
    assert table is not None
    return table.phrase(number)


@lru_cache(maxsize=50_000)  # 15 MB; listings name the same things
def _written_like(language: str, number: int, written: Written) -> tuple[str, ...]:
    """Of the entries that a phrase names those that are written so, else those written alike."""
    phrase = _phrase(language, number)
    if written in phrase.written:
        exact = phrase.written[written]
        return tuple(entry_id for entry_id in phrase.entry_ids if entry_id in exact) or exact
    alike = {
        entry_id
        for form, ids in phrase.written.items()
        if all(is_alike(one, other, language) for one, other in zip(form, written, strict=False))
        for entry_id in ids
    }
    return tuple(entry_id for entry_id in phrase.entry_ids if entry_id in alike)


def is_alike(form: str, written: str, language: str) -> bool:
    """Whether two words are forms of one lemma, or begin alike, as inflected forms do.

    Marks that are typed are meant: ``giày`` (shoe) is not ``giấy`` (paper).
    """
    if dictionary_form(form, language) == dictionary_form(written, language):
        return True
    one, other = (fold(form), written) if fold(written) == written else (form, written)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return shared >= min(_ALIKE_MIN, len(one), len(other)) and shared >= _ALIKE_SHARE * min(len(one), len(other))
