"""The manifest of a generation that a build has assembled."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from indexer.build.part_writer import PartWriter
from indexer.build.settings import BuildSettings, CatalogueSource
from indexer.encoders.encoder import Encoder
from indexer.snapshot.manifest import FORMAT, Manifest, checksums
from indexer.stores.vector_faiss import factory_for
from languages.analyse import VERSION as ANALYSIS_VERSION


def make_manifest(
    generation: int,
    folder: Path,
    parts: PartWriter,
    source: CatalogueSource,
    encoder: Encoder,
    settings: BuildSettings,
) -> Manifest:
    """The manifest of the assembled generation in `folder`, without its times."""
    return Manifest(
        format=FORMAT,
        generation=generation,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        encoder=encoder.name,
        dim=encoder.dim,
        analysis=ANALYSIS_VERSION,
        catalogue=source.path,
        listings=parts.listings,
        rejected=parts.rejected,
        embedded=parts.embedded,
        reused=parts.listings - parts.embedded,
        vector_index=factory_for(parts.listings) if settings.engines.uses_faiss else "opensearch k-NN",
        ids_checksum=_ids_checksum(parts.folders),
        settings={"part_size": settings.part_size, "encoder": settings.encoder},
        seconds={},
        files=checksums(folder),
        engines=settings.engines,
    )


def _ids_checksum(parts: Iterable[Path]) -> str:
    """BLAKE2b over the hashes of all listing ids in order of rows, 128 bits, in hexadecimal."""
    digest = hashlib.blake2b(digest_size=16)
    for folder in parts:
        digest.update(np.load(folder / "ids.npy").tobytes())
    return digest.hexdigest()
