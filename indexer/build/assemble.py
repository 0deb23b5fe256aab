"""Assembles the parts of a build into the stores of one generation, in bounded memory.

Each store is written under a temporary name and renamed when it is complete. A killed assembly
resumes with the stores that are missing. Each store is a stage of progress.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from indexer.arrangement import Arrangement
from indexer.build.assemble_facts import assemble_facts
from indexer.build.assemble_lexical import lexical_assembly
from indexer.build.collector import collector_off
from indexer.build.part import read_code_values, read_term_counts
from indexer.build.parts import Parts
from indexer.build.settings import BuildSettings
from indexer.market import ReferenceData, Seller
from indexer.progress import ProgressCallback, Stage
from indexer.stores.catalogue_terms import CatalogueTerm, TermCounts
from indexer.stores.columns import write_column
from indexer.stores.documents import read_documents, write_documents
from indexer.stores.fact_fields import FACT_FIELDS
from indexer.stores.hashes import HASH
from indexer.stores.ids import write_ids
from indexer.stores.moments import Moments
from indexer.stores.tables import Tables, seller_table, shipping_table, write_tables
from indexer.stores.term_index import Encode, write_term_index
from indexer.stores.texts import write_texts
from indexer.stores.vector import STORED_DTYPE, open_vectors
from indexer.stores.vector_faiss import build_faiss
from indexer.stores.vocabulary import write_vocabulary
from languages.durable import TEMPORARY, publish_folder

_Write = Callable[[Path, Stage], None]


def assemble(
    parts: Parts,
    reference_data: ReferenceData,
    folder: Path,
    settings: BuildSettings,
    progress: ProgressCallback,
    encode: Encode,
) -> None:
    """Write every store of a generation into `folder`; those already there are kept.

    `encode` gives the vectors of the catalogue's terms. For indexes in a cluster, the store
    `documents` holds what is sent there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    engines = settings.engines
    is_lexical_beside = engines is Arrangement.EMBEDDED and settings.workers > 1 and not (folder / "lexical").exists()
    stores: dict[str, _Write] = {
        "tables": lambda out, stage: _tables(parts, reference_data, out, stage),
        "facts": lambda out, stage: assemble_facts(parts, folder / "tables", out, stage),
        "texts": lambda out, stage: _texts(parts, out, stage),
        "vectors": lambda out, stage: _vectors(parts, out, engines, stage, int(is_lexical_beside)),
        "moments": lambda out, stage: _moments(folder / "vectors", out, stage),
        "bridge": lambda out, stage: write_term_index(_terms(parts, stage), encode, out),
    }
    with ExitStack() as stack:
        if engines is not Arrangement.EMBEDDED:
            stores |= _stores_for_a_cluster(parts)
        elif not (folder / "lexical").exists():
            working = _begin(folder, "lexical")
            lexical = stack.enter_context(lexical_assembly(parts, working, settings.workers))
        for name, write in stores.items():
            if not (folder / name).exists():
                stage = Stage(name, progress, parts.count)
                write(_begin(folder, name), stage)
                _complete(folder, name, stage)
        if engines is Arrangement.EMBEDDED and not (folder / "lexical").exists():
            stage = Stage("lexical", progress, parts.count)
            lexical.finish(stage)
            _complete(folder, "lexical", stage)


def _begin(folder: Path, name: str) -> Path:
    """An empty folder under the temporary name of a store."""
    working = folder / f"{name}{TEMPORARY}"
    shutil.rmtree(working, ignore_errors=True)
    working.mkdir()
    return working


def _complete(folder: Path, name: str, stage: Stage) -> None:
    stage.during(lambda: publish_folder(folder / f"{name}{TEMPORARY}", folder / name))


def _stores_for_a_cluster(parts: Parts) -> dict[str, _Write]:
    """The stores from which a cluster's indexes are written and read."""
    count = len(parts.folders)

    def documents(out: Path, stage: Stage) -> None:
        write_documents(out / "documents.arrow", stage.track(parts.document_batches(), count))

    def vocabulary(out: Path, stage: Stage) -> None:
        folders = stage.track(parts.folders, count)
        write_vocabulary((d for folder in folders for d in read_documents(folder / "documents.arrow")), out)

    def ids(out: Path, stage: Stage) -> None:
        hashes = [np.load(folder / "ids.npy").view(HASH) for folder in stage.track(parts.folders, count)]
        stage.during(lambda: write_ids(hashes, out))

    return {"documents": documents, "vocabulary": vocabulary, "ids": ids}


def _distinct_values(parts: Parts, stage: Stage) -> dict[str, list[Any]]:
    """The distinct values of each coded column in all parts, in order of first appearance."""
    columns = [field.name for field in FACT_FIELDS if field.is_coded]
    seen: dict[str, dict[Any, None]] = {column: {} for column in columns}
    for folder in stage.track(parts.folders, len(parts.folders)):
        for column in columns:
            seen[column].update(dict.fromkeys(read_code_values(folder, column)))
    return {column: list(values) for column, values in seen.items()}


def _tables(parts: Parts, reference_data: ReferenceData, out: Path, stage: Stage) -> None:
    values = _distinct_values(parts, stage)
    templates = reference_data.templates
    rows = [row for template in templates for row in template.rows]
    currencies = dict.fromkeys([*values["currency"], *(row.currency for row in rows)])
    countries = dict.fromkeys([*reference_data.markets, *values["ships_from"], *(row.country for row in rows)])
    sellers = {seller.seller_id for seller in reference_data.sellers}
    unknown_sellers = [Seller(name, name) for name in values["seller"] if name not in sellers]
    tables = Tables(
        currencies=tuple(currencies),
        locales=tuple(values["locale"]),
        countries=tuple(countries),
        categories=tuple(values["category"]),
        brands=tuple(values["brand"]),
        sellers=seller_table([*reference_data.sellers, *unknown_sellers]),
        shipping=shipping_table(templates, tuple(currencies), tuple(countries)),
        markets=reference_data.markets,
        rates=reference_data.rates,
    )
    write_tables(tables, out)


def _texts(parts: Parts, out: Path, stage: Stage) -> None:
    write_texts(out / "texts.arrow", stage.track(parts.text_batches(), len(parts.folders)))


def _terms(parts: Parts, stage: Stage) -> list[CatalogueTerm]:
    """The most frequent terms of the titles."""
    counts = TermCounts()
    with collector_off():
        for folder in stage.track(parts.folders, len(parts.folders)):
            counts.add(read_term_counts(folder))
        return counts.most_common()


def _vectors(parts: Parts, out: Path, engines: Arrangement, stage: Stage, spare_cores: int) -> None:
    n = parts.count
    folders = stage.track(parts.folders, len(parts.folders))
    write_column(out / "vectors.npy", (np.load(f / "vectors.npy") for f in folders), STORED_DTYPE.str, (n, parts.dim))
    hashes = (np.load(folder / "hashes.npy").view("<u8").reshape(-1, 2) for folder in parts.folders)
    write_column(out / "hashes.npy", hashes, "<u8", (n, 2))
    if engines.uses_faiss:
        build_faiss(open_vectors(out / "vectors.npy"), out / "faiss", stage=stage, spare_cores=spare_cores)


def _moments(vectors: Path, out: Path, stage: Stage) -> None:
    """Apart from the vectors, which a machine that only serves may lack."""
    stage.during(lambda: Moments.of(open_vectors(vectors / "vectors.npy")).write(out / "moments.npz"))
