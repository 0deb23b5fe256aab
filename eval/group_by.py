"""GroupBy: what a row of an evaluation table stands for."""

from __future__ import annotations

from enum import StrEnum


class GroupBy(StrEnum):
    """A row for each locale, for each kind of topic, or for each topic.

    BOTH makes a table by locale and one by kind.
    """

    LOCALE = "locale"
    KIND = "kind"
    BOTH = "both"
    TOPIC = "topic"
