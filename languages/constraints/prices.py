"""Prices in words: what stands before, between and after the amounts of a text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from functools import cache

from languages.constraints.amounts import Amount, find_amounts
from languages.constraints.constraint import Constraint
from languages.constraints.matching import begins_word, comparable, ends_word, is_unspaced
from languages.constraints.tables import EVERY, PricePhrase, measures, price_phrases, words_of_kind, young
from languages.function_words import function_words

_YEARS = range(1950, 2036)  # a bare number like these is a year, but for whole hundreds
_HUNDREDS = 200  # a bare number from here on is a price behind words that also say *until*
_RANGE_MAX = 10  # times the lower end of a range is its upper end, unless a currency is at both
_AGE_MAX = 18
_SHORT = 3  # characters of a number whose multiplier may be at the other one: "1-2万"
_SPACES = " :"


def read_prices(form: str, text: str, languages: Collection[str], buyers: str | None) -> list[Constraint]:
    """The prices that a text asks for, in order, without overlaps.

    `form` is the text in the form in which phrases are. An amount without a currency counts
    with the phrases of `languages`, one with a currency with those of every language.
    """
    amounts = find_amounts(form, languages, buyers)
    found: list[Constraint] = []
    for place, amount in enumerate(amounts):
        if found and amount.start < found[-1].stop:
            continue
        after = amounts[place + 1] if place + 1 < len(amounts) else None
        constraint = None if after is None else _range(form, text, amount, after, languages)
        constraint = constraint or _single(form, text, amount, languages)
        if constraint is not None and (not found or constraint.start >= found[-1].stop):
            found.append(constraint)
    return found


def _range(form: str, text: str, low: Amount, high: Amount, languages: Collection[str]) -> Constraint | None:
    """The range of two amounts that stand beside each other: ``20-30 €``."""
    between = form[low.stop : high.start].strip()
    currency = low.currency or high.currency
    if (
        high.unit_follows
        or (low.unit_follows and not between)
        or (low.currency and high.currency not in (None, low.currency))
    ):
        return None
    for phrase in _ranges().get(between, ()):
        span = _span(form, phrase, low.start, high.stop)
        is_money = low.is_money or high.is_money
        if span is None or not _counts(phrase, high.value, is_money, languages) or _is_model(phrase, low, high):
            continue
        span = _widened(form, span, phrase, languages)
        if currency is None and not _is_bare_price(form, span, (low, high), phrase, languages):
            continue
        first, second = _scaled(low.value, high.value, low.stop - low.start, currency)
        ends = sorted((first, second))
        return Constraint("price_between", *span, text[slice(*span)], ends[0], ends[1], currency)
    return None


def _scaled(low: Decimal, high: Decimal, digits: int, currency: str | None) -> tuple[Decimal, Decimal]:
    """``1-2万円`` is from 10,000 on: a multiplier behind both is of both."""
    if 0 < low < 1000 <= high and digits <= _SHORT and high / low >= 100 and high % 1000 == 0:
        factor = Decimal(10_000 if high % 10_000 == 0 and currency in ("JPY", "CNY", "KRW", "TWD") else 1000)
        if low < high / factor:
            return low * factor, high
    return low, high


def _single(form: str, text: str, amount: Amount, languages: Collection[str]) -> Constraint | None:
    """The price that one amount bounds: ``unter 20 €``."""
    if amount.unit_follows:
        return None
    for phrase in _candidates(form, amount):
        span = _span(form, phrase, amount.start, amount.stop)
        if span is None:
            continue
        span = _widened(form, span, phrase, languages)
        is_money = amount.is_money or _price_word(form, span, languages) is not None
        if not _counts(phrase, amount.value, is_money, languages):
            continue
        if amount.currency is None and not _is_bare_price(form, span, (amount,), phrase, languages):
            continue
        low = amount.value if phrase.kind == "price_min" else None
        high = amount.value if phrase.kind == "price_max" else None
        return Constraint(phrase.kind, *span, text[slice(*span)], low, high, amount.currency)
    return None


@cache
def _ranges() -> Mapping[str, tuple[PricePhrase, ...]]:
    """The phrases of ranges by the words between their amounts."""
    by_between: dict[str, list[PricePhrase]] = defaultdict(list)
    for phrase in price_phrases():
        if phrase.between is not None:
            by_between[phrase.between].append(phrase)
    return {between: tuple(phrases) for between, phrases in by_between.items()}


def _candidates(form: str, amount: Amount) -> list[PricePhrase]:
    """The phrases of one amount that the letters beside it allow, the longest first."""
    before = form[: amount.start].rstrip(_SPACES)[-1:]
    after = form[amount.stop : amount.stop + 2].lstrip(" ")[:1]
    singles = _singles()
    numbered = {**singles.get(("before", before), {}), **singles.get(("after", after), {})}
    return [numbered[number] for number in sorted(numbered)]


@cache
def _singles() -> Mapping[tuple[str, str], Mapping[int, PricePhrase]]:
    """The phrases of one amount, numbered from the longest on, by the letters beside the amount."""
    by_letter: dict[tuple[str, str], dict[int, PricePhrase]] = defaultdict(dict)
    for number, phrase in enumerate(phrase for phrase in price_phrases() if phrase.between is None):
        side = ("before", phrase.before[-1]) if phrase.before else ("after", phrase.after[0])
        by_letter[side][number] = phrase
    return by_letter


def _counts(phrase: PricePhrase, value: Decimal, is_money: bool, languages: Collection[str]) -> bool:
    """Whether a phrase says a price: what nothing else says is one only in a likely language."""
    if is_money:
        return True
    is_enough = not phrase.needs or (phrase.needs == "hundreds" and value >= _HUNDREDS)
    return is_enough and (phrase.language in languages or phrase.language == EVERY)


def _is_model(phrase: PricePhrase, low: Amount, high: Amount) -> bool:
    """Whether the first number is a model's: ``iphone 15 bis 500 €``."""
    return not phrase.before and low.currency is None and high.value > _RANGE_MAX * _scaled_low(low, high)


def _scaled_low(low: Amount, high: Amount) -> Decimal:
    """The lower end of a range with the multiplier of the upper one."""
    return _scaled(low.value, high.value, low.stop - low.start, high.currency)[0]


def _span(form: str, phrase: PricePhrase, start: int, stop: int) -> tuple[int, int] | None:
    """Where a phrase with its amounts stands; None where its words do not surround them."""
    if phrase.after:
        place = stop + 1 if form.startswith(" ", stop) else stop
        if not form.startswith(phrase.after, place):
            return None
        stop = place + len(phrase.after)
        if not ends_word(form, stop):
            return None
    if phrase.before:
        end = start
        while end and form[end - 1] in _SPACES:
            end -= 1
        if not form.endswith(phrase.before, 0, end):
            return None
        if end == start and form[start].isalnum() and phrase.before[-1].isascii() and phrase.before[-1].isalnum():
            return None
        start = end - len(phrase.before)
        if not begins_word(form, start) or _is_of_a_name(form, start, phrase):
            return None
    return start, stop


def _is_of_a_name(form: str, start: int, phrase: PricePhrase) -> bool:
    """Whether the words before an amount end a name: ``pro max 500 €``, ``air max 90``."""
    if phrase.language != EVERY:
        return False
    before = form[:start].rstrip().rpartition(" ")[2]
    return before in words_of_kind("name").get(EVERY, ())


def _widened(form: str, span: tuple[int, int], phrase: PricePhrase, languages: Collection[str]) -> tuple[int, int]:
    """The span with the words that belong to a price: *price*, *for*, a particle behind."""
    start, stop = span
    own = (phrase.language, *languages)
    for _ in range(2):
        start = _without_word_before(form, start, own)
    following = [word for language in own for word in words_of_kind("after").get(language, ())]
    for _ in range(2):
        place = stop + 1 if form.startswith(" ", stop) else stop
        for word in following:
            end = place + len(word)
            if form.startswith(word, place) and ends_word(form, end) and _is_particle(form, stop, end):
                stop = end
                break
    return start, stop


def _is_particle(form: str, stop: int, end: int) -> bool:
    """Whether what is behind a price is a word by itself: no first letter of the next one."""
    following = form[end : end + 1]
    return not following or not is_unspaced(form[end - 1]) or following == " " or form[stop:end] in "のの的之의"


def _without_word_before(form: str, start: int, languages: Iterable[str]) -> int:
    end = len(form[:start].rstrip(" :"))
    for language in languages:
        for word in (*words_of_kind("price_word").get(language, ()), *_purpose(language)):
            begin = end - len(word)
            if begin >= 0 and form.startswith(word, begin) and begins_word(form, begin):
                return begin
    return start


@cache
def _purpose(language: str) -> tuple[str, ...]:
    """The words for *for*: ``für unter 20 €``."""
    words = (comparable(word) for word in function_words(language).purpose if len(word) > 1)
    return tuple(sorted(words, key=len, reverse=True))


def _price_word(form: str, span: tuple[int, int], languages: Collection[str]) -> str | None:
    """A word of the span that says that it is a price; None where there is none."""
    words = (word for language in languages for word in words_of_kind("price_word").get(language, ()))
    return next((word for word in words if form.startswith(word, span[0])), None)


def _is_bare_price(
    form: str,
    span: tuple[int, int],
    amounts: Collection[Amount],
    phrase: PricePhrase,
    languages: Collection[str],
) -> bool:
    """Whether amounts without a currency may be a price: no years, nothing measured."""
    if any(not amount.value or (amount.value in _YEARS and amount.value % 100) for amount in amounts):
        return False
    last = max(amount.stop for amount in amounts)
    last_value = max(amount.value for amount in amounts)
    if not phrase.after and last < len(form) and not _ends_number(form, last):
        return False
    if last_value <= _AGE_MAX and any(
        _follows(form, span[0], one) for language in languages for one in young(language)
    ):
        return False
    return not any(_follows(form, span[0], word) for language in languages for word in measures(language))


def _ends_number(form: str, stop: int) -> bool:
    """Whether a bare number ends where a word does."""
    following = form[stop]
    return following in " ,;!?)" or (
        is_unspaced(following)
        and any(form.startswith(word, stop) for words in words_of_kind("after").values() for word in words)
    )


def _follows(form: str, start: int, word: str) -> bool:
    before = form[:start].rstrip(" :")
    return before.endswith(word) and begins_word(before, len(before) - len(word))
