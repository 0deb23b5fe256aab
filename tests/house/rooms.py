"""The house as the tests of this folder see it: its rooms, modules and tracked files."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("languages", "indexer", "ranking", "search", "eval")


def sources() -> list[Path]:
    """Every Python file of the rooms."""
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def modules() -> list[str]:
    """The rooms' modules by the names they are imported by."""
    parts = (path.relative_to(ROOT).with_suffix("").parts for path in sources())
    return [".".join(name[:-1] if name[-1] == "__init__" else name) for name in parts]


def tracked(*suffixes: str) -> list[Path]:
    """The project's files of these endings (all without one), whether committed yet or not; caches
    left out.

    Without git (a source archive, an image) there is nothing to ask, and the answer is empty.
    """
    if not (ROOT / ".git").exists():
        return []
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return sorted(path for path in paths if path.is_file() and (not suffixes or path.suffix in suffixes))
