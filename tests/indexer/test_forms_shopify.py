"""Shopify's product export: which rows become listings, and with which values."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from indexer.catalogue.catalogue import Catalogue, Defaults, Outcome, open_catalogue
from indexer.catalogue.forms.shop_csv import UniqueIds
from indexer.listing import LeftOut, Listing, Rejected, Sale
from languages.locale import Locale

DEFAULTS = Defaults(locale=Locale.parse("en-GB"), seller_id="SHOP", currency="EUR")
FOR_EVER = 2**32 - 1
MUG = {"Handle": "blue-mug", "Title": "Blue Mug", "Option1 Name": "Size", "Option1 Value": "S", "Variant Price": "9.90"}
LARGE = {"Handle": "blue-mug", "Option1 Value": "L", "Variant Price": "12.90"}
PEN = {
    "Handle": "pen",
    "Title": "Pen",
    "Option1 Name": "Title",
    "Option1 Value": "Default Title",
    "Variant Price": "2.50",
}
COLUMNS = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published", "Option1 Name",
    "Option1 Value", "Option2 Name", "Option2 Value", "Variant SKU", "Variant Inventory Tracker",
    "Variant Inventory Qty", "Variant Inventory Policy", "Variant Price", "Variant Compare At Price",
    "Variant Barcode", "Image Src", "Image Position", "Variant Image", "Status",
)  # fmt: skip


def opened(
    folder: Path, rows: Sequence[dict[str, str]], defaults: Defaults = DEFAULTS, delimiter: str = ","
) -> Catalogue:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    path = folder / "products_export.csv"
    path.write_text(text.getvalue(), "utf-8")
    return open_catalogue(path, defaults=defaults)


def outcomes(folder: Path, *rows: dict[str, str]) -> list[Outcome]:
    return [outcome for _, outcome in opened(folder, rows)]


def only(folder: Path, **cells: str) -> Listing:
    """The listing of a pen with other cells; `_` in a name stands for a space."""
    (outcome,) = outcomes(folder, PEN | {name.replace("_", " "): cell for name, cell in cells.items()})
    assert isinstance(outcome, Listing), outcome
    return outcome


def test_variants_of_a_handle_are_listings_of_one_group(tmp_path: Path) -> None:
    picture = {"Handle": "blue-mug", "Image Src": "https://cdn/2.jpg", "Image Position": "2"}
    small, large, image, pen = outcomes(tmp_path, MUG, LARGE, picture, PEN)

    assert isinstance(small, Listing)
    assert isinstance(large, Listing)
    assert isinstance(pen, Listing)
    assert [(x.title, x.group_id, x.price_minor) for x in (small, large, pen)] == [
        ("Blue Mug S", "blue-mug", 990),
        ("Blue Mug L", "blue-mug", 1290),
        ("Pen", "pen", 250),
    ]
    assert large.attributes == {"Size": "L"}
    assert pen.attributes == {}
    assert image == LeftOut(3, "an image row")


def test_a_sku_is_the_id_and_a_handle_with_its_options_where_there_is_none(tmp_path: Path) -> None:
    rows = [MUG | {"Variant SKU": "BM 01"}, LARGE, PEN, PEN | {"Handle": "pencil", "Variant SKU": "'00042"}]
    ids = [outcome.listing_id for outcome in outcomes(tmp_path, *rows) if isinstance(outcome, Listing)]

    assert ids == ["BM-01", "blue-mug-L", "pen", "00042"]


def test_a_sku_that_is_used_twice_loses_no_offer(tmp_path: Path) -> None:
    twice = {"Variant SKU": "X"}
    rows = [MUG | twice, LARGE | twice, PEN | twice, PEN | {"Handle": "X"}]
    ids = [outcome.listing_id for outcome in outcomes(tmp_path, *rows) if isinstance(outcome, Listing)]

    assert ids == ["X", "blue-mug-L", "pen", "X-2"]


def test_unique_ids_stay_unique_over_many() -> None:
    ids = UniqueIds()
    first = [ids.take(str(number)) for number in range(150_000)]
    again = [ids.take(str(number), f"again {number}") for number in range(0, 150_000, 1_000)]

    assert first == [str(number) for number in range(150_000)]
    assert again == [f"again-{number}" for number in range(0, 150_000, 1_000)]


@pytest.mark.parametrize(
    ("price", "before", "regular", "sale"),
    [
        ("14.90", "19.90", 1990, Sale(1490, 0, FOR_EVER)),
        ("14.90", "14.90", 1490, None),
        ("14.90", "10.00", 1490, None),
        ("14.90", "0.00", 1490, None),
        ("0.00", "14.90", 0, None),
        ("14.90", "", 1490, None),
        ("1,299.00", "", 129900, None),
        ("1.299,00", "", 129900, None),
        ("15,5", "", 1550, None),
    ],
)
def test_the_compare_at_price_is_the_regular_one_when_it_is_higher(
    tmp_path: Path, price: str, before: str, regular: int, sale: Sale | None
) -> None:
    listing = only(tmp_path, Variant_Price=price, Variant_Compare_At_Price=before)

    assert (listing.price_minor, listing.sale) == (regular, sale)


@pytest.mark.parametrize("price", ["", "twelve", "-5", "1.2.3", "9,9,9", "1.015"])
def test_a_price_that_is_no_amount_is_rejected_by_the_name_of_its_column(tmp_path: Path, price: str) -> None:
    (outcome,) = outcomes(tmp_path, PEN | {"Variant Price": price})

    assert isinstance(outcome, Rejected)
    assert (outcome.field, outcome.value) == ("Variant Price", price)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"Status": "draft"}, "a draft product"),
        ({"Status": "Archived"}, "an archived product"),
        ({"Status": "unlisted"}, "an unlisted product"),
        ({"Published": "FALSE"}, "a product that is not published"),
        ({"Published": "false", "Status": "draft"}, "a draft product"),
    ],
)
def test_what_the_shop_does_not_show_is_left_out_with_all_variants(
    tmp_path: Path, cells: dict[str, str], reason: str
) -> None:
    hidden, variant, pen = outcomes(tmp_path, MUG | cells, LARGE, PEN | {"Status": "active", "Published": "TRUE"})

    assert (hidden, variant) == (LeftOut(1, reason), LeftOut(2, reason))
    assert isinstance(pen, Listing)


@pytest.mark.parametrize(
    ("tracker", "quantity", "policy", "stock"),
    [
        ("shopify", "12", "deny", 12),
        ("shopify", "0", "deny", 0),
        ("shopify", "-3", "deny", 0),
        ("shopify", "0", "continue", None),
        ("shopify", "5", "continue", 5),
        ("", "0", "deny", None),
        ("shopify", "", "deny", None),
        ("shopify", "7.5", "deny", 7),
        ("shopify", "many", "deny", None),
    ],
)
def test_stock_is_what_the_shop_counts(
    tmp_path: Path, tracker: str, quantity: str, policy: str, stock: int | None
) -> None:
    listing = only(
        tmp_path, Variant_Inventory_Tracker=tracker, Variant_Inventory_Qty=quantity, Variant_Inventory_Policy=policy
    )

    assert listing.stock == stock


@pytest.mark.parametrize(
    ("barcode", "gtin"),
    [
        ("'4006381333931", "04006381333931"),
        ("978-3-16-148410-0", "09783161484100"),
        ("INTERN-7", "INTERN-7"),
        ("'", None),
    ],
)
def test_a_barcode_loses_the_quote_of_a_spreadsheet(tmp_path: Path, barcode: str, gtin: str | None) -> None:
    assert only(tmp_path, Variant_Barcode=barcode).gtin == gtin


def test_the_category_is_shopifys_path_or_the_shops_type(tmp_path: Path) -> None:
    assert only(tmp_path, Product_Category="Home > Pens", Type="Pen").category == ("Home", "Pens")
    assert only(tmp_path, Product_Category="Uncategorized", Type="Pen").category == ("Pen",)
    assert only(tmp_path, Product_Category="1234", Type="Pen").category == ("Pen",)


def test_rows_of_a_handle_without_its_first_row_are_rejected(tmp_path: Path) -> None:
    mug, pen, large = outcomes(tmp_path, MUG, PEN, LARGE)

    assert isinstance(mug, Listing)
    assert isinstance(pen, Listing)
    assert isinstance(large, Rejected)
    assert large.reason == "is missing: the first row of a handle must come before its other rows"


def test_blank_rows_are_left_out_and_a_blank_handle_goes_on_with_the_product(tmp_path: Path) -> None:
    small, blank, large = outcomes(tmp_path, MUG, {}, {"Option1 Value": "L", "Variant Price": "3"})

    assert isinstance(small, Listing)
    assert blank == LeftOut(2, "a blank row")
    assert isinstance(large, Listing)
    assert (large.title, large.group_id) == ("Blue Mug L", "blue-mug")


def test_a_table_that_a_spreadsheet_wrote_with_semicolons_is_read(tmp_path: Path) -> None:
    catalogue = opened(tmp_path, [MUG, LARGE], delimiter=";")

    assert [type(outcome) for _, outcome in catalogue] == [Listing, Listing]


def test_what_an_export_does_not_state_is_asked_for_in_one_message(tmp_path: Path) -> None:
    message = (
        r"a Shopify export does not state its locale, seller and currency: "
        "add --locale de-DE --seller-id MY-SHOP --currency EUR"
    )

    with pytest.raises(ValueError, match=message):
        opened(tmp_path, [PEN], Defaults())
    with pytest.raises(ValueError, match="does not state its currency: add --currency EUR"):
        opened(tmp_path, [PEN], Defaults(Locale.parse("de"), "SHOP"))
