"""Lexicon lookup: which words of a text the lexicon knows, and their names in other languages.

Lemmas are compared, as `analyse` gives them for listings and queries. So an inflected or unaccented
form matches, and so does a word of an unspaced script inside a longer run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import takewhile

from languages.analyse import analyse
from languages.lexicon import Entry, lexicon
from languages.normalise import fold, normalise

GROUPS = frozenset(("kind", "color", "material", "use", "audience", "style", "feature"))
"""The groups of entries that are matched.

Units and names of attributes are in every title and say nothing.
"""


_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
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
    phrases = _phrases(language)
    spans = (
        (start, start + size)
        for start, lemma in enumerate(lemmas)
        for size in phrases.sizes.get(lemma, ())
        if start + size <= len(lemmas) and tuple(lemmas[start : start + size]) in phrases.entry_ids
    )
    matches: list[LexiconMatch] = []
    matched: set[int] = set()  # positions
    for start, stop in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        if not matched.isdisjoint(range(start, stop)):
            continue
        phrase = tuple(lemmas[start:stop])
        if surfaces is None:
            entry_ids = phrases.entry_ids[phrase]
        else:
            entry_ids = _written_like(language, phrase, tuple(surfaces[start:stop]))
        if entry_ids:
            matched.update(range(start, stop))
            matches.append(LexiconMatch(start, stop, entry_ids))
    return tuple(sorted(matches, key=lambda match: match.start))


def entries_of(lemmas: Sequence[str], language: str) -> tuple[str, ...]:
    """The entries that exactly these lemmas name in `language`; () where there is none."""
    return _phrases(language).entry_ids.get(tuple(lemmas), ())


def entry_names(entry_id: str, language: str) -> tuple[str, ...]:
    """What the entry is called in `language`: its name, then its synonyms.

    () for an unknown entry.
    """
    entry = lexicon(language).get(entry_id)
    return () if entry is None else _names(entry)


def load_lexicons(languages: Sequence[str]) -> None:
    """Load the tables of these languages, 0.1 s each, so that no later call has to."""
    for language in languages:
        _phrases(language)


_Written = tuple[str, ...]
"""The words of a phrase, normalised; of a script without spaces, its pairs of characters."""


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The phrases of a language, as lemmas."""

    entry_ids: Mapping[tuple[str, ...], tuple[str, ...]]
    sizes: Mapping[str, tuple[int, ...]]  # in lemmas, of the phrases that begin with a lemma
    written: Mapping[tuple[str, ...], Mapping[_Written, tuple[str, ...]]]  # entries by how they are written


@lru_cache(maxsize=100_000)  # 30 MB; listings name the same things
def _written_like(language: str, lemmas: tuple[str, ...], surfaces: tuple[str, ...]) -> tuple[str, ...]:
    """Of the entries that the lemmas name those that are written so, else those written alike."""
    phrases = _phrases(language)
    entry_ids, forms = phrases.entry_ids[lemmas], phrases.written[lemmas]
    written = tuple(map(_written, surfaces, lemmas))
    if written in forms:
        return tuple(entry_id for entry_id in entry_ids if entry_id in forms[written]) or forms[written]
    alike = {entry_id for form, ids in forms.items() if all(map(_is_alike, form, written)) for entry_id in ids}
    return tuple(entry_id for entry_id in entry_ids if entry_id in alike)


@cache
def _phrases(language: str) -> _Phrases:
    """A phrase that is a name or synonym belongs to those entries only, never to a mere form."""
    by_name: dict[tuple[str, ...], dict[str, None]] = {}
    by_form: dict[tuple[str, ...], dict[str, None]] = {}
    written: dict[tuple[str, ...], dict[_Written, dict[str, None]]] = {}
    for entry_id, entry in lexicon(language).items():
        if entry_id.partition(":")[0] in GROUPS:
            for texts, table in ((_names(entry), by_name), (entry.texts(), by_form)):
                for text in (spelling for name in texts for spelling in _spellings(name, language)):
                    tokens = [token for token in analyse(text, language).tokens if token.lemma]
                    if lemmas := tuple(token.lemma for token in tokens):
                        table.setdefault(lemmas, {})[entry_id] = None
                        form = tuple(_written(token.surface, token.lemma) for token in tokens)
                        written.setdefault(lemmas, {}).setdefault(form, {})[entry_id] = None
    entry_ids = {lemmas: tuple(ids) for lemmas, ids in (by_form | by_name).items()}
    sizes: dict[str, set[int]] = {}
    for lemmas in entry_ids:
        sizes.setdefault(lemmas[0], set()).add(len(lemmas))
    return _Phrases(
        entry_ids,
        {first: tuple(sorted(lengths)) for first, lengths in sizes.items()},
        {lemmas: {form: tuple(ids) for form, ids in forms.items()} for lemmas, forms in written.items()},
    )


def _written(surface: str, lemma: str) -> str:
    """A word as it is written; a pair of characters is its lemma."""
    return lemma if len(surface) == 1 else surface


def _spellings(text: str, language: str) -> tuple[str, ...]:
    """A text, and the ways to type it without its marks: ``cafetiere``, ``guertel``."""
    normalised = normalise(text)
    folded = " ".join(fold(word) for word in normalised.split(" "))
    digraphs = normalised.translate(_DIGRAPHS) if language == "de" else normalised
    return tuple(dict.fromkeys((normalised, folded, digraphs)))


def _is_alike(form: str, written: str) -> bool:
    """Whether two words begin alike, as inflected forms of one word do.

    Marks that are typed are meant: ``giày`` (shoe) is not ``giấy`` (paper).
    """
    one, other = (fold(form), written) if fold(written) == written else (form, written)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return shared >= min(_ALIKE_MIN, len(one), len(other)) and shared >= _ALIKE_SHARE * min(len(one), len(other))


def _names(entry: Entry) -> tuple[str, ...]:
    return (entry.name, *entry.synonyms)
