"""A part: some thousand finished listings. A killed build loses only its current part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from indexer.build.prepare import PreparedPart
from indexer.stores.catalogue_terms import Key
from indexer.stores.documents import write_documents
from indexer.stores.fact_fields import FactValue
from indexer.stores.texts import write_texts
from indexer.stores.vector import STORED_DTYPE
from languages.durable import TEMPORARY, publish_folder


@dataclass(frozen=True, slots=True)
class PartSummary:
    """What a part holds, and where in the catalogue it ends."""

    records: int  # read: listings, rejected ones and those left out
    listings: int
    rejected: int
    embedded: int  # texts that the encoder read; the vectors of the others were reused
    left_out: Mapping[str, int] = field(default_factory=dict)  # records that are no offers, by reason


def write_part(part: PreparedPart, vectors: npt.NDArray[np.float16], embedded: int, folder: Path) -> PartSummary:
    """Write a part; it exists under its name only when it is whole.  # vectors: (n, dim)"""
    working = folder.with_name(folder.name + TEMPORARY)
    working.mkdir(parents=True)
    np.savez(working / "facts.npz", allow_pickle=False, **part.facts.columns)
    np.save(working / "vectors.npy", vectors.astype(STORED_DTYPE, copy=False))
    np.save(working / "ids.npy", part.id_hashes)
    np.save(working / "hashes.npy", part.text_hashes)
    write_texts(working / "texts.arrow", [part.texts] if part.texts.num_rows else [])
    write_documents(working / "documents.arrow", [part.documents])
    _write_terms(working / "terms.arrow", part.terms)
    rejected = sorted(part.rejected, key=lambda rejected: rejected.record)
    (working / "rejected.jsonl").write_bytes(b"".join(orjson.dumps(asdict(r)) + b"\n" for r in rejected))
    (working / "names.json").write_bytes(orjson.dumps(part.facts.code_values))
    summary = PartSummary(part.records, part.texts.num_rows, len(rejected), embedded, part.left_out)
    (working / "part.json").write_bytes(orjson.dumps(asdict(summary)))
    publish_folder(working, folder)
    return summary


def read_summary(folder: Path) -> PartSummary:
    return PartSummary(**orjson.loads((folder / "part.json").read_bytes()))


def read_code_values(folder: Path, column: str) -> list[FactValue]:
    """What the codes of a column mean in this part. A code is a position in the list."""
    values = orjson.loads((folder / "names.json").read_bytes())[column]
    return [tuple(value) if isinstance(value, list) else value for value in values]


def read_term_counts(folder: Path) -> dict[Key, int]:
    """The terms of the titles in this part, and how many listings have each."""
    with pa.OSFile(str(folder / "terms.arrow"), "rb") as source:
        columns = pa.ipc.open_file(source).read_all().to_pydict()
    return dict(zip(zip(columns["text"], columns["lemmas"], strict=True), columns["listings"], strict=True))


def _write_terms(path: Path, terms: pa.RecordBatch) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, terms.schema) as writer:
        writer.write_batch(terms)
