"""CircuitBreaker: stops asking what does not answer, and finds out by itself when it does again.

A circuit breaker, after Nygard, *Release It!* (2nd edition, 2018), section 5.2. pybreaker is the library for it, but a
call through pybreaker 1.x holds the breaker's lock until it returns: while an index is slow, all searches of a process
would stand in a queue behind one another. Here the lock is held for the book-keeping alone, never while something is
asked.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from indexer.errors import FondacoError, IndexUnavailable

log = logging.getLogger(__name__)

FAILURES = 3  # in a row: one may be chance, and each costs a buyer the wait for its timeout
RETRY_S = 5.0  # a node that restarts is away for longer; a probe costs one buyer one timeout
RETRY_MAX_S = 60.0  # the longest that something mended is left out

T = TypeVar("T")


class CircuitBreaker:
    """Lets questions through until `failures` of them in a row have failed; then refuses them at once.

    After `retry_s` seconds one question is let through as a probe, the others are refused still. If it is answered all
    are let through again; if it fails, the next probe waits twice as long, up to `RETRY_MAX_S`. A probe that has not
    come back by then is given up, and another one let through.

    A failure is a `FondacoError`; any other exception is a mistake of ours and says nothing of who was asked. Only
    what was asked since the last change of state counts: an answer to an old question closes nothing.
    Safe to share between threads. `clock` gives seconds that never run back.
    """

    def __init__(
        self,
        name: str,
        failures: int = FAILURES,
        retry_s: float = RETRY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._failures, self._retry_s, self._clock = failures, retry_s, clock
        self._lock = threading.Lock()
        self._failed = 0  # in a row, while closed
        self._reason: str | None = None
        self._is_open = False
        self._wait = retry_s
        self._retry_at = 0.0
        self._turn = 0  # of state: raised by each change, so that late answers are known by theirs

    @property
    def is_open(self) -> bool:
        """Whether questions are refused, but for a probe."""
        return self._is_open

    @property
    def reason(self) -> str | None:
        """What the failure said that opened it, or the last probe's; None while it is closed. For the operator."""
        return self._reason

    def __call__(self, ask: Callable[[], T]) -> T:
        """The answer of `ask()`.

        Raises:
            IndexUnavailable: it was not asked, for too many before it have failed.
            FondacoError: it was asked, and failed.
        """
        turn = self._enter()
        try:
            answer = ask()
        except FondacoError as error:
            self._fails(turn, error)
            raise
        self._answers(turn)
        return answer

    def _enter(self) -> int:
        """The turn that the outcome will count for."""
        with self._lock:
            if not self._is_open:
                return self._turn
            now = self._clock()
            if now < self._retry_at:
                raise IndexUnavailable(
                    f"{self.name} is not asked for another {self._retry_at - now:.1f} s: {self._reason}"
                )
            self._retry_at = now + self._wait  # until then nobody else is let through
            self._turn += 1
            return self._turn

    def _fails(self, turn: int, error: FondacoError) -> None:
        with self._lock:
            if turn != self._turn:
                return
            self._failed += 1
            if not self._is_open and self._failed < self._failures:
                return
            first = not self._is_open
            self._is_open, self._reason = True, str(error)
            self._wait = self._retry_s if first else min(2 * self._wait, max(RETRY_MAX_S, self._retry_s))
            self._retry_at = self._clock() + self._wait
            self._turn += 1
        if first:
            log.error("%s is left out after %d failures in a row: %s", self.name, self._failures, error)

    def _answers(self, turn: int) -> None:
        with self._lock:
            if turn != self._turn:
                return
            self._failed = 0
            if not self._is_open:
                return
            self._is_open, self._reason = False, None
            self._turn += 1
        log.info("%s answers again", self.name)
