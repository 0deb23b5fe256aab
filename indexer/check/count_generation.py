"""Counts what is in a generation, from its stores: a second for a million listings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from indexer.check.broken_text import broken_text
from indexer.check.mixed_amounts import SampledPrice
from indexer.check.prices import COARSE, FINE, Price
from indexer.check.tally import Tally
from indexer.listing import Rejected
from indexer.stores.fact_fields import ABSENT_COUNT, ABSENT_ID, ABSENT_MINOR
from indexer.stores.facts import Array, Facts
from indexer.stores.tables import Tables, read_tables
from indexer.stores.texts import Texts

_SAMPLED = 100_000  # prices, evenly spaced, that are compared by seller


def count_generation(folder: Path, now: int) -> Tally:
    """The tally of a generation's folder: all but the figures of texts other than titles.

    Repetitions and doubtful languages are not counted; `fondaco check` counts them.

    Raises:
        OSError: a store is missing.
    """
    tally = Tally()
    facts, tables = Facts(folder / "facts"), read_tables(folder / "tables")
    texts = Texts(folder / "texts" / "texts.arrow")
    tally.listings = len(facts)
    for line in (folder / "rejected.jsonl").read_bytes().splitlines():
        tally.add_rejected(Rejected(**orjson.loads(line)))
    tally.records = tally.listings + tally.rejected
    _count_coded(tally, facts, tables)
    _count_prices(tally, facts, tables, texts)
    _count_sales(tally, facts, texts, now)
    for listing_id, title, image_url in texts.columns("listing_id", "title", "image_url"):
        if image_url is None:
            tally.without_image.add(listing_id)
        problem = broken_text(title)
        if problem is not None:
            tally.broken_texts[problem].add(listing_id)
    tally.filled["image_url"] = tally.listings - tally.without_image.count
    return tally


def _counts(codes: Array, names: Sequence[Any]) -> Iterator[tuple[Any, int]]:
    """Each name with the number of listings that have it; ABSENT_ID is left out."""
    values, counts = np.unique(codes, return_counts=True)
    for code, count in zip(values, counts, strict=True):
        if code != ABSENT_ID:
            yield names[code], int(count)


def _count_coded(tally: Tally, facts: Facts, tables: Tables) -> None:
    tally.locales.update(dict(_counts(facts.column("locale"), tables.locales)))
    for name, count in _counts(facts.column("seller"), tables.sellers.ids):
        tally.count(tally.sellers, name, count)
    for path, count in _counts(facts.column("category"), tables.categories):
        tally.count(tally.categories, path, count)
    for name, count in _counts(facts.column("template"), tables.shipping.ids):
        tally.count(tally.templates, name, count)
    tally.filled["category"] = int((facts.column("category") != ABSENT_ID).sum())
    tally.filled["shipping_template"] = int((facts.column("template") != ABSENT_ID).sum())
    stock = facts.column("stock")
    tally.stock_known = int((stock != ABSENT_COUNT).sum())
    tally.in_stock = int((stock > 0).sum())


def _count_prices(tally: Tally, facts: Facts, tables: Tables, texts: Texts) -> None:
    minor, currency = facts.column("price_minor"), facts.column("currency").astype(np.int64)
    category, seller = facts.column("category").astype(np.int64), facts.column("seller")
    names, sellers = tables.currencies, tables.sellers.ids
    paths = [*(" > ".join(path) for path in tables.categories), ""]  # the last one is for ABSENT_ID

    def prices(rows: Array) -> Iterator[tuple[int, Price]]:
        ids = texts.ids_of(rows)
        for row, listing_id in zip(rows.tolist(), ids, strict=True):
            yield row, Price(int(minor[row]), names[currency[row]], listing_id)

    rows, counts = _bins(currency, minor, FINE)
    for (_, price), count in zip(prices(rows), counts.tolist(), strict=True):
        tally.add_price(price, count)
    for code, name in enumerate(names):
        if name in tally.prices:
            of_currency = minor[currency == code]
            tally.prices[name].widen(int(of_currency[of_currency > 0].min()))
            tally.prices[name].widen(int(of_currency.max()))
    rows, counts = _bins(category * len(names) + currency, minor, COARSE)
    for (row, price), count in zip(prices(rows), counts.tolist(), strict=True):
        if price.minor > 0:
            tally.add_category_price(paths[category[row]], price, count)
    for row, price in prices(np.linspace(0, len(minor) - 1, min(len(minor), _SAMPLED)).astype(np.int64)):
        if price.minor > 0:
            tally.price_sample.add(SampledPrice(price, sellers[seller[row]], paths[category[row]]))


def _bins(groups: Array, prices: Array, per_digit: int) -> tuple[Array, Array]:
    """The first position and the count of each bin of prices in each group; price 0 is a bin."""
    with np.errstate(divide="ignore"):
        bins = np.where(prices > 0, np.floor(np.log10(prices) * per_digit), -1).astype(np.int64)
    numbers = 2 * bins + (prices % 100 == 0)  # a bin counts its round prices, too
    order = np.lexsort((numbers, groups))  # stable: the first of a bin is the first in the catalogue
    groups, numbers = groups[order], numbers[order]
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = (groups[1:] != groups[:-1]) | (numbers[1:] != numbers[:-1])
    starts = np.flatnonzero(is_first)
    return order[starts], np.diff(np.append(starts, len(order)))


def _count_sales(tally: Tally, facts: Facts, texts: Texts, now: int) -> None:
    on_sale = facts.column("sale_price_minor") != ABSENT_MINOR
    tally.sales = tally.filled["sale"] = int(on_sale.sum())
    ended = np.flatnonzero(on_sale & (facts.column("sale_ends") <= now))
    if len(ended):
        tally.ended_sales.add(texts.ids_of(ended[:1])[0], len(ended))
