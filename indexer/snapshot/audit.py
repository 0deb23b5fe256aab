"""Audit of a generation's folder: every store is undamaged, and all hold the same listings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from indexer.snapshot.finding import Finding
from indexer.snapshot.manifest import Manifest, checksum
from indexer.snapshot.snapshot import Snapshot
from indexer.stores.fact_fields import FACT_FIELDS, code_tables
from indexer.stores.hashes import hash_texts
from indexer.stores.texts import Texts
from indexer.stores.vector_faiss import FaissVectorIndex


def audit(snapshot: Snapshot, *, contents: bool = True) -> list[Finding]:
    """Check every store against the manifest and against the others.

    `contents` False leaves out the checksums of files.
    """
    findings = list(_files(snapshot.folder, snapshot.manifest)) if contents else []
    texts = Texts(snapshot.folder / "texts" / "texts.arrow")
    findings += _counts(snapshot, texts)
    findings += [_ids(snapshot, texts), _lexical_rows(snapshot, texts), _vectors(snapshot), _fact_codes(snapshot)]
    if isinstance(snapshot.vector_index, FaissVectorIndex):
        findings.append(_vector_index(snapshot.vector_index, snapshot.manifest.listings))
    return findings


def _files(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    damaged = 0
    for name, (size, digest) in manifest.files.items():
        path = folder / name
        problem: str | None
        if not path.exists():
            problem = "is missing"
        elif path.stat().st_size != size:
            problem = f"has {path.stat().st_size:,} bytes, the manifest says {size:,}"
        else:
            problem = None if checksum(path) == digest else "has other content than the manifest's checksum says"
        if problem:
            damaged += 1
            yield Finding("files", name, problem)
    if not damaged:
        yield Finding("files", f"{len(manifest.files)} files are as published", None)


def _counts(snapshot: Snapshot, texts: Texts) -> Iterator[Finding]:
    expected = snapshot.manifest.listings
    columns = {f"facts.{field.name}": len(snapshot.facts.column(field.name)) for field in FACT_FIELDS}
    stores = {
        "texts": len(texts),
        "lexical": len(snapshot.lexical),
        "vectors": len(snapshot.vectors),
        **columns,
    }
    wrong = {store: count for store, count in stores.items() if count != expected}
    for store, count in wrong.items():
        yield Finding(store, f"{expected:,} listings", f"holds {count:,}")
    if not wrong:
        yield Finding("counts", f"{expected:,} listings in every store", None)


def _ids(snapshot: Snapshot, texts: Texts) -> Finding:
    digest = hashlib.blake2b(digest_size=16)
    for batch in texts.ids():
        digest.update(hash_texts(batch).tobytes())
    expected = snapshot.manifest.ids_checksum
    problem = None if digest.hexdigest() == expected else f"has {digest.hexdigest()}, the manifest {expected}"
    return Finding("texts", "checksum of listing ids", problem)


def _lexical_rows(snapshot: Snapshot, texts: Texts) -> Finding:
    """The lexical index has each listing id of the texts under the same row."""
    first_row = 0
    wrong: list[str] = []
    for batch in texts.ids():
        rows = snapshot.lexical.rows_of(batch)
        for row, listing_id in enumerate(batch, start=first_row):
            if rows.get(listing_id) != row:
                wrong.append(listing_id)
        first_row += len(batch)
    problem = f"{len(wrong):,} ids have another row or none, first {wrong[0]!r}" if wrong else None
    return Finding("lexical", "every listing id under its row", problem)


def _vectors(snapshot: Snapshot) -> Finding:
    """Every stored vector is a unit vector, or zero for a text without tokens."""
    wrong = 0
    for start in range(0, len(snapshot.vectors), 65_536):
        lengths = np.linalg.norm(snapshot.vectors[start : start + 65_536].astype(np.float32), axis=1)
        wrong += int(np.count_nonzero(~((np.abs(lengths - 1.0) < 0.01) | (lengths == 0.0))))
    return Finding("vectors", "unit vectors", f"{wrong:,} are not" if wrong else None)


def _vector_index(index: FaissVectorIndex, listings: int) -> Finding:
    """The vector index holds every row once."""
    counts = np.zeros(listings, np.uint8)
    unknown = 0
    for rows in index.ids():
        valid = rows[(rows >= 0) & (rows < listings)]
        unknown += len(rows) - len(valid)
        np.add.at(counts, valid, 1)
    wrong = int(np.count_nonzero(counts != 1)) + unknown
    problem = f"{wrong:,} rows are missing, duplicate or unknown" if wrong else None
    return Finding("vector index", "every row once", problem)


def _fact_codes(snapshot: Snapshot) -> Finding:
    """Every code of the facts is a position in its table."""
    wrong = []
    for name, table in code_tables(snapshot.tables).items():
        codes = snapshot.facts.column(name)
        if codes.size and int(codes.max()) >= len(table):
            wrong.append(name)
    problem = f"codes past the end of the tables in {', '.join(wrong)}" if wrong else None
    return Finding("facts", "every code has its meaning", problem)
