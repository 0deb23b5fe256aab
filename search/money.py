"""Amounts of money as a shopper of a locale writes them."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from indexer.currency import minor_digits
from languages.locale import Locale


@lru_cache(maxsize=50_000)
def money(amount_minor: int, currency: str, locale: Locale) -> str:
    """1999, EUR, de -> ``19,99 €``; a locale CLDR does not know is written as in English."""
    from babel.core import UnknownLocaleError
    from babel.numbers import format_currency

    amount = Decimal(amount_minor).scaleb(-minor_digits(currency))
    try:
        return format_currency(amount, currency, locale=str(locale).replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return format_currency(amount, currency, locale="en")
