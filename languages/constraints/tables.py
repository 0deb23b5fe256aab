"""The tables of conditions in words: phrases, currencies, numbers and units, by language.

They are in ``words/``, so that a speaker can read and mend them. A row of the language ``*`` is of
every language. Cells have their phrases separated by ``|``:

``constraint_phrases.tsv``  `kind` is a `ConstraintKind`, ``price_word`` (said before a price),
    ``after`` (particles behind a condition), or ``name`` (words whose *max* is a name's). ``{n}``
    and ``{m}`` stand for amounts, ``{x}`` for what is not wanted. `needs` is ``currency`` where an
    amount without one says something else, ``hundreds`` where a small one does, and ``meaning``
    where only what the lexicon knows can be meant. ``[a,b]`` is a choice.
``currency_words.tsv``  the currencies that words may name: the first, or the buyer's where it is
    among them; one after ``=`` only where it is the buyer's.
``number_words.tsv``  words that multiply the number before them; a row that `says` ``number`` has
    words that are one by themselves, one that says ``money`` those that only prices have.
``unit_words.tsv``  words behind a number that say that it is no price, separated by spaces.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product

from languages.constraints.constraint import ConstraintKind
from languages.constraints.matching import comparable
from languages.lexicon import lexicon, read_table
from languages.locale import LANGUAGES
from languages.normalise import fold, normalise

EVERY = "*"
_UNSPACED = ("ja", "th", "zh")
_CHOICE = re.compile(r"\[([^\]]*)\]")
_PRICES = ("price_max", "price_min", "price_between")
_KINDS = (*_PRICES, "price_word", "after", "name", "exclude")
_YOUNG = frozenset(f"audience:{one}" for one in ("children", "boys", "girls", "babies", "toddlers", "teenagers"))
_NEEDS = ("", "currency", "hundreds", "meaning")
_MEASURES = ("size", "length", "width", "height", "weight", "capacity", "power", "voltage", "quantity")


@dataclass(frozen=True, slots=True)
class PricePhrase:
    """The words before, between and after the amounts of a price; `between` is None for one."""

    kind: ConstraintKind
    language: str
    needs: str
    before: str
    between: str | None
    after: str


@dataclass(frozen=True, slots=True)
class ExclusionPhrase:
    """The words before and after what is not wanted."""

    language: str
    needs_meaning: bool
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CurrencyWord:
    """How a currency is written, and which ones it may be."""

    written: str
    language: str
    currencies: tuple[str, ...]
    only_buyers: tuple[str, ...]

    def of(self, buyers: str | None) -> str | None:
        """The currency for a buyer who pays in another or the same; None where it is none."""
        if buyers in self.currencies or buyers in self.only_buyers:
            return buyers
        return self.currencies[0] if self.currencies else None


@dataclass(frozen=True, slots=True)
class NumberWord:
    """A word that multiplies the number before it.

    `stands_alone`: it may be a number itself; `is_money`: it says that the number is a price.
    """

    written: str
    language: str
    factor: int
    stands_alone: bool
    is_money: bool


def load_constraint_tables() -> None:
    """Read the tables of all languages, so that no later call has to."""
    price_phrases()
    exclusion_phrases()
    words_of_kind("price_word")
    currencies_by_first()
    currencies_by_last()
    number_words()


@cache
def price_phrases() -> tuple[PricePhrase, ...]:
    """Those of all languages, the longest first."""
    found: dict[PricePhrase, None] = {}
    for language, kind, needs, phrase in _rows():
        if kind not in _PRICES:
            continue
        first, _, last = phrase.partition("{n}")
        between, second, after = last.partition("{m}")
        texts = (first.strip(), between.strip() if second else None, (after if second else last).strip())
        found[PricePhrase(kind, language, needs, *texts)] = None  # type: ignore[arg-type]
    return tuple(sorted(found, key=lambda p: -len(p.before + (p.between or "") + p.after)))


@cache
def exclusion_phrases() -> Mapping[str, tuple[ExclusionPhrase, ...]]:
    """Those of each language, the longest first."""
    by_language: dict[str, dict[ExclusionPhrase, None]] = defaultdict(dict)
    for language, kind, needs, phrase in _rows():
        if kind == "exclude":
            before, _, after = phrase.partition("{x}")
            own = ExclusionPhrase(language, needs == "meaning", before.strip(), after.strip())
            by_language[language][own] = None
    return {
        language: tuple(sorted(phrases, key=lambda p: -len(p.before + p.after)))
        for language, phrases in by_language.items()
    }


@cache
def words_of_kind(kind: str) -> Mapping[str, tuple[str, ...]]:
    """The phrases of a kind without places, by language, the longest first."""
    by_language: dict[str, set[str]] = defaultdict(set)
    for language, own, _, phrase in _rows():
        if own == kind:
            by_language[language].add(phrase)
    return {language: tuple(sorted(words, key=len, reverse=True)) for language, words in by_language.items()}


@cache
def currencies_by_first() -> Mapping[str, tuple[CurrencyWord, ...]]:
    """How currencies are written, by the first character, the longest first."""
    return _grouped(_currency_words(), 0)


@cache
def currencies_by_last() -> Mapping[str, tuple[CurrencyWord, ...]]:
    """The same by the last character."""
    return _grouped(_currency_words(), -1)


@cache
def number_words() -> Mapping[str, tuple[NumberWord, ...]]:
    """Words that multiply, by their first character, the longest first."""
    by_first: dict[str, list[NumberWord]] = defaultdict(list)
    for _, row in read_table("number_words.tsv", ("language", "factor", "says", "written")):
        for written in _forms(row["written"].split("|")):
            says, language = row["says"], row["language"]
            word = NumberWord(written, language, int(row["factor"]), says == "number", says == "money")
            by_first[written[0]].append(word)
    return {first: tuple(sorted(words, key=_own_first)) for first, words in by_first.items()}


def _own_first(word: NumberWord) -> tuple[int, bool]:
    return -len(word.written), word.language == EVERY


@cache
def lone_numbers(language: str) -> re.Pattern[str] | None:
    """The words of a language that are numbers without a digit; None where there are none."""
    words = [word.written for each in number_words().values() for word in each if word.stands_alone]
    own = {word.written for each in number_words().values() for word in each if word.language == language}
    found = sorted(own.intersection(words), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, found))})(?!\w)") if found else None


@cache
def units(language: str) -> frozenset[str]:
    """The words of a language behind a number that is no price, and those of every language."""
    rows = read_table("unit_words.tsv", ("language", "words"))
    words = [word for _, row in rows if row["language"] in (EVERY, language) for word in row["words"].split(" ")]
    for entry_id, entry in lexicon(language).items() if language in LANGUAGES else ():
        if entry_id.startswith("unit:"):
            words += entry.texts()
    return frozenset(_forms(word.rstrip(".") for word in words))


@cache
def measures(language: str) -> tuple[str, ...]:
    """The words of a language that say what a number measures: *size*, *length*, *age*."""
    wanted = {f"name:{name}" for name in _MEASURES} | {"unit:size", "unit:year_age"}
    entries = lexicon(language).items() if language in LANGUAGES else ()
    words = [text for entry_id, entry in entries if entry_id in wanted for text in entry.texts()]
    return tuple(form for form in _forms(words) if len(form) > 1)


@cache
def young(language: str) -> tuple[str, ...]:
    """The words of a language for children: a small number behind them is an age."""
    entries = lexicon(language).items() if language in LANGUAGES else ()
    words = [text for entry_id, entry in entries if entry_id in _YOUNG for text in entry.texts()]
    return tuple(_forms(words))


def _currency_words() -> Iterator[CurrencyWord]:
    for _, row in read_table("currency_words.tsv", ("language", "currencies", "written")):
        codes = row["currencies"].split(" ")
        free = tuple(code for code in codes if not code.startswith("="))
        only_buyers = tuple(code[1:] for code in codes if code.startswith("="))
        for written in _forms(row["written"].split("|")):
            yield CurrencyWord(written, row["language"], free, only_buyers)


def _grouped(words: Iterable[CurrencyWord], place: int) -> Mapping[str, tuple[CurrencyWord, ...]]:
    grouped: dict[str, list[CurrencyWord]] = defaultdict(list)
    for word in words:
        grouped[word.written[place]].append(word)
    return {key: tuple(sorted(each, key=lambda word: -len(word.written))) for key, each in grouped.items()}


@cache
def _rows() -> tuple[tuple[str, str, str, str], ...]:
    """Language, kind, needs and one phrase.

    Raises:
        ValueError: with file and line, for a language or a kind that there is not.
    """
    found: list[tuple[str, str, str, str]] = []
    for number, row in read_table("constraint_phrases.tsv", ("language", "kind", "needs", "phrases")):
        language, kind, needs = row["language"], row["kind"], row["needs"]
        if language not in (EVERY, *LANGUAGES) or kind not in _KINDS or needs not in _NEEDS:
            raise ValueError(f"constraint_phrases.tsv, line {number}: {language} {kind} {needs} is not known")
        for phrase in row["phrases"].split("|"):
            for written in _written(phrase, language):
                found += [(language, kind, needs, form) for form in _forms([written])]
    return tuple(found)


def _written(phrase: str, language: str) -> Iterator[str]:
    """The choices of a phrase; without spaces where the language writes none."""
    parts = _CHOICE.split(phrase)
    choices = [part.split(",") if place % 2 else [part] for place, part in enumerate(parts)]
    for chosen in product(*choices):
        text = "".join(chosen)
        if language not in _UNSPACED:
            yield text
        if language in (*_UNSPACED, "ko"):
            yield text.replace(" ", "")


def _forms(words: Iterable[str]) -> Iterator[str]:
    """Words as they are compared: as a normalised text has them too, and typed without accents."""
    for word in words:
        normalised = normalise(word)
        yield from dict.fromkeys(map(comparable, (word, normalised, fold(normalised))))
