"""Counts what was left out of listings that were kept."""

from __future__ import annotations

from collections import Counter

Reason = tuple[str, str]

NOT_LOWER: Reason = ("sale", "is not below the price")
NO_TIME: Reason = ("sale", "ends before it starts")
FREE_SALE: Reason = ("sale", "is free of charge")
PICKUP_ONLY: Reason = ("shipping", "is for collection in a shop only")
UNKNOWN_AVAILABILITY: Reason = ("availability", "is not known, so the stock is not known")
UNKNOWN_QUANTITY: Reason = ("quantity", "is not a number, so the stock is not known")


class Notes:
    """How many listings lost something for a reason, (field, reason), and the id of the first."""

    def __init__(self) -> None:
        self.counts: Counter[Reason] = Counter()
        self.examples: dict[Reason, str] = {}

    def add(self, reason: Reason, listing_id: str) -> None:
        """Count one more listing."""
        self.counts[reason] += 1
        self.examples.setdefault(reason, listing_id)
