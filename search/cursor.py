"""Cursor: where the next page begins. A list is frozen by its generation and time: pages neither repeat nor skip.

The snapshot is immutable and ranking has no clock, so the same query at the same moment of the same generation, asked
of the same indexes, is the same list; the cursor names all of these, and nothing has to be remembered between two
requests.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, replace
from typing import Any

import orjson

from ranking.query import Query
from search.page import INDEXES, Index


class InvalidCursor(ValueError):
    """Not a cursor of this query."""


class ExpiredCursor(ValueError):
    """Its generation is no longer held."""


@dataclass(frozen=True, slots=True)
class Cursor:
    generation: int
    now: int
    offset: int
    query: str  # digest of all else that was asked
    away: tuple[Index, ...] = ()  # the index that the list is without, for it did not answer the first page

    def __str__(self) -> str:
        plain = orjson.dumps([self.generation, self.now, self.offset, self.query, *self.away])
        return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def parse(text: str, query: Query) -> Cursor:
    """Read a cursor.

    Raises:
        InvalidCursor: it is none, or another query's.
    """
    try:
        plain = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        generation, now, offset, asked, *away = plain
        cursor = Cursor(int(generation), int(now), int(offset), str(asked), _away(away))
    except (binascii.Error, ValueError, TypeError):
        raise InvalidCursor("cursor is not one that this service gave; leave it out for the first page") from None
    if cursor.query != digest(query) or cursor.offset < 0:
        raise InvalidCursor(
            "cursor belongs to another query; words, locale, country, filters and sort must stay the same"
        )
    return cursor


def _away(names: list[Any]) -> tuple[Index, ...]:
    """None or one of the indexes: a list without either has no pages."""
    if len(names) > 1:
        raise ValueError(f"{len(names)} indexes are away")
    return tuple(INDEXES[INDEXES.index(name)] for name in names)


def digest(query: Query) -> str:
    """What a cursor's pages have in common: everything asked but the page's size and the moment."""
    same = replace(query, now=0, size=1, cursor=None)
    return hashlib.blake2b(repr(same).encode(), digest_size=9).hexdigest()
