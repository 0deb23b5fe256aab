"""`fondaco search`: one query in a terminal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ranking.query import Query

_PRICE_MAX = 1e12  # in major units; higher than any price, and NaN is not below it


def search(
    words: Annotated[list[str], typer.Argument(help="What to look for, in any language; quotes are not needed.")],
    snapshot: Annotated[Path, typer.Option(help="The snapshot's folder.")],
    locale: Annotated[str, typer.Option(help="The buyer's language, and region if it matters: de, pt-BR.")] = "en",
    country: Annotated[str | None, typer.Option(help="Where to; default: the locale's region or first market.")] = None,
    currency: Annotated[str | None, typer.Option(help="Pay in; default: the market's.")] = None,
    sort: Annotated[str, typer.Option(help="best, price, delivery, rating or newest.")] = "best",
    size: Annotated[int, typer.Option(min=1, max=200, help="Listings a page.")] = 10,
    cursor: Annotated[str | None, typer.Option(help="Where the next page begins, as the last one said.")] = None,
    category: Annotated[str | None, typer.Option(help="Category path: 'Kitchen > Knives'.")] = None,
    brand: Annotated[str | None, typer.Option()] = None,
    seller: Annotated[str | None, typer.Option(help="Seller id.")] = None,
    attribute: Annotated[list[str] | None, typer.Option(help="name=value; may be repeated.")] = None,
    price_min: Annotated[
        float | None, typer.Option(min=0, help="Lowest landed price, in the buyer's currency.")
    ] = None,
    price_max: Annotated[float | None, typer.Option(min=0, help="Highest landed price.")] = None,
    out_of_stock: Annotated[bool, typer.Option("--out-of-stock", help="Show what is sold out as well.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show the terms that sum to each score.")] = False,
    no_expand: Annotated[
        bool, typer.Option("--no-expand", help="Look for the words alone, not for the catalogue's words for them.")
    ] = False,
    no_repair: Annotated[
        bool, typer.Option("--no-repair", help="Look for the words as typed, even where nothing matches them.")
    ] = False,
    no_constraints: Annotated[
        bool, typer.Option("--no-constraints", help="Look for words such as 'under 20' too, instead of filtering.")
    ] = False,
    encoder: Annotated[str | None, typer.Option(help="Default: the one the snapshot was built with.")] = None,
    relevance: Annotated[
        Path | None, typer.Option(help="A relevance model that fondaco fit wrote. Default: Fondaco's own.")
    ] = None,
    synonyms: Annotated[
        Path | None, typer.Option(help="A folder of synonyms, a file a language: de.txt, pt-BR.txt.")
    ] = None,
) -> None:
    """Answer one query from a snapshot, as a table with landed price, days and seller."""
    from rich.console import Console

    from ranking.query import Filters
    from search.bootstrap import open_engine
    from search.empty_page import explain_empty
    from search.result_table import print_page
    from search.understanding.understand import understand

    query = _query(words, locale, country, currency, sort, cursor)
    query = replace(query, size=size, expand=not no_expand, repair=not no_repair, constraints=not no_constraints)
    _check_prices(price_min, price_max)
    attributes = _attributes(attribute or [])
    engine = open_engine(snapshot, encoder=encoder, relevance=relevance, synonyms=synonyms)
    buyer_currency = understand(query, engine.snapshot.tables).currency
    filters = Filters(
        category=tuple(part.strip() for part in category.split(">")) if category else (),
        brand=brand,
        seller_id=seller,
        attributes=attributes,
        price_min_minor=_minor(price_min, buyer_currency),
        price_max_minor=_minor(price_max, buyer_currency),
        in_stock=not out_of_stock,
    )
    page = engine.search(replace(query, filters=filters))
    console = Console(highlight=False)
    print_page(console, page, explain)
    if not page.results:
        for sentence in explain_empty(engine, page):
            console.print(sentence, markup=False)
    if page.next_cursor:
        console.print(f"More: add --cursor {page.next_cursor}", soft_wrap=True)


def _query(
    words: Sequence[str], locale: str, country: str | None, currency: str | None, sort: str, cursor: str | None
) -> Query:
    """The query without filters.

    Raises:
        ValueError: there are no words, or an option is not valid.
    """
    from difflib import get_close_matches

    from languages.locale import Locale
    from ranking.query import Query, Sort

    text = " ".join(words)
    if not text.strip():
        raise ValueError("WORDS: there is nothing to look for; give some words: fondaco search wireless headphones ...")
    sorts = [value.value for value in Sort]
    if sort not in sorts:
        near = "".join(f"; {name}?" for name in get_close_matches(sort, sorts, n=1))
        raise ValueError(f"sort {sort!r} is not one of {', '.join(sorts)}{near}")
    return Query(text, Locale.parse(locale), int(time.time()), country, currency, sort=Sort(sort), cursor=cursor)


def _check_prices(price_min: float | None, price_max: float | None) -> None:
    for option, amount in (("--price-min", price_min), ("--price-max", price_max)):
        if amount is not None and not amount < _PRICE_MAX:
            raise ValueError(f"{option} {amount} is not a price")
    if price_min is not None and price_max is not None and price_max < price_min:
        raise ValueError(
            f"--price-max {price_max:g} is below --price-min {price_min:g}: no price lies between; exchange them"
        )


def _attributes(pairs: list[str]) -> dict[str, str]:
    """The options ``--attribute name=value`` as a mapping."""
    attributes: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals and value):
            raise ValueError(f"--attribute {name!r} is not name=value, such as color=red")
        attributes[name.strip()] = value.strip()
    return attributes


def _minor(amount: float | None, currency: str) -> int | None:
    """An amount in minor units of a currency."""
    from indexer.currency import minor_digits

    return None if amount is None else round(amount * 10 ** minor_digits(currency))
