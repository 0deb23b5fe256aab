"""Reads the records of a JSON Lines file."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from indexer.catalogue.files.lines import LINE_MAX, TooLong, split_lines
from indexer.catalogue.files.source import DamagedFile, Source
from indexer.catalogue.records import Record, refuse
from indexer.listing import InvalidRecord, Rejected


def read_jsonl(source: Source, skip: int) -> Iterator[tuple[int, Record | Rejected]]:
    """The record of each line after the first `skip`, numbered from 1."""
    for number, line in read_lines(source, skip):
        yield number, line if isinstance(line, Rejected) else parse_line(number, line)


def read_lines(source: Source, skip: int) -> Iterator[tuple[int, bytes | TooLong | Rejected]]:
    """Each line after the first `skip`, numbered from 1, for `parse_line`."""
    number = 0
    try:
        for number, line in enumerate(split_lines(source.pieces()), start=1):
            if number > skip:
                yield number, line
    except DamagedFile as error:
        if number + 1 > skip:
            yield number + 1, cut_file(number + 1, error)


def cut_file(number: int, error: Exception) -> Rejected:
    """The one entry that stands for everything after the damage in a file."""
    return Rejected(number, "file", "", f"{error}; nothing after this record could be read: fetch the file again")


def too_long(number: int, line: TooLong) -> Rejected:
    return refuse(number, InvalidRecord("record", line.start, f"is longer than {LINE_MAX:,} bytes"))


def not_utf_8(error: UnicodeDecodeError) -> str:
    """Why a record with invalid bytes is rejected, and how to mend its file."""
    convert = "save the file as UTF-8, as with iconv -f WINDOWS-1252 -t UTF-8 (Cyrillic: -f WINDOWS-1251)"
    return f"is not valid UTF-8 at byte {error.start}: {convert}"


def parse_line(number: int, line: bytes | TooLong) -> Record | Rejected:
    """The record in a line, or its rejection."""
    if isinstance(line, TooLong):
        return too_long(number, line)
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return refuse(number, InvalidRecord("record", line, _reason(line, error)))
    if type(record) is not dict:
        return refuse(number, InvalidRecord("record", line, "is not a JSON object {...}"))
    return record


def _reason(line: bytes, error: ValueError) -> str:
    if b"\x00" in line:
        return "holds a NUL byte"
    try:
        line.decode()
    except UnicodeDecodeError as decoding:
        return not_utf_8(decoding)
    return f"is not valid JSON: {error}"
