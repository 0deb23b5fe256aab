"""The summary of a catalogue: what `fondaco check` prints, and gives as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from indexer.check.language_sample import Disagreement
from indexer.check.prices import PriceHistogram
from indexer.check.problem import Problem
from indexer.check.problems import find_problems, unreached_countries
from indexer.check.tally import OPTIONAL_FIELDS, Tally
from indexer.market import ReferenceData


@dataclass(frozen=True, slots=True)
class PriceSpread:
    """Prices above 0 of one currency, in minor units; the quantiles are exact to 1 %."""

    currency: str
    listings: int
    minimum: int
    percentile_1: int
    median: int
    percentile_99: int
    maximum: int

    @classmethod
    def of(cls, currency: str, prices: PriceHistogram) -> PriceSpread:
        low, median, high = (prices.quantile(share) for share in (0.01, 0.5, 0.99))
        return cls(currency, prices.total, prices.minimum, low, median, high, prices.maximum)


@dataclass(frozen=True, slots=True)
class Categories:
    """The category paths of a catalogue; the empty path where there is none."""

    distinct: int
    deepest: tuple[str, ...]
    largest: tuple[str, ...]
    largest_listings: int
    listings_without: int

    @classmethod
    def of(cls, tally: Tally) -> Categories:
        paths = sorted(tally.categories)
        largest, count = min(tally.categories.items(), key=lambda item: (-item[1], item[0])) if paths else ((), 0)
        deepest = max(paths, key=len, default=())
        return cls(len(paths), deepest, largest, count, tally.listings - tally.filled["category"])


@dataclass(frozen=True, slots=True)
class Summary:
    """What a catalogue holds, and its problems. Counts are of listings unless named otherwise."""

    records: int
    listings: int
    rejected: int  # records
    left_out: Mapping[str, int]  # records that are no offers, by reason
    filled: Mapping[str, float]  # share of the listings, by optional field
    locales: Mapping[str, int]
    doubtful_languages: tuple[Disagreement, ...]
    prices: tuple[PriceSpread, ...]
    categories: Categories
    sellers: int
    on_sale: int
    in_stock: int
    stock_unknown: int
    shared_gtins: int  # offers of a product that another seller offers, too
    unreached_markets: tuple[str, ...]
    overflow: bool  # too many sellers or categories to tell them all apart
    problems: tuple[Problem, ...]

    @property
    def is_fine(self) -> bool:
        """Whether nothing must be mended."""
        return not any(problem.must_mend for problem in self.problems)

    def as_json(self) -> dict[str, object]:
        return {"is_fine": self.is_fine, **asdict(self)}


def summarise(tally: Tally, reference_data: ReferenceData) -> Summary:
    """The summary of a tally. `reference_data` includes the templates that a feed gave itself."""
    listings = max(1, tally.listings)
    return Summary(
        records=tally.records,
        listings=tally.listings,
        rejected=tally.rejected,
        left_out=dict(tally.left_out.most_common()),
        filled={name: round(tally.filled[name] / listings, 4) for name in OPTIONAL_FIELDS},
        locales=dict(sorted(tally.locales.items(), key=lambda item: (-item[1], item[0]))),
        doubtful_languages=tuple(tally.disagreements),
        prices=tuple(
            PriceSpread.of(currency, prices)
            for currency, prices in sorted(tally.prices.items(), key=lambda item: (-item[1].total, item[0]))
        ),
        categories=Categories.of(tally),
        sellers=len(tally.sellers),
        on_sale=tally.sales,
        in_stock=tally.in_stock,
        stock_unknown=tally.listings - tally.stock_known,
        shared_gtins=tally.shared_gtins.count,
        unreached_markets=tuple(unreached_countries(tally, reference_data)),
        overflow=tally.overflow,
        problems=tuple(find_problems(tally, reference_data)),
    )
