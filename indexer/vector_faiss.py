"""VectorIndex by FAISS: a factory string chosen by size, lists on disk, memory-mapped, scores made exact afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from indexer.encoder import Vectors
from indexer.hit import Hits, best
from indexer.selection import Selection
from indexer.vector import ExactVectorIndex, Stored, cosines

FACTORIES: tuple[tuple[int, str], ...] = (
    (50_000, "Flat"),
    (500_000, "IVF1024,SQ8"),
    (3_000_000, "IVF2048,SQ8"),
    (2**63, "IVF8192,SQ8"),
)
"""Up to so many listings, this index. Flat here means: no index beside the stored vectors, which are scanned."""

PROBES = 48  # lists looked into; see docs/figures.md for the recall this buys
_REFINE = 2  # candidates taken per wanted listing before exact scores decide
_TRAINING_ROWS = 65_536  # a fixed number, so that memory does not grow with the catalogue
_SHARD_ROWS = 131_072
_INDEX, _LISTS, _SIZES = "index.faiss", "lists.bin", "sizes.npy"


def factory_for(count: int) -> str:
    """The FAISS factory string for so many listings."""
    return next(factory for limit, factory in FACTORIES if count <= limit)


def build_faiss(vectors: Stored, folder: Path, factory: str | None = None, seed: int = 7) -> str:
    """Write an index of stored vectors into an empty folder, in bounded memory; returns its factory string.

    The lists are trained on a seeded sample; shards are added one at a time and their lists joined on disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    factory = factory or factory_for(len(vectors))
    if factory == "Flat":
        return factory
    empty = _train(vectors, factory, seed)
    faiss.write_index(empty, str(folder / _INDEX))
    sizes = []
    for start in range(0, len(vectors), _SHARD_ROWS):
        shard = faiss.clone_index(empty)
        block = vectors[start : start + _SHARD_ROWS].astype(np.float32)
        shard.add_with_ids(block, np.arange(start, start + len(block)))
        sizes.append(_write_shard(shard.invlists, folder / f"shard{len(sizes)}"))
    _join_shards(np.array(sizes, np.int64), empty.code_size, folder)
    return factory


def _write_shard(lists: faiss.InvertedLists, path: Path) -> list[int]:
    """Codes and ids of one shard, list after list, into two files; returns the lists' sizes."""
    sizes = [int(lists.list_size(number)) for number in range(lists.nlist)]
    with path.with_suffix(".codes").open("wb") as codes, path.with_suffix(".ids").open("wb") as ids:
        for number, size in enumerate(sizes):
            if size:
                codes.write(faiss.rev_swig_ptr(lists.get_codes(number), size * lists.code_size).tobytes())
                ids.write(faiss.rev_swig_ptr(lists.get_ids(number), size).tobytes())
    return sizes


def _join_shards(sizes: npt.NDArray[np.int64], code_size: int, folder: Path) -> None:
    """One file, for each list its codes and then its ids: the layout of FAISS's OnDiskInvertedLists.  # sizes (shards, lists)

    FAISS's own merge_ondisk maps all of it into memory, prints to stdout, and stores the path it was built under.
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


def _train(vectors: Stored, factory: str, seed: int) -> faiss.Index:
    rows = np.sort(np.random.default_rng(seed).choice(len(vectors), min(len(vectors), _TRAINING_ROWS), replace=False))
    index = faiss.index_factory(vectors.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
    clustering = faiss.extract_index_ivf(index).cp
    clustering.min_points_per_centroid = 1  # the sample is fixed; FAISS would warn below 39 a list
    clustering.max_points_per_centroid = 256
    index.train(vectors[rows].astype(np.float32))
    return index


class FaissVectorIndex:
    """An index that `build_faiss` wrote, its lists memory-mapped. Scores are cosines of the stored vectors."""

    def __init__(self, folder: Path, vectors: Stored, probes: int = PROBES) -> None:
        self._vectors = vectors
        self._exact = ExactVectorIndex(vectors)
        self._probes = probes
        self._index = _open(folder) if (folder / _INDEX).exists() else None

    def search(self, queries: Vectors, selection: Selection, k: int) -> list[Hits]:
        if self._index is None or selection.is_narrow:
            return self._exact.search(queries, selection, k)
        return [self._one(query, selection, k) for query in queries]

    def ids(self) -> Iterator[npt.NDArray[np.int64]]:
        """The rows the index holds, list by list, for an audit."""
        if self._index is None:
            yield np.arange(len(self._vectors))
            return
        lists = self._index.invlists
        for number in range(lists.nlist):
            size = lists.list_size(number)
            if size:
                yield faiss.rev_swig_ptr(lists.get_ids(number), size).copy()

    def _one(self, query: npt.NDArray[np.float32], selection: Selection, k: int) -> Hits:
        if not query.any() or k < 1:
            return Hits.none()
        rows = self._approximate(query, selection, k * _REFINE)
        rows = rows[selection.mask[rows]]  # again, after the engine: a filter that was ignored must not show
        if len(rows) < k:
            return self._exact.search(query[None, :], selection, k)[0]
        return best(rows, cosines(self._vectors, np.sort(rows), query), k, 1.0) if len(rows) else Hits.none(1.0)

    def _approximate(self, query: npt.NDArray[np.float32], selection: Selection, k: int) -> npt.NDArray[np.int64]:
        assert self._index is not None
        # A filter thins every list alike, so as many more lists are looked into as it leaves out listings.
        probes = min(self._index.nlist, self._probes * len(selection.mask) // max(1, selection.count))
        parameters = faiss.SearchParametersIVF(nprobe=probes)
        if not selection.is_everything:
            bits = selection.bits
            chosen = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
            parameters = faiss.SearchParametersIVF(nprobe=probes, sel=chosen)
        _, found = self._index.search(query[None, :], k, params=parameters)
        rows: npt.NDArray[np.int64] = np.sort(found[0][found[0] >= 0])
        return rows


def _open(folder: Path) -> faiss.IndexIVF:
    """The trained index with its lists mapped from the disk, read only: workers share the pages."""
    index = faiss.read_index(str(folder / _INDEX))
    lists = faiss.OnDiskInvertedLists()
    lists.nlist, lists.code_size = index.nlist, index.code_size
    lists.filename, lists.read_only = str(folder / _LISTS), True
    sizes = np.load(folder / _SIZES).astype(np.uint64)
    lists.lists.resize(index.nlist)
    lists.set_all_lists_sizes(faiss.swig_ptr(sizes))
    lists.totsize = int(sizes.sum()) * (index.code_size + 8)
    lists.do_mmap()
    index.replace_invlists(lists, True)
    lists.this.disown()
    index.ntotal = int(sizes.sum())
    return index
