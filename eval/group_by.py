"""GroupBy: what a row of an evaluation table stands for."""

from __future__ import annotations

from enum import StrEnum


class GroupBy(StrEnum):
    """A row for each locale, or for each kind of topic; BOTH makes a table of each."""

    LOCALE = "locale"
    KIND = "kind"
    BOTH = "both"
