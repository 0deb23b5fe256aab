"""The three texts of a listing: what lexical search reads, what the encoder reads, and what is shown.

They are the `Document` of `to_document`, the passage of `to_passage`, and `ListingText`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from indexer.listing import Listing
from indexer.selection import category_terms, filter_term
from indexer.stores.lexical import Document, document
from languages.analyse import analyse

BODY_MAX = 2_000  # characters of a description that are analysed; what follows is boilerplate and stuffing
PASSAGE_MAX = 160
"""Characters an encoder reads; its time grows with them. On English products asked for in 21 other languages, nDCG@10
of vectors alone is 0.225 for titles, 0.280 at 160 characters with the description, and 0.281 at 400."""


def to_document(listing: Listing) -> Document:
    """The listing's words by field, analysed in its own language; translations count as titles."""
    language = listing.locale.language
    titles = [analyse(listing.title, language)]
    titles += [analyse(text.title, locale.language) for locale, text in listing.translations.items()]
    named = [part for part in (listing.brand, listing.model, listing.gtin) if part]
    titles += [analyse(part, None) for part in named if part.casefold() not in listing.title.casefold()]
    others = [*listing.category, *listing.attributes.values()]
    if listing.description:
        others.append(listing.description[:BODY_MAX])
    return document(titles, [analyse(text, language) for text in others], _filters(listing))


def to_passage(listing: Listing) -> str:
    """What the encoder reads: the title, led by the brand where it lacks it, then the description, cut short."""
    text = listing.title
    if listing.brand and listing.brand.casefold() not in text.casefold():
        text = f"{listing.brand} {text}"
    if listing.description and len(text) < PASSAGE_MAX:
        text = f"{text}. {listing.description}"
    return text[:PASSAGE_MAX]


@dataclass(frozen=True, slots=True)
class ListingText:
    """What of a listing is shown and does not change between two snapshots."""

    listing_id: str
    seller_id: str
    locale: str
    title: str
    description: str | None
    brand: str | None
    model: str | None
    gtin: str | None
    category: tuple[str, ...]
    attributes: Mapping[str, str]
    group_id: str | None
    image_url: str | None
    adult: bool


def _filters(listing: Listing) -> list[str]:
    terms = category_terms(listing.category)
    terms.append(filter_term("seller", listing.seller_id))
    if listing.brand:
        terms.append(filter_term("brand", listing.brand))
    terms += [filter_term(f"attribute.{name}", value) for name, value in listing.attributes.items()]
    return terms
