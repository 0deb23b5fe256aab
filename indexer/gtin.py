"""Reads a GTIN: the number of a product that is unique in the world.

EAN, UPC, ISBN and GTIN-14 are one number space: each is written with 14 digits, with zeros in
front. The last digit is a check digit: GS1 General Specifications, section 7.9.
"""

from __future__ import annotations

import re
import unicodedata

LENGTHS = (8, 11, 12, 13, 14)
"""Digits of EAN-8, UPC-A that a spreadsheet took the zero in front from, UPC-A, EAN-13, GTIN-14."""

_SEPARATORS = re.compile(r"[\s\-‐‑–.]+")
_PREFIXES_13 = ("02", "04", "05", "2", "98", "99", "952", "0000000")
"""GTIN-13: numbers that each shop gives by itself, coupons, and examples."""
_PREFIXES_8 = ("0", "2")


def read_gtin(text: str) -> str | None:
    """The 14 digits of the GTIN in `text`; None where it is none, or is not unique.

    Numbers that a shop may give by itself (prefixes 02, 04, 2) name other goods in other shops, and
    so are not unique. An ISBN of ten digits becomes its number of thirteen.
    """
    digits = _digits(text)
    return None if _problem(digits) else _pad(digits)


def gtin_problem(text: str) -> str | None:
    """Why `text` is not the GTIN of one product; None where it is."""
    return _problem(_digits(text))


def _problem(digits: str) -> str | None:
    if not digits.isdigit():
        return "is not a number of 8, 12, 13 or 14 digits"
    if len(digits) not in LENGTHS or not digits.strip("0"):
        return f"has {len(digits)} digits; a GTIN has 8, 12, 13 or 14"
    padded = _pad(digits)
    if check_digit(padded[:13]) != padded[13]:
        return "ends with a wrong check digit"
    is_short = padded.startswith("000000")
    if padded[6:].startswith(_PREFIXES_8) if is_short else padded[1:].startswith(_PREFIXES_13):
        return "is a number that each shop may give by itself, so that it names no product"
    return None


def printed_gtins(text: str) -> list[str]:
    """The forms of a GTIN that people type: 8, 12 or 13 digits, as printed below its bars.

    A text that is no GTIN of one product has one form, as it is.
    """
    padded = read_gtin(text)
    if padded is None:
        return [text]
    lengths = [length for length in (8, 12, 13) if padded.startswith("0" * (14 - length))]
    return [padded[14 - length :] for length in lengths] or [padded]


def check_digit(digits: str) -> str:
    """The digit that completes `digits`: weights 3 and 1 from the right, modulo 10."""
    return str(-(3 * sum(map(int, digits[-1::-2])) + sum(map(int, digits[-2::-2]))) % 10)


def _digits(text: str) -> str:
    if text.isascii() and text.isdigit() and len(text) != 10:
        return text
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text[:100]).strip("'\"= "))
    return _isbn_13(plain) or plain


def _isbn_13(text: str) -> str | None:
    """The thirteen digits of an ISBN of ten; None where `text` is none."""
    if len(text) != 10 or not (text[:9].isdigit() and (text[9].isdigit() or text[9] in "Xx")) or not text.isascii():
        return None
    total = sum((10 - position) * (10 if digit in "Xx" else int(digit)) for position, digit in enumerate(text))
    return None if total % 11 or not text.strip("0") else f"978{text[:9]}{check_digit('978' + text[:9])}"


def _pad(digits: str) -> str:
    return digits.zfill(14)
