"""BulkWindow: how many requests may be held, how many of them sent at once, and what happens when one of them fails."""

from __future__ import annotations

import threading


class BulkWindow:
    """Room for `size` requests. Fewer are sent at once while the cluster pushes back: half, then one more each time it
    takes one. The first error of any thread ends all, and is raised to whoever comes next.
    """

    def __init__(self, size: int) -> None:
        self.size, self.allowed = size, size
        self._held = self._under_way = 0
        self._changed = threading.Condition()
        self._stopped = False
        self._error: BaseException | None = None

    def check(self) -> None:
        """Raise the error of a thread, if there was one."""
        if self._error is not None:
            raise self._error

    def enter(self) -> None:
        """Wait for room to hold one more request."""
        with self._changed:
            self._changed.wait_for(lambda: self._held < self.size or self._stopped)
            self.check()
            self._held += 1

    def leave(self) -> None:
        """A held request is done with."""
        with self._changed:
            self._held -= 1
            self._changed.notify_all()

    def drain(self) -> None:
        """Wait until no request is held."""
        with self._changed:
            self._changed.wait_for(lambda: self._held == 0)
            self.check()

    def may_send(self) -> bool:
        """Wait for a turn to send a held request; `sent` gives it back. False when all has been stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self._under_way < self.allowed or self._stopped)
            if self._stopped:
                return False
            self._under_way += 1
            return True

    def sent(self, *, pushed_back: bool) -> None:
        """A request has been answered, or has not: the cluster took all of it, or pushed some back."""
        with self._changed:
            self._under_way -= 1
            self.allowed = max(1, self.allowed // 2) if pushed_back else min(self.size, self.allowed + 1)
            self._changed.notify_all()

    def pause(self, seconds: float) -> None:
        """Wait this long, or until all is stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped, seconds)

    def fail(self, error: BaseException) -> None:
        """Stop all for an error. The first is kept: those after it are mostly its echo."""
        with self._changed:
            self._error = self._error or error
            self._stopped = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Let nothing more be sent."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
