"""FactCarry: what changed in the served generation since the next one's catalogue was written goes over to it.

A new generation starts with the facts of its catalogue. Changes since that was written are newer. Of a changed document
only the fields go over that are other than its generation was built with: one that nobody touched is the catalogue's to
say.
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
_NAMES = ("row", "seller_id", "changed")  # what a document is, not what changes

Documents = dict[str, dict[str, Any]]


def carry_over_facts(cluster: Cluster, old: GenerationMeta, folder: Path, new: GenerationMeta, since: int) -> int:
    """Bring changes numbered above `since` from one generation's facts index into another's; returns how many.

    `folder` is the old generation's. What the new index has with a higher number stays; a listing or seller that it
    does not have is left.

    Raises:
        IndexUnavailable: the cluster does not answer.
    """
    facts, tables = Facts(folder / "facts"), read_tables(folder / "tables")
    carried = 0
    for page in _changed(cluster, old.index("facts"), since):
        there = _numbers(cluster, new.index("facts"), list(page))
        built = _as_built(page, facts, tables)
        with BulkWriter(cluster, new.index("facts")) as writer:
            for name, source in page.items():
                partial = _touched(source, built[name])
                if partial and there.get(name, source["changed"]) < source["changed"]:
                    writer.update(name, {**partial, "changed": source["changed"]})
                    carried += 1
    return carried


def _changed(cluster: Cluster, index: str, since: int) -> Iterator[Documents]:
    after: dict[str, Any] = {}
    cluster.call("POST", f"/{index}/_refresh")
    while True:
        body = {"size": _PAGE, "sort": BY_NUMBER, "query": {"range": {"changed": {"gt": since}}}, **after}
        hits = cluster.call("POST", f"/{index}/_search", body)["hits"]["hits"]
        if not hits:
            return
        yield {hit["_id"]: hit["_source"] for hit in hits}
        after = {"search_after": hits[-1]["sort"]}


def _numbers(cluster: Cluster, index: str, names: list[str]) -> dict[str, int]:
    """The number of the last change of each document that is there."""
    found = cluster.call("POST", f"/{index}/_mget", {"ids": names}, {"_source_includes": "changed"})["docs"]
    return {one["_id"]: int(one["_source"]["changed"]) for one in found if one.get("found")}


def _as_built(page: Documents, facts: Facts, tables: Tables) -> Documents:
    """The same documents as their generation was built with."""
    sellers = dict(seller_sources(tables))
    rows = np.array([source["row"] for source in page.values() if "row" in source], np.int64)
    listings = {row: next(fact_sources(row, facts.take(np.array([row])), tables)) for row in rows.tolist()}
    return {
        name: listings[source["row"]] if "row" in source else sellers.get(name, {}) for name, source in page.items()
    }


def _touched(now: Mapping[str, Any], built: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are other than they were built; None for one that was cleared."""
    fields = (now.keys() | built.keys()) - set(_NAMES)
    return {name: now.get(name) for name in sorted(fields) if now.get(name) != built.get(name)}
