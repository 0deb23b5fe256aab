"""The documents sent to a cluster, by row: the tokens of each listing.

An audit verifies and repairs the cluster's index with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from indexer.stores.lexical import FIELDS, Document

SCHEMA = pa.schema([(name, pa.string()) for name in FIELDS] + [("filters", pa.list_(pa.string()))])


def to_batch(documents: Sequence[Document]) -> pa.RecordBatch:
    """Documents as one Arrow record batch."""
    columns = [pa.array([" ".join(document.field(name)) for document in documents], pa.string()) for name in FIELDS]
    columns.append(pa.array([list(document.filters) for document in documents], pa.list_(pa.string())))
    return pa.record_batch(columns, schema=SCHEMA)


def write_documents(path: Path, batches: Iterable[pa.RecordBatch]) -> None:
    """Write batches one after another."""
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, SCHEMA) as writer:
        for batch in batches:
            writer.write_batch(batch)


def read_batches(path: Path) -> Iterator[pa.RecordBatch]:
    """The batches of a file, one in memory at a time."""
    with pa.OSFile(str(path), "rb") as source:
        reader = pa.ipc.open_file(source)
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number)


def read_documents(path: Path, start: int = 0) -> Iterator[Document]:
    """The documents of a file in order, from row `start` on."""
    for batch in read_batches(path):
        if start >= batch.num_rows:
            start -= batch.num_rows
            continue
        rest = batch.slice(start)
        start = 0
        columns = [rest.column(name).to_pylist() for name in FIELDS]
        for text, exact, filters in zip(*columns, rest.column("filters").to_pylist(), strict=True):
            yield Document(tuple(text.split()), tuple(exact.split()), tuple(filters))
