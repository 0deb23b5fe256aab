"""The engine answers queries from one open snapshot: understand, retrieve, rank, page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from indexer.dictionaries.dictionaries import Dictionaries
from indexer.encoders.encoder import Encoder
from indexer.errors import IndexUnavailable, SnapshotMismatch
from indexer.selection import Selection
from indexer.snapshot.snapshot import Snapshot
from indexer.stores.facts import Rows
from languages.locale import Locale
from languages.synonyms.follow import SynonymFolder
from languages.synonyms.table import Synonyms
from ranking.blend import blend
from ranking.candidate import Candidates, Floats
from ranking.order import order
from ranking.profile import Profiles
from ranking.query import Query, QueryConstraint, UnderstoodQuery
from ranking.relevance import RelevanceModel
from ranking.relevance_file import shipped_relevance
from search.cursor import Cursor, ExpiredCursor, parse, query_fingerprint
from search.page import INDEXES, Index, Page, Result
from search.results import Ranking, to_results
from search.retrieval.candidates import Vector, load_candidates, nearest_candidates
from search.retrieval.eligibility import Eligibility
from search.retrieval.index_clients import IndexClients
from search.retrieval.query_encoder import QueryEncoder
from search.retrieval.retrieval_session import RetrievalSession
from search.retrieval.retrieve import Retrieved, better_answered, nearest_outside_group, retrieve
from search.timing import collect_timings, phase
from search.understanding.relaxation import Count, Relaxation, relaxations
from search.understanding.repairs.catalogue_words import catalogue_words
from search.understanding.repairs.repair import Proposal, proposals
from search.understanding.understand import understand
from search.understanding.written_parts import not_in_catalogue, not_searched

_VECTORS_MAX = 10_000  # vectors of recent queries that are kept: 15 MB; a shop's queries repeat


@dataclass(frozen=True, slots=True)
class _Advice:
    """What a page says about the words of its query."""

    not_found: tuple[str, ...] = ()
    not_searched: tuple[str, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()


class UnknownListing(KeyError):
    """No such listing in the snapshot."""


class Engine:
    """Answers queries from one open snapshot. Safe to share between threads.

    Where one of its indexes is unavailable, the page comes from the other and says so. With
    `concurrent` both are searched at the same time, which pays where they are on other machines.
    `relevance` None takes the model that comes with Fondaco. `synonyms` are asked anew by every
    search; None has none.

    Raises:
        SnapshotMismatch: on construction, when another encoder made the snapshot's vectors.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        encoder: Encoder,
        profiles: Profiles,
        dictionaries: Dictionaries | None = None,
        *,
        relevance: RelevanceModel | None = None,
        synonyms: SynonymFolder | None = None,
        concurrent: bool = False,
    ) -> None:
        if snapshot.manifest.encoder != encoder.name:
            raise SnapshotMismatch(
                f"the snapshot was embedded by {snapshot.manifest.encoder!r}, queries are by {encoder.name!r}; "
                f"use the same encoder, or embed again with: fondaco index {snapshot.manifest.catalogue} "
                f"--out {snapshot.root} --encoder ENCODER"
            )
        self.snapshot = snapshot
        self.clients = IndexClients(snapshot, concurrent)
        self._dictionaries = dictionaries or Dictionaries()
        self._synonyms = synonyms or SynonymFolder()
        self._profiles = profiles
        self._relevance = relevance or shipped_relevance()
        self._eligibility = Eligibility(snapshot)
        self._encoder = QueryEncoder(encoder, _VECTORS_MAX)

    def search(self, query: Query, only: Index | None = None) -> Page:
        """The page that a query asks for. `only` searches one index alone, for measuring.

        Raises:
            ValueError: the query cannot be understood, or its cursor is not one of its own.
            IndexUnavailable: no index answers that the page may come from, or the texts are
                unavailable. The next page of a list needs the indexes of its first page; with
                `only`, that index.
        """
        with collect_timings() as milliseconds:
            cursor = self._cursor_for(query)
            excluded = _excluded(cursor, only)
            session = RetrievalSession(
                self.clients,
                self.encode,
                self._dictionaries,
                excluded,
                synonyms=self._synonyms_of(cursor),
                needs_all=query.cursor is not None,
            )
            understood = self.understand(replace(query, now=cursor.now))  # the moment of the first page
            retrieved = self._retrieve_repaired(understood, session, only, cursor)
            ranking = self._rank(retrieved.expanded, retrieved.candidates, retrieved.relevance)
            results = self._results(ranking, cursor.offset, min(query.size, ranking.answers - cursor.offset))
            near = self._near(ranking, cursor.offset, query.size)
            degraded = session.not_searched if only is None else ()
            advice = self._advice(ranking, session)
        repaired = retrieved.expanded.text if retrieved.expanded.repairs else ""
        after = replace(cursor, offset=cursor.offset + len(results), unavailable=degraded, repaired=repaired)
        return Page(
            understood=ranking.understood,
            results=results,
            near=near,
            found=ranking.answers,
            found_is_exact=retrieved.is_complete,
            eligible=retrieved.eligible,
            next_cursor=str(after) if results and after.offset < ranking.answers else None,
            generation=cursor.generation,
            milliseconds=milliseconds,
            degraded=degraded,
            not_found=advice.not_found,
            not_searched=advice.not_searched,
            relaxations=advice.relaxations,
        )

    def similar(self, listing_id: str, query: Query) -> Page:
        """Listings nearest in meaning to one, blended for this buyer.

        The listing itself and other offers of its group are left out. Relevance depends on the two
        listings alone and has no floor: while others are eligible, the page is not empty. The order
        does not depend on the size of the page.

        Raises:
            UnknownListing: there is none of this id.
            IndexUnavailable: an index is unavailable (the lexical one knows the ids, the vector one
                what is near), or the texts are.
        """
        row = self._row(listing_id)
        with collect_timings() as milliseconds:
            understood = self.understand(query)
            selection = self.select(understood)
            with phase("vector"):
                vector = self.snapshot.vector_index.vector(row)
                hits = nearest_outside_group(self.clients, row, selection)
                candidates = nearest_candidates(self.snapshot, understood, hits, vector)
            ranking = self._rank(understood, candidates, self._relevance.nearness(candidates.vector_scores))
            results = self._results(ranking, 0, query.size)
        return Page(
            understood=understood,
            results=results,
            near=(),
            found=len(ranking),
            found_is_exact=True,
            eligible=selection.count,
            next_cursor=None,
            generation=self.snapshot.manifest.generation,
            milliseconds=milliseconds,
        )

    def listing(self, listing_id: str, query: Query) -> Result:
        """One listing as this buyer sees it, in stock or not, whether or not it ships there.

        Raises:
            UnknownListing: there is none of this id, or its seller is suspended.
            IndexUnavailable: the lexical index, which knows the ids, is unavailable, or the texts
                are.
        """
        understood = self.understand(query)
        rows = np.array([self._row(listing_id)], np.int64)
        unknown = np.full(1, np.nan)
        candidates = load_candidates(self.snapshot, understood, rows, unknown, unknown)
        ranking = self._rank(understood, candidates, np.ones(1))
        return self._results(ranking, 0, 1)[0]

    def retrieve(self, query: Query) -> Retrieved:
        """What a search finds before it is ranked: candidates with their evidence, for measuring.

        Raises:
            ValueError: the query cannot be understood.
            IndexUnavailable: an index is unavailable. It needs both.
        """
        session = RetrievalSession(
            self.clients, self.encode, self._dictionaries, synonyms=self._synonyms.current, needs_all=True
        )
        return self._retrieve(self.understand(query), session, None)

    def listing_ids(self, rows: Rows) -> tuple[str, ...]:
        """The ids of the listings of some rows, in that order.

        Raises:
            IndexUnavailable: the texts are unavailable.
        """
        return tuple(text.listing_id for text in self.clients.texts(rows))

    def probe_indexes(self) -> tuple[Index, ...]:
        """The indexes that are unavailable now.

        When no page can be made, run one search as a probe, since there may be no other traffic.

        Raises:
            IndexUnavailable: there is still no page.
        """
        if self.clients.has_no_index:
            self.search(Query("fondaco", Locale("en"), now=0, size=1))
        return self.clients.unavailable

    def select(self, understood: UnderstoodQuery) -> Selection:
        """The listings that this query may be answered with."""
        with phase("select"):
            return self._eligibility.select(understood)

    def encode(self, text: str) -> Vector:
        """The unit vector of a query's text; those of recent queries are kept.  # (dim,)"""
        with phase("encode"):
            return self._encoder.encode(text)

    def understand(self, query: Query) -> UnderstoodQuery:
        """How a query is read: its parts, conditions, likely languages and market."""
        with phase("understand"):
            return understand(query, self.snapshot.tables, self._dictionaries if len(self._dictionaries) else None)

    def _retrieve(self, understood: UnderstoodQuery, session: RetrievalSession, only: Index | None) -> Retrieved:
        vector = None if only == "lexical" else self.encode(understood.text)
        return retrieve(understood, vector, self.select(understood), session, self._relevance)

    def _retrieve_repaired(
        self, understood: UnderstoodQuery, session: RetrievalSession, only: Index | None, cursor: Cursor
    ) -> Retrieved:
        """What is found for a query or, where that answers better, for what it may have been meant
        to be.

        A list that has begun stays a list of the text it began with.
        """
        retrieved = self._retrieve(understood, session, only)
        if not self._may_be_repaired(understood, session, cursor):
            return retrieved
        with phase("repair"), collect_timings():
            proposed = self.propose_repairs(retrieved.expanded)
            if cursor.repaired:
                proposed = tuple(one for one in proposed if one.understood.text == cursor.repaired)
            others = [(one.gain, self._retrieve(one.understood, session, only)) for one in proposed]
        if cursor.repaired and others:
            return others[0][1]
        return better_answered(retrieved, [pair for pair in others if self._has_answers(pair[1])])

    def propose_repairs(self, understood: UnderstoodQuery) -> tuple[Proposal, ...]:
        """What a query may have been meant to be, the likeliest first; mostly nothing."""
        catalogue = catalogue_words(self.snapshot.bridge)
        return proposals(understood, self.snapshot.lexical, catalogue, self._understand_as(understood))

    def _has_answers(self, retrieved: Retrieved) -> bool:
        return bool((retrieved.relevance >= self._relevance.floor_for(retrieved.expanded.certainty)).any())

    def _may_be_repaired(self, understood: UnderstoodQuery, session: RetrievalSession, cursor: Cursor) -> bool:
        if not understood.query.repair or "lexical" in session.not_searched:
            return False
        return bool(cursor.repaired) or understood.query.cursor is None

    def _understand_as(self, understood: UnderstoodQuery) -> Callable[[str], UnderstoodQuery]:
        """Understands another text as if the query had it."""

        def read(text: str) -> UnderstoodQuery:
            return self._with_text(understood, text)

        return read

    def _with_text(self, understood: UnderstoodQuery, text: str) -> UnderstoodQuery:
        """Another text for the same buyer, with the constraints of the query's own words."""
        other = self.understand(replace(understood.query, text=text, constraints=False))
        return replace(other, query=understood.query, constraints=understood.constraints)

    def _rank(self, understood: UnderstoodQuery, candidates: Candidates, relevance: Floats) -> Ranking:
        """Candidates in the order of the query's sort, those that answer it first."""
        with phase("rank"):
            profile = self._profiles.profile_for(understood.market.country, understood.query.locale)
            blended = blend(candidates, relevance, profile)
            floor = self._relevance.floor_for(understood.certainty)
            positions = order(candidates, blended, understood.query.sort, profile, floor)
            return Ranking(understood, candidates, blended, positions, floor)

    def _near(self, ranking: Ranking, offset: int, size: int) -> tuple[Result, ...]:
        """What is near, on the last page of answers where it has room; nothing is near to a query
        without words.
        """
        room = offset + size - ranking.answers
        return self._results(ranking, ranking.answers, room) if room > 0 and ranking.understood.parts else ()

    def _advice(self, ranking: Ranking, session: RetrievalSession) -> _Advice:
        """What to say about the query's words; nothing where an index is not searched, or fails
        meanwhile.
        """
        understood = ranking.understood
        if session.not_searched:
            return _Advice()
        try:
            with phase("relax"), collect_timings():  # the searches in it count as its own
                lacking = not_in_catalogue(understood, self.snapshot.lexical)
                skipped = not_searched(understood)
                options: tuple[Relaxation, ...] = ()
                if understood.query.cursor is None:
                    options = relaxations(
                        understood,
                        ranking.answers,
                        lacking,
                        lambda text, constraints: self._count(understood, text, constraints, session),
                    )
        except IndexUnavailable:
            return _Advice()
        return _Advice(tuple(part.text for part in lacking), tuple(part.text for part in skipped), options)

    def _count(
        self,
        understood: UnderstoodQuery,
        text: str,
        constraints: Sequence[QueryConstraint],
        session: RetrievalSession,
    ) -> Count:
        """How many listings answer a query with another text and some of its constraints."""
        other = replace(self._with_text(understood, text), constraints=tuple(constraints))
        retrieved = self._retrieve(other, session, None)
        answers = retrieved.relevance >= self._relevance.floor_for(retrieved.expanded.certainty)
        return Count(int(np.count_nonzero(answers)), retrieved.is_complete)

    def _results(self, ranking: Ranking, offset: int, size: int) -> tuple[Result, ...]:
        """The results from an offset on, with their texts."""
        with phase("page"):
            shown = ranking.slice(offset, size)
            return to_results(shown, self.clients.texts(shown.rows), self.snapshot.tables, first_rank=offset + 1)

    def _cursor_for(self, query: Query) -> Cursor:
        """Where the page begins: at the query's cursor, or at the start of a new list of this
        moment.
        """
        generation = self.snapshot.manifest.generation
        if query.cursor is None:
            synonyms = self._synonyms.current.version if query.expand else ""
            return Cursor(generation, query.now, 0, query_fingerprint(query), synonyms=synonyms)
        cursor = parse(query.cursor, query)
        if cursor.generation != generation:
            raise ExpiredCursor(
                f"generation {cursor.generation} is no longer open, the current one is {generation}; "
                "search again without a cursor"
            )
        return cursor

    def _synonyms_of(self, cursor: Cursor) -> Synonyms:
        """Those that a list began with.

        Another worker may have read newer ones a moment earlier: for unknown ones the folder is
        looked at first.
        """
        synonyms = self._synonyms.version(cursor.synonyms)
        if synonyms is None:
            self._synonyms.refresh()
            synonyms = self._synonyms.version(cursor.synonyms)
        if synonyms is None:
            raise ExpiredCursor("the synonyms have changed since this list began; search again without a cursor")
        return synonyms

    def _row(self, listing_id: str) -> int:
        row = self.clients.row(listing_id)
        if row is None:
            raise UnknownListing(listing_id)
        seller = self.snapshot.facts.column("seller")[row]
        if not self.snapshot.tables.sellers.active[seller]:  # suspended means gone
            raise UnknownListing(listing_id)
        return row


def _excluded(cursor: Cursor, only: Index | None) -> tuple[Index, ...]:
    """The indexes that a request does not use: its list began without them, or only another is
    measured.
    """
    return cursor.unavailable if only is None else tuple(index for index in INDEXES if index != only)
