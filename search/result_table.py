"""A page of results in a terminal: columns that fit its width, and no word cut that need not be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from search.money import money

if TYPE_CHECKING:
    from rich.console import Console

    from ranking.blend import ScoreTerm
    from ranking.query import QueryConstraint, UnderstoodQuery
    from search.page import Page, Result, ShownOffer
    from search.understanding.relaxation import Relaxation

HEADS = ("#", "listing", "locale", "id", "landed", "days", "seller", "score")
Cells = Mapping[str, str]
"""The texts of a row, by the head of the column."""
RIGHT = {"#", "landed", "days", "score"}

_WIDE = 100  # from so many cells on, columns are two apart
_NARROW = 72  # with fewer, the seller stands below the title
_ID_SHARE = 5  # an id is at most a fifth of the width; a longer one has several lines
_SELLER_SHARE = 3  # a seller has at most a third of what the fixed columns leave
_LISTING_MIN = 16  # cells
_EXPANSIONS_SHOWN = 8
_WEIGHT_MIN = 0.05  # of an expansion that is shown
NEAR_MARK = "~"  # before the rank of what does not answer the query
_NO_BREAK = "\ufffc"  # stands for a no-break space, which str.split would take for a space
# where a long run may be broken: behind a separator, and between scripts of Japanese and Chinese
_BREAKS = re.compile(
    r"(?<=[-_/.,:;|+、。・)\]])(?=\S)"
    r"|(?<=[\u30a1-\u30ff])(?![\u30a1-\u30ff])"
    r"|(?<=[\u4e00-\u9fff])(?![\u3040-\u309f\u4e00-\u9fff])"
    r"|(?<=[\u3040-\u309f])(?![\u3040-\u309f])"
    r"|(?<=[^\u3040-\u30ff\u4e00-\u9fff])(?=[\u3040-\u30ff\u4e00-\u9fff])"
)


def print_page(console: Console, page: Page, explain: bool) -> None:
    """Print how the query was read, and the results as a table; what is near has one of its own.

    With `explain` the terms of each score are below its row.
    """
    console.print(heading(page))
    for line in _about_words(page):
        console.print(Text(line))
    rows = [_cells(result, page) for result in page.results]
    near = [{**cells, "#": NEAR_MARK + cells["#"]} for cells in (_cells(result, page) for result in page.near)]
    if not (rows or near):
        return
    layout = Layout.for_rows([*rows, *near], console.width)
    if rows:
        _print_rows(console, rows, page.results, layout, explain, header=True)
    if near:
        console.print(Text("These do not match and are near:" if rows else "Near:", style="bold"))
        _print_rows(console, near, page.near, layout, explain, header=not rows)


def _print_rows(
    console: Console, rows: Sequence[Cells], results: Sequence[Result], layout: Layout, explain: bool, *, header: bool
) -> None:
    if not explain:
        console.print(_table(rows, layout, header=header))
        return
    for place, (cells, result) in enumerate(zip(rows, results, strict=True)):
        console.print(_table([cells], layout, header=header and place == 0))
        console.print(_explanation(result.explanation, console.width))


def heading(page: Page) -> Text:
    """The query, how it was read, and how much was found; a line more for an index that is away."""
    understood = page.understood
    languages = ", ".join(f"{language} {share:.0%}" for language, share in list(understood.languages.items())[:3])
    total = sum(page.milliseconds.values())
    text = Text(plain(understood.query.text), style="bold")
    read_as = f"  ({languages}; to {understood.market.country}, {understood.currency})"
    text.append(
        f"{read_as}  {_number(page.found, page.found_is_exact)} of {page.eligible:,} listings, {total:.0f} ms",
        style="not bold",
    )
    if page.degraded:
        text.append(f"\nWithout the {' and the '.join(page.degraded)} index, which is unavailable.", "not bold yellow")
    return text


def _about_words(page: Page) -> Iterator[str]:
    """The lines about the words of the query, and what may be left out."""
    yield from _constraints(page.understood)
    if page.understood.repairs:
        repaired = ", ".join(f"{one.repaired} for {one.original} ({one.kind})" for one in page.understood.repairs)
        yield f"searched for: {plain(page.understood.text)}: {plain(repaired)}; --no-repair searches as typed"
    yield from _expansions(page.understood)
    for label, words in (("not found", page.not_found), ("not searched", page.not_searched)):
        if words:
            yield f"{label}: {', '.join(map(plain, words))}"
    if page.eligible and not page.results and page.understood.parts:
        yield "Nothing matches."
    if page.relaxations:
        yield f"or: {', '.join(map(_relaxation, page.relaxations))}"


def _constraints(understood: UnderstoodQuery) -> Iterator[str]:
    """A line with the conditions that words of the query say, if there are any."""
    if understood.constraints:
        said = ", ".join(
            f"\u201c{plain(one.text)}\u201d ({_condition(one, understood)})" for one in understood.constraints
        )
        yield f"conditions: {said}; --no-constraints searches for these words"


def _condition(constraint: QueryConstraint, understood: UnderstoodQuery) -> str:
    if constraint.kind == "exclude":
        return f"not {plain(constraint.excluded)}"
    ends = (("from", constraint.price_min_minor), ("to", constraint.price_max_minor))
    locale = understood.query.locale
    return " ".join(f"{word} {money(end, understood.currency, locale)}" for word, end in ends if end is not None)


def _number(found: int, is_exact: bool) -> str:
    return f"{found:,}" if is_exact else f"{found:,} or more"


def _relaxation(relaxation: Relaxation) -> str:
    found = _number(relaxation.count.found, relaxation.count.is_exact)
    return f"{found} without \u201c{plain(relaxation.without)}\u201d"


def _expansions(understood: UnderstoodQuery) -> Iterator[str]:
    """A line with the catalogue's words that the search used too, if there were any."""
    heavy = [expansion for expansion in understood.expansions if expansion.weight >= _WEIGHT_MIN]
    if not heavy:
        return
    shown = ", ".join(f"{plain(expansion.text)} {expansion.weight:.1f}" for expansion in heavy[:_EXPANSIONS_SHOWN])
    more = len(heavy) - _EXPANSIONS_SHOWN
    yield f"also: {shown} and {more} more" if more > 0 else f"also: {shown}"


@dataclass(frozen=True, slots=True)
class Layout:
    """The width of each column in cells, by its head, and the cells between two columns."""

    widths: Mapping[str, int]
    gap: int

    @classmethod
    def for_rows(cls, rows: Sequence[Cells], width: int) -> Layout:
        """Columns that fit a terminal of `width` cells, if that is at all possible.

        Listing and seller share what the others leave, which are as wide as they need.
        """
        needed = {head: max(cell_len(head), *(cell_len(row[head]) for row in rows)) for head in HEADS}
        needed["id"] = min(needed["id"], width // _ID_SHARE)
        gap = 1 if width < _WIDE else 2
        seller = needed.pop("seller")
        listing = needed.pop("listing")
        left = width - sum(needed.values()) - gap * len(HEADS)
        if width < _NARROW:
            return cls({**needed, "listing": max(min(max(listing, seller), left + gap), _LISTING_MIN)}, gap)
        if listing + seller > left:
            seller = min(seller, max(left // _SELLER_SHARE, left - listing))
            listing = min(listing, left - seller)
        return cls({**needed, "listing": max(listing, _LISTING_MIN), "seller": max(seller, 1)}, gap)


def _table(rows: Sequence[Cells], layout: Layout, *, header: bool) -> Table:
    table = Table(box=None, show_header=header, pad_edge=False, padding=(0, layout.gap, 0, 0))
    heads = [head for head in HEADS if head in layout.widths]
    for head in heads:
        justify = "right" if head in RIGHT else "left"
        style = "dim" if head in ("locale", "id") else None
        table.add_column(head, justify=justify, width=layout.widths[head], no_wrap=True, style=style)  # type: ignore[arg-type]  # rich's own literals
    for row in rows:
        table.add_row(*(Text("\n".join(_lines(row, head, layout))) for head in heads))
    return table


def _lines(row: Cells, head: str, layout: Layout) -> list[str]:
    """The lines of a cell; those of the seller are below the title where it has no column."""
    lines = wrap(row[head], layout.widths[head])
    if head == "listing" and "seller" not in layout.widths:
        lines += wrap(row["seller"], layout.widths[head])
    return lines


def _cells(result: Result, page: Page) -> Cells:
    """The cells of a result, each in one line."""
    offer, seller = result.offer, result.seller
    landed = (
        "?" if offer.landed_minor is None else money(offer.landed_minor, offer.currency, page.understood.query.locale)
    )
    name = seller.name
    if seller.rating_mean is not None:
        years = "" if seller.years_active is None else f", {seller.years_active:.0f}\u00a0y"
        name += f" ({seller.rating_mean:.1f}{years})"
    texts = (
        str(result.rank),
        result.text.title,
        result.text.locale,
        result.listing_id,
        landed,
        _days(offer),
        name,
        f"{result.score:.3f}",
    )
    return {head: plain(text) for head, text in zip(HEADS, texts, strict=True)}


def _days(offer: ShownOffer) -> str:
    if offer.days_max is None:
        return "?"
    return f"{offer.days_min}-{offer.days_max}" if offer.days_min != offer.days_max else f"{offer.days_max}"


def _explanation(terms: Sequence[ScoreTerm], width: int) -> Table:
    """The terms of a score, largest first, in as many columns as fit."""
    shown = [
        f"{term.feature} {term.weight:.3f} x {term.utility:.3f} = {term.contribution:.3f}"
        for term in sorted(terms, key=lambda term: -term.contribution)
    ]
    column = max(map(cell_len, shown)) + 2
    columns = max(1, (width - 4) // column)
    grid = Table.grid(padding=(0, 2, 0, 0))
    lines = [shown[start : start + columns] for start in range(0, len(shown), columns)]
    for line in lines:
        grid.add_row("   ", *(Text(term, style="dim") for term in line))
    return grid


def plain(text: str) -> str:
    """A text in one line, without what could move a terminal's cursor."""
    printable = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in text)
    return re.sub(r"[ \t]+", " ", printable).strip()


def wrap(text: str, width: int) -> list[str]:
    """A text as lines of at most `width` cells, where an East Asian character takes two.

    A line ends between words; inside a word that is wider than a line, at a separator or a change
    of script; and inside such a part only where it is wider than a line.
    """
    lines = [""]
    for joint, part in _parts(text.replace("\u00a0", _NO_BREAK), width):
        if not lines[-1]:
            lines[-1] = part
        elif cell_len(lines[-1] + joint + part) <= width:
            lines[-1] += joint + part
        else:
            lines.append(part)
    return [line.replace(_NO_BREAK, "\u00a0") for line in lines]


def _parts(text: str, width: int) -> Iterator[tuple[str, str]]:
    """The parts between which a line may end, each with what joins it to the part before."""
    for word in text.split():
        pieces = [word] if cell_len(word) <= width else _pieces(word, width)
        yield from zip(chain([" "], repeat("")), pieces, strict=False)


def _pieces(word: str, width: int) -> Iterator[str]:
    """The pieces of a word that is wider than a line, each no wider than a line."""
    for part in _BREAKS.split(word):
        piece = ""
        for char in part:
            if piece and cell_len(piece + char) > width:
                yield piece
                piece = ""
            piece += char
        if piece:
            yield piece
