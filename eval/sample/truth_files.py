"""The truth of a sample as files: topics and judgements in TREC's form, and what is known of listings and sellers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from eval.sample.noise import WAYS, noisy
from eval.sample.offer import SampleOffer, sample_offer
from eval.sample.seeded_random import SeededRandom
from eval.sample.sellers import is_fraudulent, sample_sellers, seller_id, sellers_for
from eval.sample.truth import InformationNeed, draw_information_needs, judge, mixed_query, query
from eval.topic import COLUMNS
from eval.trec import write_lines
from languages.locale import LANGUAGES

_NOISY_PERCENT = 30  # of the topics of a language, for each way of typing

FLAGS = ("stuffed", "bait", "misplaced", "odd")


@dataclass(frozen=True, slots=True)
class TruthFiles:
    """``topics.tsv`` and ``judgements.qrels`` for ``fondaco run`` and ``fondaco eval``; tables of the rest.

    ``duplicates.tsv``: product, listing id, of products that several listings offer. ``flags.tsv``: listing id, flag.
    ``sellers.tsv``: the fraudulent sellers' ids, and whether they are suspended.
    """

    topics: Path
    judgements: Path
    duplicates: Path
    flags: Path
    sellers: Path

    @classmethod
    def inside(cls, folder: Path) -> TruthFiles:
        names = ("topics.tsv", "judgements.qrels", "duplicates.tsv", "flags.tsv", "sellers.tsv")
        return cls(*(folder / name for name in names))

    def existing(self) -> list[Path]:
        return [path for path in (getattr(self, one.name) for one in fields(self)) if path.exists()]


@dataclass(frozen=True, slots=True)
class TruthCounts:
    """How much was written."""

    topics: int
    judgements: int


def write_truth(
    files: TruthFiles, listings: int, seed: int, judged: Callable[[int], None] = lambda _: None
) -> TruthCounts:
    """Write the five files, each whole or not at all. `judged` hears how many more listings there are.

    Judgements are of the wanted thing, the qid's first part: all languages and all ways of typing share them.
    """
    files.topics.parent.mkdir(parents=True, exist_ok=True)
    wants = draw_information_needs(listings, seed)
    rows = list(topics(wants, seed))
    write_lines(files.topics, ["\t".join(COLUMNS), *rows])
    offers = _Seen(listings, seed, judged)
    counted = 0

    def lines() -> Iterator[str]:
        nonlocal counted
        for counted, (qid, listing_id, grade) in enumerate(judge(wants, offers), 1):  # noqa: B007 - read outside
            yield f"{qid} 0 {listing_id} {grade}"

    write_lines(files.judgements, lines())
    write_lines(files.duplicates, ["product\tlisting_id", *offers.duplicates()])
    write_lines(files.flags, ["listing_id\tflag", *offers.flags])
    write_lines(files.sellers, ["seller_id\tsuspended", *_fraudulent(listings, seed)])
    return TruthCounts(len(rows), counted)


def topics(wants: tuple[InformationNeed, ...], seed: int) -> Iterator[str]:
    """Rows of ``topics.tsv``: each want in each language as it should be typed, and three in ten in each other way."""
    for language in LANGUAGES:
        for place, want in enumerate(wants):
            text = query(want, language, seed)
            yield f"{want.qid}.{language}.clean\t{language}\t{text}"
            for way, typed in _ways(want, text, language, SeededRandom(seed, f"noise {language}", place)):
                yield f"{want.qid}.{language}.{way}\t{language}\t{typed}"


def _ways(want: InformationNeed, text: str, language: str, draws: SeededRandom) -> Iterator[tuple[str, str]]:
    if want.asked in ("maker", "model"):
        return  # names and numbers are typed as they are read
    for way in WAYS:
        if draws.percent(_NOISY_PERCENT) and (typed := noisy(way, text, language, draws)):
            yield way, typed
    if draws.percent(_NOISY_PERCENT) and (typed := mixed_query(want, language)) and typed != text:
        yield "mixed", typed


class _Seen:
    """The sample's offers, passed through once; what the tables need is kept on the way.

    Of a product it keeps its first listing; a second one makes both known as duplicates, so memory grows by one number
    a listing of the last few thousand, among which twins are drawn, and by the duplicates.
    """

    def __init__(self, listings: int, seed: int, judged: Callable[[int], None]) -> None:
        self._listings, self._seed, self._judged = listings, seed, judged
        self._of_product: dict[int, list[str]] = defaultdict(list)
        self.flags: list[str] = []

    def __iter__(self) -> Iterator[SampleOffer]:
        for number in range(self._listings):
            offer = sample_offer(number, self._seed)
            self._of_product[offer.product.number].append(offer.listing_id)
            self.flags += [f"{offer.listing_id}\t{flag}" for flag in FLAGS if getattr(offer, flag)]
            if number % 5_000 == 4_999:
                self._judged(5_000)
                self._forget(number - 10_000)
            yield offer

    def duplicates(self) -> Iterator[str]:
        for product, listing_ids in sorted(self._of_product.items()):
            if len(listing_ids) > 1:
                yield from (f"{product}\t{listing_id}" for listing_id in listing_ids)

    def _forget(self, before: int) -> None:
        """Twins come within 2,000 listings: an older product with one offer will get no second."""
        alone = [product for product, ids in self._of_product.items() if len(ids) == 1 and product < before]
        for product in alone:
            del self._of_product[product]


def _fraudulent(listings: int, seed: int) -> Iterator[str]:
    for number, seller in enumerate(sample_sellers(sellers_for(listings), seed)):
        if is_fraudulent(number):
            yield f"{seller_id(number)}\t{str(not seller.active).lower()}"
