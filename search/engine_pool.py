"""Serving: the engines of one worker. They follow the snapshot's pointer, forwards and back, without a pause.

The old generation answers until the new one is open and has answered a query of its own; then one assignment swaps
them. The one before stays, so that its cursors keep working. A new generation that cannot be opened changes nothing
but a line in the log and what ``/readyz`` says.

Where facts change in a cluster, a second thread sets them in both (`indexer.opensearch.follower`). A generation has
all changes since its build before it answers, unless the cluster is away; then it answers and they follow.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.encoders.encoder import Encoder
from indexer.encoders.open_encoder import open_encoder
from indexer.errors import FondacoError, IndexUnavailable, SnapshotMissing
from indexer.open_snapshot import cluster_for, open_snapshot
from indexer.opensearch.follower import FactFollower
from indexer.snapshot.generations import current_generation, generation_manifest
from indexer.snapshot.manifest import Manifest
from languages.locale import Locale
from ranking.profile import read_profiles
from ranking.query import Query
from search.cursor import ExpiredCursor
from search.engine import Engine

if TYPE_CHECKING:
    from indexer.opensearch.connection import Cluster

log = logging.getLogger(__name__)

PREFIX = "FONDACO_"
POLL_S = 1.0  # a look at the pointer reads one small file
RETRY_S = 60.0  # a generation that was refused may have been short of memory or files; once a minute costs little
AWAY_S = 5.0  # an index that was away may be back any moment
HELD = 2  # the generation that answers and the one before


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """What one worker needs to know. Workers are processes: it reaches them through the environment."""

    snapshot: Path
    encoder: str | None = None  # None: the setting the snapshot was built with
    threads: int = 1  # a worker's share of the cores
    log_level: str = "info"

    def to_environment(self) -> dict[str, str]:
        """Variables that `from_environment` reads back."""
        named = {"SNAPSHOT": str(self.snapshot), "ENCODER": self.encoder or "", "THREADS": str(self.threads)}
        return {PREFIX + name: value for name, value in (named | {"LOG_LEVEL": self.log_level}).items()}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> ServeSettings:
        """Settings from ``FONDACO_SNAPSHOT``, ``_ENCODER``, ``_THREADS`` and ``_LOG_LEVEL``.

        Raises:
            ValueError: the first is missing, or the threads are no number.
        """
        get = environment.get
        folder, threads = get(f"{PREFIX}SNAPSHOT", ""), get(f"{PREFIX}THREADS") or "1"
        if not folder:
            raise ValueError(f"{PREFIX}SNAPSHOT is not set; name the snapshot's folder in it")
        if not threads.isdecimal() or int(threads) < 1:
            raise ValueError(f"{PREFIX}THREADS is {threads!r}; give a number of 1 or more")
        return cls(Path(folder), get(f"{PREFIX}ENCODER") or None, int(threads), get(f"{PREFIX}LOG_LEVEL") or "info")


@dataclass(frozen=True, slots=True)
class _Open:
    engine: Engine
    encoder: Encoder
    live: FactFollower | None  # None where facts change with a build alone

    @property
    def generation(self) -> int:
        return self.engine.snapshot.manifest.generation


@dataclass(frozen=True, slots=True)
class Refusal:
    """A generation that could not be opened; None where not even the pointer could be read."""

    generation: int | None
    error: Exception

    def is_like(self, other: Refusal | None) -> bool:
        return other is not None and self.generation == other.generation and repr(self.error) == repr(other.error)


class EnginePool:
    """The engine of the current generation, and of the one before. Safe to share between threads.

    Nothing is open until the first `open` or `refresh`. Between `start` and `close` a thread refreshes every `poll_s`
    seconds, and another reads changed facts every `facts_poll_s`; None is as often as the cluster's settings refresh
    them. `cluster` None takes the one that the environment names, where a generation needs one.
    """

    def __init__(
        self,
        path: Path,
        *,
        encoder: str | None = None,
        threads: int | None = None,
        profiles: Path | None = None,
        poll_s: float = POLL_S,
        facts_poll_s: float | None = None,
        cluster: Cluster | None = None,
    ) -> None:
        self.path = path
        self._facts_poll_s, self._cluster = facts_poll_s, cluster
        self._setting, self._threads, self._poll_s = encoder, threads, poll_s
        self._profiles = profiles
        self._held: tuple[_Open, ...] = ()  # the one that answers first; replaced whole, never changed
        self._refusal: Refusal | None = None
        self._retry_at = 0.0
        self._opening = threading.Lock()
        self._stop = threading.Event()
        self._running: tuple[threading.Thread, ...] = ()

    @property
    def refusal(self) -> Refusal | None:
        """Why the generation that the pointer names is not the one that answers; None when it is."""
        return self._refusal

    def current(self) -> Engine:
        """The engine that answers.

        Raises:
            FondacoError: none is open; the message is the one that kept the snapshot from being opened.
        """
        return self._current().engine

    def engine_for(self, generation: int | None) -> Engine:
        """The engine of the list that a cursor goes on with; None asks for the current one.

        Another worker may have swapped a moment before this one: a generation that is not held here is looked for at
        the pointer first, and waited for while it opens.

        Raises:
            ExpiredCursor: that generation is not held.
            FondacoError: nothing is open.
        """
        if generation is None:
            return self.current()
        if generation not in [held.generation for held in self._held]:
            self.refresh()
        current = self._current()
        for held in self._held:
            if held.generation == generation:
                return held.engine
        raise ExpiredCursor(
            f"the list of generation {generation} is no longer held, the catalogue is at {current.generation}; "
            "search again without a cursor"
        )

    @property
    def facts_stale(self) -> bool:
        """Whether changed facts of the generation that answers cannot be read now."""
        live = self._held[0].live if self._held else None
        return live is not None and live.is_away

    def check(self) -> Engine:
        """The engine that answers, once its encoder has just encoded a text.

        Raises:
            FondacoError: nothing is open.
        """
        current = self._current()
        current.encoder.encode_queries(["fondaco"])
        return current.engine

    def open(self) -> None:
        """Open the generation that the pointer names, unless it answers already.

        Raises:
            FondacoError: there is none, or it is another encoder's, analysis' or format's.
        """
        with self._opening:
            self._follow_to(current_generation(self.path))

    def refresh(self) -> None:
        """Look at the pointer, and swap if it names another generation. Never raises: what went wrong is `refusal`."""
        with self._opening:
            generation: int | None = None
            try:
                generation = current_generation(self.path)
                if not self._waits(generation):
                    self._follow_to(generation)
            except Exception as error:  # whatever it is, the old generation goes on answering
                self._refuse(Refusal(generation, error))

    def start(self) -> None:
        """Refresh now, then every `poll_s` seconds in a thread of its own; another follows the facts."""
        self.refresh()
        if not self._running:
            self._stop.clear()
            named = {"fondaco-follow": self._follow, "fondaco-facts": self._follow_facts}
            self._running = tuple(threading.Thread(target=do, name=name, daemon=True) for name, do in named.items())
            for thread in self._running:
                thread.start()

    def close(self) -> None:
        """Stop following. What is open goes on answering."""
        self._stop.set()
        for thread in self._running:
            thread.join()
        self._running = ()

    def _follow(self) -> None:
        while not self._stop.wait(self._poll_s):
            self.refresh()

    def _follow_facts(self) -> None:
        """Changed facts into every generation that is held, one after the other."""
        wait_s = 0.0
        while not self._stop.wait(wait_s):
            live = [held.live for held in self._held if held.live]
            for one in live:
                one.follow()
            usual = min((one.interval_s for one in live), default=self._poll_s)
            wait_s = usual if self._facts_poll_s is None else self._facts_poll_s

    def _current(self) -> _Open:
        held = self._held
        if held:
            return held[0]
        reason = self._refusal.error if self._refusal else SnapshotMissing(f"{self.path} is not open yet")
        raise type(reason)(*reason.args) if isinstance(reason, FondacoError) else FondacoError(str(reason))

    def _answers(self, generation: int) -> bool:
        return bool(self._held) and self._held[0].generation == generation

    def _waits(self, generation: int) -> bool:
        """Whether this generation was refused just now."""
        refused = self._refusal is not None and self._refusal.generation == generation
        return refused and time.monotonic() < self._retry_at

    def _follow_to(self, generation: int) -> None:
        if not self._answers(generation):
            self._swap(generation)
        self._refusal = None

    def _swap(self, generation: int) -> None:
        known = [held for held in self._held if held.generation == generation]
        opened = known[0] if known else self._open(generation)
        others = [held for held in self._held if held is not opened]
        self._held = (opened, *others)[:HELD]
        log.info("generation %d answers, %s listings", generation, f"{len(opened.engine.snapshot):,}")

    def _open(self, generation: int) -> _Open:
        """An engine that has answered one query: its stores are readable and its encoder works."""
        manifest = generation_manifest(self.path, generation)
        self._cluster = self._cluster or cluster_for(manifest.engines)
        if manifest.cluster is not None and self._cluster is not None:
            self._prove(manifest, self._cluster)
        snapshot = open_snapshot(self.path, generation, self._cluster)
        live = FactFollower.of(snapshot, self._cluster)
        if live:
            live.follow()  # what changed since the build; where the cluster is away, later
        profiles = read_profiles() if self._profiles is None else read_profiles(self._profiles)
        encoder = self._encoder(snapshot.manifest)
        engine = Engine(snapshot, encoder, profiles, concurrent=snapshot.engines.is_remote)
        engine.search(Query("fondaco", Locale("en"), now=int(time.time()), size=1))
        return _Open(engine, encoder, live)

    def _prove(self, manifest: Manifest, cluster: Cluster) -> None:
        """Prove the indexes in the cluster. Away, they are no reason to stay with what answers no better.

        Raises:
            FondacoError: they are not this generation's; or they do not answer, and those of the one held do.
        """
        from indexer.opensearch.publish import verify_in_cluster

        try:
            verify_in_cluster(manifest, cluster)
        except IndexUnavailable:
            if self._held and not self._held[0].engine.clients.unavailable:
                raise

    def _encoder(self, manifest: Manifest) -> Encoder:
        """The snapshot's encoder, shared with what is open already: models are large."""
        for held in self._held:
            if held.encoder.name == manifest.encoder:
                return held.encoder
        return open_encoder(self._setting or str(manifest.settings["encoder"]), threads=self._threads)

    def _refuse(self, refusal: Refusal) -> None:
        self._retry_at = time.monotonic() + (AWAY_S if isinstance(refusal.error, IndexUnavailable) else RETRY_S)
        if refusal.is_like(self._refusal):
            return
        self._refusal = refusal
        expected = isinstance(refusal.error, FondacoError)
        log.error(
            "generation %s cannot be opened, %s: %s",
            "?" if refusal.generation is None else refusal.generation,
            f"{self._held[0].generation} goes on answering" if self._held else "nothing answers yet",
            refusal.error,
            exc_info=None if expected else refusal.error,
        )
