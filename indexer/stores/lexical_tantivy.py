"""LexicalIndex on disk, by tantivy. Tokens are already analysed: tantivy only splits at spaces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import tantivy

from indexer.hits import Hits, best
from indexer.selection import Selection
from indexer.stores.lexical import FIELDS, K1, Clause, Document, Field, Term, idf, present_clauses, terms_of

if TYPE_CHECKING:
    import pyarrow as pa

WRITER_BYTES = 50_000_000  # of tantivy's buffer, which becomes a segment when full; fixed, to bound memory
_ROW_FILTER_MAX = 2_048  # rows listed in a query; a larger selection gets more hits, and the mask filters them
_SPARE = 1.2  # times as many hits are requested first as give k selected ones, if they are spread evenly


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

    def add(self, row: int, listing_id: str, document: Document) -> None:
        self._add(row, listing_id, [" ".join(document.field(name)) for name in FIELDS], document.filters)

    def add_batch(self, first_row: int, listing_ids: pa.StringArray, documents: pa.RecordBatch) -> None:
        """Add documents as `indexer.stores.documents.to_batch` gives them."""
        fields = zip(*(documents.column(name).to_pylist() for name in FIELDS), strict=True)
        filters = documents.column("filters").to_pylist()
        entries = zip(listing_ids.to_pylist(), fields, filters, strict=True)
        for row, (listing_id, texts, terms) in enumerate(entries, start=first_row):
            self._add(row, listing_id, texts, terms)

    def _add(self, row: int, listing_id: str, texts: Sequence[str], filters: Iterable[str]) -> None:
        """`texts` are the tokens of FIELDS, separated by spaces."""
        entry = tantivy.Document()
        for name, text in zip(FIELDS, texts, strict=True):
            entry.add_text(name, text)
        for term in filters:
            entry.add_text("filters", term)
        entry.add_text("listing_id", listing_id)
        entry.add_unsigned("row", row)
        self._writer.add_document(entry)

    def close(self) -> None:
        """Commit everything to disk and wait for background merges."""
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

    def search(self, clauses: Sequence[Clause], selection: Selection, k: int) -> Hits:
        if k < 1 or selection.count == 0:
            return Hits.none()
        doc_freqs = {(term.field, term.text): self.doc_freq(term.field, term.text) for term in terms_of(clauses)}
        present = list(present_clauses(clauses, doc_freqs))
        if not present:
            return Hits.none()
        query = _any_of([self._clause(clause, doc_freqs) for clause in present])
        return best(*self._select(query, selection, k), k)

    def doc_freq(self, field: Field, token: str) -> int:
        """How many listings have a token in a field."""
        return int(self._searcher.doc_freq(field, token))

    def rows_of(self, listing_ids: Sequence[str]) -> dict[str, int]:
        """The row of each listing id that the index has."""
        rows = {}
        for listing_id in listing_ids:
            query = tantivy.Query.term_query(self._schema, "listing_id", listing_id, index_option="basic")
            addresses = [address for _, address in self._searcher.search(query, 1, count=False).hits]
            if addresses:
                rows[listing_id] = int(self._searcher.fast_field_values("row", addresses)[0])
        return rows

    def _clause(self, clause: Clause, doc_freqs: Mapping[tuple[Field, str], int]) -> tantivy.Query:
        alternatives = [
            _any_of([self._weighted(term, clause.weight, doc_freqs[term.field, term.text]) for term in alternative])
            for alternative in clause.alternatives
        ]
        return alternatives[0] if len(alternatives) == 1 else tantivy.Query.disjunction_max_query(alternatives)

    def _weighted(self, term: Term, clause_weight: float, doc_freq: int) -> tantivy.Query:
        """A term's query, with a boost that leaves of tantivy's BM25 the saturation alone."""
        query = tantivy.Query.term_query(self._schema, term.field, term.text, index_option="freq")
        return tantivy.Query.boost_query(query, clause_weight * term.weight / (idf(len(self), doc_freq) * (K1 + 1.0)))

    def _select(
        self, query: tantivy.Query, selection: Selection, k: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Selected hits of `query`, the k best among them."""
        if selection.count <= _ROW_FILTER_MAX:
            # one query a row: a set of rows scans the dictionary of rows, five times as long
            of_rows = [self._row(row) for row in selection.rows.tolist()]
            return self._run(_with_conditions(query, [_any_of(of_rows)]), selection.count)
        conditions = [
            tantivy.Query.term_query(self._schema, "filters", term, index_option="basic") for term in selection.terms
        ]
        if conditions:
            query = _with_conditions(query, conditions)
        limit = k if selection.is_everything else int(k * _SPARE * len(self) / selection.count)
        while True:
            rows, scores = self._run(query, min(limit, len(self)))
            selected = selection.mask[rows]
            if np.count_nonzero(selected) >= k or len(rows) < limit:
                return rows[selected], scores[selected]
            limit *= 4

    def _row(self, row: int) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, "row", row, index_option="basic")

    def _run(self, query: tantivy.Query, limit: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        hits = self._searcher.search(query, limit, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return np.array(rows, np.int64), np.array([score for score, _ in hits], np.float64)


def _any_of(queries: list[tantivy.Query]) -> tantivy.Query:
    """Where any of the queries holds; their scores add up."""
    if len(queries) == 1:
        return queries[0]
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def _with_conditions(scored: tantivy.Query, conditions: Iterable[tantivy.Query]) -> tantivy.Query:
    """`scored` where every condition holds too; conditions add nothing to the score."""
    parts = [(tantivy.Occur.Must, scored)]
    parts += [(tantivy.Occur.Must, tantivy.Query.const_score_query(condition, 0.0)) for condition in conditions]
    return tantivy.Query.boolean_query(parts)
