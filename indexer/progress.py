"""Progress of long work: bars on a terminal, lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import TaskID

T = TypeVar("T")

ProgressCallback = Callable[[str, int, int, int], None]
"""ProgressCallback (stage, done, total, listings so far) now and then."""

_LINE_SECONDS = 10.0


def with_progress(work: Callable[[ProgressCallback], T]) -> T:
    """Bars with rate and time left on a terminal; otherwise a line every ten seconds."""
    if not sys.stderr.isatty():
        return work(_Lines())
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:14}"), BarColumn(), TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bars:
        meters: dict[str, tuple[TaskID, _Rate]] = {}

        def told(stage: str, done: int, total: int, listings: int) -> None:
            if stage not in meters:
                meters[stage] = bars.add_task(stage, rate=""), _Rate()
            task, rate = meters[stage]
            bars.update(task, completed=done, total=total, rate=rate.text(listings))

        return work(told)


class _Rate:
    """Listings a second since the first report: what a resumed build found finished does not count."""

    def __init__(self) -> None:
        self._started, self._first = time.monotonic(), 0

    def text(self, listings: int) -> str:
        self._first = self._first or listings
        seconds = time.monotonic() - self._started
        if seconds < 1:
            return f"{listings:,} listings"
        return f"{listings:,} listings, {(listings - self._first) / seconds:,.0f}/s"


class _Lines:
    """Progress as lines, for a log file."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _LINE_SECONDS
        self._rates: dict[str, _Rate] = {}

    def __call__(self, stage: str, done: int, total: int, listings: int) -> None:
        rate = self._rates.setdefault(stage, _Rate())
        text = rate.text(listings)
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _LINE_SECONDS
            print(f"{stage}: {done / max(1, total):.0%}, {text}", file=sys.stderr, flush=True)
