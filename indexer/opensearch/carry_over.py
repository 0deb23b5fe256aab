"""Carries changed facts over from the served generation to the next one.

A new generation starts with the facts of its catalogue. Changes made since the catalogue was
written are newer, so they are carried over. Of a changed document, only the fields that differ from
those its generation was built with are carried over: for the others, the catalogue is newer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from indexer.opensearch.bulk import BulkWriter
from indexer.opensearch.connection import Cluster
from indexer.opensearch.facts import BY_NUMBER, fact_sources, seller_sources
from indexer.snapshot.manifest import GenerationMeta
from indexer.stores.facts import Facts
from indexer.stores.tables import Tables, read_tables

_PAGE = 2_000
_IDENTITY_KEYS = ("row", "seller_id", "changed")  # which document and change it is: never carried over

Documents = dict[str, dict[str, Any]]
"""Documents by id."""


def carry_over_facts(cluster: Cluster, old: GenerationMeta, folder: Path, new: GenerationMeta, since: int) -> int:
    """Write changes numbered above `since` from one generation's facts index into another's.

    `folder` is the old generation's. A document of the new index with a higher number stays as it
    is. A listing or seller that the new index does not have is skipped. Returns how many documents
    were written.

    Raises:
        IndexUnavailable: the cluster does not answer.
    """
    facts = Facts(folder / "facts")
    tables = read_tables(folder / "tables")
    carried = 0
    for page in _changed_documents(cluster, old.index("facts"), since):
        new_numbers = _change_numbers(cluster, new.index("facts"), list(page))
        built = _as_built(page, facts, tables)
        with BulkWriter(cluster, new.index("facts")) as writer:
            for doc_id, source in page.items():
                number = source["changed"]
                partial = _changed_fields(source, built[doc_id])
                if partial and new_numbers.get(doc_id, number) < number:
                    writer.update(doc_id, {**partial, "changed": number})
                    carried += 1
    return carried


def _changed_documents(cluster: Cluster, index: str, since: int) -> Iterator[Documents]:
    """The documents changed after number `since`, page by page, in the order of changes."""
    after: dict[str, Any] = {}
    cluster.call("POST", f"/{index}/_refresh")
    while True:
        body = {"size": _PAGE, "sort": BY_NUMBER, "query": {"range": {"changed": {"gt": since}}}, **after}
        hits = cluster.call("POST", f"/{index}/_search", body)["hits"]["hits"]
        if not hits:
            return
        yield {hit["_id"]: hit["_source"] for hit in hits}
        after = {"search_after": hits[-1]["sort"]}


def _change_numbers(cluster: Cluster, index: str, doc_ids: list[str]) -> dict[str, int]:
    """The number of the last change of each document that the index has."""
    docs = cluster.call("POST", f"/{index}/_mget", {"ids": doc_ids}, {"_source_includes": "changed"})["docs"]
    return {doc["_id"]: int(doc["_source"]["changed"]) for doc in docs if doc.get("found")}


def _as_built(page: Documents, facts: Facts, tables: Tables) -> Documents:
    """The same documents with the values that their generation was built with."""
    sellers = dict(seller_sources(tables))
    rows = np.array([source["row"] for source in page.values() if "row" in source], np.int64)
    listings = {row: next(fact_sources(row, facts.take(np.array([row])), tables)) for row in rows.tolist()}
    built: Documents = {}
    for doc_id, source in page.items():
        built[doc_id] = listings[source["row"]] if "row" in source else sellers.get(doc_id, {})
    return built


def _changed_fields(now: Mapping[str, Any], built: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that differ from those built; None for a field that was cleared."""
    fields = (now.keys() | built.keys()) - set(_IDENTITY_KEYS)
    return {name: now.get(name) for name in sorted(fields) if now.get(name) != built.get(name)}
