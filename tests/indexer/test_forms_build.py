"""A shop's export becomes a snapshot: every row of it is accounted for, also after a resumption."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from indexer.build.build import build
from indexer.build.settings import BuildSettings, CatalogueSource
from indexer.catalogue.catalogue import Catalogue, Defaults, open_catalogue
from indexer.catalogue.reference_data import read_markets, read_rates
from indexer.encoders.hashing import HashingEncoder
from indexer.errors import TooManyRejected
from indexer.market import ReferenceData
from languages.locale import Locale

FORMS = Path(__file__).with_name("forms")
DEFAULTS = Defaults(locale=Locale.parse("en-GB"), seller_id="SHOP", currency="EUR")


def source(name: str) -> CatalogueSource:
    def open_at(skip: int) -> Catalogue:
        return open_catalogue(FORMS / name, skip=skip, defaults=DEFAULTS)

    return CatalogueSource(name, open_at, ReferenceData((), (), read_markets(), read_rates()))


@pytest.mark.parametrize("name", ["shopify.csv", "woocommerce.csv"])
def test_listings_rejected_and_left_out_rows_are_all_rows_of_the_file(tmp_path: Path, name: str) -> None:
    with (FORMS / name).open(encoding="utf-8", newline="") as file:
        rows = sum(1 for _ in csv.DictReader(file))
    report = build(source(name), tmp_path, HashingEncoder(), BuildSettings(part_size=2))

    assert report.listings + report.rejected + sum(report.left_out.values()) == rows


def test_a_resumed_build_counts_what_the_first_run_left_out(tmp_path: Path) -> None:
    whole = build(source("shopify.csv"), tmp_path / "whole", HashingEncoder(), BuildSettings(part_size=2))
    with pytest.raises(TooManyRejected):  # after all parts were written
        build(source("shopify.csv"), tmp_path / "out", HashingEncoder(), BuildSettings(part_size=2, max_rejected=0))
    resumed = build(source("shopify.csv"), tmp_path / "out", HashingEncoder(), BuildSettings(part_size=2))

    assert resumed.resumed > 0
    assert resumed.left_out == whole.left_out
    assert whole.left_out == {
        "a draft product": 2,
        "an image row": 1,
        "an archived product": 1,
        "a product that is not published": 1,
    }
