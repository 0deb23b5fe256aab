"""`fondaco search`: one query in a terminal."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from ranking.query import UnderstoodQuery
    from search.page import Page, Result, ShownOffer

_EXPANSIONS_SHOWN = 8  # on the line above the table
_WEIGHT_MIN = 0.05  # of an expansion that is shown


def search(
    words: Annotated[str, typer.Argument(help="What to look for, in any language.")],
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
    price_min: Annotated[float | None, typer.Option(help="Lowest landed price, in the buyer's currency.")] = None,
    price_max: Annotated[float | None, typer.Option(help="Highest landed price.")] = None,
    out_of_stock: Annotated[bool, typer.Option("--out-of-stock", help="Show what is sold out as well.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show the terms that sum to each score.")] = False,
    no_expand: Annotated[
        bool, typer.Option("--no-expand", help="Look for the words alone, not for the catalogue's words for them.")
    ] = False,
    encoder: Annotated[str | None, typer.Option(help="Default: the one the snapshot was built with.")] = None,
) -> None:
    """Answer one query from a snapshot, as a table with landed price, days and seller."""
    from rich.console import Console

    from languages.locale import Locale
    from ranking.query import Filters, Query, Sort
    from search.bootstrap import open_engine
    from search.understand import understand

    sorts = [one.value for one in Sort]
    if sort not in sorts:
        raise ValueError(f"sort {sort!r} is not one of {', '.join(sorts)}")
    engine = open_engine(snapshot, encoder=encoder)
    query = Query(
        words,
        Locale.parse(locale),
        int(time.time()),
        country,
        currency,
        sort=Sort(sort),
        size=size,
        cursor=cursor,
        expand=not no_expand,
    )
    buyer_currency = understand(query, engine.snapshot.tables).currency
    filters = Filters(
        category=tuple(part.strip() for part in category.split(">")) if category else (),
        brand=brand,
        seller_id=seller,
        attributes=_attributes(attribute or []),
        price_min_minor=_minor(price_min, buyer_currency),
        price_max_minor=_minor(price_max, buyer_currency),
        in_stock=not out_of_stock,
    )
    page = engine.search(replace(query, filters=filters))
    console = Console()
    console.print(_heading(page))
    if page.results:
        console.print(_table(page, explain))
    if page.next_cursor:
        console.print(f"More: add --cursor {page.next_cursor}", soft_wrap=True, highlight=False)


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


def _heading(page: Page) -> str:
    understood = page.understood
    languages = ", ".join(f"{language} {share:.0%}" for language, share in list(understood.languages.items())[:3])
    total = sum(page.milliseconds.values())
    degraded = f"\n[yellow]Without the {' and the '.join(page.degraded)} index, which is unavailable.[/yellow]"
    return (
        f"[bold]{understood.query.text}[/bold]  ({languages}; to {understood.market.country}, {understood.currency})  "
        f"{page.found} of {page.eligible:,} listings, {total:.0f} ms"
        + (degraded if page.degraded else "")
        + _expansions(understood)
    )


def _expansions(understood: UnderstoodQuery) -> str:
    """A line with the catalogue's words that the search used too; nothing where there were none."""
    from rich.markup import escape

    heavy = [expansion for expansion in understood.expansions if expansion.weight >= _WEIGHT_MIN]
    if not heavy:
        return ""
    shown = ", ".join(f"{escape(expansion.text)} {expansion.weight:.1f}" for expansion in heavy[:_EXPANSIONS_SHOWN])
    more = len(heavy) - _EXPANSIONS_SHOWN
    return f"\nalso: {shown} and {more} more" if more > 0 else f"\nalso: {shown}"


def _table(page: Page, explain: bool) -> Table:
    from rich.table import Table

    table = Table(show_lines=explain)
    for name, justify in (
        ("#", "right"),
        ("listing", "left"),
        ("landed", "right"),
        ("days", "right"),
        ("seller", "left"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]  # the literals are rich's own
    table.add_column("score" if not explain else "score = sum of weight x utility", justify="left")
    for result in page.results:
        table.add_row(*_row(result, page, explain))
    return table


def _row(result: Result, page: Page, explain: bool) -> tuple[str, ...]:
    from rich.markup import escape

    from search.money import money

    offer, seller = result.offer, result.seller
    landed = (
        "?" if offer.landed_minor is None else money(offer.landed_minor, offer.currency, page.understood.query.locale)
    )
    name = escape(seller.name)
    if seller.rating_mean is not None:
        years = "" if seller.years_active is None else f", {seller.years_active:.0f} y"
        name += f" ({seller.rating_mean:.1f}{years})"
    score = f"{result.score:.3f}"
    if explain:
        terms = (f"{t.feature} {t.weight:.3f} x {t.utility:.3f} = {t.contribution:.3f}" for t in result.explanation)
        score = "\n".join([score, *terms])
    title = escape(result.text.title) + f" [dim]{result.text.locale} {escape(result.listing_id)}[/dim]"
    return str(result.rank), title, landed, _days(offer), name, score


def _days(offer: ShownOffer) -> str:
    if offer.days_max is None:
        return "?"
    return f"{offer.days_min}-{offer.days_max}" if offer.days_min != offer.days_max else f"{offer.days_max}"
