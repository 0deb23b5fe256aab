"""The files of the reference data, by their names beside a catalogue or where an operator says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from indexer.catalogue.reference_data import read_markets, read_rates, read_sellers, read_shipping
from indexer.listing import Rejected
from indexer.market import ReferenceData

_Noun = TypeVar("_Noun")


@dataclass(frozen=True, slots=True)
class ReferenceFiles:
    """Where the reference data is.

    None: no sellers, no templates, or Fondaco's own markets and rates.
    """

    sellers: Path | None = None
    shipping: Path | None = None
    markets: Path | None = None
    rates: Path | None = None

    def or_beside(self, catalogue: Path) -> ReferenceFiles:
        """These files; where one is None, that of its usual name beside the catalogue, if any."""
        folder = catalogue.parent
        return ReferenceFiles(
            sellers=self.sellers or _if_exists(folder / "sellers.jsonl"),
            shipping=self.shipping or _if_exists(folder / "shipping.jsonl"),
            markets=self.markets or _if_exists(folder / "markets.toml"),
            rates=self.rates or _if_exists(folder / "rates.toml"),
        )

    def read(self) -> ReferenceData:
        """The reference data. A wrong line in it is an error, since every listing depends on it.

        Raises:
            ValueError: it names the file, the line and the field.
            OSError: a file cannot be read.
        """
        return ReferenceData(
            sellers=() if self.sellers is None else _all_valid(self.sellers, read_sellers(self.sellers)),
            templates=() if self.shipping is None else _all_valid(self.shipping, read_shipping(self.shipping)),
            markets=read_markets() if self.markets is None else read_markets(self.markets),
            rates=read_rates() if self.rates is None else read_rates(self.rates),
        )


def _if_exists(path: Path) -> Path | None:
    return path if path.exists() else None


def _all_valid(path: Path, outcomes: Iterable[_Noun | Rejected]) -> tuple[_Noun, ...]:
    """The nouns read from a file.

    Raises:
        ValueError: a line was rejected.
    """
    nouns: list[_Noun] = []
    for outcome in outcomes:
        if isinstance(outcome, Rejected):
            line = f"{path}, line {outcome.record}"
            raise ValueError(f"{line}: {outcome.field}: {outcome.reason} (got {outcome.value!r})")
        nouns.append(outcome)
    return tuple(nouns)
