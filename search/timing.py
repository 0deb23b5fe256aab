"""How long the phases of one request take.

A step measures itself with `phase`; the engine collects with `collect_timings`.
The timings of a request are kept in a context variable, so no step has to be given a clock.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Timings:
    milliseconds: dict[str, float] = field(default_factory=dict)  # by phase, in the order they end
    nested_s: float = 0.0  # seconds of the phases inside the one that runs


_current: ContextVar[_Timings | None] = ContextVar("timings", default=None)


@contextmanager
def collect_timings() -> Iterator[dict[str, float]]:
    """Collect the milliseconds of each phase that runs inside, in this thread."""
    timings = _Timings()
    token = _current.set(timings)
    try:
        yield timings.milliseconds
    finally:
        _current.reset(token)


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Measure a phase of the request.

    A phase inside another one is counted once, as its own; one that runs twice is summed up.

    Nothing is measured outside `collect_timings`, such as in a thread of a pool.
    """
    timings = _current.get()
    if timings is None:
        yield
        return
    started = time.perf_counter()
    nested_before_s = timings.nested_s
    timings.nested_s = 0.0
    try:
        yield
    finally:  # a phase that fails has taken its time too
        elapsed_s = time.perf_counter() - started
        own_ms = (elapsed_s - timings.nested_s) * 1e3
        timings.milliseconds[name] = round(timings.milliseconds.get(name, 0.0) + own_ms, 3)
        timings.nested_s = nested_before_s + elapsed_s
