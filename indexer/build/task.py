"""A task: the records of one part on their way to a listing, and how they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from indexer.build.settings import CatalogueSource
from indexer.catalogue.catalogue import Catalogue, RawRecord, RecordReader
from indexer.encoders.encoder import Encoder
from indexer.encoders.hashing import HashingEncoder
from indexer.market import Rates


@dataclass(frozen=True, slots=True)
class RecordRules:
    """How records become the contents of a part. It can be sent to another process."""

    reader: RecordReader
    rates: Rates
    templates: frozenset[str]  # ids of the operator's shipping templates
    encoder: HashingEncoder | None  # None: the build encodes the passages itself

    @classmethod
    def of(cls, catalogue: Catalogue, source: CatalogueSource, encoder: HashingEncoder | None) -> RecordRules:
        reference_data = source.reference_data
        templates = frozenset(template.template_id for template in reference_data.templates)
        return cls(catalogue.reader, reference_data.rates, templates, encoder)


@dataclass(frozen=True, slots=True)
class PartTask:
    """The records of one part, and how far the file was read when they had been read."""

    records: list[tuple[int, RawRecord]]  # each with its number
    bytes_read: int


def part_tasks(catalogue: Catalogue, part_size: int) -> Iterator[PartTask]:
    """The records of a catalogue, `part_size` at a time."""
    records = catalogue.raw_records()
    while batch := list(islice(records, part_size)):
        yield PartTask(batch, catalogue.bytes_read)


def encoder_for_workers(encoder: Encoder) -> HashingEncoder | None:
    """The encoder, if each worker can have one of its own.

    Other encoders use every core themselves and hold a model in memory: one for the build.
    """
    return encoder if type(encoder) is HashingEncoder else None
