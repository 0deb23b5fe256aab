"""Where the next page of a list begins. Pages neither repeat nor skip a listing.

The snapshot is immutable and ranking has no clock. So the same query at the same moment of the same
generation, answered by the same indexes with the same synonyms, is the same list. The cursor names
all of these, and the service keeps nothing between two requests.
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
    """The text is not a cursor of this query."""


class ExpiredCursor(ValueError):
    """The cursor's generation is no longer open, or its synonyms are no longer known."""


_SYNONYMS = "synonyms:"  # before the version of the synonyms, among the names of indexes
_REPAIRED = "repaired:"  # before the text that is searched for


@dataclass(frozen=True, slots=True)
class Cursor:
    generation: int
    now: int
    offset: int
    query: str  # `query_fingerprint`
    unavailable: tuple[Index, ...] = ()  # the index that the list is without since its first page
    synonyms: str = ""  # their version since the first page; "" without synonyms
    repaired: str = ""  # the text that the list is of, where it is not the query's own

    def __str__(self) -> str:
        labelled = ((_SYNONYMS, self.synonyms), (_REPAIRED, self.repaired))
        others = (label + value for label, value in labelled if value)
        plain = orjson.dumps([self.generation, self.now, self.offset, self.query, *self.unavailable, *others])
        return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def parse(text: str, query: Query) -> Cursor:
    """Read a cursor.

    Raises:
        InvalidCursor: it is not a cursor, or it belongs to another query.
    """
    try:
        plain = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        generation, now, offset, fingerprint, *others = plain
        synonyms, others = _labelled(_SYNONYMS, others)
        repaired, others = _labelled(_REPAIRED, others)
        unavailable = _indexes(others)
        cursor = Cursor(int(generation), int(now), int(offset), str(fingerprint), unavailable, synonyms, repaired)
    except (binascii.Error, ValueError, TypeError):
        raise InvalidCursor("cursor is not one that this service gave; leave it out for the first page") from None
    if cursor.query != query_fingerprint(query) or cursor.offset < 0:
        raise InvalidCursor("cursor belongs to another query; only size and explain may change between pages")
    return cursor


def _labelled(label: str, values: list[Any]) -> tuple[str, list[Any]]:
    """The value after a label, "" if there is none, and the other values."""
    own = [value for value in values if str(value).startswith(label)]
    return str(own[0]).removeprefix(label) if own else "", [value for value in values if value not in own]


def _indexes(names: list[Any]) -> tuple[Index, ...]:
    """No index or one of them: a list without both has no pages."""
    if len(names) > 1:
        raise ValueError(f"{len(names)} indexes are unavailable")
    return tuple(INDEXES[INDEXES.index(name)] for name in names)


def query_fingerprint(query: Query) -> str:
    """A hash of everything that the pages of one list have in common.

    Only the page size and `explain`, which is no part of a query, may change between pages. The
    moment is in the cursor itself.
    """
    common = replace(query, now=0, size=1, cursor=None)
    return hashlib.blake2b(repr(common).encode(), digest_size=9).hexdigest()
