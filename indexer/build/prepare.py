"""Prepares a part: records are checked and analysed, and become arrays.

It needs nothing but the records themselves, so that it can run in any process and in any order.
What depends on earlier parts, the duplicates and the vectors to reuse, comes after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from indexer.build.collector import collector_off
from indexer.build.part_facts import PartFacts, part_facts
from indexer.build.task import PartTask, RecordRules
from indexer.catalogue.rejections import reference_problem, repeated_id
from indexer.listing import LeftOut, Listing, Rejected
from indexer.market import ShippingTemplate
from indexer.stores.catalogue_terms import Key, title_terms
from indexer.stores.documents import to_batch as documents_batch
from indexer.stores.hashes import Hashes, first_of_each, hash_texts
from indexer.stores.listing_text import to_document, to_passage
from indexer.stores.texts import to_batch as texts_batch
from indexer.stores.vector import STORED_DTYPE
from languages.locale import Locale

TERMS_SCHEMA = pa.schema([("text", pa.string()), ("lemmas", pa.string()), ("listings", pa.uint32())])


@dataclass(frozen=True, slots=True, eq=False)
class PreparedPart:
    """What the records of a part give, as arrays and batches with a row for each listing."""

    records: int
    numbers: npt.NDArray[np.int64]  # of the records  # (n,)
    id_hashes: Hashes  # (n,)
    text_hashes: Hashes  # of the passages  # (n,)
    passages: pa.StringArray  # (n,)
    vectors: npt.NDArray[np.float16] | None  # (n, dim); None if the build encodes the passages
    facts: PartFacts
    texts: pa.RecordBatch
    documents: pa.RecordBatch
    terms: pa.RecordBatch  # TERMS_SCHEMA: the terms of the titles, in no order
    rejected: list[Rejected]
    left_out: dict[str, int]  # records that are no offers, by reason
    templates: Mapping[str, ShippingTemplate]  # of the records themselves, by id

    def without_duplicates(self, is_new: npt.NDArray[np.bool_]) -> PreparedPart:
        """The part without the listings that are not new; these are rejected."""
        if is_new.all():
            return self
        mask = pa.array(is_new)
        texts = self.texts.filter(mask)
        repeated = self.texts.filter(pa.array(~is_new))
        ids = repeated.column("listing_id").to_pylist()
        duplicates = [repeated_id(int(number), id_) for number, id_ in zip(self.numbers[~is_new], ids, strict=True)]
        return replace(
            self,
            numbers=self.numbers[is_new],
            id_hashes=self.id_hashes[is_new],
            text_hashes=self.text_hashes[is_new],
            passages=self.passages.filter(mask),
            vectors=None if self.vectors is None else self.vectors[is_new],
            facts=self.facts.select(is_new),
            texts=texts,
            documents=self.documents.filter(mask),
            terms=_to_batch(_counts(self.terms) - _terms(repeated)),
            rejected=self.rejected + duplicates,
        )


def prepare(task: PartTask, rules: RecordRules) -> PreparedPart:
    """The contents of a part. Of listings with one id the first is kept."""
    with collector_off():
        return _prepare(task, rules)


def _prepare(task: PartTask, rules: RecordRules) -> PreparedPart:
    templates: dict[str, ShippingTemplate] = {}
    numbered: list[tuple[int, Listing]] = []
    rejected: list[Rejected] = []
    left_out: Counter[str] = Counter()
    for number, record in task.records:
        outcome = rules.reader.read(number, record, templates)
        if isinstance(outcome, Listing):
            known = rules.templates, templates
            outcome = reference_problem(number, outcome, rules.rates, known) or outcome
        if isinstance(outcome, LeftOut):
            left_out[outcome.reason] += 1
        elif isinstance(outcome, Rejected):
            rejected.append(outcome)
        else:
            numbered.append((number, outcome))
    id_hashes = hash_texts(listing.listing_id for _, listing in numbered)
    is_first = first_of_each(id_hashes)
    rejected += [repeated_id(number, listing.listing_id) for number, listing in compress(numbered, ~is_first)]
    numbered = list(compress(numbered, is_first))
    listings = [listing for _, listing in numbered]
    passages = [to_passage(listing) for listing in listings]
    texts = texts_batch(listings)
    return PreparedPart(
        records=len(task.records),
        numbers=np.array([number for number, _ in numbered], np.int64),
        id_hashes=id_hashes[is_first],
        text_hashes=hash_texts(passages),
        passages=pa.array(passages, pa.string()),
        vectors=None if rules.encoder is None else rules.encoder.encode_listings(passages).astype(STORED_DTYPE),
        facts=part_facts(listings),
        texts=texts,
        documents=documents_batch([to_document(listing) for listing in listings]),
        terms=_to_batch(_terms(texts)),
        rejected=rejected,
        left_out=dict(left_out),
        templates=templates,
    )


def _terms(texts: pa.RecordBatch) -> Counter[Key]:
    """The terms of all titles, and how many titles have each."""
    counts: Counter[Key] = Counter()
    languages = [Locale.parse(tag).language for tag in texts.column("locale").to_pylist()]
    for title, language in zip(texts.column("title").to_pylist(), languages, strict=True):
        counts.update(title_terms(title, language))
    return counts


def _counts(terms: pa.RecordBatch) -> Counter[Key]:
    texts, lemmas, listings = (column.to_pylist() for column in terms.columns)
    return Counter(dict(zip(zip(texts, lemmas, strict=True), listings, strict=True)))


def _to_batch(counts: Counter[Key]) -> pa.RecordBatch:
    columns = [[text for text, _ in counts], [lemmas for _, lemmas in counts], list(counts.values())]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, TERMS_SCHEMA, strict=True)]
    return pa.record_batch(arrays, schema=TERMS_SCHEMA)
