"""The file of a relevance model: TOML with its numbers and, where it was fitted, the record of it.

The model that comes with Fondaco is ``relevance_model.toml``, beside this module. `fondaco fit`
writes others. A file is read once, when an engine is made.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from indexer.errors import FondacoError
from ranking.relevance import RelevanceModel

SHIPPED = Path(__file__).with_name("relevance_model.toml")
VERSION = 2
"""Raised when the numbers mean something else. In 1 the vector counted the same for any words."""

RECORD = "record"
"""The table that says what a model was fitted on. It may hold anything: no search reads it."""

_HUGE = 1e3
LIMITS: Mapping[str, tuple[float, float]] = {  # smallest and largest value of each number
    "bias": (-_HUGE, _HUGE),
    "lexical": (0.0, _HUGE),
    "vector": (0.0, _HUGE),
    "near_bias": (-_HUGE, _HUGE),
    "near_vector": (0.0, _HUGE),
    "floor": (0.0, 1.0),
}


class InvalidRelevance(FondacoError):
    """A file of a relevance model that breaks a rule: the file, the key and the reason."""

    def __init__(self, path: Path, key: str, reason: str) -> None:
        super().__init__(f"relevance {path}: {key}: {reason}")
        self.path = path
        self.key = key
        self.reason = reason


@cache
def shipped_relevance() -> RelevanceModel:
    """The model that comes with Fondaco. Its file is read once."""
    return read_relevance(SHIPPED)


def read_relevance(path: Path) -> RelevanceModel:
    """The model in a file.

    Raises:
        InvalidRelevance: it is not TOML, is of another version, has an unknown key, lacks one, or a
            number is out of range.
        OSError: the file cannot be opened.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidRelevance(path, "file", f"is not TOML: {error}") from None
    numbers = {key: value for key, value in table.items() if key not in ("version", RECORD)}
    if unknown := sorted(numbers.keys() - LIMITS.keys()):
        known = ", ".join(["version", *LIMITS, RECORD])
        raise InvalidRelevance(path, unknown[0], f"is not a key of a relevance model; the keys are {known}")
    _check_version(path, table.get("version"))
    checked = {key: _number(path, key, numbers.get(key)) for key in LIMITS}
    try:
        return RelevanceModel(**checked)
    except ValueError as error:
        raise InvalidRelevance(path, "lexical", str(error)) from None


def _check_version(path: Path, version: object) -> None:
    if version is None:
        raise InvalidRelevance(path, "version", f"is missing; write version = {VERSION}")
    if version != VERSION or isinstance(version, bool):
        raise InvalidRelevance(path, "version", f"must be {VERSION} (got {version!r}); fit it again: fondaco fit")


def _number(path: Path, key: str, value: object) -> float:
    if value is None:
        raise InvalidRelevance(path, key, "is missing; a model names every number")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidRelevance(path, key, f"must be a number (got {value!r})")
    low, high = LIMITS[key]
    if not (math.isfinite(value) and low <= value <= high):
        raise InvalidRelevance(path, key, f"must lie between {low:g} and {high:g} (got {value!r})")
    return float(value)
