"""JudgedCatalogue: a snapshot with topics and judgements, and the file that lists several."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.trec import InvalidFile
from indexer.path_options import InvalidPath, check_path

TABLE = "catalogue"
PATHS = ("snapshot", "topics", "qrels")
KEYS = ("name", *PATHS, "complete", "kinds")


@dataclass(frozen=True, slots=True)
class JudgedCatalogue:
    """What relevance is fitted on.

    `complete` declares that every relevant listing is judged: the others are not relevant. `kinds`
    keeps only topics of these kinds; empty keeps the clean ones, or all where none is clean.

    Raises:
        ValueError: on construction, for a name that is empty.
    """

    name: str
    snapshot: Path
    topics: Path
    qrels: Path
    complete: bool = False
    kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError(f"the catalogue of {self.snapshot} has no name; give it one")


def read_catalogues(path: Path) -> tuple[JudgedCatalogue, ...]:
    """The catalogues that a TOML file lists, each in a table ``[[catalogue]]``.

    Their paths are relative to the file.

    Raises:
        InvalidFile: it is not TOML, or lists none; a catalogue has an unknown key, lacks one, has a
            value of another type or the name of another.
        InvalidPath: a path of it is not what its key expects.
        SnapshotMissing: nothing is published in a snapshot's folder.
        OSError: the file cannot be opened.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidFile(path, None, f"is not TOML: {error}") from None
    tables = content.get(TABLE)
    if content.keys() != {TABLE} or not isinstance(tables, list) or not tables:
        keys = ", ".join(content) or "nothing"
        raise InvalidFile(path, None, f"has {keys}; it must have tables [[{TABLE}]] and nothing else")
    catalogues = tuple(_catalogue(path, number, table) for number, table in enumerate(tables, 1))
    names = [catalogue.name for catalogue in catalogues]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise InvalidFile(path, None, f"two catalogues have the name {repeated[0]!r}; give each its own")
    return catalogues


def _catalogue(path: Path, number: int, table: Mapping[str, Any]) -> JudgedCatalogue:
    where = f"catalogue {table.get('name', number)}"
    if unknown := sorted(table.keys() - set(KEYS)):
        raise InvalidFile(path, None, f"{where}: {unknown[0]} is not a key; the keys are {', '.join(KEYS)}")
    for key in ("name", *PATHS):
        if not isinstance(table.get(key), str):
            raise InvalidFile(path, None, f"{where}: {key} must be a text (got {table.get(key)!r})")
    complete, kinds = table.get("complete", False), table.get("kinds", [])
    if not isinstance(complete, bool):
        raise InvalidFile(path, None, f"{where}: complete must be true or false (got {complete!r})")
    if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
        raise InvalidFile(path, None, f'{where}: kinds must be a list of texts, as ["clean"] (got {kinds!r})')
    paths = {key: path.parent / table[key] for key in PATHS}
    for key, value in paths.items():
        _check(f"{path}: {where}: {key}", key, value)
    try:
        return JudgedCatalogue(table["name"], **paths, complete=complete, kinds=tuple(kinds))
    except ValueError as error:
        raise InvalidFile(path, None, f"{where}: {error}") from None


def _check(where: str, key: str, path: Path) -> None:
    check_path("fit", key, where, path)
    if not path.exists():
        raise InvalidPath(f"{where} {path}: does not exist; paths are relative to the file that names them")
