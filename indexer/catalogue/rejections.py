"""Rejections that need more than the record itself: the reference data, or the records before."""

from __future__ import annotations

from collections.abc import Container, Sequence

from indexer.catalogue.records import VALUE_MAX
from indexer.listing import Listing, Rejected
from indexer.market import Rates


def reference_problem(
    number: int, listing: Listing, rates: Rates, templates: Sequence[Container[str]]
) -> Rejected | None:
    """Why a listing does not fit the reference data; None where it does.

    Its shipping template, if it has one, must be in one of `templates`.
    """
    if not rates.knows(listing.currency):
        reason = f"has no exchange rate (rates of {rates.date}); add it with --rates"
        return Rejected(number, "currency", listing.currency, reason)
    template = listing.shipping_template
    if template is None or any(template in known for known in templates):
        return None
    return Rejected(
        number, "shipping_template", template[:VALUE_MAX], "is not in the shipping templates; see --shipping"
    )


def repeated_id(number: int, listing_id: str) -> Rejected:
    """The rejection of a listing whose id an earlier one has."""
    return Rejected(number, "listing_id", listing_id, "was seen earlier in this catalogue; the first is kept")
