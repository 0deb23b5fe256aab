"""Writes small dictionaries in the forms of dictd and StarDict, as their own tools write them."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

from indexer.dictionaries.dictionaries import Dictionaries, open_dictionaries
from indexer.dictionaries.folder import add_dictionary
from indexer.dictionaries.open_file import name_from_path, open_dictionary_file
from indexer.progress import no_progress

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
Entries = Mapping[str, str]
"""The text of each entry by the index's word."""


def write_dictd(folder: Path, name: str, entries: Entries, *, packed: bool = True) -> Path:
    """The path of the ``.index``. Words with the same text share one entry."""
    body, places = _body(entries)
    index = folder / f"{name}.index"
    lines = [f"{word}\t{_base64(at)}\t{_base64(size)}\n" for word, (at, size) in places.items()]
    index.write_text("".join(sorted(lines)), "utf-8")
    _write_body(folder, name, body, packed)
    return index


def write_stardict(
    folder: Path,
    name: str,
    entries: Entries,
    *,
    types: str = "m",
    packed: bool = False,
    info: str = "",
    offset_bytes: int = 4,
) -> Path:
    """The path of the ``.ifo``."""
    body, places = _body(entries)
    index = b"".join(
        word.encode() + b"\0" + at.to_bytes(offset_bytes, "big") + size.to_bytes(4, "big")
        for word, (at, size) in places.items()
    )
    (folder / f"{name}.idx{'.gz' * packed}").write_bytes(gzip.compress(index) if packed else index)
    _write_body(folder, name, body, packed)
    same_types = f"sametypesequence={types}\n" if types else ""
    ifo = folder / f"{name}.ifo"
    ifo.write_text(f"StarDict's dict ifo file\nversion=2.4.2\nbookname=Small\n{same_types}{info}", "utf-8")
    return ifo


def opened(snapshot: Path, *paths: Path) -> Dictionaries:
    """The dictionaries of a snapshot's folder after `paths` were added."""
    for path in paths:
        add_dictionary(open_dictionary_file(path), snapshot, name_from_path(path), no_progress)
    return open_dictionaries(snapshot)


def _body(entries: Entries) -> tuple[bytes, dict[str, tuple[int, int]]]:
    body = b""
    at: dict[str, int] = {}
    for text in entries.values():
        if text not in at:
            at[text] = len(body)
            body += text.encode()
    return body, {word: (at[text], len(text.encode())) for word, text in entries.items()}


def _write_body(folder: Path, name: str, body: bytes, packed: bool) -> None:
    if packed:
        (folder / f"{name}.dict.dz").write_bytes(gzip.compress(body))
    else:
        (folder / f"{name}.dict").write_bytes(body)


def _base64(number: int) -> str:
    digits = _DIGITS[number % 64]
    while number := number // 64:
        digits = _DIGITS[number % 64] + digits
    return digits
