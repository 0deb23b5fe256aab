"""A part: some thousand finished listings. A killed build loses only its current part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson

from indexer.durable import TEMPORARY, publish_folder
from indexer.listing import Listing, Rejected
from indexer.stores.documents import to_batch as documents_batch
from indexer.stores.documents import write_documents
from indexer.stores.fact_fields import ABSENT_ID, FACT_FIELDS, TIME_DTYPE, FactField, FactValue
from indexer.stores.facts import Array, attribute_hash
from indexer.stores.hashes import Hashes
from indexer.stores.lexical import Document
from indexer.stores.texts import to_batch, write_texts
from indexer.stores.vector import STORED_DTYPE

_CODE_DTYPE = "<i4"  # of a part's codes, also where the generation's column is narrower
_TIME_MIN, _TIME_MAX = 1, 2**32 - 1  # what TIME_DTYPE holds beside ABSENT_TIME


@dataclass(frozen=True, slots=True)
class PartSummary:
    """What a part holds, and where in the catalogue it ends."""

    records: int  # read: listings, rejected ones and those left out
    listings: int
    rejected: int
    embedded: int  # texts that the encoder read; the vectors of the others were reused
    left_out: Mapping[str, int] = field(default_factory=dict)  # records that are no offers, by reason


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The contents of a part, not yet written. `vectors` is (n, dim) float16; hashes are (n,)."""

    records: int
    listings: Sequence[Listing]
    documents: Sequence[Document]
    vectors: npt.NDArray[np.float16]
    embedded: int
    id_hashes: Hashes
    text_hashes: Hashes
    rejected: Sequence[Rejected]
    left_out: Mapping[str, int] = field(default_factory=dict)


def write_part(part: Part, folder: Path) -> PartSummary:
    """Write a part; it exists under its name only when it is whole."""
    working = folder.with_name(folder.name + TEMPORARY)
    working.mkdir(parents=True)
    facts, code_values = _facts(part.listings)
    np.savez(working / "facts.npz", allow_pickle=False, **facts)
    np.save(working / "vectors.npy", part.vectors.astype(STORED_DTYPE, copy=False))
    np.save(working / "ids.npy", part.id_hashes)
    np.save(working / "hashes.npy", part.text_hashes)
    write_texts(working / "texts.arrow", [to_batch(part.listings)] if part.listings else [])
    write_documents(working / "documents.arrow", [documents_batch(part.documents)])
    (working / "rejected.jsonl").write_bytes(b"".join(orjson.dumps(asdict(r)) + b"\n" for r in part.rejected))
    (working / "names.json").write_bytes(orjson.dumps(code_values))
    summary = PartSummary(part.records, len(part.listings), len(part.rejected), part.embedded, dict(part.left_out))
    (working / "part.json").write_bytes(orjson.dumps(asdict(summary)))
    publish_folder(working, folder)
    return summary


def read_summary(folder: Path) -> PartSummary:
    return PartSummary(**orjson.loads((folder / "part.json").read_bytes()))


def read_code_values(folder: Path, column: str) -> list[FactValue]:
    """What the codes of a column mean in this part. A code is a position in the list."""
    values = orjson.loads((folder / "names.json").read_bytes())[column]
    return [tuple(value) if isinstance(value, list) else value for value in values]


def _facts(listings: Sequence[Listing]) -> tuple[dict[str, Array], dict[str, list[FactValue]]]:
    """Columns of facts, and the values that their codes mean in this part, by column."""
    arrays: dict[str, Array] = {}
    code_values: dict[str, list[FactValue]] = {}
    for fact in FACT_FIELDS:
        values = [fact.from_listing(listing) for listing in listings]
        if fact.is_coded:
            arrays[fact.name], code_values[fact.name] = _coded(values)
        else:
            arrays[fact.name] = np.array([_stored(fact, value) for value in values], fact.dtype)
    hashes = [[attribute_hash(n, v) for n, v in listing.attributes.items()] for listing in listings]
    arrays["attribute_counts"] = np.array([len(h) for h in hashes], np.uint32)
    arrays["attribute_hashes"] = np.array([value for h in hashes for value in h], np.uint64)
    return arrays, code_values


def _coded(values: Sequence[FactValue | None]) -> tuple[Array, list[FactValue]]:
    """A code for each value, ABSENT_ID for None; and the values by code."""
    codes: dict[FactValue, int] = {}
    column = [ABSENT_ID if value is None else codes.setdefault(value, len(codes)) for value in values]
    return np.array(column, _CODE_DTYPE), list(codes)


def _stored(field: FactField, value: FactValue | None) -> FactValue | None:
    """A value as its column holds it. A time out of range becomes the nearest one in range."""
    if value is None:
        return field.absent
    if field.dtype == TIME_DTYPE and isinstance(value, int):
        return min(max(value, _TIME_MIN), _TIME_MAX)
    return value
