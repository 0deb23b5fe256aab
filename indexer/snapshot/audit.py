"""Audit: proves that every store of a generation holds the same listings, and holds them unharmed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from indexer.snapshot.finding import Finding
from indexer.snapshot.manifest import Manifest, checksum
from indexer.snapshot.snapshot import Snapshot
from indexer.stores.facts import COLUMNS
from indexer.stores.hashes import hash_texts
from indexer.stores.texts import Texts
from indexer.stores.vector_faiss import FaissVectorIndex


def audit(snapshot: Snapshot, *, contents: bool = True) -> list[Finding]:
    """Check every store against the manifest and against the others. `contents` False leaves out file checksums."""
    found = list(_files(snapshot.folder, snapshot.manifest)) if contents else []
    texts = Texts(snapshot.folder / "texts" / "texts.arrow")
    found += _counts(snapshot, texts)
    found += [_ids(snapshot, texts), _words(snapshot, texts), _vectors(snapshot), _pointers(snapshot)]
    if isinstance(snapshot.vector_index, FaissVectorIndex):
        found.append(_ann(snapshot.vector_index, snapshot.manifest.listings))
    return found


def _files(folder: Path, manifest: Manifest) -> Iterator[Finding]:
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
            yield Finding("files", name, problem)
    yield Finding("files", f"{len(manifest.files)} files are as published", None)


def _counts(snapshot: Snapshot, texts: Texts) -> Iterator[Finding]:
    wanted = snapshot.manifest.listings
    columns = {f"facts.{name}": len(snapshot.facts.column(name)) for name, _ in COLUMNS}
    stores = {
        "texts": len(texts),
        "lexical": len(snapshot.lexical),
        "vectors": len(snapshot.vectors),
        **columns,
    }
    for store, count in stores.items():
        if count != wanted:
            yield Finding(store, f"{wanted:,} listings", f"holds {count:,}")
    yield Finding("counts", f"{wanted:,} listings in every store", None)


def _ids(snapshot: Snapshot, texts: Texts) -> Finding:
    digest = hashlib.blake2b(digest_size=16)
    for batch in texts.ids():
        digest.update(hash_texts(batch).tobytes())
    same = digest.hexdigest() == snapshot.manifest.ids_checksum
    problem = None if same else f"has {digest.hexdigest()}, the manifest {snapshot.manifest.ids_checksum}"
    return Finding("texts", "checksum of listing ids", problem)


def _words(snapshot: Snapshot, texts: Texts) -> Finding:
    """Each listing id of the texts is found under the same row: in the lexical index, or at hand beside a far one."""
    row, wrong = 0, []
    for batch in texts.ids():
        rows = snapshot.lexical.rows_of(batch)
        wrong += [listing_id for at, listing_id in enumerate(batch, start=row) if rows.get(listing_id) != at]
        row += len(batch)
    problem = f"{len(wrong):,} ids have another row or none, first {wrong[0]!r}" if wrong else None
    return Finding("lexical", "every listing id under its row", problem)


def _vectors(snapshot: Snapshot) -> Finding:
    """Every stored vector is a unit vector, or zero for a text without tokens."""
    bad = 0
    for start in range(0, len(snapshot.vectors), 65_536):
        lengths = np.linalg.norm(snapshot.vectors[start : start + 65_536].astype(np.float32), axis=1)
        bad += int(np.count_nonzero(~((np.abs(lengths - 1.0) < 0.01) | (lengths == 0.0))))
    return Finding("vectors", "unit vectors", f"{bad:,} are not" if bad else None)


def _ann(index: FaissVectorIndex, listings: int) -> Finding:
    """The vector index holds every row once."""
    times = np.zeros(listings, np.uint8)
    strays = 0
    for rows in index.ids():
        inside = rows[(rows >= 0) & (rows < len(times))]
        strays += len(rows) - len(inside)
        np.add.at(times, inside, 1)
    wrong = int(np.count_nonzero(times != 1)) + strays
    return Finding(
        "vector index", "every row once", f"{wrong:,} rows are missing, double or strange" if wrong else None
    )


def _pointers(snapshot: Snapshot) -> Finding:
    """Every code of the facts stands for something in the tables."""
    tables = snapshot.tables
    sizes = {
        "currency": len(tables.currencies),
        "locale": len(tables.locales),
        "ships_from": len(tables.countries),
        "seller": len(tables.sellers.ids),
        "template": len(tables.shipping.ids),
        "category": len(tables.categories),
        "brand": len(tables.brands),
    }
    beyond = [n for n, size in sizes.items() if (c := snapshot.facts.column(n)).size and int(c.max()) >= size]
    problem = f"codes past the end of the tables in {', '.join(beyond)}" if beyond else None
    return Finding("facts", "every code has its meaning", problem)
