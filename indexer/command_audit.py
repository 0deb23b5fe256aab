"""`fondaco audit` verifies a snapshot; `fondaco rollback` serves an earlier generation again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from indexer.opensearch.connection import Cluster
    from indexer.snapshot.finding import Finding
    from indexer.snapshot.snapshot import Snapshot


def audit(
    snapshot: Annotated[Path, typer.Option(help="The snapshot's folder.")],
    generation: Annotated[int | None, typer.Option(help="Another generation than the one served.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out the contents: checksums, documents.")] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Send the cluster what is missing or different there.")
    ] = False,
) -> None:
    """Verify that lexical index, vectors, facts and texts hold the same listings.

    Exit code 1 when they do not.
    """
    from indexer.open_snapshot import cluster_for, open_snapshot
    from indexer.snapshot.audit import audit as audit_folder
    from indexer.snapshot.generations import generation_manifest, generations

    manifest = generation_manifest(snapshot, generation)
    cluster = cluster_for(manifest.engines)
    opened = open_snapshot(snapshot, manifest.generation, cluster)
    on_disk = ", ".join(map(str, generations(snapshot)))
    print(f"Generation {manifest.generation} of {snapshot}, made {manifest.created_at} (on disk: {on_disk})")
    print(f"{manifest.listings:,} listings, encoder {manifest.encoder}, vector index {manifest.vector_index}")
    findings = audit_folder(opened, contents=not quick)
    if cluster is not None:
        findings += _audit_cluster(opened, cluster, contents=not quick, repair=repair)
    for finding in findings:
        _print(finding)
    if any(finding.problem for finding in findings):
        if cluster is not None and not repair:
            print(f"To repair the cluster: fondaco audit --repair --snapshot {snapshot}")
        print(f"Go back with: fondaco rollback --snapshot {snapshot}, or build again with: fondaco index")
        raise typer.Exit(1)


def _audit_cluster(snapshot: Snapshot, cluster: Cluster, *, contents: bool, repair: bool) -> list[Finding]:
    """The findings in the cluster, after the repair if one is wanted. Prints the repairs."""
    from indexer.opensearch.audit import ClusterAudit
    from indexer.progress import progress_display

    with progress_display("documents") as progress:
        cluster_audit = ClusterAudit(snapshot, cluster, contents=contents, progress=progress)
        repairs = cluster_audit.repair() if repair else []
        findings = list(cluster_audit.findings())
    for done in repairs:
        print(f"repaired {done}")
    return findings


def _print(finding: Finding) -> None:
    if finding.problem is None:
        print(f"ok  {finding.store}: {finding.promise}")
    else:
        print(f"BAD {finding.store}: {finding.promise}: {finding.problem}")


def rollback(
    snapshot: Annotated[Path, typer.Option(help="The snapshot's folder.")],
    to: Annotated[int | None, typer.Option(help="The generation to serve; default: the one before.")] = None,
) -> None:
    """Serve an earlier generation again, atomically. Running services follow within a second."""
    from indexer.open_snapshot import cluster_for
    from indexer.roll_back import roll_back
    from indexer.snapshot.generations import generation_manifest, generation_to_roll_back_to

    target = generation_to_roll_back_to(snapshot, to)
    cluster = cluster_for(generation_manifest(snapshot, target).engines)
    print(f"{snapshot} now serves generation {roll_back(snapshot, target, cluster)}.")
