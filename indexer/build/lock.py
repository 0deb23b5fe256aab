"""The lock of a snapshot's folder: one build at a time. It is released when the process ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import BuildRunning


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the snapshot's folder for building.

    Raises:
        BuildRunning: another build holds it.
    """
    with (out / "build.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildRunning(f"another build works on {out}; wait for it, or end it") from None
        yield
