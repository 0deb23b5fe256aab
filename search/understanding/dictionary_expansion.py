"""What the dictionaries of a snapshot call a part of a query in the catalogue's languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from indexer.dictionaries.dictionaries import Dictionaries
from indexer.dictionaries.dictionary import Translation
from indexer.stores.lexical import LexicalIndex
from languages.lexicon_match import entries_of, lemmas_of
from ranking.query import QueryPart
from search.understanding.clauses import Translate, Translated, no_translations
from search.understanding.query_parts import LIKELY

WEIGHT = 0.8
"""What the best translation weighs against the query's own words: dictionaries know many senses,
and few of them are products."""

TRANSLATIONS_MAX = 10  # of a part, of all languages together: each is a list of listings to read


def translations_from(dictionaries: Dictionaries, languages: Mapping[str, float], into: Sequence[str]) -> Translate:
    """Translations for a query in these likely languages, into those of the catalogue."""
    if not len(dictionaries):
        return no_translations
    certainties = _certainties(languages)
    languages_into = tuple(dict.fromkeys((*into, "en")))  # the lexicon may know an English translation

    def translate(part: QueryPart, lexical: LexicalIndex) -> Sequence[Translated]:
        weights: dict[tuple[str, ...], Translated] = {}
        for language, certainty in certainties.items():
            for translation in dictionaries.translations(lemmas_of(part.text, language), language, languages_into):
                weight = WEIGHT * certainty * translation.weight
                for lemmas in _in_catalogue(translation, lexical):
                    known = weights.get(lemmas)
                    if known is None or known.weight < weight:
                        weights[lemmas] = Translated(translation.text, lemmas, weight)
        return sorted(weights.values(), key=lambda one: -one.weight)[:TRANSLATIONS_MAX]

    return translate


def _in_catalogue(translation: Translation, lexical: LexicalIndex) -> Iterator[tuple[str, ...]]:
    """A translation as listings have it: by its words, and by what the lexicon knows it to mean."""
    if all(lexical.doc_freq("text", lemma) for lemma in translation.lemmas):
        yield translation.lemmas
    for entry_id in entries_of(translation.lemmas, translation.language):
        if lexical.doc_freq("text", entry_id):
            yield (entry_id,)


def _certainties(languages: Mapping[str, float]) -> dict[str, float]:
    """The likely languages, the likeliest with 1.0, others in proportion."""
    likely = {language: share for language, share in languages.items() if share >= LIKELY}
    return {language: share / max(likely.values()) for language, share in likely.items()}
