"""Retrieval: the best listings of both indexes that the buyer may be shown, as candidates."""

from __future__ import annotations

from dataclasses import dataclass

from indexer.selection import Selection
from ranking.candidate import Candidates
from ranking.query import UnderstoodQuery
from search.candidates import Vector
from search.retrieval_session import RetrievalSession
from search.timing import phase


@dataclass(frozen=True, slots=True, eq=False)
class Retrieved:
    """What retrieval found: the query with its expansions, and the candidates for it."""

    understood: UnderstoodQuery
    candidates: Candidates
    eligible: int  # listings that the buyer could be shown at all


def retrieve(
    understood: UnderstoodQuery, vector: Vector | None, selection: Selection, session: RetrievalSession
) -> Retrieved:
    """Search both indexes inside a selection.

    `vector` is the query's, (dim,); None searches words alone.

    Raises:
        IndexUnavailable: no index is left that the request may be answered from.
    """
    vector_search = session.submit_vector_search(vector, selection)
    with phase("lexical"):
        expanded, lexical_hits = session.lexical_search(understood, vector, selection)
    with phase("vector"):
        vector_hits = vector_search.result()
    with phase("gather"):
        candidates = session.gather_candidates(expanded, lexical_hits, vector_hits, vector)
    return Retrieved(expanded, candidates, selection.count)
