"""Progress of long work: the callback that reports it, and its display."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

T = TypeVar("T")

PATIENCE_S = 2.0  # what ends sooner needs no bar
REPORT_S = 1.0  # between two reports of one long call
_LINE_S = 10.0  # between two lines in a log


class ProgressCallback(Protocol):
    """Called now and then by long work.

    `done` and `total` say how much of the stage is finished, in any unit; `total` is 0 where it is
    unknown. `items` counts the listings, documents or topics so far, from which the rate comes.
    """

    def __call__(self, stage: str, done: int, total: int, items: int, /) -> None: ...


def no_progress(stage: str, done: int, total: int, items: int, /) -> None:
    """A ProgressCallback that shows nothing."""


def report_while(work: Callable[[], T], report: Callable[[], None], every_s: float = REPORT_S) -> T:
    """The result of `work`, and `report` called every `every_s` seconds until it is there.

    It is for one long call into a library, which must release the GIL. `work` runs in a thread of
    its own. An exception of `report`, or Ctrl-C, is raised at once: the thread is then left to end.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=run, name="work", daemon=True).start()
    while not wait([outcome], every_s).done:
        report()
    return outcome.result()


class Stage:
    """One stage of long work, and how its progress is reported."""

    def __init__(self, name: str, progress: ProgressCallback, items: int) -> None:
        """`items` is what the stage handles in all, such as listings."""
        self._name = name
        self._progress = progress
        self._items = items
        self._done = 0
        self._total = 0

    def report(self, done: int, total: int) -> None:
        """Report that `done` of `total` are finished, in any unit."""
        self._done, self._total = done, total
        self._progress(self._name, done, total, self._items * done // max(total, 1))

    def track(self, parts: Iterable[T], total: int) -> Iterator[T]:
        """The same parts, with a report after each; `total` is how many there are."""
        for done, part in enumerate(parts, start=1):
            yield part
            self.report(done, total)

    def during(self, work: Callable[[], T]) -> T:
        """The result of one long call; the last report is repeated at its start and meanwhile."""
        self.report(self._done, self._total)
        return report_while(work, lambda: self.report(self._done, self._total))


@contextmanager
def progress_display(unit: str = "listings", *, brief: bool = False) -> Iterator[ProgressCallback]:
    """Shows bars with rate and time left on a terminal; elsewhere a line every ten seconds.

    `unit` names what `items` counts. `brief` is for work that mostly ends soon: bars appear after
    `PATIENCE_S` and are removed at the end, and there are no lines. All goes to standard error.
    """
    if not sys.stderr.isatty():
        yield no_progress if brief else _Lines(unit)
        return
    bars = _Bars(unit, brief)
    try:
        yield bars
    finally:
        bars.close()


def track(items: Iterable[T], total: int, stage: str, unit: str) -> Iterator[T]:
    """The same items, with a brief `progress_display` of how many were taken."""
    with progress_display(unit, brief=True) as progress:
        for done, item in enumerate(items, start=1):
            yield item
            progress(stage, done, total, done)


class _Rate:
    """Items a second since the first report: what a resumed build found finished does not count."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._started = time.monotonic()
        self._first = 0

    def text(self, items: int) -> str:
        self._first = self._first or items
        seconds = time.monotonic() - self._started
        if seconds < 1:
            return f"{items:,} {self._unit}"
        return f"{items:,} {self._unit}, {(items - self._first) / seconds:,.0f}/s"


class _Bars:
    """Progress as one bar a stage, on a terminal."""

    def __init__(self, unit: str, brief: bool) -> None:
        self._unit = unit
        self._brief = brief
        self._show_at = time.monotonic() + (PATIENCE_S if brief else 0.0)
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._rates: dict[str, _Rate] = {}

    def __call__(self, stage: str, done: int, total: int, items: int, /) -> None:
        rate = self._rates.setdefault(stage, _Rate(self._unit))
        text = rate.text(items)
        if time.monotonic() < self._show_at:
            return
        if self._bars is None:
            self._bars = _rich_bars(transient=self._brief)
            self._bars.start()
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=None, rate="")
        self._bars.update(self._tasks[stage], completed=done, total=total or None, rate=text)

    def close(self) -> None:
        if self._bars is not None:
            self._bars.stop()


def _rich_bars(*, transient: bool) -> Progress:
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
    return Progress(*columns, console=Console(stderr=True), transient=transient)


class _Lines:
    """Progress as lines, for a log file."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._next = time.monotonic() + _LINE_S
        self._rates: dict[str, _Rate] = {}

    def __call__(self, stage: str, done: int, total: int, items: int, /) -> None:
        text = self._rates.setdefault(stage, _Rate(self._unit)).text(items)
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _LINE_S
            share = f"{done / total:.0%}, " if total else ""
            print(f"{stage}: {share}{text}", file=sys.stderr, flush=True)
