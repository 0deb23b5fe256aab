"""The cache folder for what is expensive to build: converted weights and compiled graphs."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from languages.durable import publish_folder

Loaded = TypeVar("Loaded")

_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Where the cache is: ``FONDACO_CACHE``, else ``~/.cache/fondaco``. It may not exist yet."""
    return Path(os.environ.get("FONDACO_CACHE") or "~/.cache/fondaco").expanduser()


def announce(text: str) -> None:
    """Say on standard error what is done once on a machine and takes long."""
    print(text, file=sys.stderr, flush=True)


def ensure_folder(target: Path, write: Callable[[Path], None]) -> Path:
    """Return `target`; if it does not exist, ``write(temporary)`` fills it first.

    The folder appears whole or not at all: it is written beside `target` and renamed. When two
    processes do this at once, both write, one rename wins, and both use the winner's folder.
    What `write` raises is passed on, and no partial folder remains.
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


def load_compiled(name: str, write: Callable[[Path], None], load: Callable[[Path], Loaded]) -> Loaded:
    """Load what ``write(folder)`` compiles, from the folder `name` of the cache folder.

    It is written there on first use. Without a writable cache folder it is compiled for this
    process alone: `load` must map its files, or read them whole, because they do not stay.
    """
    try:
        return load(ensure_folder(cache_folder() / name, write))
    except OSError as problem:
        _log.info("%s is kept in memory: %s", name, problem)
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder))
            return load(Path(folder))
