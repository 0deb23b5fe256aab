"""The truth of a sample as files: topics, judgements, and tables about listings and sellers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from eval.judgement import Judgement, write_judgements
from eval.sample.noise import WAYS, noisy
from eval.sample.offer import SampleOffer, sample_offer
from eval.sample.seeded_random import SeededRandom
from eval.sample.sellers import is_fraudulent, sample_sellers, seller_id, sellers_for
from eval.sample.truth import InformationNeed, draw_information_needs, judge, mixed_query, query_text
from eval.topic import COLUMNS, SEPARATOR
from eval.trec import write_lines
from languages.locale import LANGUAGES

_NOISY_PERCENT = 30  # of the topics of a language, for each way of typing

FLAGS = {"stuffed": "stuffed", "bait": "bait", "misplaced": "misplaced", "odd": "edge_case"}
"""The flags in ``flags.tsv``, each with its field of `SampleOffer`."""


@dataclass(frozen=True, slots=True)
class TruthFiles:
    """Where the five files are.

    ``fondaco run`` and ``fondaco eval`` read ``topics.tsv`` and ``judgements.qrels``.

    ``duplicates.tsv``: product and listing id, for products that several listings offer.
    ``flags.tsv``: listing id and flag. ``sellers.tsv``: the ids of the fraudulent sellers, and
    whether they are suspended.
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
        paths = (self.topics, self.judgements, self.duplicates, self.flags, self.sellers)
        return [path for path in paths if path.exists()]


@dataclass(frozen=True, slots=True)
class TruthCounts:
    """How much was written."""

    topics: int
    judgements: int


def write_truth(
    files: TruthFiles, listings: int, seed: int, on_judged: Callable[[int], None] = lambda _: None
) -> TruthCounts:
    """Write the five files, each complete or not at all.

    `on_judged` gets how many more listings are judged. Judgements are by information need, the
    first part of a topic's qid. Topics in all languages share them.
    """
    files.topics.parent.mkdir(parents=True, exist_ok=True)
    needs = draw_information_needs(listings, seed)
    rows = list(topic_rows(needs, seed))
    write_lines(files.topics, ["\t".join(COLUMNS), *rows])
    offers = _TrackedOffers(listings, seed, on_judged)
    judgements = 0

    def counted() -> Iterator[Judgement]:
        nonlocal judgements
        for qid, listing_id, grade in judge(needs, offers):
            judgements += 1
            yield Judgement(qid, listing_id, grade)

    write_judgements(files.judgements, counted())
    write_lines(files.duplicates, ["product\tlisting_id", *offers.duplicates()])
    write_lines(files.flags, ["listing_id\tflag", *offers.flags])
    write_lines(files.sellers, ["seller_id\tsuspended", *_fraudulent_sellers(listings, seed)])
    return TruthCounts(len(rows), judgements)


def topic_rows(needs: tuple[InformationNeed, ...], seed: int) -> Iterator[str]:
    """Rows of ``topics.tsv``: each need in each language, and some in each noisy way too."""
    for language in LANGUAGES:
        for place, need in enumerate(needs):
            text = query_text(need, language, seed)
            yield f"{_qid(need, language, 'clean')}\t{language}\t{text}"
            for way, typed in _noisy_texts(need, text, language, SeededRandom(seed, f"noise {language}", place)):
                yield f"{_qid(need, language, way)}\t{language}\t{typed}"


def _qid(need: InformationNeed, language: str, kind: str) -> str:
    return SEPARATOR.join((need.qid, language, kind))


def _noisy_texts(need: InformationNeed, text: str, language: str, rng: SeededRandom) -> Iterator[tuple[str, str]]:
    if need.type in ("maker", "model"):
        return  # buyers copy names and model numbers
    for way in WAYS:
        if rng.percent(_NOISY_PERCENT) and (typed := noisy(way, text, language, rng)):
            yield way, typed
    if rng.percent(_NOISY_PERCENT) and (typed := mixed_query(need, language)) and typed != text:
        yield "mixed", typed


class _TrackedOffers:
    """Iterates over the sample's offers once, and collects what the other tables need.

    It keeps the listing ids of the last ten thousand products, and those of all products with
    several offers.
    """

    def __init__(self, listings: int, seed: int, on_judged: Callable[[int], None]) -> None:
        self._listings = listings
        self._seed = seed
        self._on_judged = on_judged
        self._ids_by_product: dict[int, list[str]] = defaultdict(list)
        self.flags: list[str] = []

    def __iter__(self) -> Iterator[SampleOffer]:
        for number in range(self._listings):
            offer = sample_offer(number, self._seed)
            self._ids_by_product[offer.product.number].append(offer.listing_id)
            self.flags += [f"{offer.listing_id}\t{flag}" for flag, field in FLAGS.items() if getattr(offer, field)]
            if number % 5_000 == 4_999:
                self._on_judged(5_000)
                self._forget(number - 10_000)
            yield offer

    def duplicates(self) -> Iterator[str]:
        for product, listing_ids in sorted(self._ids_by_product.items()):
            if len(listing_ids) > 1:
                yield from (f"{product}\t{listing_id}" for listing_id in listing_ids)

    def _forget(self, before: int) -> None:
        """Forget older products with one offer. A duplicate comes within 2,000 listings."""
        single_offers = [product for product, ids in self._ids_by_product.items() if len(ids) == 1 and product < before]
        for product in single_offers:
            del self._ids_by_product[product]


def _fraudulent_sellers(listings: int, seed: int) -> Iterator[str]:
    for number, seller in enumerate(sample_sellers(sellers_for(listings), seed)):
        if is_fraudulent(number):
            yield f"{seller_id(number)}\t{str(not seller.active).lower()}"
