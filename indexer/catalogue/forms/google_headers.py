"""The attribute that a column of a Google product feed holds, in whatever language its header is.

Merchant Center's templates write `Titel [title]`: the name in brackets counts. A header in another
language alone is looked up in ``google_headers.tsv``, and an availability in
``google_availability.tsv``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_BRACKETS = re.compile(r"(.*?)\[(.+?)\](.*)")
_REQUIRED = ("id", "title", "price")


def attribute_name(header: str) -> str:
    """An attribute's name in one spelling: ``g:Sale Price``, ``Angebotspreis [sale_price]``.

    A header that is not known stays as it is, in lower case with underscores.
    """
    if match := _BRACKETS.fullmatch(header.strip()):
        inside = _one_spelling(match[2])
        outside = _one_spelling(match[1] + match[3])
        # Old templates write it the other way round: title [Titel].
        return outside if outside in _attributes() and inside not in _attributes() else inside
    name = _one_spelling(header)
    return _translations().get(name, name)


def availability(text: str) -> str:
    """Google's value for an availability in another language; any other text as it is."""
    return _availabilities().get(_one_spelling(text), text)


def missing_columns(header: Iterable[str]) -> list[str]:
    """The columns that every feed has and `header` lacks."""
    names = {attribute_name(column).partition("(")[0] for column in header}
    return [name for name in _REQUIRED if name not in names]


def _one_spelling(name: str) -> str:
    return re.sub(r"[\s_]+", "_", name.strip().lower().removeprefix("g:").strip())


@cache
def _translations() -> dict[str, str]:
    """The attribute of each header in another language."""
    return _table("google_headers.tsv")


@cache
def _availabilities() -> dict[str, str]:
    return _table("google_availability.tsv")


def _table(name: str) -> dict[str, str]:
    """The first cell of a line for each of its others."""
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {_one_spelling(other): first for first, *others in rows for other in others}


@cache
def _attributes() -> frozenset[str]:
    return frozenset(_translations().values())
