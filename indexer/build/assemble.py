"""Assembles the parts of a build into the stores of one generation, in bounded memory.

Each store is written under a temporary name and renamed when it is complete. A killed assembly
resumes with the stores that are missing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from indexer.arrangement import Arrangement
from indexer.build.part import read_code_values
from indexer.durable import TEMPORARY, publish_folder
from indexer.market import ReferenceData, Seller
from indexer.progress import ProgressCallback
from indexer.stores.catalogue_terms import catalogue_terms
from indexer.stores.columns import write_column
from indexer.stores.documents import read_batches, read_documents, write_documents
from indexer.stores.fact_fields import ABSENT_ID, FACT_FIELDS, FactValue, code_tables
from indexer.stores.facts import Array
from indexer.stores.hashes import HASH, Hashes
from indexer.stores.ids import write_ids
from indexer.stores.lexical import Document
from indexer.stores.lexical_tantivy import TantivyWriter
from indexer.stores.tables import Tables, read_tables, seller_table, shipping_table, write_tables
from indexer.stores.term_index import Encode, write_term_index
from indexer.stores.texts import Texts, write_texts
from indexer.stores.vector import STORED_DTYPE, open_vectors
from indexer.stores.vector_faiss import build_faiss
from indexer.stores.vocabulary import write_vocabulary
from languages.locale import Locale


@dataclass(frozen=True)
class Parts:
    """The finished parts of a build, in order."""

    folders: Sequence[Path]
    count: int  # listings in all
    dim: int


def assemble(
    parts: Parts,
    reference_data: ReferenceData,
    folder: Path,
    engines: Arrangement,
    progress: ProgressCallback,
    encode: Encode,
) -> None:
    """Write every store of a generation into `folder`; those already there are kept.

    `encode` gives the vectors of the catalogue's terms. For indexes in a cluster, the store
    `documents` holds what is sent there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    steps: list[tuple[str, Callable[[Path], None]]] = [
        ("tables", lambda out: _tables(parts, reference_data, out)),
        ("facts", lambda out: _facts(parts, folder / "tables", out)),
        ("texts", lambda out: _texts(parts, out)),
        ("vectors", lambda out: _vectors(parts, out, engines)),
        ("bridge", lambda out: write_term_index(catalogue_terms(_titles(parts)), encode, out)),
    ]
    if engines is Arrangement.EMBEDDED:
        steps.append(("lexical", lambda out: _lexical(parts, out, progress)))
    else:
        steps.append(("documents", lambda out: write_documents(out / "documents.arrow", _document_batches(parts))))
        steps.append(("vocabulary", lambda out: write_vocabulary(_documents(parts), out)))
        steps.append(("ids", lambda out: write_ids(_id_hashes(parts), out)))
    for name, write in steps:
        if not (folder / name).exists():
            working = folder / f"{name}{TEMPORARY}"
            shutil.rmtree(working, ignore_errors=True)
            working.mkdir()
            write(working)
            publish_folder(working, folder / name)


def _names(parts: Parts, code: str) -> list[Any]:
    """The distinct values of a coded column in all parts, in order of first appearance."""
    seen: dict[Any, None] = {}
    for folder in parts.folders:
        seen.update(dict.fromkeys(read_code_values(folder, code)))
    return list(seen)


def _tables(parts: Parts, reference_data: ReferenceData, out: Path) -> None:
    templates = reference_data.templates
    rows = [row for template in templates for row in template.rows]
    currencies = dict.fromkeys([*_names(parts, "currency"), *(row.currency for row in rows)])
    countries = dict.fromkeys([*reference_data.markets, *_names(parts, "ships_from"), *(row.country for row in rows)])
    sellers = {seller.seller_id for seller in reference_data.sellers}
    unknown_sellers = [Seller(name, name) for name in _names(parts, "seller") if name not in sellers]
    tables = Tables(
        currencies=tuple(currencies),
        locales=tuple(_names(parts, "locale")),
        countries=tuple(countries),
        categories=tuple(_names(parts, "category")),
        brands=tuple(_names(parts, "brand")),
        sellers=seller_table([*reference_data.sellers, *unknown_sellers]),
        shipping=shipping_table(templates, tuple(currencies), tuple(countries)),
        markets=reference_data.markets,
        rates=reference_data.rates,
    )
    write_tables(tables, out)


def _facts(parts: Parts, tables_folder: Path, out: Path) -> None:
    tables = code_tables(read_tables(tables_folder))
    n = parts.count
    for field in FACT_FIELDS:
        pieces = _column(parts, field.name)
        if field.name in tables:
            pieces = _generation_codes(parts, field.name, pieces, tables[field.name])
        write_column(out / f"{field.name}.npy", pieces, field.dtype, (n,))
    total = sum(int(counts.sum()) for counts in _column(parts, "attribute_counts"))
    write_column(out / "attribute_offsets.npy", _offsets(parts), "<u8", (n + 1,))
    write_column(out / "attribute_hashes.npy", _column(parts, "attribute_hashes"), "<u8", (total,))


def _offsets(parts: Parts) -> Iterator[Array]:
    """Where each listing's attributes begin, and where the last one's end."""
    start = 0
    yield np.zeros(1, np.uint64)
    for counts in _column(parts, "attribute_counts"):
        ends = start + np.cumsum(counts, dtype=np.uint64)
        yield ends
        start = int(ends[-1]) if len(ends) else start


def _generation_codes(parts: Parts, name: str, pieces: Iterator[Array], table: Sequence[FactValue]) -> Iterator[Array]:
    """A coded column part by part: the part's codes become positions in the generation's table."""
    positions = {value: position for position, value in enumerate(table)}
    for folder, piece in zip(parts.folders, pieces, strict=True):
        codes = [positions.get(value, ABSENT_ID) for value in read_code_values(folder, name)]
        codes.append(ABSENT_ID)  # for the part's own ABSENT_ID: -1 is the last of the array
        yield np.array(codes, np.int64)[piece]


def _column(parts: Parts, name: str) -> Iterator[Array]:
    """A column part by part, as the parts hold it."""
    for folder in parts.folders:
        with np.load(folder / "facts.npz") as facts:
            yield facts[name]


def _texts(parts: Parts, out: Path) -> None:
    write_texts(out / "texts.arrow", _batches(parts))


def _batches(parts: Parts) -> Iterator[pa.RecordBatch]:
    for folder in parts.folders:
        with pa.OSFile(str(folder / "texts.arrow"), "rb") as source:
            reader = pa.ipc.open_file(source)
            for number in range(reader.num_record_batches):
                yield reader.get_batch(number)


def _titles(parts: Parts) -> Iterator[tuple[str, str]]:
    """Every listing's title and its language."""
    for batch in _batches(parts):
        locales = batch.column("locale").to_pylist()
        for title, locale in zip(batch.column("title").to_pylist(), locales, strict=True):
            yield title, Locale.parse(locale).language


def _vectors(parts: Parts, out: Path, engines: Arrangement) -> None:
    n = parts.count
    pieces = (np.load(folder / "vectors.npy") for folder in parts.folders)
    write_column(out / "vectors.npy", pieces, STORED_DTYPE.str, (n, parts.dim))
    hashes = (np.load(folder / "hashes.npy").view("<u8").reshape(-1, 2) for folder in parts.folders)
    write_column(out / "hashes.npy", hashes, "<u8", (n, 2))
    if engines.uses_faiss:
        build_faiss(open_vectors(out / "vectors.npy"), out / "faiss")


def _document_batches(parts: Parts) -> Iterator[pa.RecordBatch]:
    for folder in parts.folders:
        yield from read_batches(folder / "documents.arrow")


def _documents(parts: Parts) -> Iterator[Document]:
    for folder in parts.folders:
        yield from read_documents(folder / "documents.arrow")


def _id_hashes(parts: Parts) -> Iterator[Hashes]:
    for folder in parts.folders:
        yield np.load(folder / "ids.npy").view(HASH)


def _lexical(parts: Parts, out: Path, progress: ProgressCallback) -> None:
    writer = TantivyWriter(out)
    row = 0
    for folder in parts.folders:
        ids = [listing_id for batch in Texts(folder / "texts.arrow").ids() for listing_id in batch]
        for listing_id, document in zip(ids, read_documents(folder / "documents.arrow"), strict=True):
            writer.add(row, listing_id, document)
            row += 1
        progress("assemble", row, parts.count, parts.count)
    writer.close()
