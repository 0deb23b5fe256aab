"""Engine: one request reads as one paragraph."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from indexer.encoder import Encoder
from indexer.errors import SnapshotMismatch
from indexer.hit import Hits
from indexer.selection import Selection
from indexer.snapshot import Snapshot
from languages.locale import Locale
from ranking.blend import Blended, blend
from ranking.candidate import Candidates
from ranking.fuse import fuse
from ranking.order import order
from ranking.profile import Profile, Profiles
from ranking.query import DEPTH, Query, UnderstoodQuery
from search.bridge import bridge
from search.cursor import Cursor, ExpiredCursor, digest, parse
from search.gloss import covered, gloss
from search.page import Page, Result
from search.retrieve import Eligibility, Only, candidates_of, gather
from search.show import shown
from search.understand import understand

_QUERIES_HELD = 10_000  # vectors of recent queries: 15 MB; a shop's queries repeat


class UnknownListing(KeyError):
    """No such listing in the snapshot."""


class Engine:
    """Answers queries from one open snapshot. Safe to share between threads.

    Raises:
        SnapshotMismatch: on construction, when the snapshot's vectors are another encoder's.
    """

    def __init__(self, snapshot: Snapshot, encoder: Encoder, profiles: Profiles) -> None:
        if snapshot.manifest.encoder != encoder.name:
            raise SnapshotMismatch(
                f"the snapshot was embedded by {snapshot.manifest.encoder!r}, queries are by {encoder.name!r}; "
                f"use the same encoder, or embed anew with: fondaco index {snapshot.manifest.catalogue} "
                f"--out {snapshot.folder.parent.parent} --encoder ..."
            )
        self.snapshot, self._profiles = snapshot, profiles
        self._eligibility = Eligibility(snapshot)
        locales = map(Locale.parse, snapshot.tables.locales)
        self._languages = tuple(dict.fromkeys(locale.language for locale in locales))
        self._encode = lru_cache(_QUERIES_HELD)(lambda text: encoder.encode_queries([text])[0])

    def search(self, query: Query, only: Only | None = None) -> Page:
        """The page a query asks for. `only` leaves out the other index, for measuring.

        Raises:
            ValueError: the query cannot be understood, or its cursor is not one of its own.
        """
        cursor = self._frozen(query)
        query = replace(query, now=cursor.now)
        clock = _Clock()
        with clock("understand"):
            understood = understand(query, self.snapshot.tables)
        with clock("encode"):
            vector = None if only == "lexical" else self.encode(understood.text)
        with clock("bridge"):
            if vector is not None and only is None and query.expand:
                understood = self._expanded(understood, vector)
        with clock("select"):
            selection = self.select(understood)
        with clock("lexical"):
            words = (
                Hits.none() if only == "vector" else self.snapshot.lexical.search(understood.terms, selection, DEPTH)
            )
        with clock("vector"):
            near = (
                Hits.none() if vector is None else self.snapshot.vector_index.search(vector[None], selection, DEPTH)[0]
            )
        with clock("rank"):
            candidates = gather(self.snapshot, understood, words, near, vector)
            blended = self._blend(understood, candidates)
            ranked = self._ranked(understood, candidates, blended)
        with clock("page"):
            chosen = ranked[cursor.offset : cursor.offset + query.size]
            results = self._results(understood, candidates, blended, chosen, cursor.offset)
        after = replace(cursor, offset=cursor.offset + len(results))
        following = str(after) if results and after.offset < len(ranked) else None
        generation = self.snapshot.manifest.generation
        return Page(understood, results, len(ranked), selection.count, following, generation, clock.milliseconds)

    def listing(self, listing_id: str, query: Query) -> Result:
        """One listing as this buyer sees it, in stock or not, whether or not it ships there.

        Raises:
            UnknownListing: there is none of this id, or its seller is suspended.
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
        """
        row = self._row(listing_id)
        clock = _Clock()
        with clock("understand"):
            understood = understand(query, self.snapshot.tables)
            group = self.snapshot.texts.take([row])[0].group_id
        with clock("vector"):
            selection = self.select(understood)
            own = self.snapshot.vectors[row].astype(np.float32)
            near = self.snapshot.vector_index.search(own[None], selection, 4 * query.size + 1)[0]
        with clock("rank"):
            candidates = gather(self.snapshot, understood, Hits.none(), near, own)
            blended = self._blend(understood, candidates)
            ranked = self._ranked(understood, candidates, blended)
        with clock("page"):
            others = ranked[candidates.rows[ranked] != row]
            texts = self.snapshot.texts.take(candidates.rows[others])
            fresh = [i for i, text in zip(others, texts, strict=True) if group is None or text.group_id != group]
            results = self._results(understood, candidates, blended, np.array(fresh[: query.size], np.int64), 0)
        generation = self.snapshot.manifest.generation
        return Page(understood, results, len(fresh), selection.count, None, generation, clock.milliseconds)

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

    def _expanded(self, understood: UnderstoodQuery, vector: npt.NDArray[np.float32]) -> UnderstoodQuery:
        """With the catalogue's own words for the query: what the lexicon knows, and what the bridge finds near."""
        lexical, left = self.snapshot.lexical, 1.0 - covered(understood)
        bridged = bridge(understood, vector, self.snapshot.bridge, lexical, left)
        return gloss(bridged, self._languages, lexical)

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
        texts = self.snapshot.texts.take(candidates.rows[positions])
        return tuple(
            shown(before + number, text, understood, candidates, blended, int(position), self.snapshot.tables)
            for number, (position, text) in enumerate(zip(positions, texts, strict=True), start=1)
        )

    def _row(self, listing_id: str) -> int:
        rows = self.snapshot.lexical.rows_of([listing_id])
        if listing_id not in rows:
            raise UnknownListing(listing_id)
        seller = self.snapshot.facts.column("seller")[rows[listing_id]]
        if not self.snapshot.tables.sellers.active[seller]:  # suspended means gone
            raise UnknownListing(listing_id)
        return rows[listing_id]


class _Clock:
    """Milliseconds by phase."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.milliseconds[phase] = round((time.perf_counter() - started) * 1e3, 3)
