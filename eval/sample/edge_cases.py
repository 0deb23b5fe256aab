"""Odd listings: valid records as nobody should write them, for whoever reads catalogues to cope with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from indexer.listing import TITLE_MAX, Listing


def make_odd(listing: Listing, way: int) -> Listing:
    """The same listing, spoilt in one of the ways below; every number 1, 2 ... takes the next."""
    return _WAYS[(way - 1) % len(_WAYS)](listing)


def _bare(listing: Listing) -> Listing:
    """Nothing but what a record must have."""
    return replace(
        listing, description=None, brand=None, model=None, gtin=None, category=(), attributes={}, sale=None,
        stock=None, rating_mean=None, rating_count=None, units_sold=None, created_at=None, updated_at=None,
    )  # fmt: skip


def _endless(listing: Listing) -> Listing:
    """A title as long as a title may be."""
    return replace(listing, title=(f"{listing.title} · " * TITLE_MAX)[:TITLE_MAX].rstrip())


def _marked_up(listing: Listing) -> Listing:
    """Mark-up that a shop's editor left in the texts."""
    text = listing.description or listing.title
    return replace(listing, title=f"<b>{listing.title}</b>&nbsp;", description=f"<p style='color:red'>{text}</p><br>")


def _invisible(listing: Listing) -> Listing:
    """Zero-width spaces between the words, and a direction mark in front."""
    return replace(listing, title="\u200f" + listing.title.replace(" ", " \u200b"))


def _decorated(listing: Listing) -> Listing:
    """More ornament than title."""
    return replace(listing, title=f"★★★ ☆彡 {listing.title} 彡☆ ★★★ ➤➤➤ !!!")


def _number(listing: Listing) -> Listing:
    """A stock number for a title."""
    return replace(listing, title=listing.listing_id.removeprefix("L"))


def _one_cent(listing: Listing) -> Listing:
    """A price that means 'ask us'."""
    return replace(listing, price_minor=1, sale=None)


def _unreachable(listing: Listing) -> Listing:
    """No template: it ships anywhere, nobody knows when."""
    return replace(listing, shipping_template=None, ships_from=None)


_WAYS: tuple[Callable[[Listing], Listing], ...] = (
    _bare, _endless, _marked_up, _invisible, _decorated, _number, _one_cent, _unreachable,
)  # fmt: skip
