"""How many slips of the keyboard lie between two words.

Letters are compared without diacritics, Hangul by its letters. A slip is a letter left out, added,
replaced or swapped with the next: optimal string alignment (Damerau 1964; Boytsov 2011, section 2).
"""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz.distance import OSA

from languages.normalise import fold

SLIP_LENGTH_MIN = 4
"""Letters of the shortest word that is compared: *cat* and *car* are one slip apart."""

TWO_SLIPS_LENGTH_MIN = 10
"""Letters from which two slips are one word misspelt; four of five misspellings have one (Damerau
1964)."""

_SAME = str.maketrans(
    "ةىٱीूँァィゥェォャュョぁぃぅぇぉゃゅょ",
    "هياिुंアイウエオヤユヨあいうえおやゆよ",
)
"""Letters that people write for one another: Arabic ones, long and short vowels of Hindi, kana."""

_ALIKE = re.compile("[ーッっ\u093c]|[\u0e01-\u0e2e]\u0e4c")
"""Signs that people leave out: long and doubled kana, the nukta, silent letters of Thai."""

ALIKE_COST = 0.25
"""Of a word that differs in such letters alone."""

SHORT_COST = 1.5
"""Of a word one letter too short to have slips, of which a letter is left out: ``dng`` for dùng."""

SYLLABLE_COST = 0.5
"""Of a syllable of Hangul that is written twice, and of two that are swapped."""

_SYLLABLES_MIN = 3
REPLACED_LENGTH_MIN = 5
"""Letters from which a word may have another letter in place of one: *snus* is no *sous*."""

FIRST_LENGTH_MIN = 6
"""Letters from which the first one may be another: a file (*Feile*) is no part (*Teile*)."""

_HANGUL_LENGTH_MIN = 7  # letters of three syllables
_HAN_LENGTH_MIN = 5  # another character is another word: size 7 and size 5 batteries
_ABJAD_LENGTH_MIN = 4  # of Arabic and Hebrew, which leave vowels out


def letters(word: str) -> str:
    """The letters of a normalised word that are compared."""
    folded = _ALIKE.sub("", fold(word).translate(_SAME))
    return unicodedata.normalize("NFD", folded) if any("가" <= letter <= "힣" for letter in folded) else folded


def slips_max(plain: str) -> int:
    """How many slips a word of these letters may have."""
    if len(plain) < _length_min(plain):
        return 0
    return 2 if len(plain) >= TWO_SLIPS_LENGTH_MIN else 1


def _length_min(plain: str) -> int:
    if any("\u1100" <= letter <= "\u11ff" for letter in plain):
        return _HANGUL_LENGTH_MIN
    if any("\u3400" <= letter <= "\u9fff" for letter in plain):
        return _HAN_LENGTH_MIN
    return _ABJAD_LENGTH_MIN if _is_abjad(plain) else SLIP_LENGTH_MIN


def _is_abjad(plain: str) -> bool:
    return all("\u0590" <= letter <= "\u06ff" for letter in plain)


def slips(typed: str, word: str) -> float | None:
    """The cost of typing one normalised word for another; None if they are too far apart.

    One for each slip, half as much for a doubled letter or two that are swapped, half as much again
    for the first letter, which few people miss.
    """
    one, other = letters(typed), letters(word)
    if _is_a_syllable_apart(typed, word):
        return SYLLABLE_COST
    if len(one) == SLIP_LENGTH_MIN - 1 == _length_min(one) - 1 and len(other) == len(one) + 1 and not _is_abjad(one):
        return SHORT_COST if OSA.distance(one, other) == 1 else None
    limit = min(slips_max(one), slips_max(other)) if len(one) != len(other) else slips_max(one)
    distance = OSA.distance(one, other, score_cutoff=limit)
    if distance > limit:
        return None
    if not distance:
        return 0.0 if typed in (word, fold(word)) else ALIKE_COST  # marks that are typed are meant
    if not _is_likely(one, other):
        return None
    cost = float(distance)
    if distance == 1 and (_is_swapped(one, other) or _is_doubled(one, other)):
        cost *= 0.5
    return cost + (0.5 if one[0] != other[0] else 0.0)


def _is_likely(one: str, other: str) -> bool:
    """Whether somebody may have typed one word for the other: the first letter is seldom missed,
    and in a short word another letter makes another word.
    """
    if _is_swapped(one, other):
        return True
    if one[0] != other[0] and (len(one) != len(other) or len(one) < FIRST_LENGTH_MIN):
        return False
    return len(one) != len(other) or len(one) >= REPLACED_LENGTH_MIN


def _is_a_syllable_apart(typed: str, word: str) -> bool:
    """Whether a syllable of Hangul is written twice, or two are swapped."""
    if not all("가" <= letter <= "힣" for letter in word) or len(word) < _SYLLABLES_MIN or typed == word:
        return False
    return OSA.distance(typed, word, score_cutoff=1) == 1 and (_is_swapped(typed, word) or _is_doubled(typed, word))


def _is_swapped(one: str, other: str) -> bool:
    return len(one) == len(other) and sorted(one) == sorted(other)


def _is_doubled(one: str, other: str) -> bool:
    """Whether they differ in a letter that is written twice."""
    shorter, longer = sorted((one, other), key=len)
    return len(longer) == len(shorter) + 1 and any(
        longer[:place] + longer[place + 1 :] == shorter and longer[place] == longer[place - 1]
        for place in range(1, len(longer))
    )
