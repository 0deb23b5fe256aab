"""Light stemming for the languages that Snowball lacks: a word without what inflection adds.

Ukrainian and Hebrew have a dictionary. A word that it lacks loses a letter in front that leaves a
known word (*for*, *the*), or else one ending; a dictionary form loses the ending that its other
forms do not have, so that both meet. Vietnamese does not inflect and needs nothing. The letters and
endings are in `rules/`.
"""

from __future__ import annotations

from collections.abc import Iterable

from languages.analysis.language_rules import LanguageRules, language_rules
from languages.analysis.lemmas import find_lemma

_PREFIXES_MAX = 2  # letters in front: *and for*
_REST_MIN = 3  # letters of the word behind them


def light_stem(word: str, language: str) -> str:
    """The stem of a normalised word; the word itself in a language without such rules."""
    rules = language_rules(language)
    plain = word.replace("'", "").replace('"', "")
    lemma = find_lemma(word, language) or find_lemma(plain, language) or _without_prefix(word, language, rules)
    if lemma is not None:
        return _without_ending(lemma, rules.lemma_endings, rules.stem_min)
    return _without_ending(plain, rules.endings, rules.stem_min)


def _without_prefix(word: str, language: str, rules: LanguageRules) -> str | None:
    """The lemma of what stands behind the letters in front, if the dictionary knows it."""
    for length in range(1, _PREFIXES_MAX + 1):
        if len(word) - length < _REST_MIN or word[length - 1] not in rules.prefixes:
            return None
        if lemma := find_lemma(word[length:], language):
            return lemma
    return None


def _without_ending(word: str, endings: Iterable[str], stem_min: int) -> str:
    """A word without the first of the endings that leaves enough letters."""
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= stem_min:
            return word.removesuffix(ending)
    return word
