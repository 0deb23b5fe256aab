"""BulkWindow: limits a bulk writer's requests, adapts to a busy cluster, stops on an error."""

from __future__ import annotations

import threading


class BulkWindow:
    """Room for `size` requests, of which `allowed` are in flight at once.

    `allowed` is halved when the cluster pushes back, and grows by one with each request that it
    accepts. The first error of any thread stops all; the next caller raises it.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.allowed = size
        self._held = 0  # requests that are queued, in flight or wait to be sent again
        self._in_flight = 0
        self._changed = threading.Condition()
        self._stopped = False
        self._error: BaseException | None = None

    def check(self) -> None:
        """Raise a thread's error, if there was one."""
        if self._error is not None:
            raise self._error

    def enter(self) -> None:
        """Wait for room to hold one more request."""
        with self._changed:
            self._changed.wait_for(lambda: self._held < self.size or self._stopped)
            self.check()
            self._held += 1

    def leave(self) -> None:
        """Give up the room of a finished request."""
        with self._changed:
            self._held -= 1
            self._changed.notify_all()

    def drain(self) -> None:
        """Wait until no request is held."""
        with self._changed:
            self._changed.wait_for(lambda: self._held == 0)
            self.check()

    def may_send(self) -> bool:
        """Wait for permission to send a held request; `sent` returns it. False after a stop."""
        with self._changed:
            self._changed.wait_for(lambda: self._in_flight < self.allowed or self._stopped)
            if self._stopped:
                return False
            self._in_flight += 1
            return True

    def sent(self, *, pushed_back: bool) -> None:
        """Note that a request has ended: accepted whole, or pushed back at least in part."""
        with self._changed:
            self._in_flight -= 1
            self.allowed = max(1, self.allowed // 2) if pushed_back else min(self.size, self.allowed + 1)
            self._changed.notify_all()

    def pause(self, seconds: float) -> None:
        """Wait this long, or until a stop."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped, seconds)

    def fail(self, error: BaseException) -> None:
        """Stop because of an error. The first is kept; later ones mostly follow from it."""
        with self._changed:
            self._error = self._error or error
            self._stopped = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Let no more requests be sent."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
