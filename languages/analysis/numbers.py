"""Numbers, quantities, sizes and model numbers in one normal form, however they are written.

The normal form is the lemma of a token that is written anyway, so that nothing is counted twice:

  2,5 l      2.5, 2.5l         the lemma of a unit is the quantity
  2,5l       2.5l, 2.5         the number is one more token
  1 1/2      1.5, -            a mixed number, and 1 000: what follows the first number has no lemma
  40 x 30    40, -, 30, 40x30  the size is one more token
  Größe 42   gross, 42, size42 so is what a word for *size* says
  iphone15   iphone, 15        a name and its number are two words
  zx200n     zx200n, zx200     beside a model number stands its prefix, or its letters and digits
  zx 200     zx, 200, zx200    a short name with a long number may be a model number

How many tokens a text gives never depends on its language, which is often a guess.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from languages.analysis.language_rules import language_rules, size_words, unit_spellings
from languages.analysis.token import Token
from languages.function_words import function_words
from languages.locale import LANGUAGES
from languages.normalise import fold, normalise
from languages.phrase import phrase_rules
from languages.stem import stem

_NUMBER = re.compile(r"\d+(?:[.,']\d+)*")
_FRACTION = re.compile(r"(\d+)/(\d+)")
_QUANTITY = re.compile(r"(\d+(?:[.,]\d+)*)([^\W\d_]+[23]?)")
_NAME_AND_NUMBER = re.compile(r"([^\W\d_]{4,})(\d{1,4})")
_LETTERS_AND_DIGITS = re.compile(r"([^\W\d_]{2,3})(\d+)")
_PREFIX = re.compile(r"([^\W\d_]{1,4}\d{2,})[^\W\d_]{1,3}")
_GROUPS = re.compile(r"\d{1,3}(?:[.,']\d{3})+")
_LETTER_SIZE = re.compile(r"x{0,4}[sl]|m|[2-6]xl")
_TIMES = frozenset("xх")  # Latin and Cyrillic
_MODEL_LETTERS = range(2, 4)  # of a model number that is written with a space
_MODEL_DIGITS = range(3, 7)
_UNIT_MAX = 8  # characters of a unit of an unspaced script


class NumberTokens(NamedTuple):
    """The tokens of a word with a digit, and those to add at the end of the text."""

    written: tuple[Token, ...]
    added: tuple[Token, ...] = ()


def is_number(word: str) -> bool:
    """Whether a normalised word is a number: ``42``, ``1,5``, ``1'000``."""
    return word[:1].isdigit() and _NUMBER.fullmatch(word) is not None


def needs_neighbours(word: str) -> bool:
    """Whether `with_neighbours` may read a normalised word."""
    return word[:1].isdigit() or word in _size_words()


def number_form(number: str, language: str | None) -> str:
    """A number with a decimal point and without separators of thousands: ``1.234,50`` is 1234.5.

    One separator before three digits is read as the language writes it, else as decimal.
    """
    if number.isdigit():
        return number
    marks = [mark for mark in number if not mark.isdigit()]
    is_same = len(set(marks)) == 1
    may_group = is_same and _GROUPS.fullmatch(number) is not None and not number.startswith("0")
    if may_group and (len(marks) > 1 or marks[0] != _decimal_mark(language)):
        return number.replace(marks[0], "")
    if len(marks) > 1 and is_same:
        return number  # a date or a version
    whole, decimals = number[: number.rfind(marks[-1])], number[number.rfind(marks[-1]) + 1 :]
    return f"{re.sub(r'[^0-9]', '', whole)}.{decimals.rstrip('0') or '0'}"


@cache
def _decimal_mark(language: str | None) -> str:
    rules = phrase_rules().get(language or "")
    return "." if rules is None else rules.decimal


@lru_cache(maxsize=20_000)  # 6 MB
def read_number(word: str, language: str | None) -> NumberTokens:
    """The tokens of a normalised word with a digit."""
    if fraction := _FRACTION.fullmatch(word):
        return NumberTokens((Token(word, _decimal(int(fraction[1]) / int(fraction[2]))),))
    if is_number(word):
        return NumberTokens((Token(word, number_form(word, language)),))
    if (quantity := _QUANTITY.fullmatch(word)) and (quantity[2] in _units() or not quantity[1].isdigit()):
        number = number_form(quantity[1], language)
        unit = _units().get(quantity[2], fold(quantity[2]))
        return NumberTokens((Token(word, number + unit),), (Token(quantity[1], number),))
    if name := _NAME_AND_NUMBER.fullmatch(word):
        return NumberTokens((Token(name[1], stem(name[1], language or "")), Token(name[2], name[2])))
    return NumberTokens((Token(word, _units().get(word) or fold(word)),), tuple(model_parts(word)))


def model_parts(word: str) -> Iterator[Token]:
    """What else a model number without separators is found by: its letters and its digits, or its
    beginning without a letter behind the digits.
    """
    folded = fold(word)
    if parts := _LETTERS_AND_DIGITS.fullmatch(folded):
        yield from (Token(part, part) for part in parts.groups())
    elif prefix := _PREFIX.fullmatch(folded):
        yield Token(f"{prefix[1]}*", prefix[1])  # no word that is typed is written so: a model itself is found first


def _decimal(number: float) -> str:
    return f"{number:.4f}".rstrip("0")


def is_quantity(word: str) -> bool:
    """Whether a word is a number with a unit: ``16inch``."""
    quantity = _QUANTITY.fullmatch(word)
    return quantity is not None and quantity[2] in _units()


def with_neighbours(
    tokens: list[Token], places: Sequence[int], models: Collection[Token], language: str | None
) -> list[Token]:
    """Reads the tokens at some places as their neighbours say, which changes their lemmas, and
    gives those to add at the end beside the `models`, which are added already.
    """
    text: _Neighbours | None = None
    last, following = len(tokens) - 1, 0
    before_numbers, after_numbers = _size_words(), _words_after_numbers()
    for place in places:
        if place < following:
            continue
        before = tokens[place - 1].surface if place else ""
        after = tokens[place + 1] if place < last else _NOTHING
        if (
            after.surface not in after_numbers
            and before not in before_numbers
            and len(before) not in _MODEL_LETTERS
            and not after.surface[:1].isdigit()
            and tokens[place].surface not in before_numbers
        ):
            continue  # most numbers have such words around
        is_multiplied = place + 1 < last and tokens[place + 2].surface in _TIMES
        number = tokens[place]
        unit = _unit_alone(before, number.surface, number.lemma, after.surface, after.lemma, is_multiplied, language)
        if unit is None:
            text = text or _Neighbours(tokens, models, language)
            following = text.read_at(place)
        elif unit is not _NOTHING:
            tokens[place + 1] = unit
    return text.added if text else []


_NOTHING = Token("", "")


@lru_cache(maxsize=20_000)  # 6 MB
def _unit_alone(
    before: str, word: str, lemma: str, after: str, after_lemma: str, is_multiplied: bool, language: str | None
) -> Token | None:
    """The token of the unit after a number, where that is all the words around say of it; nothing
    where they say nothing; None where they say more.
    """
    if not word[0].isdigit():
        return None if _LETTER_SIZE.fullmatch(after) else _NOTHING
    if not is_number(word) and not _FRACTION.fullmatch(word):
        return _NOTHING
    if is_multiplied or before in _size_words():
        return None
    if _is_pair(after, after_lemma):
        return None if after in _first_characters() else _NOTHING
    if after in _units():
        unit = _units_of(language).get(after)
        return Token(after, lemma + unit) if unit and is_number(word) else None
    return None if after in _TIMES or after[:1].isdigit() or _may_be_model(before, word) else _NOTHING


def _is_pair(surface: str, lemma: str) -> bool:
    """Whether a token is one of a run of an unspaced script."""
    return len(surface) == 1 and len(lemma) == 2 and lemma[0] == surface


def _may_be_model(letters: str, digits: str) -> bool:
    """Whether two words may be a model number that is written with a space."""
    return (
        len(letters) in _MODEL_LETTERS
        and len(digits) in _MODEL_DIGITS
        and digits.isdigit()
        and letters.isascii()
        and letters.isalpha()
        and letters not in _units()
        and letters not in _all_function_words()
    )


@lru_cache(maxsize=20_000)  # 4 MB
def _token(surface: str, lemma: str) -> Token:
    return Token(surface, lemma)


@cache
def _units_of(language: str | None) -> Mapping[str, str]:
    """The units that are no function words of a language, but for those that its own rules name:
    "1 to 3" is no terabyte, but in French.
    """
    words = function_words(language or "")
    own = {spelling for spellings in language_rules(language or "").units.values() for spelling in spellings}
    return {spelling: unit for spelling, unit in _units().items() if spelling not in words or spelling in own}


class _Neighbours:
    """The words of one text."""

    def __init__(self, tokens: list[Token], models: Collection[Token], language: str | None) -> None:
        self._tokens = tokens
        self._models = models
        self._units = _units_of(language)
        self.added: list[Token] = []

    def read_at(self, place: int) -> int:
        """Reads what begins at a place, and gives the place after it."""
        surface = self._tokens[place].surface
        if not surface[0].isdigit():
            letters = self._surface(place + 1)
            if _LETTER_SIZE.fullmatch(letters):
                self._add(f"size{letters}")
            return place + 1
        if not is_number(surface) and not _FRACTION.fullmatch(surface):
            return place + 1
        numbers: list[str] = []
        following = place
        while True:
            after = self._number(following)
            numbers.append(self._tokens[following].lemma)
            following = self._unit(after, numbers[-1])
            if self._surface(following) not in _TIMES or not is_number(self._surface(following + 1)):
                break
            self._set(following, "")
            following += 1
        if len(numbers) > 1:
            self._add("x".join(numbers))
        else:
            self._name(place, numbers[0], following)
        return following

    def _number(self, place: int) -> int:
        """Reads a number of one or more words, and gives the place after it."""
        surface, following = self._surface(place), place + 1
        if not surface.isdigit():
            return following
        if len(surface) <= 3 and self._surface(following) == "000":
            while self._surface(following) == "000":
                surface += "000"
                self._set(following, "")
                following += 1
            self._set(place, surface)
        elif len(surface) <= 2 and _FRACTION.fullmatch(self._surface(following)):
            self._set(place, _decimal(int(surface) + float(self._tokens[following].lemma)))
            self._set(following, "")
            following += 1
        return following

    def _unit(self, place: int, number: str) -> int:
        """Reads the unit of a number, if one follows, and gives the place after it."""
        surface = self._surface(place)
        if surface and _is_pair(surface, self._tokens[place].lemma):
            if unit := self._unspaced_unit(place):
                self._add(number + unit)
            return place
        if surface in _units():
            if unit := self._units.get(surface):
                self._set(place, number + unit)
            return place + 1
        return place

    def _unspaced_unit(self, place: int) -> str | None:
        """The longest unit that the run of an unspaced script at a place begins with."""
        text = ""
        for token in self._tokens[place : place + _UNIT_MAX]:
            if len(token.surface) > 1:
                break
            text += token.surface
            if not token.lemma:
                break
        return next((_units()[text[:end]] for end in range(len(text), 0, -1) if text[:end] in _units()), None)

    def _name(self, place: int, number: str, following: int) -> None:
        """Reads the word before a number: one for *size*, or the letters of a model number."""
        before = self._surface(place - 1) if place else ""
        if before in _size_words():
            self._add(f"size{number}")
        elif (
            following == place + 1
            and _may_be_model(before, self._surface(place))
            and not self._surface(following)[:1].isdigit()
            and all(model.surface != before + number for model in self._models)
        ):
            self._add(before + number)

    def _surface(self, place: int) -> str:
        return self._tokens[place].surface if place < len(self._tokens) else ""

    def _set(self, place: int, lemma: str) -> None:
        self._tokens[place] = _token(self._tokens[place].surface, lemma)

    def _add(self, lemma: str) -> None:
        self.added.append(_token(lemma, lemma))


@cache
def _units() -> Mapping[str, str]:
    """The unit of each spelling, with and without its diacritics."""
    normalised = {normalise(spelling): unit for spelling, unit in unit_spellings().items()}
    return {fold(spelling): unit for spelling, unit in normalised.items()} | normalised


@cache
def _words_after_numbers() -> frozenset[str]:
    return _first_characters().union(_units(), _TIMES)


@cache
def _first_characters() -> frozenset[str]:
    """Of the units."""
    return frozenset(spelling[0] for spelling in _units())


@cache
def _size_words() -> frozenset[str]:
    normalised = frozenset(map(normalise, size_words()))
    return normalised | frozenset(map(fold, normalised))


@cache
def _all_function_words() -> frozenset[str]:
    rows = map(function_words, LANGUAGES)
    return frozenset(word for row in rows for word in row.purpose | row.others)
