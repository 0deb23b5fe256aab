"""Numbers of a text that may be amounts of money, as each language writes them.

``1.000``, ``1 000``, ``1,000`` and ``1'000`` are a thousand, ``2,5`` and ``2.5`` two and a half,
``1,00,000`` a hundred thousand, ``2万``, ``20k``, ``5 тыс`` and ``1만5천`` what they say.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal

from languages.constraints.matching import begins_word, ends_word, is_unspaced, takes_prefix
from languages.constraints.tables import (
    EVERY,
    CurrencyWord,
    NumberWord,
    currencies_by_first,
    currencies_by_last,
    lone_numbers,
    number_words,
    units,
)

AMOUNTS_MAX = 8
"""Amounts that are looked at: a query with more is no question for a price."""

_DIGITS_MAX = 12
_NUMBER = re.compile(
    r"\d{1,3}(?:([.,'٫٬ ])\d{3})(?:\1\d{3})*(?:[.,٫]\d{1,2})?(?!\d)"
    r"|\d{1,2}(?:,\d{2})+,\d{3}(?!\d)"
    r"|\d+(?:[.,٫]\d{1,2})?(?!\d)"
    r"|\d+"
)
_MARKS = re.compile(r"[.,'٫٬ ]")
_UNIT = re.compile(r" ?-?([^\W\d_][^\s\d,;:!?()<>+/~-]*|[\"'%‰°]+)")
_HAN = re.compile("[一二三四五六七八九十百千万萬億亿两兩零〇만천백십]+")
_HAN_DIGITS = dict(zip("零一二三四五六七八九", range(10), strict=True)) | {"两": 2, "兩": 2, "〇": 0}
_HAN_FACTORS = {"十": 10, "십": 10, "百": 100, "백": 100, "千": 1000, "천": 1000}
_HAN_GROUPS = {"万": 10**4, "萬": 10**4, "만": 10**4, "億": 10**8, "亿": 10**8}


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of a text, with the currency that stands beside it.

    `is_money` says that a price is meant, by its currency or another word; `unit_follows` that what
    follows makes it none: ``20 cm``.
    """

    start: int
    stop: int
    value: Decimal
    currency: str | None
    is_money: bool = False
    unit_follows: bool = False


def find_amounts(text: str, languages: Collection[str], buyers: str | None) -> list[Amount]:
    """The amounts of a comparable text, in order, at most `AMOUNTS_MAX`.

    `languages` are those whose words count; `buyers` is the buyer's currency.
    """
    found: list[Amount] = []
    place = 0
    while len(found) < AMOUNTS_MAX and (match := _NUMBER.search(text, place)):
        amount = _amount_at(text, match, found[-1].stop if found else -1, languages, buyers)
        place = match.end() if amount is None else amount.stop
        if amount is not None:
            found.append(amount)
    taken = [range(amount.start, amount.stop) for amount in found]
    written = (one for one in _in_words(text, languages, buyers) if not any(one.start in each for each in taken))
    return sorted([*found, *written], key=lambda amount: amount.start)[:AMOUNTS_MAX]


def read_number(written: str) -> Decimal | None:
    """A number as written, in ASCII digits; None for one that no price has.

    A mark that comes again, or that three digits follow, parts groups. Of two marks the last is the
    decimal one.
    """
    marks = _MARKS.findall(written)
    decimal = marks[-1] if marks else ""
    whole, _, fraction = written.rpartition(decimal) if decimal else (written, "", "")
    if marks.count(decimal) > 1 or (len(fraction) == 3 and not whole.startswith("0")):
        whole, fraction = written, ""
    digits = _MARKS.sub("", whole)
    if not digits or len(digits) > _DIGITS_MAX:
        return None
    return Decimal(f"{digits}.{fraction}" if fraction else digits)


def _amount_at(
    text: str, match: re.Match[str], previous: int, languages: Collection[str], buyers: str | None
) -> Amount | None:
    start, stop = match.span()
    value = read_number(match.group())
    before = currency_before(text, start, languages, buyers)
    if value is None or (before is None and not _may_begin(text, start, previous)):
        return None
    value, stop, is_money = _multiplied(text, value, stop, languages)
    after = currency_after(text, stop, languages, buyers) if before is None else None
    if before is not None:
        start, currency = before
    elif after is not None:
        stop, currency = after
    else:
        currency = None
    unit_follows = currency is None and _unit_follows(text, stop, languages)
    return Amount(start, stop, value, currency, is_money or currency is not None, unit_follows)


def _may_begin(text: str, start: int, previous: int) -> bool:
    """Whether a number may stand here: no part of a word, a model number, a fraction or a size.

    `previous` is where the amount before it ends: ``100rb-200rb``.
    """
    if start == 0 or (text[start - 1] == "-" and start - 1 == previous):
        return True
    before = text[start - 1]
    if before.isalnum():
        return takes_prefix(before)
    if before in ".,/×*#_%":
        return False
    if before == "-" and start > 1:
        return not text[start - 2].isalpha() or takes_prefix(text[start - 2])
    return True


def _multiplied(text: str, value: Decimal, stop: int, languages: Collection[str]) -> tuple[Decimal, int, bool]:
    """A number with the words behind it that multiply it: ``1만5천`` is 15,000; where it ends, and
    whether they say that it is a price.
    """
    total, rest, is_money = Decimal(0), value, False
    while word := _number_word(text, stop, languages):
        total += rest * word[0].factor
        is_money = is_money or word[0].is_money
        rest, stop = Decimal(0), word[1]
        following = re.compile(r" ?(\d{1,4})(?![\d.,])").match(text, stop) if is_unspaced(text[stop - 1]) else None
        if following is None or (text[stop] == " " and _number_word(text, following.end(), languages) is None):
            break
        rest, stop = Decimal(following.group(1)), following.end()
    return total + rest, stop, is_money


def _number_word(text: str, stop: int, languages: Collection[str]) -> tuple[NumberWord, int] | None:
    """The word behind a number that multiplies it, and where it ends."""
    place = stop + 1 if text.startswith(" ", stop) else stop
    if place >= len(text):
        return None
    for word in number_words().get(text[place], ()):
        end = place + len(word.written)
        if word.language not in (EVERY, *languages) or not text.startswith(word.written, place):
            continue
        if ends_word(text, end) or (place == stop and _is_currency(text, end, languages)):
            return word, end
    return None


def _is_currency(text: str, start: int, languages: Collection[str]) -> bool:
    return start < len(text) and currency_after(text, start, languages, None) is not None


def currency_after(text: str, stop: int, languages: Collection[str], buyers: str | None) -> tuple[int, str] | None:
    """Where a currency behind an amount ends, and its code."""
    place = stop + 1 if text.startswith(" ", stop) else stop
    if place >= len(text):
        return None
    for word in currencies_by_first().get(text[place], ()):
        end = place + len(word.written)
        if _is_meant(word, languages) and text.startswith(word.written, place) and ends_word(text, end):
            code = word.of(buyers)
            return None if code is None else (end, code)
    return None


def currency_before(text: str, start: int, languages: Collection[str], buyers: str | None) -> tuple[int, str] | None:
    """Where a currency before an amount begins, and its code."""
    end = start - 1 if start and text[start - 1] == " " else start
    if end <= 0:
        return None
    for word in currencies_by_last().get(text[end - 1], ()):
        begin = end - len(word.written)
        if begin < 0 or not _is_meant(word, languages) or not text.startswith(word.written, begin):
            continue
        code = word.of(buyers) if begins_word(text, begin) else None
        follows_amount = begin > 0 and text[:begin].rstrip()[-1:].isdigit()
        if code is not None and not follows_amount and not is_unspaced(word.written[-1]):
            return begin, code
    return None


def _is_meant(word: CurrencyWord, languages: Collection[str]) -> bool:
    return word.language == EVERY or word.language in languages


def _unit_follows(text: str, stop: int, languages: Collection[str]) -> bool:
    """Whether a word follows that makes a number no price: a unit, or what is joined to it."""
    match = _UNIT.match(text, stop)
    if match is None:
        following = text[stop : stop + 2]
        return following[:1] in ("/", "×", "*", "%") or (following[:1] == "-" and following[1:2].isalpha())
    word = match.group(1).rstrip(".")
    known = [units(language) for language in (*languages, EVERY)]
    if any(word in each for each in known):
        return True
    if is_unspaced(word[0]):
        return any(
            word[:length] in each
            for each in known
            for length in range(1, 5)
            if is_unspaced(word[length - 1 : length] or " ")
        )
    return match.group().startswith("-") or (match.group()[0] != " " and not takes_prefix(word[0]))


def _in_words(text: str, languages: Collection[str], buyers: str | None) -> Iterator[Amount]:
    """Amounts without a digit, each with its currency: ``百元``, ``만원``, ``mille euros``."""
    matches = [(match, _han_number(match.group())) for match in _HAN.finditer(text)]
    for language in languages:
        pattern = lone_numbers(language)
        for match in pattern.finditer(text) if pattern else ():
            factors = [word.factor for word in number_words()[match.group()[0]] if word.written == match.group()]
            matches.append((match, factors[0]))
    for match, value in matches:
        after = currency_after(text, match.end(), languages, buyers)
        if after is not None and value:
            yield Amount(match.start(), after[0], Decimal(value), after[1], is_money=True)


def _han_number(written: str) -> int:
    """``一万五千`` is 15,000, ``만`` 10,000; 0 for what is no number."""
    total = section = digit = 0
    for character in written[:_DIGITS_MAX]:
        if character in _HAN_DIGITS:
            digit = 10 * digit + _HAN_DIGITS[character]
        elif character in _HAN_FACTORS:
            section += (digit or 1) * _HAN_FACTORS[character]
            digit = 0
        else:
            total += (section + digit or 1) * _HAN_GROUPS[character]
            section = digit = 0
    return total + section + digit
