"""Reads an amount of money as people write it, and converts it to minor units, exactly.

A text that can mean two amounts is refused: ``1.015 EUR`` is about one euro or about a thousand.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from indexer.currency import has_no_fraction, is_currency, minor_digits
from indexer.listing import InvalidRecord

TEXT_MAX = 60  # characters of an amount; longer ones are sentences
_DIGITS_MAX = 20

_SIGNS: dict[str, tuple[str, ...]] = {
    "€": ("EUR",), "EURO": ("EUR",), "EUROS": ("EUR",), "£": ("GBP",), "₹": ("INR",), "RS": ("INR", "PKR", "LKR"),
    "₽": ("RUB",), "РУБ": ("RUB",), "₩": ("KRW",), "원": ("KRW",),
    "円": ("JPY",), "元": ("CNY",), "RMB": ("CNY",), "¥": ("JPY", "CNY"), "₺": ("TRY",), "TL": ("TRY",),
    "₴": ("UAH",), "ГРН": ("UAH",), "₪": ("ILS",), "₫": ("VND",), "Đ": ("VND",), "฿": ("THB",), "บาท": ("THB",),
    "₱": ("PHP",), "₦": ("NGN",), "₸": ("KZT",), "ZŁ": ("PLN",), "KČ": ("CZK",), "FT": ("HUF",), "RP": ("IDR",),
    "RM": ("MYR",), "LEI": ("RON", "MDL"), "ЛВ": ("BGN",), "FR.": ("CHF",), "SFR": ("CHF",),
    "KR": ("SEK", "NOK", "DKK", "ISK"), "R$": ("BRL",), "US$": ("USD",),
    "CA$": ("CAD",), "C$": ("CAD",), "AU$": ("AUD",), "A$": ("AUD",), "NZ$": ("NZD",), "HK$": ("HKD",), "NT$": ("TWD",),
    "S$": ("SGD",), "MX$": ("MXN",), "ر.س": ("SAR",), "﷼": ("SAR", "IRR"), "د.إ": ("AED",), "ج.م": ("EGP",),
    "SR": ("SAR",), "Р": ("RUB",),
    "$": ("USD", "CAD", "AUD", "NZD", "MXN", "SGD", "HKD", "TWD", "CLP", "COP", "ARS"),
}  # fmt: skip
"""The currencies that a sign or a word can mean, in upper case."""

_ABBREVIATIONS = frozenset({"RS.", "РУБ.", "Р.", "ГРН.", "ЛВ.", "SFR.", "KR.", "ر.س.", "د.إ.", "ج.م."})
"""Words that a full stop may follow. After a sign it begins the fraction: €.99."""

_HUNDREDTHS = {"GBp": "GBP", "GBX": "GBP", "ZAc": "ZAR", "ZAC": "ZAR"}
"""Pence and cents as exchanges write them: read as the currency they would cost a hundred times."""

_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼ`´′٬"), "'")
_POINTS = {ord("٫"): ".", ord("·"): "."}
_MINUS = re.compile("^[-−–]|(?<=[^\\d])[-−–](?=\\d)")
_PARTS = re.compile(
    r"^(?P<before>(?:[^\d.,'-]*[^\d.,'\s-]\.)*[^\d.,'-]*) ?"
    r"(?P<number>[.,]?\d[\d.,' ]*?)(?P<dash>[.,][-–—]{1,2})? ?"  # 15,- is 15 of a whole currency
    r"(?P<after>[^\d,'-]*)$"
)
_ROUND = re.compile(r"^\d+$")
_POINT = re.compile(r"^(?P<whole>\d*)(?P<point>[.,])(?P<fraction>\d+)$")
_GROUPED = re.compile(
    r"^(?P<whole>\d{1,3}(?P<group>[.,' ])\d{3}(?:(?P=group)\d{3})*)(?:(?P<point>[.,])(?P<fraction>\d+))?$"
)
_THOUSANDS = re.compile(r"^[1-9]\d{0,2}(?P<group>[.,' ])\d{3}(?:(?P=group)\d{3})*$")
_INDIAN = re.compile(r"^(?P<whole>\d{1,2}(?:,\d{2})+,\d{3})(?:(?P<point>\.)(?P<fraction>\d+))?$")


@dataclass(frozen=True, slots=True)
class AmountStyle:
    """How a file writes its amounts.

    `decimal` is the separator before the fraction, ``.`` or ``,``; None if it is not known. An
    amount without a currency is in `currency`. `home` is the currency of the feed's country, which
    says whose ``$`` or ``kr`` is meant.
    """

    currency: str | None = None
    decimal: str | None = None
    home: str | None = None


@lru_cache(maxsize=8192)
def read_amount(field: str, text: str, style: AmountStyle) -> tuple[int, str]:
    """Minor units and currency of an amount such as "19.99 EUR", "€ 1.299,00" or "1,450.00 usd".

    Raises:
        InvalidRecord: it is not an amount, it can mean two, or it names no currency.
    """
    plain = _plain(text)
    if _MINUS.search(plain):
        raise InvalidRecord(field, text, "must not be negative")
    parts = _PARTS.match(plain) if len(plain) <= TEXT_MAX else None
    if parts is None:
        raise InvalidRecord(field, text, "is not a price such as '19.99 EUR'")
    currency = _currency(field, text, (parts["before"].strip(), parts["after"].strip()), style)
    number = parts["number"].strip()
    if parts["dash"] and _THOUSANDS.match(number):
        number = re.sub(r"\D", "", number)  # the dash of 1.200,- stands for the fraction
    amount = _number(field, text, number, style.decimal, currency)
    return to_minor(field, text, amount, currency), currency


def read_decimal(field: str, text: str, decimal: str | None) -> Decimal:
    """The number in `text`, which names no currency.

    Raises:
        InvalidRecord: it is not a number, or can mean two.
    """
    plain = _plain(text)
    if len(plain) > TEXT_MAX or not plain.removeprefix("-")[:1].strip("'"):
        raise InvalidRecord(field, text, _not_a_number(decimal))
    sign = -1 if plain.startswith("-") else 1
    return sign * _number(field, text, plain.removeprefix("-"), decimal, None)


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


def _plain(text: str) -> str:
    """`text` with plain digits, spaces and apostrophes."""
    text = text.strip()
    if not text.isascii():
        text = text.translate(_POINTS).translate(_APOSTROPHES)
        text = "".join(map(_plain_character, text[: TEXT_MAX + 1]))
    return " ".join(text.split())


def _plain_character(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    kind = unicodedata.category(character)
    if kind == "Zs":
        return " "
    if kind == "Cf":  # marks of the writing direction around Arabic and Hebrew amounts
        return ""
    return unicodedata.normalize("NFKC", character) if "！" <= character <= "￦" else character


def _currency(field: str, text: str, signs: tuple[str, ...], style: AmountStyle) -> str:
    """The currency that the texts before and after a number name."""
    signs = tuple(sign for sign in " ".join(signs).split() if sign)
    if hundredths := next((sign for sign in signs if sign in _HUNDREDTHS), None):
        whole = _HUNDREDTHS[hundredths]
        raise InvalidRecord(field, text, f"is in hundredths of {whole}: write it as '19.99 {whole}'")
    named = [_currencies(sign.upper()) for sign in signs]
    if not named:
        if style.currency is None:
            raise InvalidRecord(field, text, "names no currency: write it as '19.99 EUR', or give a default currency")
        return style.currency
    choices = [code for code in named[0] if all(code in others for others in named)]
    if not choices:
        unknown = [sign for sign in signs if not _currencies(sign.upper())]
        if not unknown:
            raise InvalidRecord(field, text, "names two currencies: write one, as in '19.99 EUR'")
        if len(unknown[0]) == 3 and unknown[0].isascii() and unknown[0].isalpha():
            raise InvalidRecord("currency", unknown[0], "is not an ISO 4217 code")
        raise InvalidRecord(field, text, "is not a price such as '19.99 EUR'")
    if len(choices) == 1:
        return choices[0]
    for likely in (style.currency, style.home):
        if likely in choices:
            return str(likely)
    raise InvalidRecord(field, text, f"may be in {', '.join(choices[:3])}: write the code of its currency")


def _currencies(sign: str) -> tuple[str, ...]:
    if len(sign) == 3 and sign.isascii() and is_currency(sign):
        return (sign,)
    return _SIGNS.get(sign) or (_SIGNS.get(sign[:-1], ()) if sign in _ABBREVIATIONS else ())


def _number(field: str, text: str, number: str, decimal: str | None, currency: str | None) -> Decimal:
    """The value of digits and separators.

    Raises:
        InvalidRecord: they are not a number, or can mean two.
    """
    if len(number) <= _DIGITS_MAX * 2:
        if _ROUND.match(number):
            return Decimal(number)
        point = _POINT.match(number)
        if point and decimal is None:
            return _with_unknown_point(field, text, point, currency)
        if point and decimal == point["point"]:
            return Decimal(f"{point['whole'] or 0}.{point['fraction']}")
        for pattern in (_GROUPED, _INDIAN):
            grouped = pattern.match(number)
            if grouped and _is_well_grouped(grouped, decimal):
                whole = re.sub(r"\D", "", grouped["whole"])
                return Decimal(f"{whole}.{grouped['fraction'] or 0}")
    raise InvalidRecord(field, text, _not_a_number(decimal))


def _not_a_number(decimal: str | None) -> str:
    return f"is not a number with {decimal!r} before the fraction" if decimal else "is not a number such as 1299.00"


def _is_well_grouped(grouped: re.Match[str], decimal: str | None) -> bool:
    group = grouped.groupdict().get("group") or ","
    if grouped["point"] == group or (grouped["whole"].startswith("0")):
        return False
    return decimal is None or (group != decimal and grouped["point"] in (None, decimal))


def _with_unknown_point(field: str, text: str, point: re.Match[str], currency: str | None) -> Decimal:
    """The value of digits with one separator, which may precede the fraction or the thousands.

    Three digits after it are thousands in a currency without a fraction (JPY), or of which nobody
    writes one (IDR), and a fraction after a point in one of three digits (KWD), as feeds are
    specified. Otherwise they can be both.
    """
    whole, fraction = point["whole"], point["fraction"]
    could_be_thousands = len(fraction) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")
    if could_be_thousands and currency is not None and is_currency(currency):
        digits = minor_digits(currency)
        if has_no_fraction(currency):
            return Decimal(whole + fraction)
        could_be_thousands = not (digits == 3 and point["point"] == ".")
    if could_be_thousands:
        reason = f"can mean {whole}{fraction} or {whole}.{fraction}: write it with two digits after the point"
        raise InvalidRecord(field, text, reason)
    return Decimal(f"{whole or 0}.{fraction}")
