"""How a form is recognised, what is said where it is not, and JSON arrays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexer.catalogue.catalogue import Defaults, Outcome, open_catalogue
from indexer.catalogue.forms.google_headers import attribute_name
from indexer.listing import Listing, Rejected
from languages.locale import Locale

DEFAULTS = Defaults(locale=Locale.parse("de-DE"), seller_id="SHOP", currency="EUR")
OWN = {"listing_id": "L1", "seller_id": "S", "locale": "de", "title": "Stuhl", "price_minor": 100, "currency": "EUR"}
SHOPIFY = b"Handle,Title,Variant Price\npen,Pen,2.50\n"
WOOCOMMERCE = b"ID,Type,SKU,Name,Regular price\n1,simple,pen,Pen,2.50\n"
OPENAI = b'{"item_id": "pen", "title": "Pen", "price": "2.50 EUR", "enable_search": true}\n'
GOOGLE = b"id\ttitle\tprice\npen\tPen\t2.50 EUR\n"
XML = (
    b'<rss xmlns:g="http://base.google.com/ns/1.0"><item><g:id>pen</g:id><title>Pen</title>'
    b"<g:price>2.50 EUR</g:price></item></rss>"
)


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "form", "names"),
    [
        (SHOPIFY, "shopify", ["shopify"]),
        (WOOCOMMERCE, "woocommerce", ["woocommerce"]),
        (OPENAI, "openai", ["openai"]),
        (GOOGLE, "google-tsv", ["google", "google-tsv"]),
        (b"id\ttitle\tprice\tseller_name\tgroup_id\npen\tPen\t2.50 EUR\tS\tG\n", "google-tsv", ["google"]),
        (b'{"id": "pen", "title": "Pen", "link": "https://a", "price": "2.50 EUR"}\n', "openai", ["openai"]),
        (GOOGLE.replace(b"\t", b","), "google-csv", ["google", "google-csv"]),
        (GOOGLE.replace(b"\t", b";"), "google-csv", ["google", "google-csv"]),
        (XML, "google-xml", ["google", "google-xml"]),
        (json.dumps(OWN).encode(), "jsonl", ["jsonl"]),
        (json.dumps([OWN], indent=1).encode(), "json", ["json", "jsonl"]),
    ],
)
def test_a_form_is_found_by_itself_and_by_each_of_its_names(
    tmp_path: Path, content: bytes, form: str, names: list[str]
) -> None:
    path = put(tmp_path, "upload", content)
    for name in (None, *names):
        catalogue = open_catalogue(path, form=name, defaults=DEFAULTS)
        ((_, listing),) = catalogue

        assert catalogue.form == form
        assert isinstance(listing, Listing)


@pytest.mark.parametrize("name", ["products.csv", "products.txt", "products.tsv", "products"])
@pytest.mark.parametrize("content", [SHOPIFY, WOOCOMMERCE, GOOGLE])
def test_the_content_counts_before_the_name_of_a_table(tmp_path: Path, name: str, content: bytes) -> None:
    assert len(list(open_catalogue(put(tmp_path, name, content), defaults=DEFAULTS))) == 1


@pytest.mark.parametrize("name", ["products.csv", "feed.xml"])
@pytest.mark.parametrize("content", [OPENAI, XML, json.dumps([OWN]).encode()])
def test_json_and_xml_are_known_by_content_under_the_name_of_another(tmp_path: Path, name: str, content: bytes) -> None:
    ((_, listing),) = open_catalogue(put(tmp_path, name, content), defaults=DEFAULTS)

    assert isinstance(listing, Listing)


@pytest.mark.parametrize("line", ["sep=;\n", "\ufeffsep=;\r\n", '"sep=;"\n', "SEP=\t\n", "sep=,\n"])
@pytest.mark.parametrize("content", [SHOPIFY, WOOCOMMERCE, GOOGLE, GOOGLE.replace(b"\t", b";")])
def test_a_first_line_that_names_the_separator_is_no_header(tmp_path: Path, line: str, content: bytes) -> None:
    ((number, listing),) = open_catalogue(put(tmp_path, "products", line.encode() + content), defaults=DEFAULTS)

    assert (number, getattr(listing, "title", listing)) == (1, "Pen")


@pytest.mark.parametrize("content", [SHOPIFY, WOOCOMMERCE, GOOGLE, json.dumps(OWN).encode() + b"\n"])
def test_lines_that_end_with_cr_alone_are_lines(tmp_path: Path, content: bytes) -> None:
    first, *others = content.splitlines()
    path = put(tmp_path, "products", b"\r".join([first, *others, *(others or [first])]) + b"\r")

    assert [type(outcome) for _, outcome in open_catalogue(path, defaults=DEFAULTS)] == [Listing, Listing]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("content", [SHOPIFY, GOOGLE, XML, OPENAI, json.dumps(OWN).encode()])
def test_utf_16_is_known_with_and_without_its_mark(tmp_path: Path, encoding: str, content: bytes) -> None:
    path = put(tmp_path, "products", content.decode().encode(encoding))
    ((_, listing),) = open_catalogue(path, defaults=DEFAULTS)

    assert isinstance(listing, Listing)


def test_headers_of_an_openai_table_are_known_in_any_case(tmp_path: Path) -> None:
    content = b"Item_ID,Title,Price,Is_Eligible_Search\npen,Pen,2.50 EUR,true\n"
    ((_, listing),) = open_catalogue(put(tmp_path, "feed.csv", content), defaults=DEFAULTS)

    assert isinstance(listing, Listing)
    assert listing.price_minor == 250


@pytest.mark.parametrize(
    "content",
    [
        b"Handle,Title,Variant Price,Variant Price\npen,Pen,2.50,9.90\n",
        b"Handle,Title,Variant Price,Variant Price\npen,Pen,,2.50\n",
        b"ID,Type,SKU,Name,Regular price,Regular price\n1,simple,pen,Pen,2.50,9.90\n",
        b"id,title,price,price\npen,Pen,2.50 EUR,9.90 EUR\n",
        b"id\ttitle\tprice\tprice\npen\tPen\t2.50 EUR\t9.90 EUR\n",
    ],
)
def test_of_two_columns_with_one_name_the_first_with_text_counts(tmp_path: Path, content: bytes) -> None:
    ((_, listing),) = open_catalogue(put(tmp_path, "products", content), defaults=DEFAULTS)

    assert isinstance(listing, Listing)
    assert listing.price_minor == 250


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_columns_that_a_feed_repeats_all_count(tmp_path: Path, delimiter: str) -> None:
    rows = ["id|title|price|product_detail|product_detail", "pen|Pen|2.50 EUR|Ink:Colour:blue|Ink:Type:gel"]
    content = "\n".join(rows).replace("|", delimiter).encode()
    ((_, listing),) = open_catalogue(put(tmp_path, "feed", content), defaults=DEFAULTS)

    assert isinstance(listing, Listing)
    assert listing.attributes == {"Colour": "blue", "Type": "gel"}


def test_a_cell_that_is_too_long_says_so(tmp_path: Path) -> None:
    content = b"id,title,price\npen," + b"x" * 200_000 + b",2.50 EUR\npin,Pin,1 EUR\n"
    (_, pen), (_, pin) = open_catalogue(put(tmp_path, "feed.csv", content), defaults=DEFAULTS)

    assert isinstance(pen, Rejected)
    assert pen.reason == "has a cell of more than 131,072 characters"
    assert isinstance(pin, Listing)


@pytest.mark.parametrize(
    ("name", "content", "messages"),
    [
        (
            "shop.csv",
            b"sku,name,cost\n1,Pen,2\n",
            ["its columns are sku, name, cost", "a mapping file and give it with --mapping"],
        ),
        ("feed.tsv", b"id\ttitle\tprix ttc\n", ["To be a Google product feed it lacks 'price'"]),
        ("shop.csv", b"Handle,Title,Cost\n", ["To be a Shopify export it lacks 'Variant Price or Price'"]),
        (
            "shop.jsonl",
            b'{"sku": 1, "name": "Pen"}\n',
            ["its records have the fields sku, name", "has listing_id, seller_id, locale", "--mapping"],
        ),
        ("shop.json", b'[{"sku": 1, "name": "Pen"}]', ["its records have the fields sku, name"]),
        ("shop.xlsx", b"PK\x03\x04...", ["is a ZIP or Excel file", "save its sheet as CSV"]),
        ("feed.xml", b"<!DOCTYPE html><html><body>", ["the root <html>", "was a page of the shop saved"]),
        ("feed.xml", b"<?xml version='1.0'?><SHOP><SHOPITEM/></SHOP>", ["the root <SHOP>", "no product feed in RSS"]),
        ("products.jsonl", SHOPIFY, ["is not JSON: it begins with 'Handle,Title", "the suffix of what it is"]),
        ("own.json", json.dumps(OWN, indent=1).encode(), ["a JSON object over several lines", "jq -c ."]),
        ("own.jsonl", json.dumps(OWN, indent=1).encode() * 2, ["write each record in one line"]),
        ("products.csv", b"\n\n", ["is empty: export it again"]),
        ("products", b"", ["is empty: export it again"]),
        ("feed.xml", b"", ["is empty: export it again"]),
        ("photo", b"\x89PNG\r\n\x1a\n", ["is neither JSON, Parquet, XML nor a table of columns", "PNG"]),
    ],
)
def test_a_file_of_no_known_form_says_what_was_seen_and_what_helps(
    tmp_path: Path, name: str, content: bytes, messages: list[str]
) -> None:
    with pytest.raises(ValueError, match=name) as error:
        open_catalogue(put(tmp_path, name, content), defaults=DEFAULTS)

    assert [message for message in messages if message not in str(error.value)] == []


@pytest.mark.parametrize(
    ("content", "form", "message"),
    [
        (GOOGLE, "shopify", "the header has no column 'Handle or URL handle'; it has id, title, price"),
        (SHOPIFY, "google", "the header has no column 'id'; it has Handle, Title, Variant Price"),
        (XML, "shopify", "is not of the form shopify, but of google-xml"),
        (json.dumps(OWN).encode(), "google", "is not of the form google, but of jsonl"),
        (SHOPIFY, "csv", "give it with --mapping"),
        (SHOPIFY, "jsonl", "is not JSON: it begins with 'Handle,Title"),
        (GOOGLE, "json", "is not JSON: it begins with 'id"),
        (GOOGLE, "parquet", "is not Parquet: it begins with 'id"),
        (GOOGLE, "google-xml", "is not XML: it begins with 'id"),
        (GOOGLE, "google-csv", "is not of the form google-csv, but of google-tsv"),
        (json.dumps(OWN).encode(), "openai", "its records have no field 'item_id or id'; they have listing_id"),
    ],
)
def test_a_file_that_is_not_of_the_named_form_says_so(tmp_path: Path, content: bytes, form: str, message: str) -> None:
    with pytest.raises(ValueError, match="upload") as error:
        open_catalogue(put(tmp_path, "upload", content), form=form, defaults=DEFAULTS)

    assert message in str(error.value)


@pytest.mark.parametrize(
    ("header", "attribute"),
    [
        ("id", "id"),
        ("g:Sale Price", "sale_price"),
        ("Titel [title]", "title"),
        ("title [Titel]", "title"),
        ("Sonderangebotspreis [sale_price]", "sale_price"),
        ("Versand [shipping(country:price)]", "shipping(country:price)"),
        ("Größentyp [size_type]", "size_type"),
        ("Titel", "title"),
        ("Verfügbarkeit", "availability"),
        ("lien_image", "image_link"),
        ("catégorie de produits Google", "google_product_category"),
        ("título", "title"),
        ("prezzo scontato", "sale_price"),
        ("beschikbaarheid", "availability"),
        ("preço", "price"),
        ("cena promocyjna", "sale_price"),
        ("商品画像リンク", "image_link"),
        ("Something else", "something_else"),
    ],
)
def test_a_google_attribute_is_known_in_each_language(header: str, attribute: str) -> None:
    assert attribute_name(header) == attribute


@pytest.mark.parametrize(
    ("text", "stock", "kept"),
    [
        ("auf Lager", None, None),
        ("nicht auf Lager", 0, None),
        ("Ausverkauft", 0, None),
        ("en rupture de stock", 0, None),
        ("niedostępny", 0, None),
        ("在庫切れ", 0, None),
        ("vorbestellt", 0, "preorder"),
        ("sur commande", 0, "backorder"),
    ],
)
def test_an_availability_is_known_in_each_language(
    tmp_path: Path, text: str, stock: int | None, kept: str | None
) -> None:
    content = f"ID\tTitel\tPreis\tVerfügbarkeit\npen\tPen\t2.50 EUR\t{text}\n".encode()
    catalogue = open_catalogue(put(tmp_path, "feed.tsv", content), defaults=DEFAULTS)
    ((_, listing),) = catalogue

    assert isinstance(listing, Listing)
    assert (listing.stock, listing.attributes.get("availability")) == (stock, kept)
    assert not catalogue.notes.counts


def read(path: Path) -> list[Outcome]:
    return [outcome for _, outcome in open_catalogue(path)]


def test_a_broken_element_of_an_array_costs_that_element(tmp_path: Path) -> None:
    good = json.dumps(OWN)
    content = f'[{good}, {{"listing_id": "L2", "title": "Tisch}}, {good.replace("L1", "L3")}, 5, null]'
    chair, broken, shelf, five, null = read(put(tmp_path, "a.json", content.encode()))

    assert isinstance(chair, Listing)
    assert isinstance(shelf, Listing)
    assert shelf.listing_id == "L3"
    assert [type(entry) for entry in (broken, five, null)] == [Rejected] * 3


def test_an_array_over_many_pieces_is_read_in_order(tmp_path: Path) -> None:
    records = [OWN | {"listing_id": f"L{number}", "description": "[x], {y} " * 40} for number in range(3_000)]
    path = put(tmp_path, "a.json", b"\xef\xbb\xbf" + json.dumps(records, ensure_ascii=False, indent=1).encode())

    assert [outcome.listing_id for outcome in read(path) if isinstance(outcome, Listing)] == [
        f"L{number}" for number in range(3_000)
    ]


def test_an_array_without_its_end_keeps_what_comes_before(tmp_path: Path) -> None:
    chair, rest = read(put(tmp_path, "a.json", f"[{json.dumps(OWN)},".encode()))

    assert isinstance(chair, Listing)
    assert rest == Rejected(
        2, "file", "", "the JSON array has no end; nothing after this record could be read: fetch the file again"
    )


@pytest.mark.parametrize("content", ["[]", "[ ]\n", '{"products": []}'])
def test_an_empty_array_has_no_records(tmp_path: Path, content: str) -> None:
    assert read(put(tmp_path, "a.json", content.encode())) == []


def test_invalid_bytes_in_an_array_reject_their_record(tmp_path: Path) -> None:
    good = json.dumps(OWN).encode()
    bad, chair = read(put(tmp_path, "a.json", b"[" + good.replace(b"Stuhl", b"St\xfchl") + b"," + good + b"]"))

    assert isinstance(bad, Rejected)
    assert (bad.field, bad.reason) == ("title", "is not valid Unicode")
    assert isinstance(chair, Listing)
