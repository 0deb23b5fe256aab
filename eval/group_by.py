"""GroupBy: what the rows of a table are."""

from __future__ import annotations

from enum import StrEnum


class GroupBy(StrEnum):
    """One row a locale, one row a kind of topic; or both, a table each."""

    LOCALE = "locale"
    KIND = "kind"
    BOTH = "both"
