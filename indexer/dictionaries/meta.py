"""What is known of a compiled dictionary: where it came from, and what it was compiled with."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from indexer.errors import DictionaryMismatch, DictionaryMissing
from languages.analyse import VERSION

FORMAT = 1
"""Incremented when the layout of the compiled form changes."""

_NAME = "meta.json"


@dataclass(frozen=True, slots=True)
class DictionaryMeta:
    """What a dictionary was made from. `licence` is None if neither file nor operator says it."""

    name: str
    form: str
    source: str
    sha256: str
    licence: str | None
    languages: tuple[str, ...]  # the one with the most terms first
    senses: int
    terms: int
    longest: int  # lemmas of the longest term
    added_at: str
    analysis: str = VERSION
    format: int = FORMAT


def read_meta(folder: Path) -> DictionaryMeta:
    """The meta of a compiled dictionary, whatever analysis it was compiled with.

    Raises:
        DictionaryMissing: there is none.
        DictionaryMismatch: it has another format than this program reads.
    """
    try:
        plain: dict[str, Any] = orjson.loads((folder / _NAME).read_bytes())
    except FileNotFoundError:
        raise DictionaryMissing(f"{folder} has no {_NAME}; remove the folder and add the dictionary again") from None
    if plain["format"] != FORMAT:
        disagreement = f"has format {plain['format']}, this program reads {FORMAT}"
        raise DictionaryMismatch(f"{folder} {disagreement}; {mend(folder, plain['source'])}")
    return DictionaryMeta(**{**plain, "languages": tuple(plain["languages"])})


def write_meta(folder: Path, meta: DictionaryMeta) -> None:
    """Write the meta of a compiled dictionary into its folder."""
    (folder / _NAME).write_bytes(orjson.dumps(asdict(meta), option=orjson.OPT_INDENT_2))


def check_analysis(folder: Path, meta: DictionaryMeta) -> None:
    """Check that a dictionary's lemmas are those of this program.

    Raises:
        DictionaryMismatch: they are not.
    """
    if meta.analysis != VERSION:
        disagreement = f"was compiled with analysis {meta.analysis}, this program has {VERSION}"
        raise DictionaryMismatch(f"dictionary {meta.name!r} {disagreement}; {mend(folder, meta.source)}")


def mend(folder: Path, source: str) -> str:
    """The command that compiles a dictionary again."""
    snapshot = shlex.quote(str(folder.parent.parent))
    command = f"fondaco dictionary add {shlex.quote(source)} --snapshot {snapshot} --name {folder.name}"
    return f"add it again with: {command}"
