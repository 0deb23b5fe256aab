"""Retrieves the best listings of both indexes that the buyer may be shown, as candidates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.hits import Hits
from indexer.selection import Selection
from ranking.candidate import Candidates, Floats
from ranking.query import DEPTH, SIZE_MAX, UnderstoodQuery
from ranking.relevance import Z_TYPICAL, RelevanceModel
from search.retrieval.candidates import Vector
from search.retrieval.index_clients import IndexClients
from search.retrieval.retrieval_session import RetrievalSession
from search.timing import phase

NEAREST = SIZE_MAX
"""Nearest listings that are ranked as similar to one: always as many as the largest page shows.

So the first results are the same on a page of 5 and on one of 200.
"""

_NEAREST_MAX = 10 * NEAREST  # read at once; OpenSearch answers at most 10,000


@dataclass(frozen=True, slots=True, eq=False)
class Retrieved:
    """What retrieval found: the query with its clauses, and the candidates for it."""

    expanded: UnderstoodQuery
    candidates: Candidates
    relevance: Floats  # (candidates,)
    is_complete: bool  # no other listing of the selection could answer
    eligible: int  # listings that the buyer could be shown at all


def retrieve(
    understood: UnderstoodQuery,
    vector: Vector | None,
    selection: Selection,
    session: RetrievalSession,
    model: RelevanceModel,
) -> Retrieved:
    """Search both indexes inside a selection; `model` makes a relevance of what they say.

    `vector` is the query's, (dim,); None searches words alone.

    Raises:
        IndexUnavailable: no index is left that the request may be answered from.
    """
    if understood.exclusions:
        with phase("lexical"):
            selection = session.without_excluded(understood, selection)
    vector_search = session.start_vector_search(vector, selection)
    with phase("lexical"):
        expanded, lexical_hits = session.lexical_search(understood, vector, selection)
    with phase("vector"):
        vector_hits = vector_search.result()
    with phase("lexical"):
        all_lexical_hits = session.complete_lexical(expanded, lexical_hits, vector_hits, selection)
    with phase("gather"):
        candidates = session.candidates_from(expanded, all_lexical_hits, vector_hits, vector)
    if "lexical" in session.not_searched:
        relevance = model.nearness(candidates.vector_scores)
    else:
        relevance = model.probability(candidates.lexical_scores, candidates.vector_scores)
    is_complete = len(candidates) == selection.count or _is_complete(
        candidates, lexical_hits, vector_hits, model, expanded.certainty
    )
    return Retrieved(expanded, candidates, relevance, is_complete, selection.count)


def _is_complete(
    candidates: Candidates, lexical_hits: Hits, vector_hits: Hits, model: RelevanceModel, certainty: float
) -> bool:
    """Whether a listing that neither list has is too far down in both to answer the query."""
    lexical = lexical_hits.scores[-1] if len(lexical_hits) >= DEPTH else 0.0
    by_score = np.sort(candidates.vector_scores)[::-1]
    last = by_score[min(len(vector_hits), len(by_score)) - 1] if len(vector_hits) else Z_TYPICAL
    return bool(model.probability(np.array([lexical]), np.array([last]))[0] < model.floor_for(certainty))


BETTER = 0.1
"""By how much a repaired query must be answered better: who typed what exists gets it."""

_ANSWERS = 3  # listings by which an answer is judged

_GUESS_TRUST = 0.8
"""Of an answer that the encoder guessed: a word that is one slip away is the better explanation."""

_GAIN_SCALE = 0.15
"""The evidence by which a reading is nearly three times as likely as another."""


def better_answered(retrieved: Retrieved, others: Sequence[tuple[float, Retrieved]]) -> Retrieved:
    """The likeliest of `others`, given with the evidence that they gain, of those answered better
    than `retrieved` by at least `BETTER`; that itself where there is none.

    An answer is as good as the mean relevance of its best listings, times how sure the reading is.
    A repair is as likely as its answer is good, times ``exp(gain / 0.15)``.
    """
    enough = answer_quality(retrieved) + BETTER
    by_likelihood = sorted(others, key=lambda pair: -answer_quality(pair[1]) * math.exp(pair[0] / _GAIN_SCALE))
    return next((other for _, other in by_likelihood if answer_quality(other) >= enough), retrieved)


def answer_quality(retrieved: Retrieved) -> float:
    """In [0, 1]; 0 where nothing is found. What is found by guess counts less."""
    best = np.sort(retrieved.relevance)[::-1][:_ANSWERS]
    guessed = sum(
        part.importance
        for part in retrieved.expanded.parts
        if any(expansion.source == "encoder" for expansion in part.expansions)
    )
    trust = 1.0 - (1.0 - _GUESS_TRUST) * min(1.0, guessed)
    return float(best.sum() / _ANSWERS) * retrieved.expanded.certainty * trust


def nearest_outside_group(clients: IndexClients, row: int, selection: Selection) -> Hits:
    """The `NEAREST` selected listings nearest to the listing of a row, without the listing itself
    and the other offers of its group.

    A snapshot has no index of groups. Members of the group that are among the nearest leave the
    selection, and the search is repeated, until none is among them. Each repetition reads twice as
    many listings, so that a group of a thousand variants takes four searches.

    Raises:
        IndexUnavailable: the vector index or the texts are unavailable.
    """
    (group_id,) = clients.group_ids(np.array([row], np.int64))
    others = selection.without(np.array([row], np.int64))
    depth = NEAREST
    while True:
        hits = clients.nearest(row, others, depth)
        members = hits.rows[np.array([other == group_id for other in clients.group_ids(hits.rows)], np.bool_)]
        if not len(members):
            return Hits(hits.rows[:NEAREST], hits.scores[:NEAREST])
        others = others.without(members)
        depth = min(2 * depth, _NEAREST_MAX)
