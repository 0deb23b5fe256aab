"""The working folder of a build, from which a killed build resumes.

SNAPSHOT/
  building/
    state.json      what is being built
    parts/000000/   finished parts; a name that ends in .tmp is a part that was not finished
    parts.done      all parts are there
    templates.jsonl shipping templates so far
    runs/           hashes of ids and texts, rebuilt whenever the build resumes
    generation/     stores of the new generation, until it is committed
  building.given-up/  a build of another catalogue; its vectors are reused
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from indexer.build.settings import BuildSettings, CatalogueSource
from indexer.encoders.encoder import Encoder
from indexer.snapshot.generations import generations
from indexer.snapshot.manifest import FORMAT
from languages.analyse import VERSION as ANALYSIS_VERSION
from languages.durable import TEMPORARY, replace_file

PARTS = 3
"""Incremented when the files of a part change. Parts of another version give only their vectors."""


@dataclass(frozen=True, slots=True)
class BuildIdentity:
    """What is being built. An interrupted build resumes only where all of it is equal."""

    source: str
    encoder: str
    analysis: str
    format: int
    part_size: int
    engines: str
    parts: int  # version of the parts' layout

    @classmethod
    def of(cls, source: CatalogueSource, encoder: Encoder, settings: BuildSettings) -> BuildIdentity:
        return cls(
            source=source.identity,
            encoder=encoder.name,
            analysis=ANALYSIS_VERSION,
            format=FORMAT,
            part_size=settings.part_size,
            engines=str(settings.engines),
            parts=PARTS,
        )


class WorkingFolder:
    """The working folder of the build in a snapshot's folder `out`."""

    def __init__(self, out: Path) -> None:
        self.path = out / "building"
        self.generation = self.path / "generation"
        self.runs = self.path / "runs"
        self.templates = self.path / "templates.jsonl"
        self._out = out
        self._parts = self.path / "parts"
        self._parts_done = self.path / "parts.done"
        self._state = self.path / "state.json"
        self._given_up = out / "building.given-up"

    def begin(self, identity: BuildIdentity) -> int:
        """Resume the build of this identity, or begin it; returns the number of its generation.

        A build of another identity is given up: only its vectors are used.
        """
        if self._state.exists():
            state = _read_state(self.path)
            if {**asdict(identity), "generation": state["generation"]} == state:
                self._remove_unfinished()
                return int(state["generation"])
            shutil.rmtree(self._given_up, ignore_errors=True)
            self.path.rename(self._given_up)
        shutil.rmtree(self.path, ignore_errors=True)
        self._parts.mkdir(parents=True)
        generation = max(generations(self._out), default=0) + 1
        replace_file(self._state, orjson.dumps({**asdict(identity), "generation": generation}))
        return generation

    @property
    def began_us(self) -> int:
        """When the build began, microseconds since 1970."""
        return int(self._state.stat().st_mtime * 1e6)

    def part(self, number: int) -> Path:
        return self._parts / f"{number:06d}"

    @property
    def has_all_parts(self) -> bool:
        return self._parts_done.exists()

    def mark_parts_done(self) -> None:
        self._parts_done.touch()

    def given_up_parts(self, encoder: str) -> Iterator[Path]:
        """The parts of the build that was given up, where the same encoder made their vectors."""
        if (self._given_up / "state.json").exists() and _read_state(self._given_up)["encoder"] == encoder:
            yield from sorted(part for part in (self._given_up / "parts").iterdir() if part.suffix != TEMPORARY)

    def remove(self) -> None:
        """Remove the folder after its generation is published, and the build that was given up."""
        shutil.rmtree(self._given_up, ignore_errors=True)
        shutil.rmtree(self.path)

    def _remove_unfinished(self) -> None:
        for leftover in self._parts.glob(f"*{TEMPORARY}"):
            shutil.rmtree(leftover)
        shutil.rmtree(self.runs, ignore_errors=True)


def _read_state(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = orjson.loads((folder / "state.json").read_bytes())
    return state
