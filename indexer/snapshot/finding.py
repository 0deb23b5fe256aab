"""Finding: the result of one check of an audit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What was checked of a store; `problem` is None where it holds."""

    store: str
    promise: str
    problem: str | None
