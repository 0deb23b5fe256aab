"""Files of judgements, runs and topics: UTF-8 lines of columns, gzipped if the name ends in .gz."""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote

from indexer.path_options import check_path


class InvalidFile(ValueError):
    """A file whose content is not valid: which file, which line (from 1), and why."""

    def __init__(self, path: Path, line: int | None, reason: str) -> None:
        where = str(path) if line is None else f"{path}, line {line}"
        super().__init__(f"{where}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


def is_id(text: str) -> bool:
    """Whether `text` can be an id in a TREC file: not empty, and without white space."""
    return text.split() == [text]


def escape_id(text: str) -> str:
    """An id without white space, which a TREC file cannot hold: a space is written ``%20``.

    An id without white space stays as it is.
    """
    if is_id(text):
        return text
    return "".join(quote(char) if char.isspace() else char for char in text)


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines (from 1) without line ends. Blank lines and a byte order mark are skipped.

    Raises:
        InvalidFile: not UTF-8, or a broken gzip file.
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
    except UnicodeDecodeError as error:
        raise InvalidFile(path, number + 1, f"is not UTF-8 ({error.reason}); save the file as UTF-8") from None
    except (EOFError, gzip.BadGzipFile) as error:
        raise InvalidFile(path, number + 1, f"is not a complete gzip file ({error})") from None


def read_columns(path: Path, names: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """Numbered rows of columns, separated by white space: as many as `names` has.

    Raises:
        InvalidFile: another number of columns; and as `read_lines`.
    """
    for number, line in read_lines(path):
        columns = line.split()
        if len(columns) != len(names):
            raise InvalidFile(path, number, f"has {len(columns)} columns, expected {len(names)}: {' '.join(names)}")
        yield number, columns


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write `lines`, each ended by a line feed. The file is complete or not written at all.

    Missing folders above it are made. The same lines give the same bytes.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".part-{path.name}")
    try:
        with _open(part, "w") as out:
            out.writelines(f"{line}\n" for line in lines)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _open(path: Path, mode: str) -> Iterator[IO[str]]:
    # newline="\n": only a line feed ends a line, so an id may have any character but white space
    if path.suffix != ".gz":
        with path.open(mode, encoding="utf-8", newline="\n") as file:
            yield file
        return
    # mtime=0 and an empty name: the same lines always give the same bytes
    with (
        path.open(f"{mode}b") as raw,
        gzip.GzipFile("", f"{mode}b", fileobj=raw, mtime=0) as compressed,
        io.TextIOWrapper(compressed, encoding="utf-8", newline="\n") as file,
    ):
        yield file


def file_digest(path: Path) -> str:
    """SHA-256 of the file's bytes in hexadecimal. It identifies the file that was measured."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_writable(path: Path) -> None:
    """Check that a file can be written at `path`, before a long run that ends with writing it.

    Raises:
        InvalidPath: the path is a folder, or lies where this user cannot write.
    """
    check_path("run", "out", "--out", path)
