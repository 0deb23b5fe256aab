"""The lexical index in OpenSearch. Its tokens, filters and scores equal the embedded index's.

Lucene differs from the formula of `indexer.stores.lexical` in three ways. Each is compensated
exactly:

1. Lucene multiplies a term's saturation by its idf. Every weight is divided by it.
2. A shard counts only its own listings. With several shards, their counts are added up before the
   search (``dfs``).
3. Lucene takes ``N`` and the mean length from the ``M`` listings that have the field at all. With
   ``r = N / M``, the field's similarity has ``k1' = k1 (1 - b + b r)`` and
   ``b' = b r / (1 - b + b r)``, which gives ``k1' (1 - b' + b' l / mean')`` the right value. The
   idf of 1. is ``idf(M, n)``.

Like tantivy, Lucene stores the length of a field of more than 40 tokens in a byte, rounded down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from indexer.hits import Hits, best
from indexer.opensearch.cluster_generation import ClusterIndex
from indexer.opensearch.row_filter import WINDOW, RowFilter, Rows, Scores, row_filter
from indexer.selection import Selection
from indexer.stores.ids import Ids
from indexer.stores.lexical import FIELDS, K1, B, Clause, Document, Field, Term, idf, present_clauses, terms_of
from indexer.stores.vocabulary import Vocabulary

_TERMS_MAX = 1_000  # of a query; OpenSearch's default limit is 1,024
_TOKEN_MAX = 10_000  # characters; the tokenizer cuts longer ones

SETTINGS: dict[str, Any] = {
    "analysis": {
        "tokenizer": {"spaces": {"type": "whitespace", "max_token_length": _TOKEN_MAX}},
        "analyzer": {"tokens": {"type": "custom", "tokenizer": "spaces"}},
    },
}
"""`languages.analyse` makes the tokens. OpenSearch only splits at spaces, and needs no plugin."""

PROPERTIES: dict[str, Any] = {
    "row": {"type": "integer"},
    "filters": {"type": "keyword", "doc_values": False},
    **{name: {"type": "text", "analyzer": "tokens", "index_options": "freqs", "similarity": name} for name in FIELDS},
}


def similarities(vocabulary: Vocabulary) -> dict[str, Any]:
    """The similarity of each field for this generation's listings (see 3. above)."""
    settings: dict[str, Any] = {}
    for name in FIELDS:
        ratio = _ratio(vocabulary, name)
        spread = 1.0 - B + B * ratio
        settings[name] = {"type": "BM25", "k1": K1 * spread, "b": B * ratio / spread}
    return settings


def source(row: int, document: Document) -> dict[str, Any]:
    """The index's document of a listing."""
    return {
        "row": row,
        "filters": list(document.filters),
        **{name: " ".join(document.field(name)) for name in FIELDS},
    }


class OpenSearchLexicalIndex:
    """One generation's lexical index; term counts and ids are local files. Threads may share it."""

    def __init__(self, index: ClusterIndex, vocabulary: Vocabulary, ids: Ids) -> None:
        self._index = index
        self._vocabulary = vocabulary
        self._ids = ids
        # A single shard counts all listings. With several, `dfs` costs another round trip.
        self._search_type = "query_then_fetch" if index.meta.shards == 1 else "dfs_query_then_fetch"

    def __len__(self) -> int:
        return self._vocabulary.listings

    def search(self, clauses: Sequence[Clause], selection: Selection, k: int) -> Hits:
        """At most `k` selected listings with a term, best first, ties by row; no terms give none.

        Of more than `_TERMS_MAX` terms, those of the heaviest clauses are searched.

        Raises:
            IndexUnavailable: the cluster did not answer in time.
        """
        if k < 1 or selection.count == 0:
            return Hits.none()
        doc_freqs = {(term.field, term.text): self.doc_freq(term.field, term.text) for term in terms_of(clauses)}
        queries = [
            _query(clause, doc_freqs, self._vocabulary) for clause in _limited(present_clauses(clauses, doc_freqs))
        ]
        if not queries:
            return Hits.none()
        chosen = row_filter(selection, k)
        rows, scores = self._run(queries, chosen)
        selected = selection.mask[rows]
        if np.count_nonzero(selected) < k and not chosen.is_exact and len(rows) == chosen.size:
            rows, scores = self._run(queries, row_filter(selection, k, exact=True))
            selected = selection.mask[rows]
        return best(rows[selected], scores[selected], k)

    def doc_freq(self, field: Field, token: str) -> int:
        """How many listings have a token in a field."""
        return self._vocabulary.doc_freq(field, token)

    def rows_of(self, listing_ids: Sequence[str]) -> dict[str, int]:
        """The row of each known listing id."""
        return self._ids.rows_of(listing_ids)

    def _run(self, queries: list[dict[str, Any]], chosen: RowFilter) -> tuple[Rows, Scores]:
        """The best rows with any of the queries, and their scores."""
        body = {
            "size": min(chosen.size, WINDOW),
            "_source": False,
            "stored_fields": "_none_",  # no ids either: reading them took longer than the search
            "track_total_hits": False,
            "sort": ["_score", {"row": "asc"}],
            "query": {"bool": {"should": queries, "minimum_should_match": 1, "filter": chosen.conditions}},
        }
        hits = self._index.search(body, search_type=self._search_type)["hits"]["hits"]
        rows = np.array([hit["sort"][1] for hit in hits], np.int64)
        return rows, np.array([hit["sort"][0] for hit in hits], np.float64)


def _query(clause: Clause, doc_freqs: Mapping[tuple[Field, str], int], vocabulary: Vocabulary) -> dict[str, Any]:
    """A clause in the query language, with differences 1 and 3 (above) in the boosts."""
    alternatives = [
        _any_of([_term(term, clause.weight, doc_freqs[term.field, term.text], vocabulary) for term in alternative])
        for alternative in clause.alternatives
    ]
    return alternatives[0] if len(alternatives) == 1 else {"dis_max": {"queries": alternatives}}


def _term(term: Term, clause_weight: float, doc_freq: int, vocabulary: Vocabulary) -> dict[str, Any]:
    boost = clause_weight * term.weight / idf(vocabulary.totals(term.field).listings, doc_freq)
    return {"term": {term.field: {"value": term.text, "boost": boost}}}


def _any_of(queries: list[dict[str, Any]]) -> dict[str, Any]:
    return queries[0] if len(queries) == 1 else {"bool": {"should": queries}}


def _limited(clauses: Iterable[Clause]) -> Iterator[Clause]:
    """The heaviest clauses, as many as have `_TERMS_MAX` terms together."""
    left = _TERMS_MAX
    for clause in sorted(clauses, key=lambda clause: -clause.weight):
        left -= sum(map(len, clause.alternatives))
        if left < 0:
            return
        yield clause


def _ratio(vocabulary: Vocabulary, name: Field) -> float:
    """``N / M``; 1 for a field that no listing has."""
    with_field = vocabulary.totals(name).listings
    return vocabulary.listings / with_field if with_field else 1.0
