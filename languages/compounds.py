"""The thing that a compound ends with: the *Lampe* of ``Küchenlampe``, the 锅 of ``炖锅``.

German, Dutch and Swedish write a noun and what modifies it as one word, Chinese and Japanese write
words without spaces. What stands last is what the thing is.
"""

from __future__ import annotations

from functools import lru_cache

from languages.analyse import analyse
from languages.kinds import is_thing
from languages.phrase_table import phrase_table

WRITTEN_TOGETHER = frozenset(("de", "nl", "sv"))
"""That write a noun and what modifies it as one word."""

UNSPACED = frozenset(("ja", "zh"))
"""Whose words of two characters may end with a noun of one."""

COMPOUNDING = WRITTEN_TOGETHER | UNSPACED

_HEAD_MIN = 4  # letters of a head; shorter ones stand at the end of too many words by chance
_MODIFIER_MIN = 3  # letters before it


@lru_cache(maxsize=100_000)  # 20 MB; the words of a catalogue come again
def compound_head(word: str, language: str) -> tuple[str, ...]:
    """The things that the end of a normalised word names; () for a word that is no compound.

    The longest end counts. A pair of characters of a script without spaces is a compound if its
    last character names a thing.
    """
    if language in UNSPACED:
        return _things(word[1:], language) if len(word) == 2 else ()
    if language not in WRITTEN_TOGETHER or not word.isalpha():
        return ()
    for begin in range(_MODIFIER_MIN, len(word) - _HEAD_MIN + 1):
        if things := _things(word[begin:], language):
            return things
    return ()


def _things(text: str, language: str) -> tuple[str, ...]:
    """The things that a word names as it is written."""
    table = phrase_table(language)
    lemmas = [token.lemma for token in analyse(text, language).tokens if token.lemma]
    number = None if table is None or len(lemmas) != 1 else table.find(lemmas)
    if table is None or number is None:
        return ()
    return tuple(filter(is_thing, table.phrase(number).written.get((text,), ())))
