"""Why a page is empty, and what is near: for a terminal, in the words of the command's options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from indexer.currency import minor_digits
from indexer.selection import category_terms, filter_term
from ranking.query import SIZE_MAX, Filters, UnderstoodQuery

if TYPE_CHECKING:
    from indexer.stores.tables import Tables
    from search.engine import Engine
    from search.page import Page

NEAR = 3  # names that are suggested
_CUTOFF = 0.6  # difflib's ratio of a name that is near
_SAMPLE = SIZE_MAX  # results whose attributes are looked at
_NO_WORDS = "The query has no letter and no digit to look for. Give some words."
_FIRST = 6  # names that are listed where none is near


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter as its option was given, and a query's filters with this one alone."""

    option: str
    filters: Filters


def explain_empty(engine: Engine, page: Page) -> list[str]:
    """Sentences that say why a page has no result; none where the words are why.

    A filter that no listing meets is named with the nearest values that listings have.
    """
    understood = page.understood
    if page.eligible:
        return [] if understood.parts else [_NO_WORDS]
    filters = understood.filters
    if sentences := list(_unknown_values(engine, understood)):
        return sentences
    market = _count(engine, understood, Filters(in_stock=filters.in_stock))
    if not market:
        return [_nothing_for_market(engine, understood)]
    country = understood.market.country
    alone = list(conditions(understood))
    if len(alone) == 1:
        return [f"None of the {market:,} listings for {country} meets {alone[0].option}."]
    return [
        f"No listing meets all filters. Of the {market:,} listings for {country} each alone leaves:",
        *(f"{condition.option}: {_count(engine, understood, condition.filters):,}" for condition in alone),
    ]


def conditions(understood: UnderstoodQuery) -> Iterator[Condition]:
    """Each filter of a query by itself; a range of prices is one."""
    filters = understood.filters
    alone = Filters(in_stock=filters.in_stock)
    if filters.category:
        yield Condition(f"--category '{' > '.join(filters.category)}'", replace(alone, category=filters.category))
    if filters.brand is not None:
        yield Condition(f"--brand '{filters.brand}'", replace(alone, brand=filters.brand))
    if filters.seller_id is not None:
        yield Condition(f"--seller '{filters.seller_id}'", replace(alone, seller_id=filters.seller_id))
    for name, value in filters.attributes.items():
        yield Condition(f"--attribute {name}={value}", replace(alone, attributes={name: value}))
    low, high = filters.price_min_minor, filters.price_max_minor
    if low is not None or high is not None:
        ends = [("--price-min", low), ("--price-max", high)]
        options = [f"{option} {_amount(minor, understood)}" for option, minor in ends if minor is not None]
        yield Condition(" with ".join(options), replace(alone, price_min_minor=low, price_max_minor=high))


def _amount(minor: int, understood: UnderstoodQuery) -> str:
    digits = minor_digits(understood.currency)
    return f"{minor / 10**digits:.{digits}f} {understood.currency}"


def _nothing_for_market(engine: Engine, understood: UnderstoodQuery) -> str:
    country = understood.market.country
    sold_out = _count(engine, understood, Filters(in_stock=False))
    if sold_out:
        return f"Every listing that ships to {country} is sold out. Add --out-of-stock to see the {sold_out:,}."
    return f"No listing ships to {country}. Give another --country."


def _unknown_values(engine: Engine, understood: UnderstoodQuery) -> Iterator[str]:
    """A sentence for each filter whose value no listing of the snapshot has."""
    filters, tables = understood.filters, engine.snapshot.tables
    if filters.category:
        yield from _unknown_category(filters.category, tables)
    if filters.brand is not None and not _is_among(filters.brand, tables.brands):
        yield _no_such("brand", f"--brand {filters.brand!r}", nearest(filters.brand, tables.brands))
    if filters.seller_id is not None and filters.seller_id not in tables.sellers.ids:
        yield _unknown_seller(filters.seller_id, tables)
    for name, value in filters.attributes.items():
        if not len(engine.snapshot.facts.with_attribute(name, value)):
            yield _unknown_attribute(engine, understood, name, value)


def _unknown_category(category: tuple[str, ...], tables: Tables) -> Iterator[str]:
    paths = {" > ".join(path[:depth]) for path in tables.categories for depth in range(1, len(path) + 1)}
    known = {term for path in tables.categories for term in category_terms(path)}
    given = " > ".join(category)
    if category_terms(category)[-1] in known:
        return
    last_parts = {path.rpartition(" > ")[2]: path for path in sorted(paths, reverse=True)}
    near = nearest(given, sorted(paths)) or [last_parts[name] for name in nearest(category[-1], sorted(last_parts))]
    top = sorted({path[0] for path in tables.categories if path})
    yield _no_such("category", f"--category {given!r}", near, top)


def _unknown_seller(seller_id: str, tables: Tables) -> str:
    by_name = dict(zip(tables.sellers.names, tables.sellers.ids, strict=True))
    named = [f"{by_name[name]} ({name})" for name in nearest(seller_id, list(by_name))]
    return _no_such("seller id", f"--seller {seller_id!r}", named or nearest(seller_id, tables.sellers.ids))


def _unknown_attribute(engine: Engine, understood: UnderstoodQuery, name: str, value: str) -> str:
    """What the nearest listings without this filter have instead."""
    query = replace(understood.query, filters=Filters(in_stock=False), size=_SAMPLE, cursor=None)
    pairs: dict[str, set[str]] = {}
    page = engine.search(query)
    for result in (*page.results, *page.near):
        for other, found in result.text.attributes.items():
            pairs.setdefault(other.casefold(), set()).add(found)
    given = f"--attribute {name}={value}"
    values = sorted(pairs.get(name.casefold(), ()))
    if not values:
        return _no_such("attribute", given, nearest(name, sorted(pairs)), sorted(pairs))
    near = [f"{name}={other}" for other in nearest(value, values)]
    return _no_such("value", given, near, [f"{name}={other}" for other in values])


def nearest(given: str, names: Sequence[str]) -> list[str]:
    """At most `NEAR` names that are spelt like the given one, in any case, best first."""
    by_fold = {name.casefold(): name for name in reversed(names)}
    return [by_fold[fold] for fold in get_close_matches(given.casefold(), by_fold, n=NEAR, cutoff=_CUTOFF)]


def _is_among(value: str, names: Sequence[str]) -> bool:
    term = filter_term("", value)
    return any(filter_term("", name) == term for name in names)


def _no_such(noun: str, given: str, near: Sequence[str], every: Sequence[str] = ()) -> str:
    """The sentence about a value that no listing has, with what is near, else with some of all."""
    if near:
        return f"{given}: there is no such {noun}. Near are: {'; '.join(near)}."
    some = "; ".join(every[:_FIRST]) + (" ..." if len(every) > _FIRST else "")
    return f"{given}: there is no such {noun}." + (f" There are: {some}" if some else "")


def _count(engine: Engine, understood: UnderstoodQuery, filters: Filters) -> int:
    """How many listings a buyer could be shown with other filters."""
    query = replace(understood.query, filters=filters)
    return engine.select(replace(understood, query=query, constraints=())).count
