"""What one worker process of the service needs to know."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PREFIX = "FONDACO_"


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """The settings of one worker. They reach its process through the environment."""

    snapshot: Path
    encoder: str | None = None  # None: the setting that the snapshot was built with
    threads: int = 1  # a worker's share of the cores
    log_level: str = "info"
    relevance: Path | None = None  # None: the model that comes with Fondaco
    synonyms: Path | None = None  # a folder; None: no synonyms

    def to_environment(self) -> dict[str, str]:
        """The variables that `from_environment` reads."""
        return {
            f"{PREFIX}SNAPSHOT": str(self.snapshot),
            f"{PREFIX}ENCODER": self.encoder or "",
            f"{PREFIX}THREADS": str(self.threads),
            f"{PREFIX}LOG_LEVEL": self.log_level,
            f"{PREFIX}RELEVANCE": str(self.relevance or ""),
            f"{PREFIX}SYNONYMS": str(self.synonyms or ""),
        }

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> ServeSettings:
        """Settings from ``FONDACO_SNAPSHOT``, ``_ENCODER``, ``_THREADS``, ``_LOG_LEVEL``,
        ``_RELEVANCE`` and ``_SYNONYMS``.

        Raises:
            ValueError: the first is missing, or the threads are not a number of 1 or more.
        """
        snapshot = environment.get(f"{PREFIX}SNAPSHOT", "")
        relevance = environment.get(f"{PREFIX}RELEVANCE", "")
        synonyms = environment.get(f"{PREFIX}SYNONYMS", "")
        threads = environment.get(f"{PREFIX}THREADS") or "1"
        if not snapshot:
            raise ValueError(f"{PREFIX}SNAPSHOT is not set; name the snapshot's folder in it")
        if not threads.isdecimal() or int(threads) < 1:
            raise ValueError(f"{PREFIX}THREADS is {threads!r}; give a number of 1 or more")
        return cls(
            snapshot=Path(snapshot),
            encoder=environment.get(f"{PREFIX}ENCODER") or None,
            threads=int(threads),
            log_level=environment.get(f"{PREFIX}LOG_LEVEL") or "info",
            relevance=Path(relevance) if relevance else None,
            synonyms=Path(synonyms) if synonyms else None,
        )
