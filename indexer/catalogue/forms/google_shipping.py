"""Reads the shipping rows of a product feed's item as a shipping template."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from indexer.catalogue.amounts import AmountStyle, read_amount
from indexer.country import country_code
from indexer.listing import InvalidRecord
from indexer.market import ShippingRow, ShippingTemplate

DAYS_HANDLING = (0, 1)  # of a shipping row without handling times: same or next working day
DAYS_TRANSIT = (2, 7)  # of one without transit times: an ordinary parcel within a continent
DAYS_MAX = 365
TIMES = ("min_handling_time", "max_handling_time", "min_transit_time", "max_transit_time")
SHIPPING_PARTS = ("country", "region", "service", "price", *TIMES)
_REGIONS = ("region", "postal_code", "location_id", "location_group_name")
_PICKUP_WORDS = {
    "en": r"\bpick(?:ing)?[ -]?up(?![ -]?(?:point|station|locker|drop))"
    r"|click ?(?:&|and|n|\+) ?collect|^collect(?:ion)?\b|\bcollect(?:ion)? (?:in|from|at)\b"
    r"|\b(?:store|shop|self|customer|local|instore|in-store)[ -]collect(?:ion)?\b|^in[ -]?store$",
    "de": "abhol",
    "fr": r"\bretrait (?:en|au|à|a|sur|magasin|gratuit)|^retrait$|enl[eè]vement|click et collect",
    "es": "recogida|recoger en|retiro en",
    "it": r"\britiro\b",
    "pt": r"\bretirada\b|retirar|levantamento|recolha",
    "nl": r"\bafhaal|\bafhal|\bophalen",
    "sv": "h[aä]mta (?:i|sj[aä]lv|p[aå])|upph[aä]mtning|klicka och h[aä]mta",
    "da, no": r"\bafhent|\bavhent|hent (?:selv|i butik)|klikk? og hent",
    "fi": r"\bnouto\b",
    "pl": "odbi[oó]r (?:osobisty|w sklepie|własny)",
    "cs, sk": "osobn[ií] (?:odb[eě]r|vyzvednut[ií])|osobn[yý] odber",
    "hu": "szem[eé]lyes [aá]tv",
    "ro": "ridicare",
    "ru, uk": "самовывоз|самовивіз",
    "el": "παραλαβ[ηή]",
    "tr": "ma[gğ]azadan|gel al",
    "he": "איסוף",
    "ar": "استلام",
    "ja": "店頭|店舗受取",
    "zh": "自取|自提|门店|門市",
    "ko": "픽업|방문",
    "th": "รับเอง|รับที่ร้าน",
    "vi": "nhận tại|lấy tại",
    "id": "ambil (?:sendiri|di toko)",
    "hi": "पिकअप",
}
"""Names of services that bring nothing to the door, by language."""

_PICKUP = re.compile("|".join(_PICKUP_WORDS.values()), re.IGNORECASE)

Parts = tuple[tuple[str, str], ...]


def is_pickup(service: str) -> bool:
    """Whether a shipping service means that the buyer fetches the goods."""
    return _PICKUP.search(service) is not None


@lru_cache(maxsize=4096)  # most items of a feed ship alike
def shipping_template(rows: tuple[Parts, ...], home: str | None, style: AmountStyle) -> ShippingTemplate | None:
    """The template of an item's rows; None where none of them delivers.

    Each country has one row: of those for the whole country the cheapest, else of those for regions
    the dearest, since a buyer's region is not known. A row without a country is for `home`.

    Raises:
        InvalidRecord: a row without country or price, or with a wrong one.
    """
    best: dict[str, tuple[bool, int, ShippingRow]] = {}
    for parts in map(dict, rows):
        row = _shipping_row(parts, home, style)
        if is_pickup(parts.get("service", "")):
            continue
        is_regional = any(parts.get(part) for part in _REGIONS)
        choice = (is_regional, -row.cost_minor if is_regional else row.cost_minor, row)
        if row.country not in best or choice[:2] < best[row.country][:2]:
            best[row.country] = choice
    if not best:
        return None
    best_rows = tuple(best[country][2] for country in sorted(best))
    template_id = "feed-" + hashlib.blake2b(repr(best_rows).encode(), digest_size=8).hexdigest()
    return ShippingTemplate(template_id, best_rows)


def whole_number(field: str, text: str, maximum: int) -> int:
    """The whole number in `text`.

    Raises:
        InvalidRecord: it is none from 0 to `maximum`.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 12 and int(text) <= maximum):
        raise InvalidRecord(field, text, f"is not a whole number from 0 to {maximum}")
    return int(text)


def _shipping_row(row: dict[str, str], home: str | None, style: AmountStyle) -> ShippingRow:
    text = row.get("country") or home
    country = country_code(text) if text else None
    if country is None:
        raise InvalidRecord("shipping.country", text, "is not an ISO 3166 country code such as DE")
    price = row.get("price")
    if not price:
        raise InvalidRecord("shipping.price", price, "is missing")
    cost, currency = read_amount("shipping.price", price, style)
    days_min = 0
    days_max = 0
    for part, (default_min, default_max) in (("handling", DAYS_HANDLING), ("transit", DAYS_TRANSIT)):
        at_least, at_most = (_days(row, name) for name in (f"min_{part}_time", f"max_{part}_time"))
        if at_most is None:
            at_most = default_max if at_least is None else max(default_max, at_least)
        days_min += min(default_min, at_most) if at_least is None else at_least
        days_max += at_most
    return ShippingRow(country, cost, currency, days_min, days_max)


def _days(row: dict[str, str], name: str) -> int | None:
    text = row.get(name)
    return None if not text else whole_number(f"shipping.{name}", text, DAYS_MAX)
