"""A progress bar for what takes long, and for nothing else."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 2.0  # what is done sooner needs no bar


def watched(items: Iterable[T], total: int, title: str, patience_s: float = PATIENCE_S) -> Iterator[T]:
    """The same items; once `patience_s` have passed, a bar on standard error where that is a terminal."""
    waiting = iter(items)
    started = time.monotonic()
    done = 0
    for item in waiting:
        yield item
        done += 1
        if time.monotonic() - started > patience_s and sys.stderr.isatty():
            break
    else:
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(waiting, title, total, completed=done, console=Console(stderr=True), transient=True)
