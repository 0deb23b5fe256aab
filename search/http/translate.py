"""From requests of the wire format to queries, and from pages to responses."""

from __future__ import annotations

from typing import Any

from languages.locale import Locale
from ranking.query import Expansion, Filters, Query, QueryConstraint
from search.http.wire import (
    Buyer,
    ConstraintModel,
    Delivery,
    ExpansionModel,
    FiltersModel,
    ListingResponse,
    PartModel,
    Price,
    RelaxationModel,
    RepairModel,
    ResultModel,
    SearchRequest,
    SearchResponse,
    SellerModel,
    SimilarParameters,
    SimilarResponse,
    TermModel,
    Understood,
)
from search.money import money
from search.page import Page, Result, ShownOffer
from search.understanding.relaxation import Relaxation


class InvalidQuery(ValueError):
    """A valid request that makes no valid query.

    `locale` is not a language tag, or the price range is empty.
    """


def query_from_search(request: SearchRequest, now: int) -> Query:
    """The query of a search request made at `now`, in seconds since 1970 UTC.

    Raises:
        InvalidQuery: the message says which value is wrong and what would be right.
    """
    try:
        return Query(
            text=request.query,
            locale=Locale.parse(request.locale),
            now=now,
            country=request.country,
            currency=request.currency,
            filters=_filters(request.filters),
            sort=request.sort,
            size=request.size,
            cursor=request.cursor,
            expand=request.expand,
            repair=request.repair,
            constraints=request.constraints,
        )
    except ValueError as error:
        raise InvalidQuery(str(error)) from None


def query_from_buyer(buyer: Buyer, now: int) -> Query:
    """A query without words, by the buyer who looks at a listing.

    Raises:
        InvalidQuery: the locale is not valid.
    """
    size = buyer.size if isinstance(buyer, SimilarParameters) else 1
    request = SearchRequest(query="", locale=buyer.locale, country=buyer.country, currency=buyer.currency, size=size)
    return query_from_search(request, now)


def _filters(model: FiltersModel) -> Filters:
    return Filters(
        category=model.category,
        brand=model.brand,
        seller_id=model.seller_id,
        attributes=dict(sorted(model.attributes.items())),  # in one order, since a cursor hashes its query
        price_min_minor=model.price_min_minor,
        price_max_minor=model.price_max_minor,
        in_stock=model.in_stock,
    )


def search_response(page: Page, explain: bool) -> SearchResponse:
    """A page of search results in the wire format."""
    understood = page.understood
    return SearchResponse(
        understood=Understood(
            text=understood.text,
            locale=str(understood.query.locale),
            country=understood.market.country,
            currency=understood.currency,
            languages=dict(understood.languages),
            expansions=tuple(_expansion(expansion) for expansion in understood.expansions),
            certainty=understood.certainty,
            parts=tuple(
                PartModel(
                    text=part.text,
                    says=part.says,
                    importance=part.importance,
                    expansions=tuple(_expansion(expansion) for expansion in part.expansions),
                )
                for part in understood.parts
            ),
            repairs=tuple(
                RepairModel(kind=repair.kind, original=repair.original, repaired=repair.repaired)
                for repair in understood.repairs
            ),
            constraints=tuple(map(_constraint, understood.constraints)),
            not_found=page.not_found,
            not_searched=page.not_searched,
        ),
        results=_results(page.results, page, explain),
        near=_results(page.near, page, explain),
        found=page.found,
        found_is_exact=page.found_is_exact,
        eligible=page.eligible,
        relaxations=tuple(_relaxation(relaxation) for relaxation in page.relaxations),
        next_cursor=page.next_cursor,
        degraded=page.degraded or None,
        generation=page.generation,
        milliseconds=_milliseconds(page),
    )


def _expansion(expansion: Expansion) -> ExpansionModel:
    return ExpansionModel(text=expansion.text, source=expansion.source, weight=expansion.weight)


def _constraint(constraint: QueryConstraint) -> ConstraintModel:
    return ConstraintModel(
        kind=constraint.kind,
        text=constraint.text,
        price_min_minor=constraint.price_min_minor,
        price_max_minor=constraint.price_max_minor,
        excluded=constraint.excluded or None,
    )


def _relaxation(relaxation: Relaxation) -> RelaxationModel:
    return RelaxationModel(
        without=relaxation.without,
        found=relaxation.count.found,
        found_is_exact=relaxation.count.is_exact,
        query=relaxation.query,
    )


def similar_response(page: Page, explain: bool) -> SimilarResponse:
    """A page of similar listings in the wire format."""
    return SimilarResponse(
        results=_results(page.results, page, explain),
        country=page.understood.market.country,
        currency=page.understood.currency,
        found=page.found,
        eligible=page.eligible,
        generation=page.generation,
        milliseconds=_milliseconds(page),
    )


def listing_response(result: Result, locale: Locale, generation: int) -> ListingResponse:
    """One listing in the wire format, with what a page of results leaves out."""
    text = result.text
    return ListingResponse(
        **_listing(result, locale),
        description=text.description,
        model=text.model,
        gtin=text.gtin,
        group_id=text.group_id,
        adult=text.adult,
        generation=generation,
    )


def _results(results: tuple[Result, ...], page: Page, explain: bool) -> tuple[ResultModel, ...]:
    locale = page.understood.query.locale
    return tuple(
        ResultModel(
            **_listing(result, locale),
            rank=result.rank,
            score=result.score,
            explanation=tuple(TermModel(**term._asdict()) for term in result.explanation) if explain else None,
        )
        for result in results
    )


def _listing(result: Result, locale: Locale) -> dict[str, Any]:
    text, seller = result.text, result.seller
    return {
        "listing_id": text.listing_id,
        "title": text.title,
        "locale": text.locale,
        "price": _price(result.offer, locale),
        "delivery": _delivery(result.offer),
        "seller": SellerModel(
            seller_id=seller.seller_id,
            name=seller.name,
            country=seller.country,
            rating_mean=seller.rating_mean,
            rating_count=seller.rating_count,
            years_active=seller.years_active,
            units_sold=seller.units_sold,
        ),
        "stock": result.stock,
        "rating_mean": result.rating_mean,
        "rating_count": result.rating_count,
        "units_sold": result.units_sold,
        "category": text.category,
        "brand": text.brand,
        "attributes": text.attributes,
        "image_url": text.image_url,
    }


def _price(offer: ShownOffer, locale: Locale) -> Price | None:
    if offer.item_minor is None or offer.tax_minor is None or offer.landed_minor is None:
        return None
    return Price(
        currency=offer.currency,
        item_minor=offer.item_minor,
        shipping_minor=offer.shipping_minor,
        tax_minor=offer.tax_minor,
        landed_minor=offer.landed_minor,
        on_sale=offer.on_sale,
        landed_text=money(offer.landed_minor, offer.currency, locale),
    )


def _delivery(offer: ShownOffer) -> Delivery | None:
    if offer.days_min is None or offer.days_max is None:
        return None
    return Delivery(days_min=offer.days_min, days_max=offer.days_max)


def _milliseconds(page: Page) -> dict[str, float]:
    return {**page.milliseconds, "total": round(sum(page.milliseconds.values()), 3)}
