"""Numbers and dates as shops export them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from indexer.catalogue.forms.shop_csv import quantity
from indexer.catalogue.times import read_time
from indexer.listing import InvalidRecord


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("5", 5), ("-3", 0), ("5.0000", 5), ("5.000", 5), ("2,50", 2), ("1,000", 1_000), ("12,345,678", 12_345_678),
        ("1,00", 1), ("many", None), ("", None), ("1,0000", 1),
    ],
)  # fmt: skip
def test_a_comma_before_three_digits_groups_thousands(text: str, count: int | None) -> None:
    assert quantity(text) == count


@pytest.mark.parametrize("text", ["01.11.2026", "2026-11-01"])
def test_a_date_with_points_has_its_day_first(text: str) -> None:
    assert read_time("sale", text) == int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())


def test_a_time_may_follow_such_a_date() -> None:
    assert read_time("sale", "01.11.2026 08:30") == int(datetime(2026, 11, 1, 8, 30, tzinfo=UTC).timestamp())


@pytest.mark.parametrize("text", ["13.13.2026", "1.11.26", "01.11.20267"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecord, match="is not a time"):
        read_time("sale", text)
