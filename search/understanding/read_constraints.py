"""The conditions that a query says in words, as the engine applies them.

A price becomes a filter of the landed price, converted to the buyer's currency. What is not wanted
becomes parts, as those of a query, and listings that say them are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from indexer.currency import minor_digits
from indexer.market import Rates
from languages.constraints.constraint import Constraint
from languages.constraints.parse import LIKELY, parse, text_without
from ranking.query import Query, QueryConstraint
from search.understanding.query_parts import split_query


def read_constraints(
    query: Query, text: str, languages: Mapping[str, float], currency: str, rates: Rates
) -> tuple[str, tuple[QueryConstraint, ...]]:
    """The words that are left of a normalised text, and its conditions.

    A price in a currency without a rate is not read. The buyer's own language counts as likely.
    """
    if not query.constraints:
        return text, ()
    own = query.locale.language
    likely = {**languages, own: max(LIKELY, languages.get(own, 0.0))}
    parsed = parse(text, likely, currency)
    read = [one for one in parsed.constraints if one.currency is None or rates.knows(one.currency)]
    if not read:
        return text, ()
    constraints = tuple(_applied(one, languages, currency, rates) for one in read)
    return text_without(text, read), constraints


def _applied(constraint: Constraint, languages: Mapping[str, float], currency: str, rates: Rates) -> QueryConstraint:
    if constraint.kind == "exclude":
        parts = split_query(constraint.excluded, languages)
        return QueryConstraint("exclude", constraint.text, excluded=constraint.excluded, parts=parts)
    written = constraint.currency or currency
    return QueryConstraint(
        constraint.kind,
        constraint.text,
        _minor(constraint.amount_min, written, currency, rates),
        _minor(constraint.amount_max, written, currency, rates),
    )


def _minor(amount: Decimal | None, written: str, currency: str, rates: Rates) -> int | None:
    """An amount in minor units of the buyer's currency."""
    if amount is None:
        return None
    minor = amount.scaleb(minor_digits(written))
    return round(minor) if written == currency else round(float(minor) * rates.minor_to_minor(written, currency))
