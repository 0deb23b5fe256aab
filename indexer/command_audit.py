"""`fondaco audit` and `fondaco rollback`: is a snapshot whole, and back to the one before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from indexer.progress import ProgressCallback
    from indexer.snapshot.finding import Finding


def audit(
    snapshot: Annotated[Path, typer.Option(help="The snapshot's folder.")],
    generation: Annotated[int | None, typer.Option(help="Another generation than the one served.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out the contents: checksums, documents.")] = False,
    mend: Annotated[bool, typer.Option("--mend", help="Send a cluster what it lacks or has otherwise.")] = False,
) -> None:
    """Prove that lexical index, vectors, facts and texts hold the same listings. Exit code 1 when they do not."""
    from indexer.open_snapshot import cluster_for, open_snapshot
    from indexer.snapshot.audit import audit as audited
    from indexer.snapshot.generations import generation_manifest, generations

    manifest = generation_manifest(snapshot, generation)
    cluster = cluster_for(manifest.engines)
    opened = open_snapshot(snapshot, manifest.generation, cluster)
    on_disk = ", ".join(map(str, generations(snapshot)))
    print(f"Generation {manifest.generation} of {snapshot}, made {manifest.created_at} (on disk: {on_disk})")
    print(f"{manifest.listings:,} listings, encoder {manifest.encoder}, vector index {manifest.vector_index}")
    findings = audited(opened, contents=not quick)
    if cluster is not None:
        from indexer.opensearch.audit import ClusterAudit
        from indexer.progress import with_progress

        def across(progress: ProgressCallback) -> tuple[list[str], list[Finding]]:
            def told(stage: str, done: int, total: int) -> None:
                progress(stage, done, total, done)

            audited = ClusterAudit(opened, cluster, contents=not quick, progress=told)
            mended = audited.mend() if mend else []
            return mended, list(audited.findings())

        mended, found = with_progress(across)
        for done in mended:
            print(f"mended {done}")
        findings += found
    for finding in findings:
        print(f"{'ok ' if finding.problem is None else 'BAD'} {finding.store}: {finding.promise}"
              + ("" if finding.problem is None else f": {finding.problem}"))  # fmt: skip
    if any(finding.problem for finding in findings):
        if cluster is not None and not mend:
            print(f"What the cluster has wrong, this mends: fondaco audit --mend --snapshot {snapshot}")
        print(f"Go back with: fondaco rollback --snapshot {snapshot}, or build anew with: fondaco index")
        raise typer.Exit(1)


def rollback(
    snapshot: Annotated[Path, typer.Option(help="The snapshot's folder.")],
    to: Annotated[int | None, typer.Option(help="The generation to serve; default: the one before.")] = None,
) -> None:
    """Serve an earlier generation again, atomically. Running services follow within a second."""
    from indexer.open_snapshot import cluster_for
    from indexer.opensearch.publish import roll_back
    from indexer.snapshot.generations import generation_manifest, generation_to_roll_back_to

    target = generation_to_roll_back_to(snapshot, to)
    cluster = cluster_for(generation_manifest(snapshot, target).engines)
    print(f"{snapshot} now serves generation {roll_back(snapshot, target, cluster)}.")
