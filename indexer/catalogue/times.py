"""Reads times as shops write them. A date alone is a whole day in its country's time zone."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from indexer.listing import InvalidRecord

_MAIN_ZONES = {
    "AQ": "UTC", "AR": "America/Argentina/Buenos_Aires", "AU": "Australia/Sydney", "BR": "America/Sao_Paulo",
    "CA": "America/Toronto", "CD": "Africa/Kinshasa", "CL": "America/Santiago", "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia", "DE": "Europe/Berlin", "EC": "America/Guayaquil", "ES": "Europe/Madrid",
    "FM": "Pacific/Pohnpei", "GL": "America/Nuuk", "ID": "Asia/Jakarta", "KI": "Pacific/Tarawa", "KZ": "Asia/Almaty",
    "MH": "Pacific/Majuro", "MN": "Asia/Ulaanbaatar", "MX": "America/Mexico_City", "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland", "PF": "Pacific/Tahiti", "PG": "Pacific/Port_Moresby", "PS": "Asia/Gaza",
    "PT": "Europe/Lisbon", "RU": "Europe/Moscow", "UA": "Europe/Kyiv", "UM": "Pacific/Wake", "US": "America/New_York",
    "UZ": "Asia/Tashkent", "VN": "Asia/Ho_Chi_Minh",
}  # fmt: skip
"""The zone of most people of a country that has several, or of its capital."""


_DOTTED = re.compile(r"^(\d{2})\.(\d{2})\.(\d{4})($|[T ])")


@cache
def zone_of(country: str | None) -> tzinfo:
    """The time zone of a country; UTC where the country is not known."""
    from babel.core import get_global

    names = get_global("territory_zones").get(country or "", ())
    name = _MAIN_ZONES.get(country or "") or (names[0] if names else None)
    return UTC if name is None else ZoneInfo(name)


def read_time(field: str, value: object, zone: tzinfo = UTC, day_zone: tzinfo | None = None, end: bool = False) -> int:
    """Seconds since 1970 UTC of ISO 8601 text, a number of seconds, or a datetime.

    A time without a zone is in `zone`. A date without a time is the first second of that day in
    `day_zone` (`zone` if not given), or with `end` the first second after it.

    Raises:
        InvalidRecord: it is none of these.
    """
    if type(value) is int:
        return value
    if isinstance(value, str):
        value = _from_text(field, value)
    if isinstance(value, datetime):
        zoned = value if value.tzinfo is not None else value.replace(tzinfo=zone)
        return _seconds(field, value, zoned)
    if isinstance(value, date):
        return day_bound(field, value, day_zone or zone, end)
    raise InvalidRecord(field, value, "must be ISO 8601 text or a whole number of seconds since 1970")


def day_bound(field: str, day: date, zone: tzinfo, end: bool) -> int:
    """The first second of `day` in `zone`, or with `end` the first second after it."""
    try:
        first = datetime.combine(day + timedelta(days=1) if end else day, time(), zone)
    except OverflowError:
        first = datetime.combine(day, time.max, UTC)  # the last day that there is
    return _seconds(field, day, first)


def _from_text(field: str, text: str) -> date:
    """The time or the date in `text`. A date with points has its day first: ``01.11.2026``."""
    plain = _DOTTED.sub(r"\3-\2-\1\4", text.strip())
    try:
        return date.fromisoformat(plain)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(plain)
    except ValueError:
        reason = "is not a time such as 2024-05-01T12:00:00Z, nor epoch seconds"
        raise InvalidRecord(field, text, reason) from None


def _seconds(field: str, value: object, moment: datetime) -> int:
    try:
        return math.floor(moment.timestamp())
    except (OverflowError, ValueError):
        raise InvalidRecord(field, value, "is not a time that can be counted from 1970") from None
