"""Converts an amount of money to minor units, exactly."""

from __future__ import annotations

from decimal import Decimal

from indexer.currency import is_currency, minor_digits
from indexer.listing import InvalidRecord


def to_minor(field: str, value: object, amount: Decimal, currency: str) -> int:
    """`amount` in minor units, exactly.

    Raises:
        InvalidRecord: the currency is unknown, `amount` is not a finite number, or it has more
            digits than the currency.
    """
    if len(currency) != 3 or not is_currency(currency):
        raise InvalidRecord("currency", currency, "is not an ISO 4217 code")
    if not amount.is_finite() or abs(amount) >= 2**62:
        raise InvalidRecord(field, value, "is not an amount of money")
    minor = amount.scaleb(minor_digits(currency))
    if minor != minor.to_integral_value():
        raise InvalidRecord(field, value, f"has more digits than {currency} ({minor_digits(currency)} after the point)")
    return int(minor)
