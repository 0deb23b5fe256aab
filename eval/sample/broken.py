"""Broken records, as real feeds contain them: the last lines of a sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import orjson

from eval.sample.seeded_random import SeededRandom
from indexer.listing import TITLE_MAX

Record = dict[str, object]


def broken_lines(count: int, listings: list[Record], seed: int) -> Iterator[bytes]:
    """`count` lines, each a valid record of `listings` broken in one of the ways below, in turn.

    Each line has its own listing id, except those that repeat one. `listings` must not be empty.
    """
    rng = SeededRandom(seed, "broken", 0)
    for number in range(count):
        record = listings[rng.below(len(listings))]
        break_record = _WAYS[number % len(_WAYS)]
        yield break_record({**record, "listing_id": f"B{number:06d}"}, str(record["listing_id"]))


def _truncated(record: Record, _id: str) -> bytes:
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


def _repeated_id(record: Record, used_id: str) -> bytes:
    return orjson.dumps({**record, "listing_id": used_id})


_WAYS: tuple[Callable[[Record, str], bytes], ...] = (
    _truncated, _without_id, _negative_price, _unknown_currency, _long_title, _repeated_id,
)  # fmt: skip
