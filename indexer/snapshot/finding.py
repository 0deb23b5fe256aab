"""Finding: one thing that an audit proved, or did not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`problem` is None when what was promised of the store holds."""

    store: str
    promise: str
    problem: str | None
