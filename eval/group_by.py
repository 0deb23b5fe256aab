"""By: what the rows of a table are."""

from __future__ import annotations

from enum import StrEnum


class By(StrEnum):
    """One row a locale, one row a kind of topic; or both, a table each."""

    LOCALE = "locale"
    KIND = "kind"
    BOTH = "both"
