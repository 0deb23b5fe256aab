"""Records as real feeds break them: the tail of a sample that shows what is turned away, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import orjson

from eval.sample.seeded_random import SeededRandom
from indexer.listing import TITLE_MAX

Record = dict[str, object]


def broken_lines(count: int, listings: list[Record], seed: int) -> Iterator[bytes]:
    """`count` lines, each a good record of `listings` spoilt in one way; the ways take turns.

    Every line but a duplicate has an id of its own. `listings` must not be empty.
    """
    draws = SeededRandom(seed, "broken", 0)
    for number in range(count):
        record = listings[draws.below(len(listings))]
        spoil = _WAYS[number % len(_WAYS)]
        yield spoil({**record, "listing_id": f"B{number:06d}"}, str(record["listing_id"]))


def _cut(record: Record, _id: str) -> bytes:
    line = orjson.dumps(record)
    return line[: len(line) // 2].decode(errors="ignore").encode()


def _without_id(record: Record, _id: str) -> bytes:
    return orjson.dumps({name: value for name, value in record.items() if name != "listing_id"})


def _negative_price(record: Record, _id: str) -> bytes:
    return orjson.dumps({**record, "price_minor": -1999})


def _unknown_currency(record: Record, _id: str) -> bytes:
    return orjson.dumps({**record, "currency": "XQZ"})


def _long_title(record: Record, _id: str) -> bytes:
    title = str(record["title"])
    return orjson.dumps({**record, "title": f"{title} " * (TITLE_MAX // len(title) + 1)})


def _used_id(record: Record, used_id: str) -> bytes:
    return orjson.dumps({**record, "listing_id": used_id})


_WAYS: tuple[Callable[[Record, str], bytes], ...] = (
    _cut, _without_id, _negative_price, _unknown_currency, _long_title, _used_id,
)  # fmt: skip
