"""What is read from a query's words: one condition, and a text with all of its conditions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

ConstraintKind = Literal["price_max", "price_min", "price_between", "exclude"]


@dataclass(frozen=True, slots=True)
class Constraint:
    """A condition of a query, and the words that say it: ``text`` is their slice of the query.

    Amounts are in major units of `currency`, an ISO 4217 code; None is the buyer's currency.
    `excluded` has the words for what is not wanted.
    """

    kind: ConstraintKind
    start: int
    stop: int
    text: str
    amount_min: Decimal | None = None
    amount_max: Decimal | None = None
    currency: str | None = None
    excluded: str = ""


@dataclass(frozen=True, slots=True)
class ConstrainedText:
    """A text, its conditions in order, without overlaps, and the words that are left."""

    text: str
    constraints: tuple[Constraint, ...]
    rest: str
