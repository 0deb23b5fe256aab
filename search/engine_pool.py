"""The engines of one worker.

They follow the snapshot's pointer, forwards and back, without a pause.

The old generation answers until the new one is open and has answered a query of its own. Then one
assignment swaps them. The generation before stays open, so that its cursors keep working. A new
generation that cannot be opened changes nothing but a line in the log and the answer of
``/readyz``.

Where facts change in a cluster, a second thread applies the changes to both generations
(`indexer.opensearch.follower`). A generation has all changes since its build before it answers,
unless the cluster is unavailable; then it answers, and the changes follow.

Synonyms belong to the pool: both generations search with those that the last look found valid.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.errors import FondacoError, IndexUnavailable, SnapshotMissing
from indexer.open_snapshot import cluster_for
from indexer.snapshot.generations import current_generation, generation_manifest
from indexer.snapshot.manifest import Manifest
from languages.locale import Locale
from languages.synonyms.follow import SynonymFolder
from ranking.query import Query
from search.bootstrap import EngineSettings, OpenEngine, open_generation
from search.cursor import ExpiredCursor
from search.engine import Engine

if TYPE_CHECKING:
    from indexer.opensearch.connection import Cluster

log = logging.getLogger(__name__)

POLL_S = 1.0  # a look at the pointer reads one small file
RETRY_S = 60.0  # a refused generation may have been short of memory or files; a try each minute costs little
RETRY_UNAVAILABLE_S = 5.0  # an unavailable index may be back any moment
GENERATIONS_MAX = 2  # the generation that answers and the one before


@dataclass(frozen=True, slots=True)
class Refusal:
    """A generation that could not be opened; None where not even the pointer could be read."""

    generation: int | None
    error: Exception

    def is_like(self, other: Refusal | None) -> bool:
        return other is not None and self.generation == other.generation and repr(self.error) == repr(other.error)


class EnginePool:
    """The engine of the current generation, and of the one before. Safe to share between threads.

    Nothing is open until the first `open` or `refresh`. Between `start` and `close` one thread
    refreshes every `poll_s` seconds, and another reads changed facts as often as the cluster's
    settings refresh them. `cluster` None takes the one that the environment names, once a
    generation needs one.
    """

    def __init__(
        self,
        path: Path,
        *,
        encoder: str | None = None,
        threads: int | None = None,
        relevance: Path | None = None,
        synonyms: Path | None = None,
        poll_s: float = POLL_S,
        cluster: Cluster | None = None,
    ) -> None:
        self.path = path
        self._settings = EngineSettings(encoder, threads, relevance=relevance)
        self._synonyms = SynonymFolder(synonyms)
        self._poll_s = poll_s
        self._cluster = cluster
        self._open_engines: tuple[OpenEngine, ...] = ()  # the one that answers first; replaced whole, never changed
        self._refusal: Refusal | None = None
        self._retry_at = 0.0
        self._opening = threading.Lock()
        self._stop = threading.Event()
        self._threads: tuple[threading.Thread, ...] = ()

    @property
    def refusal(self) -> Refusal | None:
        """Why the generation that the pointer names does not answer; None when it does."""
        return self._refusal

    @property
    def facts_stale(self) -> bool:
        """Whether changed facts of the generation that answers cannot be read now."""
        follower = self._open_engines[0].follower if self._open_engines else None
        return follower is not None and follower.is_stale

    def current(self) -> Engine:
        """The engine that answers.

        Raises:
            FondacoError: none is open; the message says what kept the snapshot from being opened.
        """
        return self._current().engine

    def engine_for(self, generation: int | None) -> Engine:
        """The engine of the list that a cursor continues; None asks for the current one.

        Another worker may have swapped a moment earlier. So for a generation that is not open here,
        the pointer is read first, and the call waits while that generation opens.

        Raises:
            ExpiredCursor: that generation is no longer open.
            FondacoError: nothing is open.
        """
        if generation is None:
            return self.current()
        if generation not in [opened.generation for opened in self._open_engines]:
            self.refresh()
        current = self._current()
        for opened in self._open_engines:
            if opened.generation == generation:
                return opened.engine
        raise ExpiredCursor(
            f"generation {generation} is no longer open, the current one is {current.generation}; "
            "search again without a cursor"
        )

    def probe_encoder(self) -> Engine:
        """The engine that answers, once its encoder has encoded a text.

        Raises:
            FondacoError: nothing is open.
        """
        current = self._current()
        current.encoder.encode_queries(["fondaco"])
        return current.engine

    def open(self) -> None:
        """Open the generation that the pointer names, unless it answers already.

        Raises:
            FondacoError: there is none, or it has another encoder, analysis or format.
            InvalidSynonyms: the synonyms break a rule.
        """
        with self._opening:
            self._synonyms.open()
            self._swap_to(current_generation(self.path))

    def refresh(self) -> None:
        """Read the pointer, and swap if it names another generation; read changed synonyms.

        Never raises: what went wrong is `refusal`, and with synonyms a line in the log.
        """
        self._synonyms.refresh()
        with self._opening:
            generation: int | None = None
            try:
                generation = current_generation(self.path)
                if not self._was_refused_recently(generation):
                    self._swap_to(generation)
            except Exception as error:  # whatever it is, the old generation keeps answering
                self._refuse(Refusal(generation, error))

    def start(self) -> None:
        """Refresh now, then keep following the pointer and the facts in two threads."""
        self.refresh()
        if not self._threads:
            self._stop.clear()
            self._threads = (
                threading.Thread(target=self._follow_pointer, name="fondaco-pointer", daemon=True),
                threading.Thread(target=self._follow_facts, name="fondaco-facts", daemon=True),
            )
            for thread in self._threads:
                thread.start()

    def close(self) -> None:
        """Stop following. Engines that are open keep answering."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._threads = ()

    def _follow_pointer(self) -> None:
        while not self._stop.wait(self._poll_s):
            self.refresh()

    def _follow_facts(self) -> None:
        """Apply changed facts to every open generation, one after the other."""
        wait_s = 0.0
        while not self._stop.wait(wait_s):
            followers = [opened.follower for opened in self._open_engines if opened.follower]
            for follower in followers:
                follower.poll_quietly()
            wait_s = min((follower.interval_s for follower in followers), default=self._poll_s)

    def _current(self) -> OpenEngine:
        open_engines = self._open_engines
        if open_engines:
            return open_engines[0]
        error = self._refusal.error if self._refusal else SnapshotMissing(f"{self.path} is not open yet")
        raise type(error)(*error.args) if isinstance(error, FondacoError) else FondacoError(str(error))

    def _was_refused_recently(self, generation: int) -> bool:
        is_refused = self._refusal is not None and self._refusal.generation == generation
        return is_refused and time.monotonic() < self._retry_at

    def _swap_to(self, generation: int) -> None:
        """Answer from a generation, which is opened first unless it is open."""
        if not self._open_engines or self._open_engines[0].generation != generation:
            kept = [opened for opened in self._open_engines if opened.generation == generation]
            opened = kept[0] if kept else self._open(generation)
            others = [other for other in self._open_engines if other is not opened]
            self._open_engines = (opened, *others)[:GENERATIONS_MAX]
            log.info("generation %d answers, %s listings", generation, f"{len(opened.engine.snapshot):,}")
        self._refusal = None

    def _open(self, generation: int) -> OpenEngine:
        """An engine that has answered one query: its stores are readable and its encoder works."""
        manifest = generation_manifest(self.path, generation)
        self._cluster = self._cluster or cluster_for(manifest.engines)
        if manifest.cluster is not None and self._cluster is not None:
            self._verify(manifest, self._cluster)
        encoders = [opened.encoder for opened in self._open_engines]
        opened = open_generation(self.path, manifest, self._cluster, self._settings, encoders, self._synonyms)
        opened.engine.search(Query("fondaco", Locale("en"), now=int(time.time()), size=1))
        return opened

    def _verify(self, manifest: Manifest, cluster: Cluster) -> None:
        """Verify that the cluster has this generation's indexes.

        An unavailable cluster is no reason to stay with a generation that is just as unavailable.

        Raises:
            FondacoError: the indexes are another generation's; or they do not answer, and those of
                the generation that answers do.
        """
        from indexer.opensearch.publish import verify_in_cluster

        try:
            verify_in_cluster(manifest, cluster)
        except IndexUnavailable:
            if self._open_engines and not self._open_engines[0].engine.clients.unavailable:
                raise

    def _refuse(self, refusal: Refusal) -> None:
        is_unavailable = isinstance(refusal.error, IndexUnavailable)
        self._retry_at = time.monotonic() + (RETRY_UNAVAILABLE_S if is_unavailable else RETRY_S)
        if refusal.is_like(self._refusal):
            return
        self._refusal = refusal
        log.error(
            "generation %s cannot be opened, %s: %s",
            "?" if refusal.generation is None else refusal.generation,
            f"{self._open_engines[0].generation} keeps answering" if self._open_engines else "nothing answers yet",
            refusal.error,
            exc_info=None if isinstance(refusal.error, FondacoError) else refusal.error,
        )
