"""The dictionaries beside a snapshot: added, listed, removed.

SNAPSHOT/
  dictionaries/freedict-deu-eng/    a compiled dictionary
  dictionaries/NAME.tmp/            one that is being added, or was when its process was killed
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from indexer.dictionaries.compiled import write_senses
from indexer.dictionaries.dictionary_file import DictionaryFile
from indexer.dictionaries.meta import DictionaryMeta, read_meta, write_meta
from indexer.errors import DictionaryMissing, DictionaryRefused
from indexer.progress import ProgressCallback
from languages.durable import TEMPORARY, publish_folder, sync

_FOLDER = "dictionaries"
_NAME = re.compile(r"[\w-][\w.-]*")


def dictionary_folders(snapshot: Path) -> list[Path]:
    """The folder of each dictionary beside a snapshot, by name."""
    folder = snapshot / _FOLDER
    folders = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in folders if path.is_dir() and path.suffix != TEMPORARY)


def add_dictionary(
    file: DictionaryFile, snapshot: Path, name: str, progress: ProgressCallback, licence: str | None = None
) -> DictionaryMeta:
    """Compile a dictionary and put it beside a snapshot, complete or not at all.

    One of the same name is replaced by two renames: who opens the dictionaries between them sees
    neither, and a process killed between them leaves neither. Only one process at a time may add a
    dictionary of a name.

    Raises:
        DictionaryRefused: its file cannot be read or has no translations, or the name is no name.
    """
    check_name(name)
    target = snapshot / _FOLDER / name
    working = target.with_name(name + TEMPORARY)
    shutil.rmtree(working, ignore_errors=True)
    working.mkdir(parents=True)
    try:
        meta = _compile(file, working, name, progress, licence)
        _replace_folder(working, target)
    except BaseException:
        shutil.rmtree(working, ignore_errors=True)
        raise
    return meta


def dictionary_metas(snapshot: Path) -> list[DictionaryMeta]:
    """What is known of each dictionary beside a snapshot, by name, also of outdated ones."""
    return [read_meta(folder) for folder in dictionary_folders(snapshot)]


def remove_dictionary(snapshot: Path, name: str) -> None:
    """Remove a dictionary. A process that has it open may go on with it.

    Raises:
        DictionaryMissing: the snapshot has none of this name.
    """
    folders = {folder.name: folder for folder in dictionary_folders(snapshot)}
    if name not in folders:
        present = ", ".join(folders) or "none"
        raise DictionaryMissing(f"{snapshot} has no dictionary {name!r}; it has: {present}")
    shutil.rmtree(_set_aside(folders[name]))


def check_name(name: str) -> None:
    """Check that a name can be a folder's.

    Raises:
        DictionaryRefused: it cannot.
    """
    if not _NAME.fullmatch(name) or name.endswith(TEMPORARY):
        raise DictionaryRefused(f"{name!r} is no name of a dictionary; give one of letters, digits and . _ -")


def _compile(
    file: DictionaryFile, working: Path, name: str, progress: ProgressCallback, licence: str | None
) -> DictionaryMeta:
    counts = write_senses(file.senses(progress), working)
    source = file.files[0]
    if not counts.senses:
        raise DictionaryRefused(f"{source}: has no translations that can be used; are its languages given right?")
    meta = DictionaryMeta(
        name=name,
        form=file.form,
        source=str(source.absolute()),
        sha256=_sha256(file.files),
        licence=licence or file.licence,
        languages=counts.languages,
        senses=counts.senses,
        terms=counts.terms,
        longest=counts.longest,
        added_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    write_meta(working, meta)
    return meta


def _replace_folder(working: Path, target: Path) -> None:
    """Publish a finished folder in place of an older one of its name."""
    old = _set_aside(target) if target.exists() else None
    publish_folder(working, target)
    if old is not None:
        shutil.rmtree(old)


def _set_aside(folder: Path) -> Path:
    """Rename a dictionary's folder, so that nobody opens it while it is removed."""
    aside = folder.with_name(f"{folder.name}.old{TEMPORARY}")
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)
    sync(folder.parent)
    return aside


def _sha256(files: Sequence[Path]) -> str:
    """The checksum of all files that a dictionary was read from, one after another."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest()
