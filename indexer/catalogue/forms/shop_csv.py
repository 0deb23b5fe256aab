"""What the product exports of shop systems (Shopify, WooCommerce) share.

A row of such a file is not always an offer: it can be a picture, a draft, or a product whose
variants are the offers. Such a row becomes `LeftOut`, so that listings, rejected and left out rows
add up to the rows of the file.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from indexer.catalogue.amounts import AmountStyle, read_amount
from indexer.catalogue.records import Record, refuse
from indexer.listing import ID_MAX, InvalidRecord, LeftOut, Rejected

Row = Mapping[str, str]
"""The cells of a row that are not blank, by the column's name in this project."""

RawRows = Iterable[tuple[int, Record | Rejected]]
Outcomes = Iterator[tuple[int, Record | Rejected | LeftOut]]


class UniqueIds:
    """Gives each listing an id of its own. About 8 bytes for each id are kept."""

    _RECENT_MAX = 1 << 16

    def __init__(self) -> None:
        self._recent: set[int] = set()
        self._older = np.empty(0, np.uint64).data  # sorted; bisection in it is fast

    def take(self, *choices: str | None) -> str:
        """The first choice that is free, without white space; the last one numbered if none is.

        A sequence of white space becomes a hyphen. Choices that are None are skipped.
        """
        ids = [to_id(choice) for choice in choices if choice]
        for listing_id in ids:
            if self._add(listing_id):
                return listing_id
        number = 2
        while not self._add(f"{ids[-1]}-{number}"):
            number += 1
        return f"{ids[-1]}-{number}"

    def _add(self, listing_id: str) -> bool:
        """Whether `listing_id` was free; it is taken then."""
        code = hash(listing_id) & (2**64 - 1)
        position = bisect_left(self._older, code)
        if code in self._recent or (position < len(self._older) and self._older[position] == code):
            return False
        self._recent.add(code)
        if len(self._recent) == self._RECENT_MAX:
            recent = np.fromiter(self._recent, np.uint64, len(self._recent))
            merged = np.concatenate([np.asarray(self._older), recent])
            merged.sort()
            self._older = merged.data
            self._recent = set()
        return True


def to_id(text: str) -> str:
    """`text` without white space, and short enough for an id: `BM 01` is `BM-01`."""
    return "-".join(text.split())[:ID_MAX]


def convert_rows(rows: RawRows, columns: Mapping[str, str], convert: Callable[[Row], Record | str]) -> Outcomes:
    """Each row converted; `columns` gives the name in this project of each column that counts.

    `convert` gives the reason, a text, where it leaves a row out.
    """
    for number, raw in rows:
        if isinstance(raw, Rejected):
            yield number, raw
            continue
        row = {columns[name]: text for name, cell in raw.items() if name in columns and (text := str(cell).strip())}
        try:
            converted = convert(row) if row else "a blank row"
            yield number, LeftOut(number, converted) if isinstance(converted, str) else converted
        except InvalidRecord as error:
            yield number, refuse(number, error)


def known_columns(header: Sequence[str], names: Mapping[str, str]) -> dict[str, str]:
    """The columns of `header` that `names` knows, with their names in this project.

    Case and the kind of white space do not count. Of two columns with one name, the first counts.
    """
    columns: dict[str, str] = {}
    for column in header:
        name = names.get(fold_header(column))
        if name is not None and name not in columns.values():
            columns[column] = name
    return columns


def fold_header(header: str) -> str:
    """A header in lower case, with plain quotes and spaces, none before a question mark."""
    return " ".join(header.replace("’", "'").casefold().split()).replace(" ?", "?")


def price_minor(field: str, text: str | None, currency: str) -> int:
    """Minor units of an amount as a shop system writes it: 19.99, 19,99, 1,299.00.

    Raises:
        InvalidRecord: it is missing, no amount, or names another currency.
    """
    if text is None:
        raise InvalidRecord(field, text, "is missing")
    minor, named = read_amount(field, text.lstrip("'"), AmountStyle(currency, home=currency))
    if named != currency:
        raise InvalidRecord(field, text, f"is not in {currency}, the currency of the export")
    return minor


def quantity(text: str) -> int | None:
    """A whole number in stock, 0 for one below zero (oversold); None for what is no number.

    A comma before three digits groups thousands; a point does not: shops export ``5.000`` for 5.
    """
    digits = text.lstrip("'")
    if re.fullmatch(r"\+?\d{1,3}(?:,\d{3})+", digits):
        return int(digits.replace(",", ""))
    if not re.fullmatch(r"[+-]?\d{1,9}(?:[.,]\d*)?", digits):
        return None
    return max(0, int(re.split("[.,]", digits)[0]))


def with_options(title: str, options: Iterable[str]) -> str:
    """`title` and the values of a variant's options that it does not hold as a word."""
    for value in options:
        if not re.search(rf"(?<!\w){re.escape(value)}(?!\w)", title, re.IGNORECASE):
            title = f"{title} {value}"
    return title


def path(text: str) -> list[str]:
    """The parts of a category path: `Clothing > Shirts`."""
    return [part for part in map(str.strip, text.split(">")) if part]
