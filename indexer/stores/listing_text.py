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
from languages.analyse import AnalysedText, Token, analyse

BODY_MAX = 2_000  # characters of a description that are analysed; the rest is boilerplate and stuffed keywords
PASSAGE_MAX = 160
"""Characters that an encoder reads; its time grows with them.

For English products and queries in 21 other languages, nDCG@10 of vectors alone is 0.225 with
titles, 0.280 with 160 characters of title and description, and 0.281 with 400."""


def to_document(listing: Listing) -> Document:
    """What lexical search reads: the listing's words by field, analysed in its own language.

    Translated titles count as titles; so do brand, model and GTIN where the title lacks them.
    """
    language = listing.locale.language
    titles = [analyse(listing.title, language)]
    titles += [analyse(text.title, locale.language) for locale, text in listing.translations.items()]
    identifiers = [text for text in (listing.brand, listing.model) if text]
    identifiers += printed_gtins(listing.gtin) if listing.gtin else []
    titles += [analyse(text, None) for text in identifiers if text.casefold() not in listing.title.casefold()]
    body = [*listing.category, *listing.attributes.values()]
    if listing.description:
        body.append(listing.description[:BODY_MAX])
    title_tokens = _tokens(titles)
    body_tokens = _tokens([analyse(text, language) for text in body])
    return Document(
        exact=tuple([token.surface for token in title_tokens]),
        lemma=tuple([token.lemma for token in title_tokens if token.lemma]),
        body=tuple([token.lemma for token in body_tokens if token.lemma]),
        filters=tuple(_filters(listing)),
    )


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


def _tokens(texts: list[AnalysedText]) -> list[Token]:
    return [token for text in texts for token in text.tokens]


def _filters(listing: Listing) -> list[str]:
    terms = category_terms(listing.category)
    terms.append(filter_term("seller", listing.seller_id))
    if listing.brand:
        terms.append(filter_term("brand", listing.brand))
    terms += [filter_term(f"attribute.{name}", value) for name, value in listing.attributes.items()]
    return terms
