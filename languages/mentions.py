"""What a text of a listing mentions: the lexicon's entries, and which of them it is about.

A title that says ``laptop sleeve`` mentions a laptop and is about a sleeve. A mention is the head
of its noun phrase unless a word for *for* stands before it (``Hülle für Laptop``), or, where the
language puts nouns that modify before the noun, another noun follows (``laptop privacy filter``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import takewhile

from languages.analyse import AnalysedText
from languages.function_words import function_words
from languages.kinds import is_thing
from languages.lexicon_match import LexiconMatch, match_lexicon
from languages.normalise import normalise
from languages.phrase import phrase_rules
from languages.shop_words import without_shop_words

_PURPOSE_REACH = 3  # words after a word for *for*: "for Nuvo 12 smartphone"
_NOUN_MIN = 3  # letters of a word that is taken for a noun: units and sizes are shorter
_BEFORE_MARK = re.compile(r"(\w+)\s*[^\w\s]")  # a word that ends a phrase: punctuation follows


@dataclass(frozen=True, slots=True)
class Mention:
    """The span ``[start, stop)`` of a text's lemmas and the entries it names.

    Several entries where the words are ambiguous.
    """

    start: int
    stop: int
    entry_ids: tuple[str, ...]
    is_head: bool

    @property
    def things(self) -> tuple[str, ...]:
        """Those of the entries that say what a thing is."""
        return _things(self.entry_ids)


def _is_topic(entry_id: str) -> bool:
    return entry_id.startswith("topic:")


@lru_cache(maxsize=10_000)
def _things(entry_ids: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(filter(is_thing, entry_ids))


def read_mentions(analysed: AnalysedText, names: Collection[str] = ()) -> tuple[Mention, ...]:
    """The mentions in a text, in order, where it is in its language; none without a language.

    Spans count the tokens that have a lemma. `names` are normalised words that are no nouns here,
    such as those of the brand.
    """
    language = analysed.language or ""
    tokens = [token for token in analysed.written if token.lemma]
    surfaces = [token.surface for token in tokens]
    lemmas = [token.lemma for token in tokens]
    matches = match_lexicon(lemmas, language, surfaces)
    if not matches:
        return ()
    phrase = _Phrase(surfaces, lemmas, analysed.text, language, names, matches)
    mentions: list[Mention] = []
    purpose_until = -1  # where the last mention ends that stands after a word for *for*
    for match in matches:
        if phrase.is_purpose(match, purpose_until):
            purpose_until = match.stop
        is_head = purpose_until != match.stop and phrase.is_head(match)
        if entry_ids := without_shop_words(match.entry_ids):
            mentions.append(Mention(match.start, match.stop, entry_ids, is_head))
    return tuple(mentions)


def read_entries(analysed: AnalysedText) -> tuple[tuple[str, ...], ...]:
    """The entries that a text mentions, several together where its words are ambiguous."""
    tokens = [token for token in analysed.written if token.lemma]
    lemmas, surfaces = [token.lemma for token in tokens], [token.surface for token in tokens]
    matches = match_lexicon(lemmas, analysed.language or "", surfaces)
    return tuple(entry_ids for match in matches if (entry_ids := without_shop_words(match.entry_ids)))


class _Phrase:
    """The words around the matches of a text."""

    def __init__(
        self,
        words: Sequence[str],
        lemmas: Sequence[str],
        text: str,
        language: str,
        names: Collection[str],
        matches: Sequence[LexiconMatch],
    ) -> None:
        self._words = words
        self._lemmas = lemmas
        self._text = text
        self._names = names
        self._by_start: Mapping[int, LexiconMatch] = {match.start: match for match in matches}
        self._function_words = function_words(language)
        self._compounds = language in phrase_rules() and phrase_rules()[language].compounds
        self._has_purpose = not self._function_words.purpose.isdisjoint(words)

    def is_purpose(self, match: LexiconMatch, purpose_until: int) -> bool:
        """Whether it says what the thing is for: in the phrase after a word for *for*, or joined to
        such a mention, which ends at `purpose_until`, by function words alone.
        """
        if not self._has_purpose:
            return False
        reach = self._words[max(0, match.start - _PURPOSE_REACH) : match.start]
        words = list(takewhile(lambda word: not self._ends_phrase(word), reversed(reach)))
        if any(word in self._function_words.purpose for word in words):
            return True
        between = self._words[purpose_until : match.start] if purpose_until >= 0 else ["no purpose"]
        return all(word in self._function_words for word in between)

    def is_head(self, match: LexiconMatch) -> bool:
        """Whether no noun follows that it modifies."""
        if not self._compounds or match.stop == len(self._words):
            return True
        following = self._by_start.get(match.stop)
        if following is None:
            modifies = self._is_noun(self._words[match.stop]) and not self._is_model(match.stop)
        else:
            while following and all(map(_is_topic, following.entry_ids)):  # "laptop privacy filter"
                following = self._by_start.get(following.stop)
            modifies = (
                following is not None
                and any(map(is_thing, following.entry_ids))
                and set(following.entry_ids).isdisjoint(match.entry_ids)
            )
        return not modifies or self._ends_phrase(self._words[match.stop - 1])

    def _is_model(self, position: int) -> bool:
        """Whether a word and the bare number behind it name a model: *Active 2*, ``active2``."""
        words = self._words[position + 1 : position + 2]
        is_measure = any(lemma[:1].isdigit() for lemma in self._lemmas[position + 2 : position + 3])
        return any(word.isdigit() for word in words) and not is_measure

    def _is_noun(self, word: str) -> bool:
        is_word = len(word) >= _NOUN_MIN and word.isalpha()
        return is_word and word not in self._function_words and word not in self._names

    def _ends_phrase(self, word: str) -> bool:
        return word in self._last_words

    @cached_property
    def _last_words(self) -> frozenset[str]:
        """The words that punctuation follows."""
        return frozenset(_BEFORE_MARK.findall(normalise(self._text)))
