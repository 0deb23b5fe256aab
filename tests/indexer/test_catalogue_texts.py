"""Texts of feeds lose nothing in silence: HTML, quoted line breaks, encodings, numbers."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from indexer.catalogue.catalogue import Catalogue, Defaults, open_catalogue
from indexer.catalogue.forms.mapping import CatalogueMapping, parse_mapping
from indexer.catalogue.html_text import html_line, html_text
from indexer.gtin import gtin_problem, printed_gtins, read_gtin
from indexer.listing import Listing, Rejected
from languages.locale import Locale

DEFAULTS = Defaults(Locale("de", None, "DE"), "S")
OWN = {"listing_id": "L", "seller_id": "S", "locale": "de", "title": "T", "price_minor": 1, "currency": "EUR"}


def opened(folder: Path, name: str, content: str | bytes, mapping: CatalogueMapping | None = None) -> Catalogue:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_catalogue(path, mapping=mapping, defaults=DEFAULTS)


def entries(catalogue: Catalogue) -> list[str | Rejected]:
    return [entry.listing_id if isinstance(entry, Listing) else entry for _, entry in catalogue]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Nice <b>oak</b> chair", "Nice oak chair"),
        ("un<b>der</b>line", "underline"),
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("<P>One<P>Two<BR/>Three", "One\nTwo\nThree"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("<td>a</td><td>b</td>", "a\nb"),
        ("Caf&eacute;ti&egrave;re &#8364; &#x20AC;", "Cafétière € €"),
        ("a&nbsp;b", "a b"),
        ("a &amp;nbsp; b", "a b"),
        ("&lt;b&gt;oak&lt;/b&gt;", "oak"),
        ("<script>alert('<b>')</script>text<style>p{}</style>", "text"),
        ("<!-- c -->kept", "kept"),
        ("<![CDATA[kept]]>", "kept"),
        ('<p title="a > b">q</p>', "q"),
        ("<a href='x>y'>link</a>", "link"),
        ("<o:p>Word</o:p>", "Word"),
        ("size <10 cm & >5 cm <b>now</b>", "size <10 cm & >5 cm now"),
        ("<b>1 < 2</b>", "1 < 2"),
        ("<img src=x onerror=alert(1)>", ""),
    ],
)
def test_html_is_read_as_the_text_that_a_reader_sees(markup: str, text: str) -> None:
    assert html_text(markup) == text


@pytest.mark.parametrize("text", [
    "size <10", "a < b > c", "I <3 you & me", "AT&T R&D", "Tom & Jerry; <3", "1<2 and 3>2", "x <= 5 && y >= 6;",
    "cut <b",
    "Kabel <Typ A> schwarz", "a&b;c", "two  spaces\nand a line", "&copy 2024", "lone \ud800 <b>",
])  # fmt: skip
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert html_text(text) == text
    assert html_line(text) == text


@pytest.mark.parametrize("unit", ["<div>", "<div '", "<span>", "<a ", "<!--", "<", "&", "&amp;", "<table>", "<b><i>"])
def test_hostile_html_takes_no_longer_than_other_text(unit: str) -> None:
    started = time.perf_counter()
    html_text(unit * (100_000 // len(unit)) + "x>")

    assert time.perf_counter() - started < 10  # the standard library's parser takes minutes


def test_html_in_any_form_and_field_is_read_as_text(tmp_path: Path) -> None:
    record = OWN | {
        "title": "<b>Oak</b><br>chair", "description": "<p>Of oak</p>", "brand": "Ben &amp; Jerry",
        "category": "Home &amp; Garden > Chairs", "attributes": {"size": "&gt; 10", "fit": "<10"},
        "translations": {"en": {"title": "Oak &amp; ash", "description": "<br>"}},
    }  # fmt: skip
    ((_, listing),) = opened(tmp_path, "a.jsonl", json.dumps(record))

    assert isinstance(listing, Listing)
    assert (listing.title, listing.description, listing.brand) == ("Oak chair", "Of oak", "Ben & Jerry")
    assert listing.category == ("Home & Garden", "Chairs")
    assert listing.attributes == {"size": "> 10", "fit": "<10"}
    assert [(text.title, text.description) for text in listing.translations.values()] == [("Oak & ash", None)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_a_byte_order_mark_says_the_encoding_of_any_text(tmp_path: Path, encoding: str) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    tsv = "id\ttitle\tprice\nA1\tKühltasche\t1 EUR\n"
    own = json.dumps(OWN | {"title": "Kühltasche"}, ensure_ascii=False)
    for name, content in (("feed.txt", tsv), ("a.jsonl", own)):
        ((_, listing),) = opened(tmp_path, name, mark + content.encode(encoding))

        assert isinstance(listing, Listing)
        assert listing.title == "Kühltasche"


@pytest.mark.parametrize("name", ["f.tsv", "f.csv"])
def test_a_damaged_name_of_a_column_costs_that_column_alone(tmp_path: Path, name: str) -> None:
    lines = [["id", "title", "price", "Größe"], ["A1", "Stuhl", "1 EUR", "x"], ["A2", "Stühle", "1 EUR", "x"]]
    delimiter = "\t" if name == "f.tsv" else ","
    content = "\n".join(delimiter.join(cells) for cells in lines).encode("cp1252")
    first, rejected = entries(opened(tmp_path, name, content))

    assert first == "A1"
    assert isinstance(rejected, Rejected)
    assert rejected.reason.startswith("is not valid UTF-8 at byte")


def tsv(*lines: str) -> str:
    return "\n".join(["id\ttitle\tprice\tdescription\tbrand", *lines]) + "\n"


def test_a_quoted_line_break_in_tsv_is_part_of_its_value(tmp_path: Path) -> None:
    content = tsv(
        'A1\tT\t1 EUR\t"first ""line""',
        "",
        'second line"\tMeyer',
        'A2\tT\t1 EUR\t"last',
        'cell"',
        "A3\tT\t1 EUR\tok",
    )
    first, second, third = (entry for _, entry in opened(tmp_path, "feed.tsv", content))

    assert isinstance(first, Listing)
    assert isinstance(second, Listing)
    assert isinstance(third, Listing)
    assert (first.description, first.brand) == ('first "line"\nsecond line', "Meyer")
    assert (second.description, third.description) == ("last\ncell", "ok")


def test_a_quote_that_is_never_closed_costs_its_own_lines_of_a_tsv(tmp_path: Path) -> None:
    content = tsv('A1\tT\t1 EUR\t"cut', "text", 'A2\tMonitor 17"\t1 EUR\tok', "A3\tT\t1 EUR\tok")
    first, half, second, third = entries(opened(tmp_path, "feed.tsv", content))

    assert isinstance(first, Rejected)
    assert first.reason == "begins a cell with a quote that is never closed, and the text goes on in the next line"
    assert isinstance(half, Rejected)
    assert (second, third) == ("A2", "A3")


@pytest.mark.parametrize("cell", ['"open', '17" wide', '"Best" chair', '"17"" wide"'])
def test_a_quote_inside_one_line_of_a_tsv_is_text(tmp_path: Path, cell: str) -> None:
    first, second = (entry for _, entry in opened(tmp_path, "feed.tsv", tsv(f"A1\t{cell}\t1 EUR", 'A2\tT "x"\t1 EUR')))

    assert isinstance(first, Listing)
    assert first.title == {'"17"" wide"': '17" wide'}.get(cell, cell)
    assert isinstance(second, Listing)


CSV = parse_mapping(
    {
        "fields": {"listing_id": "id", "title": "title", "description": "text"},
        "price": {"field": "price", "unit": "major", "currency": "EUR"},
    }
)


@pytest.mark.parametrize(
    ("lines", "read"),
    [
        (['1,"a\nb",5,x', "2,T,5,x"], ["1", "2"]),
        (['1,"a, b\nc, d",5,x', "2,T,5,x"], ["1", "2"]),
        (['1,"open,5,x', "2,T,5,x", "3,T,5,x"], [None, "2", "3"]),
        (['1,"open,5,x', '2,T,5,"a b"', "3,T,5,x"], [None, "2", "3"]),
        (['1,"open,5,x', '2,17",5,x', "3,T,5,x"], [None, "2", "3"]),
        (['1,T,5,"open', "2,T,5,x"], [None, "2"]),
        (['1,T,5,x', '2,T,5,"open'], ["1", None]),
        (['1,"Monitor 24" wide",5,x', "2,T,5,x"], ["1", "2"]),
        (['1,"a\nb",5,x,too,many', "2,T,5,x"], [None, "2"]),
    ],
)  # fmt: skip
def test_an_unclosed_quote_in_a_csv_costs_its_own_row(tmp_path: Path, lines: list[str], read: list[str | None]) -> None:
    content = "\n".join(["id,title,price,text", *lines])
    result = entries(opened(tmp_path, "a.csv", content, CSV))

    assert [None if isinstance(entry, Rejected) else entry for entry in result] == read


def test_product_details_with_commas_and_colons_are_whole(tmp_path: Path) -> None:
    cell = "Technik:Takt:1,8 GHz,Allgemein:Art:Laptop: 15,6 Zoll,Maße:Höhe:2,5 cm"
    ((_, listing),) = opened(tmp_path, "f.tsv", f"id\ttitle\tprice\tproduct_detail\nA1\tT\t1 EUR\t{cell}\n")

    assert isinstance(listing, Listing)
    assert listing.attributes == {"Takt": "1,8 GHz", "Art": "Laptop: 15,6 Zoll", "Höhe": "2,5 cm"}


def test_a_name_in_brackets_is_the_name_of_a_column(tmp_path: Path) -> None:
    content = "ID [id]\tTitel [title]\tPreis [price]\tAngebotspreis [sale price]\tVersand [shipping(country:price)]\n"
    ((_, listing),) = opened(tmp_path, "f.tsv", "\ufeff" + content + "A1\tStuhl\t2 EUR\t1 EUR\tDE:3 EUR\n")

    assert isinstance(listing, Listing)
    assert (listing.listing_id, listing.title, listing.price_minor) == ("A1", "Stuhl", 200)
    assert listing.sale is not None
    assert listing.shipping_template is not None


@pytest.mark.parametrize(
    ("text", "stock", "attribute"),
    [
        ("in stock", 7, None), ("in_stock", 7, None), ("IN STOCK", 7, None), ("InStock", 7, None), ("instock", 7, None),
        ("https://schema.org/InStock", 7, None), ("http://schema.org/LimitedAvailability", 7, None),
        ("available for order", 7, None), ("out of stock", 0, None), ("out-of-stock", 0, None), ("OutOfStock", 0, None),
        ("https://schema.org/OutOfStock", 0, None), ("discontinued", 0, None), ("Sold Out", 0, None),
        ("pre-order", 0, "preorder"), ("PreOrder", 0, "preorder"), ("back order", 0, "backorder"), ("maybe", 7, None),
        ("0", 0, None), ("false", 0, None), ("1", 7, None),
    ],
)  # fmt: skip
def test_availability_is_read_in_its_spellings_and_never_costs_the_item(
    tmp_path: Path, text: str, stock: int, attribute: str | None
) -> None:
    catalogue = opened(
        tmp_path, "f.tsv", f"id\ttitle\tprice\tavailability\tquantity\nA1\tT\t1 EUR\t{text}\t7\nA2\tT\t1 EUR\t{text}\n"
    )
    first, second = (entry for _, entry in catalogue)

    assert isinstance(first, Listing)
    assert isinstance(second, Listing)
    assert (first.stock, first.attributes.get("availability")) == (stock, attribute)
    assert second.stock == (0 if stock == 0 else None)
    assert bool(catalogue.notes.counts) == (text == "maybe")


@pytest.mark.parametrize(
    ("text", "stock", "noted"), [("7", 7, False), ("-2", 0, False), ("7.0", 7, False), ("many", None, True)]
)
def test_a_quantity_never_costs_the_item(tmp_path: Path, text: str, stock: int | None, noted: bool) -> None:
    catalogue = opened(tmp_path, "f.tsv", f"id\ttitle\tprice\tquantity\nA1\tT\t1 EUR\t{text}\n")
    ((_, entry),) = catalogue

    assert isinstance(entry, Listing)
    assert entry.stock == stock
    assert bool(catalogue.notes.counts) == noted


@pytest.mark.parametrize(
    ("text", "adult"), [("ja", True), ("Oui", True), ("nein", False), ("いいえ", False), ("1", True)]
)
def test_yes_and_no_are_read_in_the_languages_of_the_headers(tmp_path: Path, text: str, adult: bool) -> None:
    ((_, entry),) = opened(tmp_path, "f.tsv", f"id\ttitle\tprice\tadult\nA1\tT\t1 EUR\t{text}\n")

    assert isinstance(entry, Listing)
    assert entry.adult == adult


@pytest.mark.parametrize(
    ("text", "gtin"),
    [
        ("4006381333931", "04006381333931"), ("400-6381 333931", "04006381333931"),
        ("04006381333931", "04006381333931"),
        ("036000291452", "00036000291452"), ("36000291452", "00036000291452"), ("96385074", "00000096385074"),
        ("0-306-40615-2", "09780306406157"), ("080442957X", "09780804429573"), ("'4006381333931", "04006381333931"),
        ("4006381333932", None), ("400638133393", None), ("4.00638E+12", None), ("2912345678906", None),
        ("0212345678909", None),
        ("0412345678903", None), ("00000000000000", None), ("20000004", None), ("abc", None), ("", None), ("٤٠", None),
    ],
)  # fmt: skip
def test_a_gtin_has_fourteen_digits_and_its_check_digit_or_is_none(text: str, gtin: str | None) -> None:
    assert read_gtin(text) == gtin
    assert (gtin_problem(text) is None) == (gtin is not None)


def test_a_number_that_is_no_gtin_is_kept_as_written_and_counted(tmp_path: Path) -> None:
    numbers = ["4006381333931", "4006381333932", "2912345678906"]
    records = [OWN | {"listing_id": f"L{position}", "gtin": gtin} for position, gtin in enumerate(numbers)]
    catalogue = opened(tmp_path, "a.jsonl", "\n".join(map(json.dumps, records)))
    gtins = [entry.gtin for _, entry in catalogue if isinstance(entry, Listing)]

    assert gtins == ["04006381333931", "4006381333932", "2912345678906"]
    assert catalogue.notes.counts == {
        ("gtin", "ends with a wrong check digit"): 1,
        ("gtin", "is a number that each shop may give by itself, so that it names no product"): 1,
    }


def test_people_search_for_a_gtin_as_it_is_printed() -> None:
    assert printed_gtins("04006381333931") == ["4006381333931"]
    assert printed_gtins("00036000291452") == ["036000291452", "0036000291452"]
    assert printed_gtins("2912345678906") == ["2912345678906"]


@pytest.mark.parametrize("listing_id", ["A 1", " A1", "A1 ", "A\t1", "A\u00a01", "A\n1"])
def test_a_listing_id_with_white_space_is_refused_by_name(tmp_path: Path, listing_id: str) -> None:
    ((_, rejected),) = opened(tmp_path, "a.jsonl", json.dumps(OWN | {"listing_id": listing_id}))

    assert isinstance(rejected, Rejected)
    assert (rejected.field, rejected.reason) == (
        "listing_id", "holds white space, which separates ids in files of judgements and runs",
    )  # fmt: skip


def test_a_text_that_was_decoded_wrongly_is_kept_as_it_is(tmp_path: Path) -> None:
    ((_, listing),) = opened(tmp_path, "a.jsonl", json.dumps(OWN | {"title": "KÃ¼hltasche 35 Â°C"}))

    assert isinstance(listing, Listing)
    assert listing.title == "KÃ¼hltasche 35 Â°C"
