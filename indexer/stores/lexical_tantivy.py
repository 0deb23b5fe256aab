"""LexicalIndex on disk: tantivy, over tokens that are already analysed (its own analysis is a split at spaces)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tantivy

from indexer.hits import Hits, best
from indexer.selection import Selection
from indexer.stores.lexical import FIELDS, Document, Field, Term, max_score

WRITER_BYTES = 50_000_000  # tantivy's buffer; full, it becomes a segment. Fixed, so that memory does not grow.
_TERM_FILTER = 2_048  # rows named one by one in a query; above, the engine looks wider and the mask decides
_SPARE = 1.5


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in FIELDS:
        builder.add_text_field(name, stored=False, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("filters", stored=False, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("listing_id", stored=False, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("row", stored=False, indexed=True, fast=True)
    return builder.build()


class TantivyWriter:
    """Writes a new index into an empty folder, rows in ascending order."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._index = tantivy.Index(_schema(), path=str(folder))
        self._writer = self._index.writer(heap_size=WRITER_BYTES, num_threads=1)

    def add(self, row: int, listing_id: str, doc: Document) -> None:
        made = tantivy.Document()
        for name in FIELDS:
            made.add_text(name, " ".join(doc.field(name)))
        for term in doc.filters:
            made.add_text("filters", term)
        made.add_text("listing_id", listing_id)
        made.add_unsigned("row", row)
        self._writer.add_document(made)

    def close(self) -> None:
        """Make everything durable and wait for background merges."""
        self._writer.commit()
        self._writer.wait_merging_threads()


class TantivyIndex:
    """An index that `TantivyWriter` wrote, memory-mapped; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self._index = tantivy.Index.open(str(folder))
        self._schema = self._index.schema
        self._searcher = self._index.searcher()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def search(self, terms: Sequence[Term], selection: Selection, k: int) -> Hits:
        if not terms or k < 1:
            return Hits.none()
        matching = [self._searcher.doc_freq(t.field, t.text) for t in terms]
        top = max_score(terms, len(self), matching)
        known = [t for t, n in zip(terms, matching, strict=True) if n and t.weight > 0]
        if not known or selection.count == 0:
            return Hits.none(top)
        rows, scores = self._select(self._any_of(known), selection, k)
        return best(rows, scores, k, top)

    def doc_freq(self, field: Field, token: str) -> int:
        """How many listings have a token in a field."""
        return int(self._searcher.doc_freq(field, token))

    def rows_of(self, listing_ids: Sequence[str]) -> dict[str, int]:
        """The row of each known listing id."""
        found = {}
        for listing_id in listing_ids:
            query = tantivy.Query.term_query(self._schema, "listing_id", listing_id, index_option="basic")
            addresses = [address for _, address in self._searcher.search(query, 1, count=False).hits]
            if addresses:
                found[listing_id] = int(self._searcher.fast_field_values("row", addresses)[0])
        return found

    def _any_of(self, terms: Sequence[Term]) -> tantivy.Query:
        each = [(tantivy.Occur.Should, self._weighted(term)) for term in terms]
        return tantivy.Query.boolean_query(each)

    def _weighted(self, term: Term) -> tantivy.Query:
        query = tantivy.Query.term_query(self._schema, term.field, term.text, index_option="freq")
        return tantivy.Query.boost_query(query, term.weight)

    def _select(
        self, wanted: tantivy.Query, selection: Selection, k: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        if selection.count <= _TERM_FILTER:
            inside = tantivy.Query.term_set_query(self._schema, "row", selection.rows.tolist())
            return self._run(_both(wanted, [inside]), selection.count)
        conditions = [
            tantivy.Query.term_query(self._schema, "filters", term, index_option="basic") for term in selection.terms
        ]
        query = _both(wanted, conditions) if conditions else wanted
        limit = k if selection.is_everything else int(k * _SPARE)
        while True:
            rows, scores = self._run(query, min(limit, len(self)))
            inside_mask = selection.mask[rows]
            enough = np.count_nonzero(inside_mask) >= k or len(rows) < limit
            if enough:
                return rows[inside_mask], scores[inside_mask]
            limit *= 4

    def _run(self, query: tantivy.Query, limit: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        hits = self._searcher.search(query, limit, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return np.array(rows, np.int64), np.array([score for score, _ in hits], np.float64)


def _both(scored: tantivy.Query, conditions: Iterable[tantivy.Query]) -> tantivy.Query:
    """`scored` where every condition holds too; conditions add nothing to the score."""
    parts = [(tantivy.Occur.Must, scored)]
    parts += [(tantivy.Occur.Must, tantivy.Query.const_score_query(c, 0.0)) for c in conditions]
    return tantivy.Query.boolean_query(parts)
