"""Which listings of the served generation a new one has lost, by their ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from indexer.errors import SnapshotMismatch, SnapshotMissing
from indexer.progress import ProgressCallback
from indexer.snapshot.generations import generation_folder, generation_manifest
from indexer.snapshot.manifest import Manifest
from indexer.stores.facts import Array
from indexer.stores.hashes import HASH, HashRuns, hash_texts
from indexer.stores.tables import Tables, read_tables
from indexer.stores.texts import Texts

_NAMES_SHOWN = 5  # sellers and categories in a message
_NAME_LENGTH = 40
_NO_CATEGORY = "(no category)"


@dataclass(frozen=True, slots=True)
class Loss:
    """Listings of the served generation whose ids the new generation does not have.

    The counters are empty where the served generation is damaged: then only the number of listings
    was compared.
    """

    served: Manifest
    lost: int
    available: int | None = None  # served listings that are not sold out, of active sellers
    by_seller: Counter[str] = field(default_factory=Counter)
    by_category: Counter[str] = field(default_factory=Counter)  # by the broadest category
    of_seller: Counter[str] = field(default_factory=Counter)  # served listings, for comparison
    of_category: Counter[str] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        return self.lost / self.served.listings if self.served.listings else 0.0

    @property
    def sellers(self) -> str:
        """The sellers that lost most, ties by name: 'S1 500 of 510, S2 300 of 300 and 4 more'."""
        return _most(self.by_seller, self.of_seller)

    @property
    def categories(self) -> str:
        """The broadest categories that lost most."""
        return _most(self.by_category, self.of_category)


def measure_loss(
    folders: Sequence[Path], listings: int, out: Path, runs: Path, progress: ProgressCallback
) -> Loss | None:
    """What the served generation of `out` has that the parts in `folders` have not.

    `listings` counts those of the parts. None where nothing of this format is served. Hashes of ids
    are kept in the folder `runs`: memory does not grow with the catalogue.
    """
    try:
        served = generation_manifest(out)
    except (SnapshotMissing, SnapshotMismatch):
        return None
    new_ids = HashRuns(runs)
    for part in folders:
        ids = np.load(part / "ids.npy").view(HASH)
        new_ids.add(ids, np.zeros(len(ids), np.int64))
    try:
        return _loss_by_id(served, generation_folder(out, served.generation), new_ids, progress)
    except (OSError, ValueError, LookupError):  # a damaged generation is a reason to build, not to refuse
        return Loss(served, max(0, served.listings - listings))


def _loss_by_id(served: Manifest, folder: Path, new_ids: HashRuns, progress: ProgressCallback) -> Loss:
    tables = read_tables(folder / "tables")
    sellers = np.load(folder / "facts" / "seller.npy", mmap_mode="r")
    categories = np.load(folder / "facts" / "category.npy", mmap_mode="r")
    stocks = np.load(folder / "facts" / "stock.npy", mmap_mode="r")
    lost_rows = [np.zeros(0, np.int64)]
    start = 0
    for listing_ids in Texts(folder / "texts" / "texts.arrow").ids():
        lost_rows.append(start + np.flatnonzero(new_ids.find(hash_texts(listing_ids)) < 0))
        start += len(listing_ids)
        progress("compare", start, served.listings, start)
    lost = np.concatenate(lost_rows)
    return Loss(
        served,
        len(lost),
        available=int(np.count_nonzero((stocks != 0) & tables.sellers.active[sellers])),
        by_seller=_count(sellers[lost], tables.sellers.ids),
        by_category=_count(categories[lost], _broadest(tables)),
        of_seller=_count(sellers, tables.sellers.ids),
        of_category=_count(categories, _broadest(tables)),
    )


def _broadest(tables: Tables) -> list[str]:
    """The broadest category of each category path; the last one is for code -1, no category."""
    return [*(path[0] if path else _NO_CATEGORY for path in tables.categories), _NO_CATEGORY]


def _count(codes: Array, names: Sequence[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for code, count in zip(*np.unique(codes, return_counts=True), strict=True):
        counts[names[code]] += int(count)
    return counts


def _most(lost: Counter[str], served: Counter[str]) -> str:
    """The names that lost most, ties by name: 'S1 500 of 510, S2 300 of 300 and 4 more'."""
    ordered = sorted(lost.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{_shorten(name)} {count:,} of {served[name]:,}" for name, count in ordered[:_NAMES_SHOWN])
    return shown + (f" and {len(ordered) - _NAMES_SHOWN:,} more" if len(ordered) > _NAMES_SHOWN else "")


def _shorten(name: str) -> str:
    """A name that fits a message, without control characters."""
    name = "".join(c if c.isprintable() else " " for c in name)
    return name if len(name) <= _NAME_LENGTH else f"{name[: _NAME_LENGTH - 1]}…"
