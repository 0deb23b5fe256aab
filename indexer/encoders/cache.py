"""The cache: what is dear to make and can be made again (converted weights, compiled graphs), on disk, shared."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from indexer.durable import publish_folder


def cache_folder() -> Path:
    """Where the cache is: ``FONDACO_CACHE``, else ``~/.cache/fondaco``. It may not exist yet."""
    return Path(os.environ.get("FONDACO_CACHE") or "~/.cache/fondaco").expanduser()


def folder_once(target: Path, write: Callable[[Path], None]) -> Path:
    """`target`, after ``write(temporary)`` has filled it where it was missing.

    The folder appears whole or not at all: it is written beside `target` and renamed. Of two processes at once both
    write, one rename wins, and both read the winner's. What `write` raises is passed on, and nothing is left behind.
    """
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        write(temporary)
        temporary.chmod(0o755)  # mkdtemp's 0700 would lock out the service's user
        try:
            publish_folder(temporary, target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target
