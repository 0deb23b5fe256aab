"""A circuit breaker: it stops calls to an index that keeps failing, and lets them through again
later.

The pattern is Nygard's, *Release It!* (2nd edition, 2018), section 5.2. pybreaker is the usual
library, but pybreaker 1.x holds the breaker's lock until a call returns: while an index is slow,
all searches of a process would wait for one another. Here the lock is held for the bookkeeping
alone, never during a call.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from indexer.errors import FondacoError, IndexUnavailable

log = logging.getLogger(__name__)

FAILURES = 3  # in a row: one may be chance, and each costs a buyer the wait for its timeout
RETRY_S = 5.0  # a node that restarts takes longer; a probe costs one buyer one timeout
RETRY_MAX_S = 60.0  # the longest that a recovered index stays unused


class CircuitBreaker:
    """Lets calls through until `failures` of them in a row have failed; then it refuses them at
    once.

    After `retry_s` seconds one call is let through as a probe; the others are still refused. If the
    probe succeeds, all calls are let through again. If it fails, the next probe waits twice as
    long, up to `RETRY_MAX_S`. A probe that has not returned by then is given up, and another is let
    through.

    A failure is a `FondacoError`. Any other exception is a bug of ours and says nothing about the
    index. Only calls that started after the last change of state count: a late answer closes
    nothing. Safe to share between threads. `clock` gives seconds that never run back.
    """

    def __init__(
        self,
        name: str,
        failures: int = FAILURES,
        retry_s: float = RETRY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._max_failures = failures
        self._retry_s = retry_s
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0  # in a row, while closed
        self._reason: str | None = None
        self._is_open = False
        self._wait_s = retry_s
        self._retry_at = 0.0
        self._epoch = 0  # raised by each change of state: the outcome of an older call is ignored

    @property
    def is_open(self) -> bool:
        """Whether calls are refused, apart from a probe."""
        return self._is_open

    @property
    def reason(self) -> str | None:
        """The error that opened the breaker, or the last probe's; None while it is closed."""
        return self._reason

    @contextmanager
    def protect(self) -> Iterator[None]:
        """Make one call in the body of the `with` statement.

        Raises:
            IndexUnavailable: the body is not run, because too many calls before it failed.
            FondacoError: the body raised it.
        """
        epoch = self._start_call()
        try:
            yield
        except FondacoError as error:
            self._record_failure(epoch, error)
            raise
        self._record_success(epoch)

    def _start_call(self) -> int:
        """The epoch that the outcome will count for."""
        with self._lock:
            if not self._is_open:
                return self._epoch
            now = self._clock()
            if now < self._retry_at:
                wait_s = self._retry_at - now
                raise IndexUnavailable(f"{self.name} is not called for another {wait_s:.1f} s: {self._reason}")
            self._retry_at = now + self._wait_s  # until then no other call is let through
            self._epoch += 1
            return self._epoch

    def _record_failure(self, epoch: int, error: FondacoError) -> None:
        with self._lock:
            if epoch != self._epoch:
                return
            self._failures += 1
            if not self._is_open and self._failures < self._max_failures:
                return
            opens = not self._is_open
            self._is_open = True
            self._reason = str(error)
            self._wait_s = self._retry_s if opens else min(2 * self._wait_s, max(RETRY_MAX_S, self._retry_s))
            self._retry_at = self._clock() + self._wait_s
            self._epoch += 1
        if opens:
            log.error("%s is not used after %d failures in a row: %s", self.name, self._max_failures, error)

    def _record_success(self, epoch: int) -> None:
        with self._lock:
            if epoch != self._epoch:
                return
            self._failures = 0
            if not self._is_open:
                return
            self._is_open = False
            self._reason = None
            self._epoch += 1
        log.info("%s answers again", self.name)
