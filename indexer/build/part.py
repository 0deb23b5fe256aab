"""Part: some thousand listings of a build, finished. A killed build loses only the part it was at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from indexer.durable import TEMPORARY, publish_folder
from indexer.listing import Listing, Rejected
from indexer.stores.documents import to_batch as documents_batch
from indexer.stores.documents import write_documents
from indexer.stores.facts import ABSENT_COUNT, ABSENT_ID, ABSENT_MINOR, ABSENT_TIME, COLUMNS, Array, attribute_hash
from indexer.stores.hashes import Hashes
from indexer.stores.lexical import Document
from indexer.stores.texts import to_batch, write_texts
from indexer.stores.vector import STORED_DTYPE

_CODES = ("currency", "locale", "ships_from", "seller", "template", "category", "brand")
_UINT32_MAX = 2**32 - 1


@dataclass(frozen=True, slots=True)
class PartSummary:
    """What a part holds, and where in the catalogue it ends."""

    records: int  # read, the rejected ones included
    listings: int
    rejected: int
    embedded: int  # texts the encoder read; the others were known


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The contents of a part on their way to disk. `vectors` is (n, dim) float16; hashes are (n,)."""

    records: int
    listings: Sequence[Listing]
    documents: Sequence[Document]
    vectors: npt.NDArray[np.float16]
    embedded: int
    id_hashes: Hashes
    text_hashes: Hashes
    rejected: Sequence[Rejected]


def write_part(part: Part, folder: Path) -> PartSummary:
    """Write a part; it exists under its name only when it is whole."""
    working = folder.with_name(folder.name + TEMPORARY)
    working.mkdir(parents=True)
    facts, names = _facts(part.listings)
    np.savez(working / "facts.npz", allow_pickle=False, **facts)
    np.save(working / "vectors.npy", part.vectors.astype(STORED_DTYPE, copy=False))
    np.save(working / "ids.npy", part.id_hashes)
    np.save(working / "hashes.npy", part.text_hashes)
    write_texts(working / "texts.arrow", [to_batch(part.listings)] if part.listings else [])
    write_documents(working / "documents.arrow", [documents_batch(part.documents)])
    (working / "rejected.jsonl").write_bytes(b"".join(orjson.dumps(asdict(r)) + b"\n" for r in part.rejected))
    (working / "names.json").write_bytes(orjson.dumps(names))
    summary = PartSummary(part.records, len(part.listings), len(part.rejected), part.embedded)
    (working / "part.json").write_bytes(orjson.dumps(asdict(summary)))
    publish_folder(working, folder)
    return summary


def read_summary(folder: Path) -> PartSummary:
    return PartSummary(**orjson.loads((folder / "part.json").read_bytes()))


def read_names(folder: Path, code: str) -> list[Any]:
    """What the codes of a column stand for in this part, by code: strings, or tuples of strings."""
    values = orjson.loads((folder / "names.json").read_bytes())[code]
    return [tuple(value) if isinstance(value, list) else value for value in values]


def _facts(listings: Sequence[Listing]) -> tuple[dict[str, Array], dict[str, list[Any]]]:
    """Columns of facts, and what their codes stand for in this part."""
    coders: dict[str, dict[Any, int]] = {name: {} for name in _CODES}
    arrays = {
        name: np.array([_VALUES[name](listing, coders) for listing in listings], dtype) for name, dtype in _wide()
    }
    hashes = [[attribute_hash(n, v) for n, v in listing.attributes.items()] for listing in listings]
    arrays["attribute_counts"] = np.array([len(h) for h in hashes], np.uint32)
    arrays["attribute_hashes"] = np.array([one for h in hashes for one in h], np.uint64)
    return arrays, {name: list(coder) for name, coder in coders.items()}


def _wide() -> list[tuple[str, str]]:
    """Column types of a part: codes of a part are always 32 bits."""
    return [(name, "<i4" if name in _CODES else dtype) for name, dtype in COLUMNS]


def _code(name: str, value_of: Callable[[Listing], Any]) -> Callable[[Listing, dict[str, dict[Any, int]]], int]:
    def code(listing: Listing, coders: dict[str, dict[Any, int]]) -> int:
        value = value_of(listing)
        if value is None or value == ():
            return ABSENT_ID
        return coders[name].setdefault(value, len(coders[name]))

    return code


def _or(value: int | float | None, absent: int | float) -> int | float:
    return absent if value is None else value


def _time(value: int | None) -> int:
    return ABSENT_TIME if value is None else min(max(value, 1), _UINT32_MAX)


_VALUES: dict[str, Callable[[Listing, dict[str, dict[Any, int]]], int | float]] = {
    "price_minor": lambda x, _: x.price_minor,
    "sale_price_minor": lambda x, _: ABSENT_MINOR if x.sale is None else x.sale.price_minor,
    "sale_starts": lambda x, _: 0 if x.sale is None else _time(x.sale.starts),
    "sale_ends": lambda x, _: 0 if x.sale is None else _time(x.sale.ends),
    "currency": _code("currency", lambda x: x.currency),
    "locale": _code("locale", lambda x: str(x.locale)),
    "ships_from": _code("ships_from", lambda x: x.ships_from),
    "stock": lambda x, _: _or(x.stock, ABSENT_COUNT),
    "seller": _code("seller", lambda x: x.seller_id),
    "template": _code("template", lambda x: x.shipping_template),
    "category": _code("category", lambda x: x.category),
    "brand": _code("brand", lambda x: x.brand),
    "rating_mean": lambda x, _: _or(x.rating_mean, float("nan")),
    "rating_count": lambda x, _: _or(x.rating_count, ABSENT_COUNT),
    "units_sold": lambda x, _: _or(x.units_sold, ABSENT_COUNT),
    "created_at": lambda x, _: _time(x.created_at),
}
