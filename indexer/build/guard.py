"""Stops a build before it publishes a generation that would empty a shop.

The guard runs after the parts are written and before anything is assembled, sent or swapped. The
parts stay: the same build with `force` publishes them without reading or embedding again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import orjson

from indexer.build.settings import BuildSettings
from indexer.build.state import WorkingFolder
from indexer.errors import PublicationRefused, SnapshotMismatch, SnapshotMissing
from indexer.progress import ProgressCallback
from indexer.snapshot.generations import generation_folder, generation_manifest
from indexer.snapshot.manifest import Manifest
from indexer.stores.facts import Array
from indexer.stores.hashes import HASH, HashRuns, hash_texts
from indexer.stores.tables import Tables, read_tables
from indexer.stores.texts import Texts

MAX_REJECTED_SHARE = 0.5
"""A catalogue of which more records are rejected is read wrongly, or is not the catalogue."""

_NAMES_SHOWN = 5  # sellers and categories in a message
_NAME_LENGTH = 40
_NO_CATEGORY = "(no category)"


@dataclass(frozen=True, slots=True)
class FinishedParts:
    """The parts of a build, and what they hold together."""

    folders: Sequence[Path]
    listings: int
    rejected: int

    @property
    def records(self) -> int:
        return self.listings + self.rejected


@dataclass(frozen=True, slots=True)
class Loss:
    """Listings of the served generation whose ids the new generation does not have.

    The counters are empty where the served generation is damaged: then only the number of listings
    was compared.
    """

    served: Manifest
    lost: int
    by_seller: Counter[str] = field(default_factory=Counter)
    by_category: Counter[str] = field(default_factory=Counter)  # by the broadest category
    of_seller: Counter[str] = field(default_factory=Counter)  # served listings, for comparison
    of_category: Counter[str] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        return self.lost / self.served.listings if self.served.listings else 0.0


def guard_publication(
    parts: FinishedParts, work: WorkingFolder, out: Path, settings: BuildSettings, progress: ProgressCallback
) -> None:
    """Compare the parts with the served generation of `out`, if there is one.

    Memory does not grow with the catalogue. A served generation of another format cannot be
    compared.

    Raises:
        PublicationRefused: the new generation has no listing, or lost more of the served listings
            than `settings.max_loss`; or most records were rejected; or the file broke off, and no
            served generation shows how much is missing.
    """
    if settings.force:
        return
    served = _served_manifest(out)
    loss = None if served is None else _loss(served, parts, work.runs / "guard", out, progress)
    rejected_path = work.path / "rejected.jsonl"
    rejected_path.write_bytes(b"".join((folder / "rejected.jsonl").read_bytes() for folder in parts.folders))
    problems = [
        *_empty(parts),
        *_mostly_rejected(parts),
        *_broken_off(rejected_path, loss),
        *_too_much_lost(loss, settings.max_loss),
    ]
    if problems:
        lines = [f"nothing was published in {out}", *problems, *_remedies(parts, rejected_path, served)]
        raise PublicationRefused("\n  ".join(lines))


def _served_manifest(out: Path) -> Manifest | None:
    """The manifest of the served generation; None where nothing of this format is served."""
    try:
        return generation_manifest(out)
    except (SnapshotMissing, SnapshotMismatch):
        return None


def _loss(served: Manifest, parts: FinishedParts, runs: Path, out: Path, progress: ProgressCallback) -> Loss:
    """What the served generation has and the parts do not."""
    folder = generation_folder(out, served.generation)
    new_ids = HashRuns(runs)
    for part in parts.folders:
        ids = np.load(part / "ids.npy").view(HASH)
        new_ids.add(ids, np.zeros(len(ids), np.int64))
    try:
        return _loss_by_id(served, folder, new_ids, progress)
    except (OSError, ValueError, KeyError):  # a damaged generation is a reason to build, not to refuse
        return Loss(served, max(0, served.listings - parts.listings))


def _loss_by_id(served: Manifest, folder: Path, new_ids: HashRuns, progress: ProgressCallback) -> Loss:
    tables = read_tables(folder / "tables")
    sellers = np.load(folder / "facts" / "seller.npy", mmap_mode="r")
    categories = np.load(folder / "facts" / "category.npy", mmap_mode="r")
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


def _empty(parts: FinishedParts) -> Iterator[str]:
    if not parts.listings:
        yield f"the catalogue gives no listing ({parts.records:,} records were read)"


def _mostly_rejected(parts: FinishedParts) -> Iterator[str]:
    if parts.rejected > MAX_REJECTED_SHARE * parts.records:
        yield f"{parts.rejected:,} of {parts.records:,} records were rejected"


def _broken_off(rejected_path: Path, loss: Loss | None) -> Iterator[str]:
    """A file that broke off has lost an unknown number of records.

    Where a generation is served, the comparison with it decides instead.
    """
    if loss is not None:
        return
    for line in rejected_path.read_bytes().splitlines():
        rejected = orjson.loads(line)
        if rejected["field"] == "file":
            yield f"the file broke off at record {rejected['record']:,}: {rejected['reason']}"


def _too_much_lost(loss: Loss | None, max_loss: float) -> Iterator[str]:
    if loss is None or loss.share <= max_loss:
        return
    served = loss.served
    yield (
        f"{loss.lost:,} of the {served.listings:,} listings of generation {served.generation} "
        f"({_percent(loss.share)}) would vanish, --max-loss allows {_percent(max_loss)}"
    )
    if loss.by_seller:
        yield f"by seller: {_most(loss.by_seller, loss.of_seller)}"
        yield f"by category: {_most(loss.by_category, loss.of_category)}"


def _percent(share: float) -> str:
    """Three digits, so that a loss just above the limit reads above it."""
    return f"{100 * share:.3g} %"


def _most(lost: Counter[str], served: Counter[str]) -> str:
    """The names that lost most, ties by name: 'S1 500 of 510, S2 300 of 300 and 4 more'."""
    ordered = sorted(lost.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{_shorten(name)} {count:,} of {served[name]:,}" for name, count in ordered[:_NAMES_SHOWN])
    return shown + (f" and {len(ordered) - _NAMES_SHOWN:,} more" if len(ordered) > _NAMES_SHOWN else "")


def _shorten(name: str) -> str:
    """A name that fits a message, without control characters."""
    name = "".join(c if c.isprintable() else " " for c in name)
    return name if len(name) <= _NAME_LENGTH else f"{name[: _NAME_LENGTH - 1]}…"


def _remedies(parts: FinishedParts, rejected_path: Path, served: Manifest | None) -> Iterator[str]:
    if parts.rejected:
        yield f"the reasons of {parts.rejected:,} rejected records are in {rejected_path}"
    if served is not None:
        yield f"generation {served.generation} is still served, with {served.listings:,} listings"
    yield "to publish all the same, build again with --force; nothing is read or embedded twice"
