"""Counts what is in a catalogue, by reading it once. Memory does not grow with its listings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import compress, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from indexer.catalogue.catalogue import Catalogue
from indexer.catalogue.rejections import reference_problem, repeated_id
from indexer.check.broken_text import broken_text
from indexer.check.duplicates import Duplicates
from indexer.check.language_sample import LanguageSample
from indexer.check.mixed_amounts import SampledPrice
from indexer.check.prices import Price
from indexer.check.tally import OPTIONAL_FIELDS, Tally
from indexer.listing import LeftOut, Listing, Rejected
from indexer.market import ReferenceData
from indexer.progress import ProgressCallback

_BATCH = 4_096  # records between two reports of progress
_ABSENT: tuple[object, ...] = (None, (), {})


@dataclass(frozen=True, slots=True)
class CheckInput:
    """What a check reads, and the time (seconds since 1970) that says which sales have ended."""

    catalogue: Catalogue
    reference_data: ReferenceData
    now: int


def count_listings(check: CheckInput, progress: ProgressCallback) -> Tally:
    """The tally of a whole catalogue. Records that a build would reject are rejected here, too."""
    with TemporaryDirectory(prefix="fondaco-check-") as folder:
        counter = _Counter(check, Path(folder))
        for batch in _batches(check.catalogue):
            counter.add(batch)
            progress("check", check.catalogue.bytes_read, check.catalogue.bytes_total, counter.tally.records)
        counter.tally.notes = check.catalogue.notes
        counter.tally.disagreements = counter.languages.disagreements()
    return counter.tally


_Entry = tuple[int, Listing | Rejected | LeftOut]


def _batches(entries: Iterable[_Entry]) -> Iterator[list[_Entry]]:
    iterator = iter(entries)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


class _Counter:
    """Counts one batch after another."""

    def __init__(self, check: CheckInput, folder: Path) -> None:
        self.tally = Tally()
        self.languages = LanguageSample()
        self._check = check
        self._duplicates = Duplicates(folder, self.tally)
        self._templates = {template.template_id for template in check.reference_data.templates}

    def add(self, batch: list[_Entry]) -> None:
        self.tally.records += len(batch)
        numbered: list[tuple[int, Listing]] = []
        for number, entry in batch:
            if isinstance(entry, LeftOut):
                self.tally.left_out[entry.reason] += 1
            elif isinstance(entry, Rejected):
                self.tally.add_rejected(entry)
            elif problem := self._problem(number, entry):
                self.tally.add_rejected(problem)
            else:
                numbered.append((number, entry))
        is_new = self._duplicates.first_seen([listing for _, listing in numbered])
        for number, listing in compress(numbered, ~is_new):
            self.tally.add_rejected(repeated_id(number, listing.listing_id))
        listings = [listing for _, listing in compress(numbered, is_new)]
        self._duplicates.add(listings)
        for listing in listings:
            self._count(listing)

    def _problem(self, number: int, listing: Listing) -> Rejected | None:
        known = self._templates, self._check.catalogue.templates
        return reference_problem(number, listing, self._check.reference_data.rates, known)

    def _count(self, listing: Listing) -> None:
        tally, listing_id = self.tally, listing.listing_id
        tally.listings += 1
        tally.locales[str(listing.locale)] += 1
        tally.count(tally.sellers, listing.seller_id)
        for name in OPTIONAL_FIELDS:
            if getattr(listing, name) not in _ABSENT:
                tally.filled[name] += 1
        if listing.category:
            tally.count(tally.categories, listing.category)
        if listing.shipping_template is not None:
            tally.count(tally.templates, listing.shipping_template)
        if listing.image_url is None:
            tally.without_image.add(listing_id)
        self._count_stock(listing)
        self._count_prices(listing)
        self._count_texts(listing)

    def _count_stock(self, listing: Listing) -> None:
        if listing.stock is not None:
            self.tally.stock_known += 1
            self.tally.in_stock += listing.stock > 0

    def _count_prices(self, listing: Listing) -> None:
        tally, listing_id = self.tally, listing.listing_id
        price = Price(listing.price_minor, listing.currency, listing_id)
        tally.add_price(price)
        if price.minor > 0:
            category = " > ".join(listing.category)
            tally.add_category_price(category, price)
            tally.price_sample.add(SampledPrice(price, listing.seller_id, category))
        if listing.sale is not None:
            tally.sales += 1
            if listing.sale.ends <= self._check.now:
                tally.ended_sales.add(listing_id)

    def _count_texts(self, listing: Listing) -> None:
        self.languages.add(listing.locale.language, listing.listing_id, listing.title, listing.description)
        for text in (listing.title, listing.description, listing.brand):
            problem = None if text is None else broken_text(text)
            if problem is not None:
                self.tally.broken_texts[problem].add(listing.listing_id)
                break
