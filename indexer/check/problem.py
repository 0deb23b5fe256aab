"""A problem of a catalogue, and the texts that all problems share."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from indexer.check.tally import Example
from indexer.currency import minor_digits

_NAME_SHOWN = 60  # characters of a seller or category


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a catalogue that is wrong (`must_mend`) or worth a look."""

    subject: str
    text: str
    mend: str
    must_mend: bool = True
    listings: int = 0
    example: str = ""  # a listing id, or "record 17"


def amount(minor: int, currency: str) -> str:
    """1999, EUR -> '19.99'."""
    return f"{Decimal(minor).scaleb(-minor_digits(currency)):,f}"


def shorten(name: str) -> str:
    """A name of a catalogue, for a message: at most 60 characters."""
    return name if len(name) <= _NAME_SHOWN else f"{name[: _NAME_SHOWN - 1]}…"


def listings_text(count: int) -> str:
    """1 -> '1 listing', 2000 -> '2,000 listings'."""
    return f"{count:,} listing" if count == 1 else f"{count:,} listings"


def problem_of(subject: str, example: Example, text: str, mend: str, must_mend: bool = True) -> Problem:
    """The problem that the listings of an example have in common; `text` is for several of them."""
    verb = text if example.count != 1 else _singular(text)
    return Problem(
        subject, f"{listings_text(example.count)} {verb}", mend, must_mend, example.count, example.listing_id
    )


def _singular(text: str) -> str:
    """'have no image' -> 'has no image'."""
    verb, _, rest = text.partition(" ")
    return f"{'has' if verb == 'have' else verb + 's'} {rest}"
