"""What judgements, runs and topics share on disk: UTF-8 lines of columns, gzipped where the name ends in .gz."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


class InvalidFile(ValueError):
    """A file that cannot be read as what it should be: which file, which line (from 1), and why."""

    def __init__(self, path: Path, line: int | None, reason: str) -> None:
        where = str(path) if line is None else f"{path}, line {line}"
        super().__init__(f"{where}: {reason}")
        self.path, self.line, self.reason = path, line, reason


def is_id(text: str) -> bool:
    """Whether `text` can stand in a TREC file, whose columns are parted by white space: some characters, none blank."""
    return text.split() == [text]


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines (from 1) without their ends; blank ones are passed over, a byte order mark is dropped.

    Raises:
        InvalidFile: not UTF-8, or a gzip file that is broken.
        OSError: the file cannot be opened.
    """
    number = 0
    try:
        with _open(path, "r") as lines:
            for number, line in enumerate(lines, 1):
                text = line.removesuffix("\n").removesuffix("\r")
                if number == 1:
                    text = text.removeprefix("\ufeff")
                if text and not text.isspace():
                    yield number, text
    except UnicodeDecodeError as problem:
        raise InvalidFile(path, number + 1, f"is not UTF-8 ({problem.reason}); save the file as UTF-8") from None
    except (EOFError, gzip.BadGzipFile) as problem:
        raise InvalidFile(path, number + 1, f"is not a whole gzip file ({problem})") from None


def read_columns(path: Path, names: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """Numbered rows of exactly as many white-space separated columns as `names` has.

    Raises:
        InvalidFile: another number of columns; and as `read_lines`.
    """
    for number, line in read_lines(path):
        columns = line.split()
        if len(columns) != len(names):
            raise InvalidFile(path, number, f"has {len(columns)} columns, expected {len(names)}: {' '.join(names)}")
        yield number, columns


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write `lines`, each ended by a line feed, whole or not at all; the same lines give the same bytes.

    Raises:
        OSError: the file cannot be written.
    """
    part = path.with_name(f".part-{path.name}")
    try:
        with _open(part, "w") as out:
            out.writelines(f"{line}\n" for line in lines)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _open(path: Path, mode: str) -> Iterator[IO[str]]:
    # newline="\n": only a line feed ends a line, so that an id may hold any character that is not blank.
    if path.suffix != ".gz":
        with path.open(mode, encoding="utf-8", newline="\n") as file:
            yield file
        return
    # mtime=0 and an empty name: the same lines give the same bytes tomorrow
    with (
        path.open(f"{mode}b") as raw,
        gzip.GzipFile("", f"{mode}b", fileobj=raw, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as file,
    ):
        yield file


def file_digest(path: Path) -> str:
    """SHA-256 of the file's bytes in hexadecimal: which file a result was measured on."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def writable(path: Path) -> None:
    """Refuse now what could not be written after an hour's work.

    Raises:
        OSError: the folder is missing or not writable, or the path is a folder.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder, not a file")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"folder {path.parent} does not exist; make it first")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"folder {path.parent} is not writable")
