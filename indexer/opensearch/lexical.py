"""LexicalIndex by OpenSearch: the same tokens, the same filters, and BM25 scores equal to the embedded engines'.

Lucene differs from the formula of `indexer.stores.lexical` in three ways, each undone here exactly:

1. It leaves out the constant factor ``k1 + 1``: every weight is multiplied by it.
2. A shard knows only its own listings: with several, their counts are added up before the search (``dfs``).
3. ``N`` and the mean length count only the ``M`` listings that have the field at all. With ``r = N / M`` the field's
   similarity has ``k1' = k1 (1 - b + b r)`` and ``b' = b r / (1 - b + b r)``, which makes
   ``k1' (1 - b' + b' l / mean')`` what it should be; each term's weight is multiplied by ``idf(N, n) / idf(M, n)``.

Like tantivy it keeps the length of a field of more than 40 words in a byte, rounded down.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from indexer.hits import Hits, best
from indexer.opensearch.cluster_generation import ClusterIndex
from indexer.opensearch.row_filter import WINDOW, RowFilter, row_filter
from indexer.selection import Selection
from indexer.stores.ids import Ids
from indexer.stores.lexical import FIELDS, K1, B, Document, Field, Term, ceiling, idf
from indexer.stores.vocabulary import Vocabulary

_CLAUSES_MAX = 1_000  # of a query; OpenSearch takes 1,024 unless told otherwise. A page pasted as a query has more
_TOKEN_MAX = 10_000  # characters; the tokenizer would cut longer ones

SETTINGS: dict[str, Any] = {
    "analysis": {
        "tokenizer": {"spaces": {"type": "whitespace", "max_token_length": _TOKEN_MAX}},
        "analyzer": {"tokens": {"type": "custom", "tokenizer": "spaces"}},
    },
}
"""Tokens are made by `languages.analyse`: OpenSearch only splits at spaces, and needs no plugin."""

PROPERTIES: dict[str, Any] = {
    "row": {"type": "integer"},
    "filters": {"type": "keyword", "doc_values": False},
    **{name: {"type": "text", "analyzer": "tokens", "index_options": "freqs", "similarity": name} for name in FIELDS},
}


def similarities(vocabulary: Vocabulary) -> dict[str, Any]:
    """The similarity of each field, for this generation's listings (see 3. above)."""
    made: dict[str, Any] = {}
    for name in FIELDS:
        ratio = _ratio(vocabulary, name)
        spread = 1.0 - B + B * ratio
        made[name] = {"type": "BM25", "k1": K1 * spread, "b": B * ratio / spread}
    return made


def source(row: int, document: Document) -> dict[str, Any]:
    """A listing as the index holds it."""
    return {
        "row": row,
        "filters": list(document.filters),
        **{name: " ".join(document.field(name)) for name in FIELDS},
    }


class OpenSearchLexicalIndex:
    """One generation's words in a cluster; their counts and the ids are at hand. Safe to share between threads."""

    def __init__(self, index: ClusterIndex, vocabulary: Vocabulary, ids: Ids) -> None:
        self._index, self._vocabulary, self._ids = index, vocabulary, ids
        # One shard knows the counts of all listings itself; asking for them costs another turn.
        self._type = "query_then_fetch" if index.meta.shards == 1 else "dfs_query_then_fetch"

    def __len__(self) -> int:
        return self._vocabulary.listings

    def search(self, terms: Sequence[Term], selection: Selection, k: int) -> Hits:
        """At most `k` selected listings with a term, best first, ties by row; no terms give none.

        Raises:
            IndexUnavailable: the cluster did not answer in time.
        """
        if not terms or k < 1:
            return Hits.none()
        matching = [self.doc_freq(term.field, term.text) for term in terms]
        top = ceiling(terms, len(self), matching)
        known = [(t, n) for t, n in zip(terms, matching, strict=True) if n and t.weight > 0]
        should = [self._weighted(t, n) for t, n in _heaviest(known, len(self))]
        if not should or selection.count == 0:
            return Hits.none(top)
        asked = row_filter(selection, k)
        rows, scores = self._run(should, asked)
        inside = selection.mask[rows]
        if np.count_nonzero(inside) < k and not asked.is_exact and len(rows) == asked.wanted:
            rows, scores = self._run(should, row_filter(selection, k, exact=True))
            inside = selection.mask[rows]
        return best(rows[inside], scores[inside], k, top)

    def doc_freq(self, field: Field, token: str) -> int:
        """How many listings have a token in a field."""
        return self._vocabulary.doc_freq(field, token)

    def rows_of(self, listing_ids: Sequence[str]) -> dict[str, int]:
        """The row of each known listing id."""
        return self._ids.rows_of(listing_ids)

    def _weighted(self, term: Term, matching: int) -> dict[str, Any]:
        everywhere = idf(self._vocabulary.listings, matching)
        boost = term.weight * (K1 + 1.0) * everywhere / idf(self._vocabulary.totals(term.field).listings, matching)
        return {"term": {term.field: {"value": term.text, "boost": boost}}}

    def _run(self, should: list[dict[str, Any]], asked: RowFilter) -> tuple[Any, Any]:
        body = {
            "size": min(asked.wanted, WINDOW),
            "_source": False,
            "stored_fields": "_none_",  # not even the ids: reading them took longer than the search
            "track_total_hits": False,
            "sort": ["_score", {"row": "asc"}],
            "query": {"bool": {"should": should, "minimum_should_match": 1, "filter": asked.conditions}},
        }
        hits = self._index.search(body, search_type=self._type)["hits"]["hits"]
        rows = np.array([hit["sort"][1] for hit in hits], np.int64)
        return rows, np.array([hit["sort"][0] for hit in hits], np.float64)


def _heaviest(known: list[tuple[Term, int]], count: int) -> list[tuple[Term, int]]:
    """The terms that a query has room for, in their order: those that can add the most to a score."""
    if len(known) <= _CLAUSES_MAX:
        return known
    gains = sorted((term.weight * idf(count, n) for term, n in known), reverse=True)
    return [(t, n) for t, n in known if t.weight * idf(count, n) >= gains[_CLAUSES_MAX - 1]][:_CLAUSES_MAX]


def _ratio(vocabulary: Vocabulary, name: Field) -> float:
    """``N / M``; 1 for a field that no listing has."""
    return vocabulary.listings / max(1, vocabulary.totals(name).listings) if vocabulary.totals(name).listings else 1.0
