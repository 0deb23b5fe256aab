"""A manifest: parsed once when it is read, and written back to the same bytes."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from indexer.arrangement import Arrangement
from indexer.errors import SnapshotMismatch, SnapshotMissing
from indexer.snapshot.manifest import FORMAT, GenerationMeta, read_manifest, write_manifest

GENERATION_META = {
    "snapshot": "a1", "build": "b2", "prefix": "fondaco", "generation": 3, "encoder": "hashing-64-v1", "dim": 64,
    "analysis": "5", "listings": 2, "ids_checksum": "c3", "shards": 1, "quantisation": "none",
}  # fmt: skip
PLAIN = {
    "format": FORMAT, "generation": 3, "created_at": "2026-01-01T00:00:00+00:00", "encoder": "hashing-64-v1",
    "dim": 64, "analysis": "5", "catalogue": "catalogue.jsonl", "listings": 2, "rejected": 0,
    "embedded": 2, "reused": 0, "vector_index": "Flat", "ids_checksum": "c3", "settings": {"part_size": 100},
    "seconds": {"parts": 0.5}, "files": {"facts/brand.npy": [136, "d4"]}, "engines": "opensearch+faiss",
    "cluster": GENERATION_META,
}  # fmt: skip


def _write(folder: Path, **changes: object) -> bytes:
    content = orjson.dumps(PLAIN | changes, option=orjson.OPT_INDENT_2)
    (folder / "manifest.json").write_bytes(content)
    return content


@pytest.mark.parametrize("changes", [{}, {"engines": "embedded", "cluster": None}])
def test_a_manifest_is_written_back_to_the_bytes_it_was_read_from(tmp_path: Path, changes: dict[str, object]) -> None:
    content = _write(tmp_path, **changes)
    write_manifest(tmp_path, read_manifest(tmp_path))

    assert (tmp_path / "manifest.json").read_bytes() == content


def test_a_manifest_is_parsed_when_it_is_read(tmp_path: Path) -> None:
    _write(tmp_path)
    manifest = read_manifest(tmp_path)

    assert manifest.engines is Arrangement.MIXED
    assert isinstance(manifest.cluster, GenerationMeta)
    assert manifest.cluster.index("words") == "fondaco-words-000003"
    assert manifest.files == {"facts/brand.npy": (136, "d4")}


def test_a_folder_without_a_manifest_or_with_one_of_another_format_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "generations" / "000003"
    folder.mkdir(parents=True)
    with pytest.raises(SnapshotMissing, match=r"has no manifest\.json"):
        read_manifest(folder)
    _write(folder, format=FORMAT + 1)
    with pytest.raises(SnapshotMismatch, match=rf"fondaco index catalogue\.jsonl --out {tmp_path}$"):
        read_manifest(folder)
