"""Edge cases: valid listings with unusual content, which readers of catalogues must accept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from indexer.listing import TITLE_MAX, Listing


def make_edge_case(listing: Listing, way: int) -> Listing:
    """The listing changed in one of the ways below. `way` counts from 1 and wraps around."""
    return _WAYS[(way - 1) % len(_WAYS)](listing)


def _only_required_fields(listing: Listing) -> Listing:
    return replace(
        listing, description=None, brand=None, model=None, gtin=None, category=(), attributes={}, sale=None,
        stock=None, rating_mean=None, rating_count=None, units_sold=None, created_at=None, updated_at=None,
    )  # fmt: skip


def _longest_title(listing: Listing) -> Listing:
    return replace(listing, title=(f"{listing.title} · " * TITLE_MAX)[:TITLE_MAX].rstrip())


def _html(listing: Listing) -> Listing:
    """HTML that a shop's editor left in the texts."""
    text = listing.description or listing.title
    return replace(listing, title=f"<b>{listing.title}</b>&nbsp;", description=f"<p style='color:red'>{text}</p><br>")


def _invisible_characters(listing: Listing) -> Listing:
    """Zero-width spaces between the words, and a direction mark at the start."""
    return replace(listing, title="\u200f" + listing.title.replace(" ", " \u200b"))


def _decorated(listing: Listing) -> Listing:
    """More decoration than title."""
    return replace(listing, title=f"★★★ ☆彡 {listing.title} 彡☆ ★★★ ➤➤➤ !!!")


def _number_as_title(listing: Listing) -> Listing:
    return replace(listing, title=listing.listing_id.removeprefix("L"))


def _one_cent(listing: Listing) -> Listing:
    """A price that stands for "contact the seller"."""
    return replace(listing, price_minor=1, sale=None)


def _no_shipping(listing: Listing) -> Listing:
    """No shipping template: costs and days are not known."""
    return replace(listing, shipping_template=None, ships_from=None)


_WAYS: tuple[Callable[[Listing], Listing], ...] = (
    _only_required_fields, _longest_title, _html, _invisible_characters, _decorated, _number_as_title, _one_cent,
    _no_shipping,
)  # fmt: skip
