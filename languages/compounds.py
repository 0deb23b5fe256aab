"""The thing that a compound ends with: the *Lampe* of ``Küchenlampe``, the 锅 of ``炖锅``.

German, Dutch and Swedish write a noun and what modifies it as one word, Chinese and Japanese write
words without spaces. What stands last is what the thing is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from languages.analyse import analyse
from languages.analysis.lemmas import dictionary_form, is_dictionary_form
from languages.kinds import is_thing
from languages.phrase_table import Written, phrase_table

WRITTEN_TOGETHER = frozenset(("de", "nl", "sv"))
"""That write a noun and what modifies it as one word."""

UNSPACED = frozenset(("ja", "zh"))
"""Whose words of two characters may end with a noun of one."""

COMPOUNDING = WRITTEN_TOGETHER | UNSPACED

_HEAD_MIN = 4  # letters of a head; shorter ones stand at the end of too many words by chance
_MODIFIER_MIN = 3  # letters before it
_LINKS = {"de": ("s", "n", "en", "e"), "nl": ("s", "en", "e"), "sv": ("s", "e")}  # between both


@dataclass(frozen=True, slots=True)
class Compound:
    """A word that ends with the name of a thing: what stands before it, and what the end names."""

    modifier: str
    things: tuple[str, ...]


def compound_head(word: str, language: str) -> tuple[str, ...]:
    """The things that the end of a normalised word names; () for a word that is no compound."""
    compound = split_compound(word, language)
    return compound.things if compound else ()


@lru_cache(maxsize=100_000)  # 20 MB; the words of a catalogue come again
def split_compound(word: str, language: str) -> Compound | None:
    """A normalised word as a compound; None for one that is none.

    The longest end counts. A pair of characters of a script without spaces is a compound if its
    last character names a thing.
    """
    if language in UNSPACED:
        things = _things(word[1:], language, inflected=False) if len(word) == 2 else ()
        return Compound(word[:1], things) if things else None
    if language not in WRITTEN_TOGETHER or not word.isalpha():
        return None
    inflected = not is_dictionary_form(word, language)  # *Buchstabe* does not end with a form of *Stab*
    for begin in range(_MODIFIER_MIN, len(word) - _HEAD_MIN + 1):
        if things := _things(word[begin:], language, inflected):
            return Compound(word[:begin], things)
    return None


def modifier_lemmas(compound: Compound, language: str) -> tuple[str, ...]:
    """The lemmas that a modifier may have, as it is written and without the letters that link it to
    the end: the *Arbeit* of ``Arbeitstisch``.
    """
    written = compound.modifier
    shorter = (written.removesuffix(link) for link in _LINKS.get(language, ()) if written.endswith(link))
    texts = (written, *(text for text in shorter if len(text) >= _MODIFIER_MIN))
    lemmas = (token.lemma for text in texts for token in analyse(text, language).tokens)
    return tuple(dict.fromkeys(filter(None, lemmas)))


def _things(text: str, language: str, inflected: bool) -> tuple[str, ...]:
    """The things that a word names as it is written or, if `inflected`, by another form of its
    lemma.
    """
    table = phrase_table(language)
    stems = [token.lemma for token in analyse(text, language).tokens if token.lemma]
    number = None if table is None or len(stems) != 1 else table.find(stems)
    if table is None or number is None:
        return ()
    written = table.phrase(number).written
    named: Iterable[str] = written.get((text,), ())
    if inflected and not named:
        named = _of_lemma(text, written, language)
    return tuple(filter(is_thing, named))


def _of_lemma(text: str, written: Mapping[Written, tuple[str, ...]], language: str) -> Iterable[str]:
    same = dictionary_form(text, language)
    entry_ids = (ids for form, ids in written.items() if dictionary_form(form[0], language) == same)
    return dict.fromkeys(entry_id for ids in entry_ids for entry_id in ids)
