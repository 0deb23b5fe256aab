"""WooCommerce's product export: which rows become listings, and what variations inherit."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from indexer.catalogue.catalogue import Catalogue, Defaults, Outcome, open_catalogue
from indexer.listing import LeftOut, Listing, Rejected, Sale
from languages.locale import Locale

DEFAULTS = Defaults(locale=Locale.parse("en-GB"), seller_id="SHOP", currency="EUR")
FOR_EVER = 2**32 - 1
MUG = {"ID": "1", "Type": "simple", "SKU": "mug", "Name": "Mug", "Published": "1", "Regular price": "9.90"}
SHIRT = {
    "ID": "10",
    "Type": "variable",
    "SKU": "shirt",
    "Name": "Shirt",
    "Published": "1",
    "Description": "Of linen.",
    "Categories": "Clothing > Shirts",
    "Tags": "summer",
    "Images": "https://shop/a.jpg, https://shop/b.jpg",
    "Stock": "20",
    "Attribute 1 name": "Size",
    "Attribute 1 value(s)": "S, M",
    "Attribute 2 name": "Material",
    "Attribute 2 value(s)": "Linen",
}
SMALL = {
    "ID": "11",
    "Type": "variation",
    "SKU": "shirt-s",
    "Name": "Shirt - S",
    "Published": "1",
    "Regular price": "30",
    "Parent": "shirt",
    "Attribute 1 name": "Size",
    "Attribute 1 value(s)": "S",
}
LEFT_OUT_PARENT = "a variable product (its variations are the listings)"


def opened(folder: Path, rows: Sequence[dict[str, str]], defaults: Defaults = DEFAULTS) -> Catalogue:
    columns = dict.fromkeys(name for row in (MUG, SHIRT, SMALL, *rows) for name in row)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns))
    writer.writeheader()
    writer.writerows(rows)
    path = folder / "wc-product-export.csv"
    path.write_text(text.getvalue(), "utf-8")
    return open_catalogue(path, defaults=defaults)


def outcomes(folder: Path, *rows: dict[str, str]) -> list[Outcome]:
    return [outcome for _, outcome in opened(folder, rows)]


def only(folder: Path, cells: dict[str, str]) -> Listing:
    (outcome,) = outcomes(folder, MUG | cells)
    assert isinstance(outcome, Listing), outcome
    return outcome


@pytest.mark.parametrize("parent", ["shirt", "id:10"])
@pytest.mark.parametrize("first", [True, False])
def test_a_variation_inherits_from_its_product_wherever_that_stands(tmp_path: Path, parent: str, first: bool) -> None:
    small = SMALL | {"Parent": parent}
    found = outcomes(tmp_path, *((SHIRT, small) if first else (small, SHIRT)))
    product, variation = found if first else reversed(found)

    assert product == LeftOut(1 if first else 2, LEFT_OUT_PARENT)
    assert variation == Listing(
        listing_id="shirt-s",
        seller_id="SHOP",
        locale=Locale.parse("en-GB"),
        title="Shirt - S",
        price_minor=3000,
        currency="EUR",
        description="Of linen.",
        category=("Clothing", "Shirts"),
        attributes={"Size": "S", "Material": "Linen", "tags": "summer"},
        group_id="shirt",
        image_url="https://shop/a.jpg",
    )


def test_a_variation_keeps_what_it_says_itself(tmp_path: Path) -> None:
    own = {"Description": "In small.", "Images": "https://shop/s.jpg", "Categories": "Sale", "Stock": "parent"}
    _, variation = outcomes(tmp_path, SHIRT, SMALL | own)

    assert isinstance(variation, Listing)
    assert (variation.description, variation.image_url) == ("In small.", "https://shop/s.jpg")
    assert (variation.category, variation.stock) == (("Sale",), 20)


def test_a_variation_without_its_product_is_read_as_it_is(tmp_path: Path) -> None:
    (variation,) = outcomes(tmp_path, SMALL | {"Parent": "id:99"})

    assert isinstance(variation, Listing)
    assert (variation.title, variation.group_id) == ("Shirt - S", "99")


@pytest.mark.parametrize(
    ("name", "title"), [("Shirt", "Shirt S"), ("Shirt - S", "Shirt - S"), ("Socks", "Socks S"), ("", "Shirt S")]
)
def test_a_title_holds_the_values_of_its_variation_once(tmp_path: Path, name: str, title: str) -> None:
    _, variation = outcomes(tmp_path, SHIRT, SMALL | {"Name": name})

    assert isinstance(variation, Listing)
    assert variation.title == title


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"Published": "0"}, "a private product"),
        ({"Published": "-1"}, "a draft product"),
        ({"Published": "2"}, "a product that is pending review"),
        ({"Visibility in catalog": "hidden"}, "a product that is hidden in the catalogue"),
        ({"Visibility in catalog": "catalog"}, "a product that is hidden in searches"),
        ({"Type": "grouped"}, "a grouped product (its members are listings of their own)"),
        ({"Type": "variable-subscription"}, LEFT_OUT_PARENT),
    ],
)
def test_what_the_shop_does_not_offer_is_left_out_with_the_reason(
    tmp_path: Path, cells: dict[str, str], reason: str
) -> None:
    assert outcomes(tmp_path, MUG | cells) == [LeftOut(1, reason)]


@pytest.mark.parametrize("cells", [{"Published": "-1"}, {"Visibility in catalog": "hidden"}])
def test_variations_of_a_hidden_product_are_hidden(tmp_path: Path, cells: dict[str, str]) -> None:
    _, variation = outcomes(tmp_path, SHIRT | cells, SMALL | {"Visibility in catalog": "visible"})

    assert isinstance(variation, LeftOut)


@pytest.mark.parametrize("visibility", ["visible", "search", ""])
@pytest.mark.parametrize("kind", ["simple", "external", "simple, downloadable, virtual", "subscription"])
def test_every_other_product_is_a_listing(tmp_path: Path, visibility: str, kind: str) -> None:
    assert only(tmp_path, {"Type": kind, "Visibility in catalog": visibility}).title == "Mug"


@pytest.mark.parametrize(
    ("text", "category"),
    [
        (r"Perfume\, Cologne, Gifts > For her", ("Perfume, Cologne",)),
        ("Gifts > For her, Perfume", ("Gifts", "For her")),
        ("Music &amp; Film", ("Music & Film",)),
        ("", ()),
    ],
)
def test_the_category_is_the_first_path(tmp_path: Path, text: str, category: tuple[str, ...]) -> None:
    assert only(tmp_path, {"Categories": text}).category == category


@pytest.mark.parametrize(
    ("regular", "sale", "price_minor", "sale_minor"),
    [
        ("19,90", "14,90", 1990, 1490),
        ("19.90", "19.90", 1990, None),
        ("19.90", "29.90", 1990, None),
        ("5", "", 500, None),
        ("5", "0", 500, None),
    ],
)
def test_a_sale_is_a_lower_price(
    tmp_path: Path, regular: str, sale: str, price_minor: int, sale_minor: int | None
) -> None:
    listing = only(tmp_path, {"Regular price": regular, "Sale price": sale})

    assert listing.price_minor == price_minor
    assert (listing.sale.price_minor if listing.sale else None) == sale_minor


@pytest.mark.parametrize(
    ("starts", "ends", "sale"),
    [
        ("", "", Sale(500, 0, FOR_EVER)),
        ("2026-11-01", "2026-11-09", Sale(500, 1793491200, 1794268800)),
        ("2026-11-01 0:00:00", "2026-11-09 23:59:59", Sale(500, 1793491200, 1794268799)),
        ("2026-11-01T00:00:00+01:00", "", Sale(500, 1793487600, FOR_EVER)),
    ],
)
def test_a_date_alone_is_a_whole_day_of_a_sale(tmp_path: Path, starts: str, ends: str, sale: Sale) -> None:
    cells = {"Sale price": "5", "Date sale price starts": starts, "Date sale price ends": ends}

    assert only(tmp_path, cells).sale == sale


@pytest.mark.parametrize(
    ("in_stock", "stock", "expected"),
    [
        ("1", "7", 7),
        ("1", "", None),
        ("0", "7", 0),
        ("1", "0", None),
        ("backorder", "", 0),
        ("1", "-2", None),
        ("instock", "7", 7),
        ("outofstock", "7", 0),
        ("onbackorder", "", 0),
        ("Nein", "", 0),
        ("nicht vorrätig", "", 0),
    ],
)
def test_stock_is_unknown_where_the_shop_counts_nothing(
    tmp_path: Path, in_stock: str, stock: str, expected: int | None
) -> None:
    assert only(tmp_path, {"In stock?": in_stock, "Stock": stock}).stock == expected


def test_escapes_of_the_export_are_undone(tmp_path: Path) -> None:
    cells = {
        "Name": "'+5 &amp; more",
        "Description": r"First line.\nSecond line.",
        "Attribute 1 name": "Scent",
        "Attribute 1 value(s)": r"rose, light\, fresh",
    }
    listing = only(tmp_path, cells)

    assert (listing.title, listing.description) == ("+5 & more", "First line.\nSecond line.")
    assert listing.attributes == {"Scent": "rose, light, fresh"}


def test_brand_and_gtin_have_columns_of_their_own(tmp_path: Path) -> None:
    listing = only(tmp_path, {"Brands": "Houses > Nord, Other", "GTIN, UPC, EAN, or ISBN": "4006381333931"})

    assert (listing.brand, listing.gtin) == ("Nord", "04006381333931")


def test_an_id_is_the_sku_or_the_number_and_never_taken_twice(tmp_path: Path) -> None:
    rows = [MUG | {"SKU": "a b"}, MUG | {"ID": "2", "SKU": ""}, MUG | {"ID": "3", "SKU": "2"}]
    ids = [outcome.listing_id for outcome in outcomes(tmp_path, *rows) if isinstance(outcome, Listing)]

    assert ids == ["a-b", "2", "3"]


def test_a_product_without_a_price_is_rejected_by_the_name_of_its_column(tmp_path: Path) -> None:
    (outcome,) = outcomes(tmp_path, MUG | {"Regular price": ""})

    assert outcome == Rejected(1, "Regular price", "", "is missing")


HEADERS = {
    "de": "ID,Typ,Artikelnummer,Name,Veröffentlicht,Regulärer Preis,Kategorien",
    "fr": "ID,Type,UGS,Nom,Publié,Tarif régulier,Catégories",
    "es": "ID,Tipo,SKU,Nombre,Publicado,Precio normal,Categorías",
    "it": "ID,Tipo,SKU,Nome,Pubblicato,Prezzo di listino,Categorie",
    "pt": "ID,Tipo,SKU,Nome,Publicado,Preço,Categorias",
    "ru": "ID,Тип,Артикул,Имя,Опубликован,Базовая цена,Категории",
    "nl": "ID,Type,Artikelnummer,Naam,Gepubliceerd,Reguliere prijs,Categorieën",
    "pl": "ID,Typ,SKU,Nazwa,Opublikowano,Cena regularna,Kategorie",
    "ja": "ID,タイプ,SKU,名前,公開済み,標準価格,カテゴリー",
}


@pytest.mark.parametrize("language", HEADERS)
def test_headers_are_read_in_the_shops_language(tmp_path: Path, language: str) -> None:
    path = tmp_path / "export.csv"
    path.write_text(f'{HEADERS[language]}\n5,simple,kanne,Kanne,1,"9,90",Küche\n6,simple,alt,Alt,-1,5,Küche\n', "utf-8")
    catalogue = open_catalogue(path, defaults=DEFAULTS)
    can, draft = (outcome for _, outcome in catalogue)

    assert catalogue.form == "woocommerce"
    assert isinstance(can, Listing)
    assert (can.listing_id, can.title, can.price_minor, can.category) == ("kanne", "Kanne", 990, ("Küche",))
    assert draft == LeftOut(2, "a draft product")


def test_a_header_that_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("ID,Type,SKU,Name,Hinta\n", "utf-8")

    with pytest.raises(ValueError, match="the header has no column 'Regular price'; it has ID, Type, SKU, Name, Hinta"):
        open_catalogue(path, form="woocommerce", defaults=DEFAULTS)
    with pytest.raises(ValueError, match="To be a WooCommerce export it lacks 'Regular price'"):
        open_catalogue(path, defaults=DEFAULTS)
