"""The three texts of a listing: what lexical search reads, what the encoder reads, what is shown.

They are the `Document` of `to_document`, the passage of `to_passage`, and `ListingText`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from indexer.gtin import printed_gtins
from indexer.listing import Listing
from indexer.selection import category_terms, filter_term
from indexer.stores.lexical import Document
from indexer.stores.weighted_tokens import (
    DESCRIPTION_WEIGHT,
    OTHER_WEIGHT,
    TITLE_WEIGHT,
    WeightedTokens,
    brand_words,
)
from languages.analyse import analyse

BODY_MAX = 2_000  # characters of a description that are analysed; the rest is boilerplate and stuffed keywords
PASSAGE_MAX = 160
"""Characters that an encoder reads; its time grows with them.

For English products and queries in 21 other languages, nDCG@10 of vectors alone is 0.225 with
titles, 0.280 with 160 characters of title and description, and 0.281 with 400."""


def to_document(listing: Listing) -> Document:
    """What lexical search reads: lemmas and concepts, each as often as its text weighs.

    Translated titles count as titles; so do brand, model and GTIN where the title lacks them. Of
    attributes and category paths only values count.
    """
    title = analyse(listing.title, listing.locale.language)
    translated = [analyse(text.title, locale.language) for locale, text in listing.translations.items()]
    identifiers = [text for text in (listing.brand, listing.model) if text]
    identifiers += printed_gtins(listing.gtin) if listing.gtin else []
    names = [text for text in identifiers if text.casefold() not in listing.title.casefold()]
    language = listing.locale.language
    tokens = WeightedTokens(brand_words(listing.brand))
    for analysed in (title, *translated):
        tokens.add_title(analysed)
    for text in names:
        tokens.add(text, None, TITLE_WEIGHT)
    if listing.brand:
        tokens.add_name(listing.brand)
    for text in (*listing.category, *listing.attributes.values()):
        tokens.add(text, language, OTHER_WEIGHT)
    if listing.description:
        tokens.add(listing.description[:BODY_MAX], language, DESCRIPTION_WEIGHT)
    written = (title, *translated, *(analyse(text, None) for text in names))
    exact = [token.surface for analysed in written for token in analysed.tokens]
    return Document(tokens.repeated(), tuple(exact), tuple(_filters(listing)))


def to_passage(listing: Listing) -> str:
    """What the encoder reads: brand where the title lacks it, title, description; then cut."""
    text = listing.title
    if listing.brand and listing.brand.casefold() not in text.casefold():
        text = f"{listing.brand} {text}"
    if listing.description and len(text) < PASSAGE_MAX:
        text = f"{text}. {listing.description}"
    return text[:PASSAGE_MAX]


@dataclass(frozen=True, slots=True)
class ListingText:
    """What is shown of a listing and does not change between two snapshots."""

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
