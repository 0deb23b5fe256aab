"""Reads the records of a Parquet file, a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from indexer.catalogue.files.source import Source
from indexer.catalogue.records import FIELDS, Record, refuse
from indexer.listing import InvalidRecord, Rejected

BATCH = 1_024  # rows; at a few KB each a batch stays in the processor's cache


def read_parquet(source: Source, skip: int, only_fields: bool = True) -> Iterator[tuple[int, Record | Rejected]]:
    """Rows after the first `skip`, numbered from 1.

    Row groups before them are not read. `only_fields` reads only the columns that a Listing has. A
    row group that cannot be read gives one Rejected, and reading goes on with the next one.

    Raises:
        ValueError: the file has no footer: it is incomplete, or not Parquet.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(source.path, pre_buffer=False)
    except (OSError, pa.ArrowException) as error:
        raise ValueError(
            f"{source.path}: is not a whole Parquet file ({error}); its index is at its end, so fetch it again"
        ) from error
    with file:
        columns = [name for name in file.schema_arrow.names if name in FIELDS] if only_fields else None
        start = 0
        for group in range(file.metadata.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            if end > skip:
                yield from _read_group(file, source, group, columns, start, skip)
            start = end
        source.bytes_read = source.bytes_total


def _read_group(
    file: Any, source: Source, group: int, columns: list[str] | None, start: int, skip: int
) -> Iterator[tuple[int, Record | Rejected]]:
    """The rows of a row group, without the first `skip` of the file; `start` rows precede it."""
    import pyarrow as pa

    total = max(file.metadata.num_rows, 1)
    number = start
    try:
        for batch in file.iter_batches(BATCH, row_groups=[group], columns=columns):
            first = number
            number += batch.num_rows
            if number > skip:
                yield from _records(batch.slice(max(0, skip - first)), max(first, skip))
            source.bytes_read = source.bytes_total * number // total
    except (OSError, pa.ArrowException) as error:
        reason = f"the rest of row group {group} cannot be read ({error}); fetch the file again"
        if number + 1 > skip:
            yield number + 1, Rejected(number + 1, "file", "", reason)


def _records(batch: Any, before: int) -> Iterator[tuple[int, Record | Rejected]]:
    """The rows of a batch, the first numbered ``before + 1``."""
    try:
        rows = batch.to_pylist()
    except UnicodeDecodeError:
        # One invalid text fails the whole batch: read row by row to find it.
        for position in range(batch.num_rows):
            yield before + position + 1, _record(batch.slice(position, 1), before + position + 1)
        return
    yield from enumerate(rows, start=before + 1)


def _record(row: Any, number: int) -> Record | Rejected:
    record: dict[str, object] = {}
    for name, column in zip(row.schema.names, row.columns, strict=True):
        try:
            record[name] = column[0].as_py()
        except UnicodeDecodeError as error:
            return refuse(number, InvalidRecord(name, bytes(error.object), "is not valid UTF-8"))
    return record
