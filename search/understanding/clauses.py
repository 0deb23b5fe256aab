"""What the lexical index searches for: a clause for each part of a query.

The alternatives of a part are its words as written, the concepts that it may mean, and, where the
catalogue has neither, the catalogue's terms that are nearest to the query's vector. The best one
counts. All ways to say a part weigh as one term whose document frequency is that of the most
frequent (Pirkola, SIGIR 1998, approximates the union so).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from indexer.stores.catalogue_terms import LISTINGS_MIN
from indexer.stores.lexical import Clause, LexicalIndex, Term, idf
from languages.kinds import KIND, kinds
from languages.lexicon import lexicon
from languages.lexicon_match import entry_names, lemmas_of
from languages.locale import LANGUAGES
from languages.names import is_name
from ranking.query import Expansion, QueryPart, Source, UnderstoodQuery, Word
from search.understanding.part_weight import lemma_weight, name_thing, reweighed
from search.understanding.query_parts import PARTS_MAX, QUALIFIER_WEIGHT

EXACT_WEIGHT = 0.1
"""A word as it is written, against its lemma's 0.9: an exact match scores above a folded or
inflected one."""

WRITTEN_SHARE = 0.08
"""Of a part with a meaning, what its words as written add beside it: between equals those come
first that say it as the buyer does. A learned model gains by the same echo (MILCO, ICLR 2026)."""

UNMEANT_WEIGHT = 0.8
"""Of words that stand in a listing without the meaning that the lexicon gives them: in its
description, or in another language, where ``notebook`` is of paper."""

NEAR_WEIGHT = 0.5
"""Of a kind that a buyer would accept instead."""

REST_SHARE = 0.5
"""Of the weight and certainty of a guess, what is left where the rest of the query says part of it:
*guitar tuner*, of *black guitar tuner*, for ``black xyzzy``."""

KNOWN_SHARE = 0.0002
"""A word that so large a share of the listings has needs no guesses beside it; a rarer one needs
them in proportion. In a large catalogue every word of every language stands somewhere."""

END_SHARE = 0.6
"""Of a compound that means its end, the share of the end; the rest is for guesses of the whole:
lamps first for *Küchenlampe*, those for a kitchen before others."""

Alternative = tuple[Term, ...]
Guess = Callable[[str, float], Sequence["Guessed"]]
"""Gives the catalogue's terms nearest to a text, with weights up to the given one."""


@dataclass(frozen=True, slots=True)
class Guessed:
    """A term of the catalogue that may say what a part says: as shown, its lemmas, a weight.

    `certainty`, in [0, 1], says how likely the best of the guesses is one at all.
    """

    text: str
    lemmas: tuple[str, ...]
    weight: float
    certainty: float


@dataclass(frozen=True, slots=True)
class Translated:
    """What a dictionary or a synonym says for a part: as shown, its lemmas, a weight.

    `share`, in (0, 1], is the part's, where it says several parts at once.
    """

    text: str
    lemmas: tuple[str, ...]
    weight: float
    share: float = 1.0


Translate = Callable[[QueryPart, LexicalIndex], Sequence[Translated]]
"""Gives what dictionaries call a part in the catalogue's languages, as far as listings have it; or
what a shop's synonyms say for it."""


def no_translations(part: QueryPart, lexical: LexicalIndex) -> Sequence[Translated]:
    """Those of a snapshot without dictionaries, or of a shop without synonyms."""
    return ()


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A part with the alternatives for it and the idf of all ways to say it."""

    part: QueryPart
    written: tuple[Alternative, ...]
    others: tuple[Alternative, ...]
    rarity: float
    unknown: float  # how far out of the catalogue's vocabulary it is, [0, 1]
    is_in_catalogue: bool  # some listing has one of its words
    modifiers: tuple[Alternative, ...] = ()  # what a compound, whose end is known, begins with
    end_share: float = END_SHARE  # of a compound with modifiers

    @property
    def is_unmatched(self) -> bool:
        """Whether no listing has its words or what else is searched for."""
        return not self.is_in_catalogue and not self.others


def with_clauses(
    understood: UnderstoodQuery,
    lexical: LexicalIndex,
    guess: Guess,
    translate: Translate = no_translations,
    find_synonyms: Translate = no_translations,
) -> UnderstoodQuery:
    """The query with its clauses, its parts' importance and expansions.

    At most `PARTS_MAX` parts are searched, the most important ones; the others have an importance
    of 0. With ``Query.expand`` false, only the words as written are searched.
    """
    weighed = [_weigh(part, lexical, understood, translate) for part in understood.parts]
    if understood.query.expand:
        weighed = _with_synonyms(weighed, find_synonyms, lexical)
        weighed = _with_guesses(weighed, understood.text, lexical, guess)
    weighed = _sharing_rarity(weighed)
    ranked = sorted(weighed, key=lambda one: -one.rarity * one.part.weight)
    searched = set(map(id, ranked[:PARTS_MAX]))
    total = sum(one.rarity * one.part.weight for one in ranked[:PARTS_MAX])
    parts, clauses = [], []
    for one in weighed:
        importance = one.rarity * one.part.weight / total if id(one) in searched and total else 0.0
        parts.append(replace(one.part, importance=importance))
        if importance:
            clauses += _clauses(one, importance)
    return replace(understood, parts=tuple(parts), clauses=tuple(clauses))


def _sharing_rarity(weighed: Sequence[_Weighed]) -> list[_Weighed]:
    """The parts, those that no listing can match with the rarity of one of them between them.

    Each has the rarity of a word that no listing has, the highest there is. So a dozen words that
    the shop does not know would leave nothing for the one that it knows.
    """
    unmatched = sum(one.is_unmatched for one in weighed)
    return [replace(one, rarity=one.rarity / unmatched) if one.is_unmatched else one for one in weighed]


def _with_guesses(weighed: Sequence[_Weighed], query: str, lexical: LexicalIndex, guess: Guess) -> list[_Weighed]:
    """The parts, those that the catalogue lacks with guesses for them.

    A guess is near to the words themselves, or near to the whole query and not what its other parts
    say: *hdmi* for ``hmdi`` in ``cable hmdi``. Adjacent unknown parts are guessed together, since
    two words may be one name. A guess counts for one part.
    """
    said = _said(weighed)
    guessed: list[_Weighed] = []
    for is_unknown, group in groupby(weighed, key=lambda one: one.unknown > 0):
        parts = list(group)
        if not is_unknown:
            guessed += parts
            continue
        text = " ".join(one.part.text for one in parts) if len(parts) < len(weighed) else query
        for one in parts:
            terms = _distinct(_without([*guess(text, one.unknown), *guess(query, one.unknown)], said))
            said.update(lemma for term in terms for lemma in term.lemmas)
            expansions = tuple(Expansion(term.text, "encoder", term.weight) for term in terms)
            others = tuple(_phrase(term.lemmas, term.weight, lexical) for term in terms)
            guessed_certainty = max((term.certainty for term in terms), default=1.0)
            if one.part.is_compound:  # its end is known for certain
                part = replace(one.part, expansions=(*one.part.expansions, *expansions))
                guessed.append(replace(one, part=part, modifiers=others))
                continue
            certainty = 1.0 - one.unknown * (1.0 - guessed_certainty)
            part = replace(one.part, expansions=expansions, certainty=certainty)
            guessed.append(replace(one, part=part, others=others))
    return guessed


def _without(terms: Iterable[Guessed], said: Collection[str]) -> Iterator[Guessed]:
    """What the terms say beside the lemmas that are said already.

    A term of which some is said may be near for that alone, so the rest is half as sure.
    """
    for term in terms:
        lemmas = tuple(lemma for lemma in term.lemmas if lemma not in said)
        sure = 1.0 if len(lemmas) == len(term.lemmas) else REST_SHARE
        if lemmas:
            yield replace(term, lemmas=lemmas, weight=sure * term.weight, certainty=sure * term.certainty)


def _said(weighed: Iterable[_Weighed]) -> set[str]:
    """The lemmas of the known parts, and those of what they mean, in every language."""
    said: set[str] = set()
    for one in weighed:
        if not one.unknown:
            said.update(lemma for word in one.part.words for lemma in word.lemmas)
            for meaning in one.part.meanings:
                said.update(_lemmas_of_names(meaning.entry_id))
    return said


@lru_cache(maxsize=20_000)
def _lemmas_of_names(entry_id: str) -> frozenset[str]:
    """The lemmas of an entry's names of one word, in every language."""
    names = (lemmas_of(name, language) for language in LANGUAGES for name in entry_names(entry_id, language))
    return frozenset(lemmas[0] for lemmas in names if len(lemmas) == 1)


def _distinct(terms: Iterable[Guessed]) -> list[Guessed]:
    """The heaviest of the terms with the same lemmas."""
    heaviest: dict[tuple[str, ...], Guessed] = {}
    for term in sorted(terms, key=lambda term: -term.weight):
        heaviest.setdefault(term.lemmas, term)
    return list(heaviest.values())


def _clauses(weighed: _Weighed, importance: float) -> list[Clause]:
    if not weighed.others:
        return [Clause(importance, weighed.written)]
    meant, written = importance * (1.0 - WRITTEN_SHARE), tuple(_written_beside(weighed))
    end = meant * (weighed.end_share if weighed.modifiers else 1.0)
    clauses = [Clause(end, (*written, *weighed.others)), Clause(importance * WRITTEN_SHARE, weighed.written)]
    if weighed.modifiers:
        clauses.append(Clause(meant - end, (*written, *weighed.modifiers)))
    return clauses


def _written_beside(weighed: _Weighed) -> Iterable[Alternative]:
    """The words as written, beside others: less sure where the lexicon knows what they mean and a
    listing says them without meaning it.
    """
    known = any(expansion.source == "lexicon" for expansion in weighed.part.expansions)
    if not known or all(is_name(meaning.entry_id) for meaning in weighed.part.meanings):
        return weighed.written
    return (tuple(replace(term, weight=UNMEANT_WEIGHT * term.weight) for term in one) for one in weighed.written)


def _weigh(part: QueryPart, lexical: LexicalIndex, understood: UnderstoodQuery, translate: Translate) -> _Weighed:
    counts = [max(lexical.doc_freq("text", lemma) for lemma in word.lemmas) for word in part.words]
    rarities = [idf(len(lexical), count) for count in counts]
    written = _written(part.words, rarities)
    concepts = {}
    if understood.query.expand:
        concepts = {meaning.entry_id: lexical.doc_freq("text", meaning.entry_id) for meaning in part.meanings}
    known = [idf(len(lexical), count) for count in concepts.values() if count]
    if not known:
        unknown = _out_of_vocabulary(part, counts, lexical)
        translated = translate(part, lexical) if understood.query.expand and _is_word(part) else ()
        return _translated(
            _Weighed(part, written, (), sum(rarities), unknown, any(counts)), translated, lexical, "dictionary"
        )
    rarity = min([*known, sum(rarities)]) if any(counts) else min(known)
    expansions, others = _concepts(part, concepts, lexical, understood)
    weighed = _Weighed(replace(part, expansions=expansions), written, others, rarity, 0.0, any(counts))
    return _with_modifier(weighed, counts, lexical) if part.is_compound else weighed


def _with_modifier(weighed: _Weighed, counts: Sequence[int], lexical: LexicalIndex) -> _Weighed:
    """A compound whose beginning is searched for as if it stood by itself; one that the catalogue
    does not have is guessed.
    """
    unknown = _out_of_vocabulary(weighed.part, counts, lexical)
    found = [token for token in weighed.part.modifier if lexical.doc_freq("text", token)]
    if not unknown or not found:
        return replace(weighed, unknown=unknown)
    rarity = min(idf(len(lexical), lexical.doc_freq("text", token)) for token in found)
    end = weighed.part.weight * weighed.rarity
    return replace(
        weighed,
        modifiers=tuple((Term("text", token, 1.0),) for token in found),
        end_share=end / (end + rarity),
        rarity=weighed.rarity + rarity / weighed.part.weight,
    )


def _translated(
    weighed: _Weighed, translations: Sequence[Translated], lexical: LexicalIndex, source: Source
) -> _Weighed:
    """A part with what dictionaries or synonyms say for it; it needs no guesses then."""
    if not translations:
        return weighed
    rarity = min(one.share * _rarity(one.lemmas, lexical) for one in translations)
    texts = {one.text: one.weight for one in sorted(translations, key=lambda one: one.weight)}
    expansions = sorted((Expansion(text, source, weight) for text, weight in texts.items()), key=lambda e: -e.weight)
    return replace(
        weighed,
        part=replace(weighed.part, expansions=(*weighed.part.expansions, *expansions)),
        others=(*weighed.others, *(_phrase(one.lemmas, one.weight, lexical) for one in translations)),
        rarity=rarity if weighed.is_unmatched else min(rarity, weighed.rarity),
        unknown=0.0,
    )


def _with_synonyms(weighed: Sequence[_Weighed], find_synonyms: Translate, lexical: LexicalIndex) -> list[_Weighed]:
    """The parts with their synonyms; one with a synonym that names a thing weighs as if it did."""
    found = [find_synonyms(one.part, lexical) for one in weighed]
    is_named = [name_thing(synonym.lemmas for synonym in synonyms) for synonyms in found]
    parts = [
        reweighed(one.part, is_named=named, has_thing=any(is_named))
        for one, named in zip(weighed, is_named, strict=True)
    ]
    return [
        _translated(replace(one, part=part), synonyms, lexical, "synonym")
        for one, part, synonyms in zip(weighed, parts, found, strict=True)
    ]


def _rarity(lemmas: Sequence[str], lexical: LexicalIndex) -> float:
    """The idf of a phrase: that of its rarest word."""
    return max(idf(len(lexical), lexical.doc_freq("text", lemma)) for lemma in lemmas)


def _written(words: Sequence[Word], rarities: Sequence[float]) -> tuple[Alternative, ...]:
    """The words as written, once for each way to inflect them; each word with the share of its
    rarity.
    """
    total = sum(rarities) or 1.0
    alternatives = []
    for number in range(max(len(word.lemmas) for word in words)):
        terms: list[Term] = []
        for word, rarity in zip(words, rarities, strict=True):
            place = min(number, len(word.lemmas) - 1)
            weight = word.weights[place] * rarity / total
            terms.append(Term("text", word.lemmas[place], weight * (1.0 - EXACT_WEIGHT)))
            terms.append(Term("exact", word.surface, weight * EXACT_WEIGHT))
        alternatives.append(tuple(terms))
    return tuple(alternatives)


def _concepts(
    part: QueryPart, concepts: dict[str, int], lexical: LexicalIndex, understood: UnderstoodQuery
) -> tuple[tuple[Expansion, ...], tuple[Alternative, ...]]:
    """What the part may mean, and the kinds near it.

    Meanings that no listing has fall away, and leave their probability to the others.
    """
    meant = [meaning for meaning in part.meanings if concepts[meaning.entry_id]]
    lost = sum(meaning.probability for meaning in part.meanings) / sum(meaning.probability for meaning in meant)
    weights: dict[str, float] = {}
    for meaning in meant:
        probability = min(1.0, meaning.probability * lost)
        weights[meaning.entry_id] = max(weights.get(meaning.entry_id, 0.0), probability)
        for near in _near_kinds(meaning.entry_id):
            if lexical.doc_freq("text", near):
                weights[near] = max(weights.get(near, 0.0), NEAR_WEIGHT * probability)
    by_weight = sorted(weights.items(), key=lambda pair: -pair[1])
    expansions = tuple(Expansion(_name(entry_id, understood), "lexicon", weight) for entry_id, weight in by_weight)
    return expansions, tuple((Term("text", entry_id, weight),) for entry_id, weight in by_weight)


def _near_kinds(entry_id: str) -> Iterable[str]:
    if not entry_id.startswith(KIND):
        return ()
    kind = kinds().get(entry_id.removeprefix(KIND))
    return () if kind is None else (KIND + near for near in kind.near)


def _name(entry_id: str, understood: UnderstoodQuery) -> str:
    """An entry's name in the language that the buyer reads, else in English."""
    for language in (understood.query.locale.language, "en"):
        entry = lexicon(language).get(entry_id)
        if entry is not None:
            return entry.name
    return entry_id


def _phrase(lemmas: Sequence[str], weight: float, lexical: LexicalIndex) -> Alternative:
    """The lemmas of one way to say a part, each with the share of its rarity.

    Things and looks weigh as the parts of a query do.
    """
    rarities = [lemma_weight(lemma) * idf(len(lexical), lexical.doc_freq("text", lemma)) for lemma in lemmas]
    total = sum(rarities) or 1.0
    return tuple(Term("text", lemma, weight * rarity / total) for lemma, rarity in zip(lemmas, rarities, strict=True))


def _out_of_vocabulary(part: QueryPart, counts: Sequence[int], lexical: LexicalIndex) -> float:
    """How far out of the catalogue's vocabulary the rarest word of a part is, in [0, 1].

    ``1 - min(1, doc_freq / enough)``, where `enough` is KNOWN_SHARE of the listings, at least
    LISTINGS_MIN. 0 for model numbers, sizes and function words: what is near to them is another.
    """
    if not _is_word(part):
        return 0.0
    enough = max(KNOWN_SHARE * len(lexical), LISTINGS_MIN)
    return max(1.0 - min(1.0, count / enough) for count in counts)


def _is_word(part: QueryPart) -> bool:
    """Whether it is no model number, no size, no function word and no qualifier."""
    return part.weight > QUALIFIER_WEIGHT and not any(char.isdigit() for word in part.words for char in word.surface)
