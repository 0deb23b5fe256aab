"""Atomic writes: a reader sees the old content or all of the new one, also after a power cut."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY = ".tmp"
"""The suffix of a file or folder that is not complete. A killed process may leave one behind."""


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's entries, would survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a temporary name beside `path`. What is written there replaces `path` at the end.

    Only one process at a time may replace a file. If the block raises, `path` stays as it is.
    """
    temporary = path.with_name(path.name + TEMPORARY)
    yield temporary
    sync(temporary)
    temporary.replace(path)
    sync(path.parent)


def replace_file(path: Path, content: bytes) -> None:
    """Give a file this content, whether it exists or not."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def publish_folder(working: Path, target: Path) -> None:
    """Rename a finished folder to `target`, after everything in it is on the disk.

    Raises:
        OSError: `target` exists and is not an empty folder.
    """
    for path in working.rglob("*"):
        sync(path)
    sync(working)
    working.rename(target)
    sync(target.parent)
