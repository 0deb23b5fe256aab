"""Stops a build before it publishes a generation that would empty a shop.

The guard runs after the parts are written and before anything is assembled, sent or swapped. The
parts stay: the same build with `force` publishes them without reading or embedding again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson

from indexer.build.loss import Loss, measure_loss
from indexer.build.part import read_code_values
from indexer.build.settings import BuildSettings
from indexer.build.state import WorkingFolder
from indexer.errors import PublicationRefused
from indexer.market import Seller, ShippingTemplate
from indexer.progress import ProgressCallback
from indexer.stores.facts import Array

MAX_REJECTED_SHARE = 0.5
"""A catalogue of which more records are rejected is read wrongly, or is not the catalogue."""
MAX_HIDDEN_SHARE = 0.5
"""Goods sell out, but not half of a shop between two builds: then the stock is read wrongly."""


@dataclass(frozen=True, slots=True)
class FinishedParts:
    """The parts of a build, what they hold together, and the sellers and templates of the build."""

    folders: Sequence[Path]
    listings: int
    rejected: int
    left_out: int  # records that are no offers
    sellers: Sequence[Seller]
    templates: Sequence[ShippingTemplate]

    @property
    def records(self) -> int:
        """Those that are offers."""
        return self.listings + self.rejected


def guard_publication(
    parts: FinishedParts, work: WorkingFolder, out: Path, settings: BuildSettings, progress: ProgressCallback
) -> Loss | None:
    """Refuse parts that would empty the shop; returns what the served generation loses, if any.

    A served generation of another format cannot be compared.

    Raises:
        PublicationRefused: unless `settings.force`: no listing would be shown, or less than half as
            many as are served; or every price is 0; or more of the served listings than
            `settings.max_loss` would vanish; or most records were rejected; or the file broke off,
            and no served generation shows how much is missing.
    """
    loss = measure_loss(parts.folders, parts.listings, out, work.runs / "guard", progress)
    if settings.force:
        return loss
    rejected_path = work.path / "rejected.jsonl"
    rejected_path.write_bytes(b"".join((folder / "rejected.jsonl").read_bytes() for folder in parts.folders))
    problems = [
        *_empty(parts),
        *_hidden(parts, loss, max(settings.max_loss, MAX_HIDDEN_SHARE)),
        *_free(parts),
        *_mostly_rejected(parts),
        *_broken_off(rejected_path, loss),
        *_too_much_lost(loss, settings.max_loss),
    ]
    if problems:
        lines = [f"nothing was published in {out}", *problems, *_remedies(parts, rejected_path, loss)]
        raise PublicationRefused("\n  ".join(lines))
    return loss


def _empty(parts: FinishedParts) -> Iterator[str]:
    if not parts.listings:
        read = f"records read: {parts.records + parts.left_out:,}, rejected: {parts.rejected:,}"
        left_out = f", no offers: {parts.left_out:,}" if parts.left_out else ""
        yield f"the catalogue gives no listing ({read}{left_out})"


def _hidden(parts: FinishedParts, loss: Loss | None, max_share: float) -> Iterator[str]:
    """No listing would be shown: sold out, of suspended sellers, or shipped nowhere.

    Or a share of more than `max_share` of those that can be bought in the served generation.
    """
    suspended = {seller.seller_id for seller in parts.sellers if not seller.active}
    nowhere = {template.template_id for template in parts.templates if not template.rows}
    hidden: Counter[str] = Counter()
    shown = available = 0
    for folder in parts.folders:
        with np.load(folder / "facts.npz") as facts:
            sold_out = facts["stock"] == 0
            is_suspended = _has(folder, "seller", facts["seller"], suspended)
            stays = _has(folder, "template", facts["template"], nowhere)
        available += int(np.count_nonzero(~(sold_out | is_suspended)))
        shown += int(np.count_nonzero(~(sold_out | is_suspended | stays)))
        for reason, mask in (
            ("are sold out", sold_out),
            ("are of suspended sellers", is_suspended),
            ("ship to no country", stays),
        ):
            hidden[reason] += int(mask.sum())
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in hidden.items() if count)
    if reasons and not shown:
        yield f"none of the {parts.listings:,} listings would be shown: {reasons}"
    elif loss is not None and loss.available and 1 - available / loss.available > max(max_share, loss.share):
        yield (
            f"{available:,} of the {parts.listings:,} listings could be bought, generation "
            f"{loss.served.generation} has {loss.available:,} such: {reasons}"
        )


def _free(parts: FinishedParts) -> Iterator[str]:
    for folder in parts.folders:
        with np.load(folder / "facts.npz") as facts:
            if facts["price_minor"].any():
                return
    if parts.listings:
        yield f"all {parts.listings:,} listings cost 0"


def _has(folder: Path, column: str, codes: Array, names: Collection[str]) -> npt.NDArray[np.bool_]:
    """Whether each listing of a part has one of these names in a coded column."""
    values = read_code_values(folder, column)
    return np.isin(codes, [code for code, value in enumerate(values) if value in names])


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
        yield f"by seller: {loss.sellers}"
        yield f"by category: {loss.categories}"


def _percent(share: float) -> str:
    """Three digits, so that a loss just above the limit reads above it."""
    return f"{100 * share:.3g} %"


def _remedies(parts: FinishedParts, rejected_path: Path, loss: Loss | None) -> Iterator[str]:
    if parts.rejected:
        yield f"the reasons of {parts.rejected:,} rejected records are in {rejected_path}"
    if loss is not None:
        served = loss.served
        yield f"generation {served.generation} is still served, with {served.listings:,} listings"
    yield "to publish all the same, build again with --force; nothing is read or embedded twice"
