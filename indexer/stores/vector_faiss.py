"""VectorIndex by FAISS: a factory string chosen by size, lists memory-mapped, exact scores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.encoders.encoder import Vectors
from indexer.hits import Hits, best
from indexer.progress import Stage, no_progress
from indexer.selection import Selection
from indexer.stores.vector import StoredVectors, read_block

faiss: Any = import_module("faiss")  # its own type stubs lack most of its functions

FACTORIES: tuple[tuple[int, str], ...] = (
    (50_000, "SQfp16"),
    (500_000, "IVF1024,SQ8"),
    (3_000_000, "IVF2048,SQ8"),
    (2**63, "IVF8192,SQ8"),
)
"""Up to so many listings, this index. SQfp16 scans all, exactly: 1 ms for 20,000 on one core."""

PROBES = 160  # lists searched: of 300,000 varied listings 48 of 1,024 find 0.85 of the best hundred, 160 find 0.96
_REFINE = 2  # times k candidates are scored exactly
_TRAINING_ROWS = 65_536  # a fixed number, so that memory does not grow with the catalogue
_SHARD_ROWS = 65_536
_BLOCK_ROWS = 16_384
_INDEX = "index.faiss"
_LISTS = "lists.bin"
_SIZES = "sizes.npy"


def factory_for(count: int) -> str:
    """The FAISS factory string for `count` listings."""
    return next(factory for limit, factory in FACTORIES if count <= limit)


def build_faiss(
    vectors: StoredVectors,
    folder: Path,
    factory: str | None = None,
    seed: int = 7,
    stage: Stage | None = None,
    spare_cores: int = 0,
) -> str:
    """Write an index of stored vectors into an empty folder, in bounded memory.

    The lists are trained on a seeded sample; shards are added one at a time and their lists are
    joined on disk. Reports to `stage` about once a second. `spare_cores` are left to other
    processes: threads that wait for one another at each step gain nothing on a core that they
    share. Returns the factory string.
    """
    folder.mkdir(parents=True, exist_ok=True)
    factory = factory or factory_for(len(vectors))
    stage = stage or Stage("vectors", no_progress, len(vectors))
    if factory.startswith("IVF"):
        _build_lists(vectors, folder, factory, seed, stage, max(1, faiss.omp_get_max_threads() - spare_cores))
    else:
        stage.during(lambda: _build_flat(vectors, folder, factory))
    return factory


def _build_flat(vectors: StoredVectors, folder: Path, factory: str) -> None:
    index = faiss.index_factory(vectors.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
    if len(vectors):
        index.train(vectors[:1].astype(np.float32))  # FAISS requires it; half floats have nothing to learn
        index.add(vectors.astype(np.float32))
    faiss.write_index(index, str(folder / _INDEX))


def _build_lists(vectors: StoredVectors, folder: Path, factory: str, seed: int, stage: Stage, threads: int) -> None:
    empty = stage.during(lambda: _train(vectors, factory, seed, threads))
    faiss.write_index(empty, str(folder / _INDEX))
    sizes: list[list[int]] = []
    for start in range(0, len(vectors), _SHARD_ROWS):
        path = folder / f"shard{len(sizes)}"
        block = read_block(vectors, start, start + _SHARD_ROWS)
        sizes.append(stage.during(lambda: _add_shard(empty, block, start, path, threads)))  # noqa: B023 - called at once
        stage.report(start + len(block), len(vectors))
    stage.during(lambda: _join_shards(np.array(sizes, np.int64), empty.code_size, folder))


def _add_shard(empty: Any, block: Vectors, start: int, path: Path, threads: int) -> list[int]:
    """Write the lists of some rows, of which `start` is the first; returns the lists' sizes."""
    shard = faiss.clone_index(empty)
    with _threads(threads):
        shard.add_with_ids(block, np.arange(start, start + len(block)))
    return _write_shard(shard.invlists, path)


def _write_shard(lists: Any, path: Path) -> list[int]:
    """Write codes and ids of one shard, list after list, to two files; returns the lists' sizes."""
    sizes = [int(lists.list_size(number)) for number in range(lists.nlist)]
    with path.with_suffix(".codes").open("wb") as codes, path.with_suffix(".ids").open("wb") as ids:
        for number, size in enumerate(sizes):
            if size:
                codes.write(faiss.rev_swig_ptr(lists.get_codes(number), size * lists.code_size).tobytes())
                ids.write(faiss.rev_swig_ptr(lists.get_ids(number), size).tobytes())
    return sizes


def _join_shards(sizes: npt.NDArray[np.int64], code_size: int, folder: Path) -> None:
    """Write one file with the codes and then the ids of each list.  # sizes: (shards, lists)

    It is the layout of OnDiskInvertedLists. FAISS's own merge_ondisk maps everything into memory,
    prints to stdout, and stores the path it was built under.
    """
    with ExitStack() as stack:
        shards = range(len(sizes))
        codes = [stack.enter_context((folder / f"shard{s}.codes").open("rb")) for s in shards]
        ids = [stack.enter_context((folder / f"shard{s}.ids").open("rb")) for s in shards]
        joined = stack.enter_context((folder / _LISTS).open("wb"))
        for column in range(sizes.shape[1]):
            for files, width in ((codes, code_size), (ids, 8)):
                for shard in shards:
                    joined.write(files[shard].read(int(sizes[shard, column]) * width))
    np.save(folder / _SIZES, sizes.sum(axis=0))
    for leftover in folder.glob("shard*"):
        leftover.unlink()


def _train(vectors: StoredVectors, factory: str, seed: int, threads: int) -> Any:
    rows = np.sort(np.random.default_rng(seed).choice(len(vectors), min(len(vectors), _TRAINING_ROWS), replace=False))
    index = faiss.index_factory(vectors.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
    clustering = faiss.extract_index_ivf(index).cp
    clustering.min_points_per_centroid = 1  # the sample size is fixed; FAISS warns below 39 a list
    clustering.max_points_per_centroid = 256
    sample = _sample(vectors, rows)
    with _threads(threads):
        index.train(sample)
    return index


def fast_cosines(
    vectors: StoredVectors, rows: npt.NDArray[np.int64], query: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """`indexer.stores.vector.cosines` by FAISS's half-float kernel, three times as fast as numpy.

    Returns (len(rows),).
    """
    scores = np.empty(len(rows), np.float64)
    if not len(rows):
        return scores
    quantizer = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    quantizer.add_sa_codes(np.ascontiguousarray(vectors[rows]).view(np.uint8))
    with _threads(1):
        products, places = quantizer.search(query[None, :], len(rows))
    scores[places[0]] = products[0]
    return scores


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Run FAISS on `count` threads, one of which is the calling one.

    The setting belongs to each thread, so a service cannot set it once. For one query a second
    thread does not pay: when the threads of an encoder had just used every core, the search waited
    8-23 ms for them; on one thread it takes 0.2 ms.
    """
    threads_before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(count)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads_before)


def _sample(vectors: StoredVectors, rows: npt.NDArray[np.int64]) -> Vectors:
    """Some rows, ascending, by one pass over the file: single reads would map half of it."""
    blocks = []
    for start in range(0, len(vectors), _BLOCK_ROWS):
        in_block = rows[(rows >= start) & (rows < start + _BLOCK_ROWS)]
        blocks.append(read_block(vectors, start, start + _BLOCK_ROWS)[in_block - start])
    return np.concatenate(blocks)


class FaissVectorIndex:
    """An index that `build_faiss` wrote, memory-mapped. Scores are cosines of stored vectors."""

    def __init__(self, folder: Path, vectors: StoredVectors, probes: int = PROBES) -> None:
        self._vectors = vectors
        self._probes = probes
        self._index = _open(folder)
        self._list_count = self._index.nlist if isinstance(self._index, faiss.IndexIVF) else None

    def search(self, queries: Vectors, selection: Selection, k: int) -> list[Hits]:
        return [self._search_one(query, selection, k) for query in queries]

    def cosines(self, rows: npt.NDArray[np.int64], query: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Cosine of a unit query with some rows.  # (len(rows),)"""
        return fast_cosines(self._vectors, rows, query)

    def vector(self, row: int) -> npt.NDArray[np.float32]:
        """The vector of one row.  # (dim,)"""
        return np.asarray(self._vectors[row], np.float32)

    def ids(self) -> Iterator[npt.NDArray[np.int64]]:
        """The rows in the index, list by list, for an audit."""
        if self._list_count is None:
            yield np.arange(self._index.ntotal)
            return
        lists = self._index.invlists
        for number in range(lists.nlist):
            size = lists.list_size(number)
            if size:
                yield faiss.rev_swig_ptr(lists.get_ids(number), size).copy()

    def _search_one(self, query: npt.NDArray[np.float32], selection: Selection, k: int) -> Hits:
        if not query.any() or k < 1 or not selection.count:
            return Hits.none()
        is_full_scan = self._list_count is None and selection.is_everything  # exact, and without a copy
        if selection.is_narrow and not is_full_scan:
            return self._exact(query, selection, k)
        candidates = k if self._list_count is None else k * _REFINE
        rows = self._approximate(query, selection, candidates)
        rows = rows[selection.mask[rows]]  # applied again: a filter that the engine ignores has no effect
        if len(rows) < k:
            return self._exact(query, selection, k)
        return best(rows, self.cosines(rows, query), k)

    def _exact(self, query: npt.NDArray[np.float32], selection: Selection, k: int) -> Hits:
        return best(selection.rows, self.cosines(selection.rows, query), k)

    def _approximate(self, query: npt.NDArray[np.float32], selection: Selection, k: int) -> npt.NDArray[np.int64]:
        bits = selection.bits
        selector = None if selection.is_everything else faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
        parameters = self._parameters(selection, selector)
        with _threads(1):
            _, labels = self._index.search(query[None, :], min(k, self._index.ntotal), params=parameters)
        rows: npt.NDArray[np.int64] = np.sort(labels[0][labels[0] >= 0])
        return rows

    def _parameters(self, selection: Selection, selector: Any) -> Any:
        if self._list_count is None:
            return faiss.SearchParameters(sel=selector)
        # A filter thins all lists alike: for half the listings, twice the lists are searched.
        probes = min(self._list_count, self._probes * len(selection.mask) // selection.count)
        return faiss.SearchParametersIVF(nprobe=probes, sel=selector)


def _open(folder: Path) -> Any:
    """The index with its codes memory-mapped, read only, so that workers share the pages."""
    if not (folder / _LISTS).exists():
        return faiss.read_index(str(folder / _INDEX), faiss.IO_FLAG_MMAP_IFC)
    index = faiss.read_index(str(folder / _INDEX))
    lists = faiss.OnDiskInvertedLists()
    lists.nlist = index.nlist
    lists.code_size = index.code_size
    lists.filename = str(folder / _LISTS)
    lists.read_only = True
    sizes = np.load(folder / _SIZES).astype(np.uint64)
    lists.lists.resize(index.nlist)
    lists.set_all_lists_sizes(faiss.swig_ptr(sizes))
    lists.totsize = int(sizes.sum()) * (index.code_size + 8)
    lists.do_mmap()
    index.replace_invlists(lists, True)
    lists.this.disown()
    index.ntotal = int(sizes.sum())
    return index
