"""Currencies by ISO 4217, as Babel (CLDR) knows them."""

from __future__ import annotations

from functools import cache


@cache
def is_currency(code: str) -> bool:
    """Whether `code` is a currency that CLDR knows: upper case, three letters."""
    from babel.numbers import list_currencies

    return code in list_currencies()


@cache
def minor_digits(code: str) -> int:
    """Digits after the decimal point: 2 for USD, 0 for JPY, 3 for KWD."""
    from babel.numbers import get_currency_precision

    return get_currency_precision(code)
