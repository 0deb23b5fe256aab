"""Currencies by ISO 4217 and their minor units, from Babel (CLDR)."""

from __future__ import annotations

from functools import cache


@cache
def is_currency(code: str) -> bool:
    """Whether `code` is a currency in CLDR: three upper case letters."""
    from babel.numbers import list_currencies

    return code in list_currencies()


_ISO_4217 = {
    **dict.fromkeys(("AFN", "ALL", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SLL", "SOS", "SYP", "YER"), 2),
    "IQD": 3,
}
"""Currencies that ISO 4217 gives more digits than CLDR, which counts the digits people write.

Amounts in files are in ISO's minor units."""


@cache
def minor_digits(code: str) -> int:
    """Digits of the minor unit by ISO 4217: 2 for USD, 0 for JPY, 3 for KWD."""
    from babel.numbers import get_currency_precision

    return _ISO_4217.get(code) or get_currency_precision(code)


_TOO_SMALL = frozenset(
    {"ARS", "CDF", "COP", "IDR", "IQD", "IRR", "KHR", "LAK", "LBP", "MGA", "MMK", "MNT", "MWK", "NGN", "SLL", "SYP"}
    | {"TZS", "UZS"}
)
"""Currencies with a fraction by ISO 4217 that no price has: a thousand units are about a euro."""


@cache
def has_no_fraction(code: str) -> bool:
    """Whether prices in this currency are whole units, even where ISO 4217 gives it digits."""
    return code in _TOO_SMALL or minor_digits(code) == 0
