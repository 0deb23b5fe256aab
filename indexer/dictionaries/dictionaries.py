"""All dictionaries of a snapshot together, with English as the pivot between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from indexer.dictionaries.dictionary import Dictionary, HasLemma, Span, Translation
from indexer.dictionaries.folder import dictionary_folders

PIVOT = "en"
"""The language that most dictionaries have on one side."""

PIVOT_WEIGHT = 0.7
"""What a translation of a translation weighs against a direct one."""

PIVOTS_MAX = 8  # English words between: the ninth is hardly ever what was meant
TRANSLATIONS_MAX = 8  # of one language: more of them are other meanings


class Dictionaries:
    """Some dictionaries as one. Safe to share between threads."""

    def __init__(self, dictionaries: Iterable[Dictionary] = ()) -> None:
        self._dictionaries = tuple(dictionaries)
        names = (language for dictionary in self._dictionaries for language in dictionary.languages)
        self.languages = tuple(dict.fromkeys(names))

    def __len__(self) -> int:
        return len(self._dictionaries)

    def spans(self, lemmas: Sequence[str], language: str) -> tuple[Span, ...]:
        """The spans of a text's lemmas that some dictionary knows, in order.

        Spans never overlap; the longest wins, then the first.
        """
        known = {span for dictionary in self._dictionaries for span in dictionary.known_spans(lemmas, language)}
        taken: set[int] = set()
        spans: list[Span] = []
        for span in sorted(known, key=lambda span: (span.start - span.stop, span.start)):
            positions = range(span.start, span.stop)
            if taken.isdisjoint(positions):
                taken.update(positions)
                spans.append(span)
        return tuple(sorted(spans, key=lambda span: span.start))

    def translations(
        self, lemmas: Sequence[str], language: str, into: Iterable[str], has: HasLemma | None = None
    ) -> tuple[Translation, ...]:
        """What a term of `language` is called in the languages `into`, the surest first.

        A translation of an English translation counts `PIVOT_WEIGHT` of a direct one. Of several
        ways to a translation the surest counts. There are at most `TRANSLATIONS_MAX` for each
        language, and none in the term's own. With `has`, those with a lemma that it refuses are
        left out before they are counted.
        """
        wanted = dict.fromkeys(name for name in into if name != language)
        best: dict[tuple[str, tuple[str, ...]], Translation] = {}
        for translation in self._ways(lemmas, language, wanted):
            key = (translation.language, translation.lemmas)
            if key not in best or best[key].weight < translation.weight:
                best[key] = translation
        found = [translation for translation in best.values() if has is None or all(map(has, translation.lemmas))]
        return _most_of_each_language(sorted(found, key=lambda translation: -translation.weight))

    def _ways(self, lemmas: Sequence[str], language: str, wanted: Iterable[str]) -> Iterator[Translation]:
        yield from self._direct(lemmas, language, wanted)
        if language != PIVOT and (beyond := [name for name in wanted if name != PIVOT]):
            yield from self._through_pivot(lemmas, language, beyond)

    def _direct(self, lemmas: Sequence[str], language: str, into: Iterable[str]) -> Iterator[Translation]:
        for dictionary in self._dictionaries:
            yield from dictionary.direct(lemmas, language, into)

    def _through_pivot(self, lemmas: Sequence[str], language: str, into: Sequence[str]) -> Iterator[Translation]:
        for pivot in self._pivots(lemmas, language):
            for translation in self._direct(pivot.lemmas, PIVOT, into):
                weight = PIVOT_WEIGHT * pivot.weight * translation.weight
                yield Translation(translation.text, translation.lemmas, translation.language, weight)

    def _pivots(self, lemmas: Sequence[str], language: str) -> list[Translation]:
        """The surest English words for a term."""
        pivots: dict[tuple[str, ...], Translation] = {}
        for pivot in sorted(self._direct(lemmas, language, [PIVOT]), key=lambda pivot: -pivot.weight):
            pivots.setdefault(pivot.lemmas, pivot)
        return list(pivots.values())[:PIVOTS_MAX]


def open_dictionaries(snapshot: Path) -> Dictionaries:
    """All dictionaries beside a snapshot, by name; none where none was added.

    It takes milliseconds: nothing is read until it is looked up, and processes share what is.

    Raises:
        DictionaryMismatch: one was compiled by another format or analysis.
    """
    return Dictionaries(Dictionary(folder) for folder in dictionary_folders(snapshot))


def _most_of_each_language(translations: Sequence[Translation]) -> tuple[Translation, ...]:
    """The first `TRANSLATIONS_MAX` of each language."""
    counts: dict[str, int] = {}
    kept: list[Translation] = []
    for translation in translations:
        counts[translation.language] = counts.get(translation.language, 0) + 1
        if counts[translation.language] <= TRANSLATIONS_MAX:
            kept.append(translation)
    return tuple(kept)
