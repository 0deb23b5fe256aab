"""Renders a Report for a terminal: tables that fit its width, then the conditions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eval.figures import Figure, Table
from eval.render import Cells, decisive_p, grid, notes, p_text, star
from eval.render_topics import topics_terminal
from eval.report import Report

if TYPE_CHECKING:
    from rich.table import Table as RichTable

UNLIMITED = 1_000  # cells; wide enough that no table is split
_COLUMN_FRAME = 3  # cells of a border and its padding


def terminal(report: Report, colour: bool = False, width: int = UNLIMITED) -> str:
    """Tables for a terminal of `width` cells, followed by the conditions.

    The interval and the p-value are below a figure. A table that is wider is split into several,
    by measure, so that the runs of a measure stand side by side. `colour` adds escape codes.
    """
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    console = Console(file=out, width=width, force_terminal=colour, no_color=not colour, highlight=False)
    for table in report.tables:
        lines = list(grid(table, _on_two_lines))
        for columns in _column_groups(report, lines, width):
            console.print(_rich_table(report, table, lines, columns))
    if report.by_topic:
        for line in topics_terminal(report, width):
            console.print(line, markup=False, soft_wrap=True)
    for note in notes(report):
        console.print(note, markup=False, soft_wrap=width == UNLIMITED)
    return out.getvalue()


def _column_groups(report: Report, lines: Sequence[Cells], width: int) -> list[list[int]]:
    """The columns of figures of each table that a table is split into; one group where all fit."""
    heads = [(run.name, measure) for run in report.runs for measure in report.measures]
    cells = [max(_widest(line[column]) for line in lines) for column in range(len(lines[0]))]
    needed = [max(cells[2 + place], *map(_widest, head)) + _COLUMN_FRAME for place, head in enumerate(heads)]
    left = width - cells[0] - max(cells[1], len("topics")) - 2 * _COLUMN_FRAME - 1
    if sum(needed) <= left:
        return [list(range(len(heads)))]
    by_measure = sorted(range(len(heads)), key=lambda place: place % len(report.measures))
    groups: list[list[int]] = [[]]
    for place in by_measure:
        if groups[-1] and sum(needed[column] for column in [*groups[-1], place]) > left:
            groups.append([])
        groups[-1].append(place)
    return groups


def _widest(text: str) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, text.split("\n")))


def _rich_table(report: Report, table: Table, lines: Sequence[Cells], columns: Sequence[int]) -> RichTable:
    from rich.table import Table as Grid
    from rich.text import Text

    drawn = Grid(title=table.title, title_justify="left")
    for head in ("", "topics"):
        drawn.add_column(head, justify="right" if head else "left", no_wrap=True)
    heads = [(run.name, measure) for run in report.runs for measure in report.measures]
    for column in columns:
        drawn.add_column(Text("\n".join(heads[column])), justify="right", no_wrap=True)
    for i, line in enumerate(lines):
        # Text: a run named [red] is a name, not a colour
        cells = [*line[:2], *(line[2 + column] for column in columns)]
        drawn.add_row(*map(Text, cells), end_section=i == len(table.rows) - 1)
    return drawn


def _on_two_lines(figure: Figure) -> str:
    above, below = f"{figure.value:.3f}", ""
    if figure.low is not None and figure.high is not None:
        below = f"{figure.low:.2f}–{figure.high:.2f}"
    if figure.change is not None:
        above += f" {figure.change.delta:+.3f}{star(figure) or ' '}"
        below += f" p{p_text(decisive_p(figure))} "
    return f"{above}\n{below}" if below else above
