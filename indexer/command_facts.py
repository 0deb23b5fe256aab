"""`fondaco facts` sends changed prices, stock, delivery and sellers to running services."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from indexer.listing import Rejected
    from indexer.opensearch.cluster_generation import ClusterIndex

_REASONS_MAX = 20  # rejected updates whose reasons are printed


def facts(
    updates: Annotated[Path, typer.Argument(help="JSON Lines, one update a line; - reads standard input.")],
    snapshot: Annotated[Path, typer.Option(help="The snapshot's folder.")],
) -> None:
    """Change price, sale, stock, delivery or a seller's status, seen by running services.

    Exit code 1 where some were refused.

    A field that a line does not give stays as it is; null clears it:
    {"listing_id": "L1", "price_minor": 1290, "currency": "EUR"},
    {"listing_id": "L1", "sale": null, "stock": 0}, {"seller_id": "S9", "active": false}.
    """
    from indexer.catalogue.files.source import Source
    from indexer.open_snapshot import cluster_for
    from indexer.opensearch.update_writer import facts_index, write_facts
    from indexer.opensearch.updates import Stream, read_updates
    from indexer.progress import progress_display
    from indexer.snapshot.generations import current_generation, generation_folder, generation_manifest
    from indexer.stores.tables import read_tables

    manifest = generation_manifest(snapshot)
    cluster = cluster_for(manifest.engines)
    index = facts_index(manifest, snapshot, cluster)
    tables = read_tables(generation_folder(snapshot, manifest.generation) / "tables")

    def served_index() -> ClusterIndex:
        """The index of the served generation: it may change while a stream goes on."""
        nonlocal index
        generation = current_generation(snapshot)
        if generation != index.meta.generation:
            index = facts_index(generation_manifest(snapshot, generation), snapshot, cluster)
        return index

    source = Stream(sys.stdin.buffer) if str(updates) == "-" else Source(updates)
    printed = 0

    def print_rejected(rejected: Rejected) -> None:
        nonlocal printed
        if printed < _REASONS_MAX:
            printed += 1
            value = f" (got {rejected.value!r})" if rejected.value else ""
            print(f"record {rejected.record}: {rejected.field} {rejected.reason}{value}", file=sys.stderr)

    with progress_display("updates", brief=True) as progress:
        report = write_facts(served_index, read_updates(source, tables), print_rejected, progress)
    if report.rejected > printed:
        print(f"... and {report.rejected - printed:,} more", file=sys.stderr)
    rate = report.written / report.seconds if report.seconds else 0.0
    print(
        f"{report.written:,} of {report.read:,} updates written to {index.name} in {report.seconds:.1f} s "
        f"({rate:,.0f}/s), {report.rejected:,} rejected"
    )
    if report.rejected:
        raise typer.Exit(1)
