"""What each path on the command line must be, checked before a command begins.

An error names the option, its value and what belongs there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from indexer.errors import FondacoError, SnapshotMissing

STANDARD_INPUT = "-"


class InvalidPath(FondacoError):
    """A path on the command line is not what its option expects."""


class PathKind(Enum):
    FILE = auto()  # is read
    FOLDER = auto()  # is read
    SNAPSHOT = auto()  # a folder that `fondaco index` wrote
    NEW_FILE = auto()  # is written; missing folders above it are made
    NEW_FOLDER = auto()  # the same for a folder, which may exist


@dataclass(frozen=True, slots=True)
class PathOption:
    """What a path must be, and in words what to give."""

    kind: PathKind
    description: str


PATH_OPTIONS: Mapping[str, PathOption] = {
    "snapshot": PathOption(PathKind.SNAPSHOT, "the folder that fondaco index wrote"),
    "catalogue": PathOption(PathKind.FILE, "a catalogue file, such as catalogue.jsonl"),
    "updates": PathOption(PathKind.FILE, "a JSON Lines file of updates, or - for standard input"),
    "dictionary": PathOption(PathKind.FILE, "a dictionary: NAME.index, NAME.ifo or a table such as glossary.tsv"),
    "mapping": PathOption(PathKind.FILE, "a TOML file that maps field names"),
    "sellers": PathOption(PathKind.FILE, "a JSON Lines file of sellers"),
    "shipping": PathOption(PathKind.FILE, "a JSON Lines file of shipping templates"),
    "markets": PathOption(PathKind.FILE, "a TOML file of markets"),
    "rates": PathOption(PathKind.FILE, "a TOML file of exchange rates"),
    "topics": PathOption(PathKind.FILE, "a tab-separated file of topics"),
    "qrels": PathOption(PathKind.FILE, "judgements as TREC qrels"),
    "run": PathOption(PathKind.FILE, "a TREC run, which fondaco run writes"),
    "baseline": PathOption(PathKind.FILE, "a TREC run, which fondaco run writes"),
    "relevance": PathOption(PathKind.FILE, "a relevance model, which fondaco fit writes"),
    "synonyms": PathOption(PathKind.FOLDER, "a folder of synonyms, with a file for each language such as de.txt"),
    "catalogues": PathOption(PathKind.FILE, "a TOML file with a [[catalogue]] for each judged catalogue"),
    "truth": PathOption(PathKind.NEW_FOLDER, "a folder for the truth"),
    "index out": PathOption(PathKind.NEW_FOLDER, "a folder for the snapshot"),
    "out": PathOption(PathKind.NEW_FILE, "the name of a file to write"),
}
"""By parameter. Where a command means something else by it, by command and parameter."""


def check_path(command: str, parameter: str, option: str, path: Path) -> None:
    """Check a path that was given for an option.

    `option` is its name in the message, such as ``--snapshot``.

    Raises:
        InvalidPath: it is not what the option expects.
        SnapshotMissing: it is a folder in which no snapshot is published.
    """
    expected = PATH_OPTIONS.get(f"{command} {parameter}") or PATH_OPTIONS[parameter]
    if expected.kind is PathKind.FILE and str(path) == STANDARD_INPUT:
        return
    problem = _PROBLEMS[expected.kind](path)
    if problem is not None:
        raise InvalidPath(f"{option} {path}: {problem}; give {expected.description}")
    if expected.kind is PathKind.SNAPSHOT:
        _require_published(option, path)


def _require_published(option: str, path: Path) -> None:
    from indexer.snapshot.generations import current_generation

    try:
        current_generation(path)
    except SnapshotMissing as error:
        raise SnapshotMissing(f"{option}: {error}") from None


def _problem_of_file(path: Path) -> str | None:
    if path.is_dir():
        return "is a folder, not a file"
    if not path.exists():
        return "does not exist"
    return None if os.access(path, os.R_OK) else "may not be read by this user"


def _problem_of_folder(path: Path) -> str | None:
    return _problem_of_snapshot(path) if path.exists() else "does not exist"


def _problem_of_snapshot(path: Path) -> str | None:
    if path.exists() and not path.is_dir():
        return "is a file, not a folder"
    return None if not path.exists() or os.access(path, os.R_OK) else "may not be read by this user"


def _problem_of_new_file(path: Path) -> str | None:
    return "is a folder, not a file" if path.is_dir() else _problem_of_output(path)


def _problem_of_new_folder(path: Path) -> str | None:
    return "is a file, not a folder" if path.is_file() else _problem_of_output(path)


def _problem_of_output(path: Path) -> str | None:
    """Why nothing can be written at a path. Folders that are missing above it can be made."""
    existing = path.absolute()
    while not existing.exists():
        existing = existing.parent
    if existing != path.absolute() and not existing.is_dir():
        return f"lies below {existing}, which is a file"
    return None if os.access(existing, os.W_OK) else f"cannot be written: {existing} is not writable"


_PROBLEMS = {
    PathKind.FILE: _problem_of_file,
    PathKind.FOLDER: _problem_of_folder,
    PathKind.SNAPSHOT: _problem_of_snapshot,
    PathKind.NEW_FILE: _problem_of_new_file,
    PathKind.NEW_FOLDER: _problem_of_new_folder,
}
