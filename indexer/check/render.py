"""A summary as text of 80 columns: one screen for `fondaco check`, some lines after a build."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from indexer.check.problem import Problem, amount, shorten
from indexer.check.summary import PriceSpread, Summary

WIDTH = 80
_LABEL = 12  # columns
_PROBLEMS_SHOWN = 8
_CURRENCIES_SHOWN = 6
_LOCALES_SHOWN = 10
_OVERFLOW = "There are too many sellers or categories to tell all of them apart: their counts are too low."
_SHORT = 3  # problems after a build


def render(title: str, summary: Summary) -> str:
    """The whole summary."""
    lines = [
        *_wrap(title),
        *_labelled("records", _records(summary)),
        *(_contents(summary) if summary.listings else []),
        "",
        *_problems("To mend", [problem for problem in summary.problems if problem.must_mend]),
        *_problems("Worth a look", [problem for problem in summary.problems if not problem.must_mend]),
        *(_wrap(_OVERFLOW) if summary.overflow else []),
        *(["Nothing must be mended."] if summary.is_fine else []),
    ]
    return "\n".join(lines)


def render_short(summary: Summary) -> str:
    """The summary after a build: what is in it, and the first things to mend."""
    spread = "; ".join(
        f"{p.currency} {amount(p.minimum, p.currency)} to {amount(p.maximum, p.currency)}, "
        f"median {amount(p.median, p.currency)}"
        for p in summary.prices[:_SHORT]
    )
    more = f" and {len(summary.prices) - _SHORT} more currencies" if len(summary.prices) > _SHORT else ""
    lines = [
        *_labelled("locales", _locales(summary)),
        *_labelled("prices", spread + more),
        *_labelled("categories", _categories(summary)),
        *_labelled("offers", _offers(summary)),
    ]
    to_mend = [problem for problem in summary.problems if problem.must_mend]
    for problem in to_mend[:_SHORT]:
        lines += _labelled("to mend", _text(problem))
    if len(to_mend) > _SHORT:
        lines += _labelled("", f"and {len(to_mend) - _SHORT} more")
    return "\n".join(lines)


def _contents(summary: Summary) -> list[str]:
    return [
        *_labelled("filled", _filled(summary)),
        *_labelled("locales", _locales(summary)),
        *_labelled("categories", _categories(summary)),
        *_labelled("offers", _offers(summary)),
        "",
        *_prices(summary.prices),
    ]


def _records(summary: Summary) -> str:
    rejected = f"{summary.rejected:,} rejected ({_percent(summary.rejected, summary.records)})"
    left_out = f"{sum(summary.left_out.values()):,} left out: " + ", ".join(
        f"{count:,} {reason}" for reason, count in summary.left_out.items()
    )
    text = f"{summary.records:,} read, {summary.listings:,} listings, {rejected}"
    return f"{text}, {left_out}" if summary.left_out else text


def _filled(summary: Summary) -> str:
    return ", ".join(f"{name} {_share(share)}" for name, share in summary.filled.items())


def _locales(summary: Summary) -> str:
    shown = list(summary.locales.items())[:_LOCALES_SHOWN]
    text = ", ".join(f"{shorten(locale)} {_percent(count, summary.listings)}" for locale, count in shown)
    return text + _more(len(summary.locales), _LOCALES_SHOWN)


def _categories(summary: Summary) -> str:
    categories = summary.categories
    if not categories.distinct:
        return "none"
    largest = " > ".join(categories.largest)
    text = f"{categories.distinct:,}, at most {len(categories.deepest)} deep, largest {shorten(largest)}"
    text += f" ({categories.largest_listings:,} listings)"
    return text + (f", {categories.listings_without:,} listings without" if categories.listings_without else "")


def _offers(summary: Summary) -> str:
    parts = [f"{summary.sellers:,} sellers", f"{summary.on_sale:,} on sale", f"{summary.in_stock:,} in stock"]
    if summary.stock_unknown:
        parts.append(f"{summary.stock_unknown:,} of unknown stock")
    if summary.shared_gtins:
        parts.append(f"{summary.shared_gtins:,} offers of a product that another seller has")
    return ", ".join(parts)


def _prices(spreads: tuple[PriceSpread, ...]) -> Iterator[str]:
    """A table: one line for each currency."""
    if not spreads:
        return
    yield f"{'prices':<{_LABEL}}{'listings':>10}{'min':>11}{'1 %':>11}{'median':>11}{'99 %':>12}{'max':>13}"
    for p in spreads[:_CURRENCIES_SHOWN]:
        low, first, median, last, high = (
            amount(minor, p.currency)
            for minor in (p.minimum, p.percentile_1, p.median, p.percentile_99, p.maximum)
        )  # fmt: skip
        yield f"{p.currency:<{_LABEL}}{p.listings:>10,}{low:>11}{first:>11}{median:>11}{last:>12}{high:>13}"
    if len(spreads) > _CURRENCIES_SHOWN:
        yield f"and {len(spreads) - _CURRENCIES_SHOWN} more currencies; see --json"


def _problems(heading: str, problems: list[Problem]) -> Iterator[str]:
    if not problems:
        return
    yield f"{heading} ({len(problems)})"
    for problem in problems[:_PROBLEMS_SHOWN]:
        yield from _wrap(_text(problem), "  - ")
    if len(problems) > _PROBLEMS_SHOWN:
        yield f"  and {len(problems) - _PROBLEMS_SHOWN} more; see --json"


def _text(problem: Problem) -> str:
    example = f" (such as {problem.example})" if problem.example else ""
    return f"{problem.subject}: {problem.text}{example}. {problem.mend[0].upper()}{problem.mend[1:]}."


def _labelled(label: str, text: str) -> Iterable[str]:
    return _wrap(text, f"{label:<{_LABEL}}")


def _wrap(text: str, first: str = "") -> list[str]:
    """Lines of at most 80 columns (a Japanese character takes two), without control characters."""
    from rich.console import Console
    from rich.text import Text

    text = "".join(c if c.isprintable() else " " for c in text)
    lines = Text(text).wrap(Console(width=WIDTH), WIDTH - len(first))
    indents = [first, *[" " * len(first)] * len(lines)]
    return [f"{indent}{line.plain.rstrip()}" for indent, line in zip(indents, lines, strict=False)]


def _percent(count: int, total: int) -> str:
    return _share(count / total if total else 0.0)


def _share(share: float) -> str:
    """0.995 -> '99%': 100% is all of them, and 0% none."""
    if 0 < share < 0.01:
        return "<1%"
    return f"{math.floor(100 * share + 1e-9)}%"


def _more(total: int, shown: int) -> str:
    return f" and {total - shown} more" if total > shown else ""
