"""Engine: one request reads as one paragraph."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from indexer.encoders.encoder import Encoder
from indexer.errors import SnapshotMismatch
from indexer.selection import Selection
from indexer.snapshot.snapshot import Snapshot
from languages.locale import Locale
from ranking.blend import Blended, blend
from ranking.candidate import Candidates
from ranking.order import order
from ranking.profile import Profile, Profiles
from ranking.query import Query, UnderstoodQuery
from ranking.relevance import fuse
from search.cursor import Cursor, ExpiredCursor, digest, parse
from search.index_clients import IndexClients, RetrievalSession
from search.lexicon_expansion import gloss, known
from search.page import INDEXES, Index, Page, Result
from search.results import shown
from search.retrieve import Eligibility, Only, candidates_of
from search.understand import understand
from search.vector_expansion import bridge, unknown

_QUERIES_HELD = 10_000  # vectors of recent queries: 15 MB; a shop's queries repeat


class UnknownListing(KeyError):
    """No such listing in the snapshot."""


class Engine:
    """Answers queries from one open snapshot. Safe to share between threads.

    Where one of its indexes does not answer, the page comes from the other and says so. With `concurrent` both are
    searched at the same time: worth it where they are other machines' work.

    Raises:
        SnapshotMismatch: on construction, when the snapshot's vectors are another encoder's.
    """

    def __init__(self, snapshot: Snapshot, encoder: Encoder, profiles: Profiles, *, concurrent: bool = False) -> None:
        if snapshot.manifest.encoder != encoder.name:
            raise SnapshotMismatch(
                f"the snapshot was embedded by {snapshot.manifest.encoder!r}, queries are by {encoder.name!r}; "
                f"use the same encoder, or embed anew with: fondaco index {snapshot.manifest.catalogue} "
                f"--out {snapshot.folder.parent.parent} --encoder ..."
            )
        self.snapshot, self._profiles = snapshot, profiles
        self._eligibility, self.both = Eligibility(snapshot), IndexClients(snapshot, concurrent)
        locales = map(Locale.parse, snapshot.tables.locales)
        self._languages = tuple(dict.fromkeys(locale.language for locale in locales))
        self._encode = lru_cache(_QUERIES_HELD)(lambda text: encoder.encode_queries([text])[0])

    def search(self, query: Query, only: Only | None = None) -> Page:
        """The page a query asks for. `only` leaves out the other index, for measuring.

        Raises:
            ValueError: the query cannot be understood, or its cursor is not one of its own.
            IndexUnavailable: no index answers that the page could come from, or the texts are away. The next page of a
                list, and one of `only` an index, can come from no other.
        """
        cursor = self._frozen(query)
        query = replace(query, now=cursor.now)
        clock, asking = _Clock(), RetrievalSession(self.both, _without(cursor, only), whole=query.cursor is not None)
        with clock("understand"):
            understood = understand(query, self.snapshot.tables)
        with clock("encode"):
            vector = None if only == "lexical" else self.encode(understood.text)
        with clock("select"):
            selection = self.select(understood)
        near_found = self.both.begun(lambda: asking.near(vector, selection))
        with clock("lexical"):
            understood, words = asking.words(understood, selection, lambda one: self._widened(one, vector, clock))
        with clock("vector"):
            near = near_found()
        with clock("rank"):
            candidates = asking.gathered(understood, words, near, vector)
            blended = self._blend(understood, candidates)
            ranked = self._ranked(understood, candidates, blended)
        with clock("page"):
            chosen = ranked[cursor.offset : cursor.offset + query.size]
            results = self._results(understood, candidates, blended, chosen, cursor.offset)
        degraded = asking.away if only is None else ()
        after = replace(cursor, offset=cursor.offset + len(results), away=degraded)
        following = str(after) if results and after.offset < len(ranked) else None
        counts = len(ranked), selection.count
        return Page(understood, results, *counts, following, cursor.generation, clock.milliseconds, degraded)

    def listing(self, listing_id: str, query: Query) -> Result:
        """One listing as this buyer sees it, in stock or not, whether or not it ships there.

        Raises:
            UnknownListing: there is none of this id, or its seller is suspended.
            IndexUnavailable: the lexical index, which knows the ids, does not answer, or the texts are away.
        """
        understood = understand(query, self.snapshot.tables)
        row = self._row(listing_id)
        rows = np.array([row], np.int64)
        candidates = candidates_of(self.snapshot, understood, rows, np.full(1, np.nan), np.full(1, np.nan))
        blended = self._blend(understood, candidates, np.ones(1))
        return self._results(understood, candidates, blended, np.zeros(1, np.int64), 0)[0]

    def similar(self, listing_id: str, query: Query) -> Page:
        """Listings nearest in meaning to one, itself and other offers of its group left out, blended for this buyer.

        Raises:
            UnknownListing: there is none of this id.
            IndexUnavailable: an index does not answer: the lexical one knows the ids, the vector one what is near; or
                the texts are away.
        """
        row = self._row(listing_id)
        clock = _Clock()
        with clock("understand"):
            understood = understand(query, self.snapshot.tables)
            group = self.both.texts(np.array([row], np.int64))[0].group_id
        with clock("vector"):
            selection = self.select(understood)
            candidates = self.both.nearest(understood, row, selection, 4 * query.size + 1)
        with clock("rank"):
            blended = self._blend(understood, candidates)
            ranked = self._ranked(understood, candidates, blended)
        with clock("page"):
            others = ranked[candidates.rows[ranked] != row]
            texts = self.both.texts(candidates.rows[others])
            fresh = [i for i, text in zip(others, texts, strict=True) if group is None or text.group_id != group]
            results = self._results(understood, candidates, blended, np.array(fresh[: query.size], np.int64), 0)
        generation = self.snapshot.manifest.generation
        return Page(understood, results, len(fresh), selection.count, None, generation, clock.milliseconds)

    def check(self) -> tuple[Index, ...]:
        """The indexes that do not answer now. Where no page can be made one is asked for: maybe nobody else would.

        Raises:
            IndexUnavailable: there is no page still.
        """
        if self.both.has_no_index:
            self.search(Query("fondaco", Locale("en"), now=0, size=1))
        return self.both.away

    def select(self, understood: UnderstoodQuery) -> Selection:
        """The listings this query may answer with."""
        return self._eligibility.select(understood)

    def encode(self, text: str) -> npt.NDArray[np.float32]:
        """The unit vector of a query's text, remembered for a while.  # (dim,)"""
        vector: npt.NDArray[np.float32] = self._encode(text)
        return vector

    def _frozen(self, query: Query) -> Cursor:
        """Where the page begins: at the query's cursor, or a new list of this moment."""
        generation = self.snapshot.manifest.generation
        if query.cursor is None:
            return Cursor(generation, query.now, 0, digest(query))
        cursor = parse(query.cursor, query)
        if cursor.generation != generation:
            raise ExpiredCursor(
                f"the list of generation {cursor.generation} is no longer held, the catalogue is at {generation}; "
                "search again"
            )
        return cursor

    def _widened(
        self, understood: UnderstoodQuery, vector: npt.NDArray[np.float32] | None, clock: _Clock
    ) -> UnderstoodQuery:
        """With the catalogue's own words for the query: what the lexicon knows, and what the bridge finds near."""
        with clock("bridge"):
            if vector is None or not understood.query.expand:
                return understood
            lexical, read = self.snapshot.lexical, known(understood)
            need = unknown(understood, lexical)
            bridged = bridge(understood, vector, self.snapshot.bridge, need * (1.0 - read.covered))
            return gloss(bridged, read, self._languages, lexical, need)

    def _profile(self, understood: UnderstoodQuery) -> Profile:
        return self._profiles.for_(understood.market.country, understood.query.locale)

    def _fuse(self, candidates: Candidates) -> npt.NDArray[np.float64]:
        return fuse(candidates, self.snapshot.manifest.cosine_spread)

    def _blend(
        self, understood: UnderstoodQuery, candidates: Candidates, relevance: npt.NDArray[np.float64] | None = None
    ) -> Blended:
        return blend(candidates, self._fuse(candidates) if relevance is None else relevance, self._profile(understood))

    def _ranked(self, understood: UnderstoodQuery, candidates: Candidates, blended: Blended) -> npt.NDArray[np.int64]:
        return order(candidates, blended, understood.query.sort, self._profile(understood))

    def _results(
        self,
        understood: UnderstoodQuery,
        candidates: Candidates,
        blended: Blended,
        positions: npt.NDArray[np.int64],
        before: int,
    ) -> tuple[Result, ...]:
        texts = self.both.texts(candidates.rows[positions])
        return tuple(
            shown(before + number, text, understood, candidates, blended, int(position), self.snapshot.tables)
            for number, (position, text) in enumerate(zip(positions, texts, strict=True), start=1)
        )

    def _row(self, listing_id: str) -> int:
        row = self.both.row(listing_id)
        if row is None:
            raise UnknownListing(listing_id)
        seller = self.snapshot.facts.column("seller")[row]
        if not self.snapshot.tables.sellers.active[seller]:  # suspended means gone
            raise UnknownListing(listing_id)
        return row


def _without(cursor: Cursor, only: Only | None) -> tuple[Index, ...]:
    """The indexes that a request is not to ask: what its list began without, and what is left out for measuring."""
    return cursor.away if only is None else tuple(index for index in INDEXES if index != only)


class _Clock:
    """Milliseconds by phase; one within another is counted once, as its own."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}
        self._within = 0.0  # seconds of the phases within the one that runs

    @contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        started, before = time.perf_counter(), self._within
        self._within = 0.0
        try:
            yield
        finally:  # what failed has taken its time too
            took = time.perf_counter() - started
            self.milliseconds[phase] = round((took - self._within) * 1e3, 3)
            self._within = before + took
