"""Money in feeds as shops write them: amounts, sales, countries, pickup, and the days of a sale."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer.catalogue.amounts import AmountStyle, read_amount
from indexer.catalogue.catalogue import Catalogue, Defaults, open_catalogue
from indexer.catalogue.forms.google_shipping import is_pickup
from indexer.catalogue.forms.mapping import parse_mapping
from indexer.country import country_code
from indexer.listing import InvalidRecord, Listing, Rejected, Sale
from indexer.opensearch.updates import UNSET, ListingUpdate, read_update
from languages.locale import Locale

GERMANY = Defaults(Locale("de", None, "DE"), "S")
FOR_EVER = 2**32 - 1
UNKNOWN = AmountStyle()

READ = [
    ("19.99 EUR", (1999, "EUR")), ("EUR 19.99", (1999, "EUR")), ("15.00EUR", (1500, "EUR")),
    ("15.00 eur", (1500, "EUR")),
    ("15,00 EUR", (1500, "EUR")), ("1,5 EUR", (150, "EUR")), ("15 EUR", (1500, "EUR")), (".99 EUR", (99, "EUR")),
    ("1,450.00 USD", (145_000, "USD")), ("1.299,00 EUR", (129_900, "EUR")), ("1.299.000 EUR", (129_900_000, "EUR")),
    ("15.00\u00a0EUR", (1500, "EUR")), ("15.00  EUR", (1500, "EUR")), ("1\u202f299,00 €", (129_900, "EUR")),
    ("1\u2009299,00 €", (129_900, "EUR")), ("1 299 €", (129_900, "EUR")), ("€15.00", (1500, "EUR")),
    ("15 €", (1500, "EUR")),
    ("CHF 1'299.50", (129_950, "CHF")), ("1’299.50 CHF", (129_950, "CHF")), ("15.– CHF", (1500, "CHF")),
    ("15,- €", (1500, "EUR")), ("₹1,23,456.00", (12_345_600, "INR")), ("1,23,456 INR", (12_345_600, "INR")),
    ("١٥٫٥٠ SAR", (1550, "SAR")), ("١٬٥٠٠٫٥٠ SAR", (150_050, "SAR")), ("۱۵ AED", (1500, "AED")),
    ("\u200f15.00 ₪", (1500, "ILS")), ("１５．００ EUR", (1500, "EUR")), ("1,980 JPY", (1980, "JPY")),
    ("1980円", (1980, "JPY")),
    ("150.000 ₫", (150_000, "VND")), ("1.015 KWD", (1015, "KWD")), ("15.0000 EUR", (1500, "EUR")),
    ("US$15", (1500, "USD")),
    ("$15.00 USD", (1500, "USD")), ("USD $15.00", (1500, "USD")), ("R$ 1.234,56", (123_456, "BRL")),
    ("15 zł", (1500, "PLN")),
    ("Kč 15", (1500, "CZK")), ("15 руб.", (1500, "RUB")), ("0 EUR", (0, "EUR")),
    ("150.000 IDR", (15_000_000, "IDR")), ("Rp 150.000", (15_000_000, "IDR")), ("3,990 COP", (399_000, "COP")),
    ("25.000 IQD", (25_000_000, "IQD")), ("1.200,- Kč", (120_000, "CZK")), ("1.200.- CHF", (120_000, "CHF")),
    ("١٬٢٣٤٫٥٠ ر.س.\u200f", (123_450, "SAR")), ("د.إ.\u200f 35.50", (3550, "AED")), ("100 грн.", (10_000, "UAH")),
    ("2500 р.", (250_000, "RUB")), ("12.50 SFr", (1250, "CHF")), ("€ .99", (99, "EUR")), ("12,50 Fr.", (1250, "CHF")),
    ("Rs.500 INR", (50_000, "INR")),
]  # fmt: skip
REFUSED = [
    ("1.015 EUR", "can mean 1015 or 1.015"), ("1,450 USD", "can mean 1450 or 1.450"), ("1,015 KWD", "can mean 1015"),
    ("15.00", "names no currency"), ("$15.00", "may be in USD, CAD, AUD"), ("15 kr", "may be in SEK, NOK, DKK"),
    ("¥1,980", "may be in JPY, CNY"), ("EUR 15.00 USD", "names two currencies"),
    ("0.999 EUR", "has more digits than EUR"),
    ("1.5 JPY", "has more digits than JPY"), ("1,2345,67 EUR", "is not a number"), ("1.2.3 EUR", "is not a number"),
    ("12 34 EUR", "is not a number"), ("-1 EUR", "must not be negative"), ("EUR -1", "must not be negative"),
    ("€−5", "must not be negative"), ("free", "is not a price"), ("from 15.00 EUR", "is not a price"),
    ("15.00 - 20.00 EUR", "is not a price"), ("15.00 EUR/kg", "is not a price"), ("1e3 EUR", "is not a price"),
    ("NaN EUR", "is not a price"), ("15.00 XQX", "is not an ISO 4217 code"), ("9" * 30 + " EUR", "is not an amount"),
    ("9" * 100 + " EUR", "is not a price"), ("", "is not a price"),
    ("1999 GBp", "is in hundredths of GBP"), ("GBX 1999", "is in hundredths of GBP"), ("12.990 HUF", "can mean 12990"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "amount"), READ)
def test_an_amount_that_can_mean_one_thing_is_read(text: str, amount: tuple[int, str]) -> None:
    assert read_amount("price", text, UNKNOWN) == amount


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_an_amount_that_can_mean_two_things_or_none_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidRecord) as refused:
        read_amount("price", text, UNKNOWN)

    assert reason in refused.value.reason


@pytest.mark.parametrize(
    ("text", "style", "amount"),
    [
        ("15.00", AmountStyle("EUR"), (1500, "EUR")),
        ("15.00 USD", AmountStyle("EUR"), (1500, "USD")),
        ("$15.00", AmountStyle(home="CAD"), (1500, "CAD")),
        ("15 kr", AmountStyle("NOK", home="SEK"), (1500, "NOK")),
        ("1,980 ¥", AmountStyle(home="JPY"), (1980, "JPY")),
        ("1.015", AmountStyle("EUR", decimal=","), (101_500, "EUR")),
        ("1,015", AmountStyle("EUR", decimal="."), (101_500, "EUR")),
    ],
)
def test_what_an_amount_does_not_say_is_taken_from_the_defaults(
    text: str, style: AmountStyle, amount: tuple[int, str]
) -> None:
    assert read_amount("price", text, style) == amount


def read_feed(
    folder: Path, cells: dict[str, str], defaults: Defaults = GERMANY
) -> tuple[Listing | Rejected, Catalogue]:
    cells = {"id": "A1", "title": "T", "price": "19.99 EUR"} | cells
    path = folder / "feed.tsv"
    path.write_text("\t".join(cells) + "\n" + "\t".join(cells.values()) + "\n", "utf-8")
    catalogue = open_catalogue(path, defaults=defaults)
    ((_, entry),) = catalogue
    return entry, catalogue


def read_sale(folder: Path, cells: dict[str, str], defaults: Defaults = GERMANY) -> Sale | None:
    listing, _ = read_feed(folder, cells, defaults)
    assert isinstance(listing, Listing), listing
    return listing.sale


def test_a_price_without_a_currency_is_in_the_default_currency(tmp_path: Path) -> None:
    listing, _ = read_feed(tmp_path, {"price": "15.00"}, Defaults(Locale("de", None, "DE"), "S", currency="CHF"))

    assert isinstance(listing, Listing)
    assert (listing.price_minor, listing.currency) == (1500, "CHF")


@pytest.mark.parametrize(("sale_price", "reason"), [
    ("0.00 EUR", "is free of charge"), ("19.99 EUR", "is not below the price"), ("29.99 EUR", "is not below the price"),
])  # fmt: skip
def test_a_sale_that_is_free_equal_or_dearer_is_no_sale(tmp_path: Path, sale_price: str, reason: str) -> None:
    listing, catalogue = read_feed(tmp_path, {"sale_price": sale_price})

    assert isinstance(listing, Listing)
    assert (listing.price_minor, listing.sale) == (1999, None)
    assert catalogue.notes.counts == {("sale", reason): 1}


@pytest.mark.parametrize("period", ["2026-12-09/2026-11-01", "2026-11-01T10:00/2026-11-01T10:00"])
def test_a_sale_that_ends_before_it_starts_is_no_sale_and_does_not_cost_the_item(tmp_path: Path, period: str) -> None:
    fields = {"sale_price": "9.99 EUR", "sale_price_effective_date": period}
    listing, catalogue = read_feed(tmp_path, fields)

    assert isinstance(listing, Listing)
    assert (listing.price_minor, listing.sale) == (1999, None)
    assert catalogue.notes.counts == {("sale", "ends before it starts"): 1}


@pytest.mark.parametrize("sale_minor", [0, 1999, 2999])
def test_a_sale_of_our_own_form_and_of_a_mapped_one_is_never_dearer(tmp_path: Path, sale_minor: int) -> None:
    record = {"listing_id": "L", "seller_id": "S", "locale": "de", "title": "T", "price_minor": 1999, "currency": "EUR"}
    own = tmp_path / "own.jsonl"
    own.write_text(json.dumps(record | {"sale": {"price_minor": sale_minor}}))
    theirs = tmp_path / "theirs.jsonl"
    theirs.write_text(json.dumps({"id": "L", "name": "T", "cost": 1999, "now": sale_minor}))
    mapping = parse_mapping(
        {
            "fields": {"listing_id": "id", "title": "name"},
            "price": {"field": "cost", "unit": "minor", "currency": "EUR"},
            "sale": {"field": "now"},
        }
    )
    ((_, ours),) = open_catalogue(own)
    ((_, mapped),) = open_catalogue(theirs, mapping=mapping, defaults=Defaults(Locale("de"), "S"))

    assert isinstance(ours, Listing)
    assert ours.sale is None
    assert ours == mapped


def test_an_update_clears_a_sale_that_is_not_below_its_price_and_keeps_one_that_is() -> None:
    assert read_update({"listing_id": "L", "price_minor": 10, "currency": "EUR", "sale": {"price_minor": 10}}) == (
        ListingUpdate("L", 10, "EUR", sale=None)
    )
    assert read_update({"listing_id": "L", "sale": {"price_minor": 0}}) == ListingUpdate("L", sale=None)
    assert read_update({"listing_id": "L", "sale": {"price_minor": 9}}) == ListingUpdate("L", sale=Sale(9, 0, FOR_EVER))
    assert read_update({"listing_id": "L", "stock": 1}).sale is UNSET  # type: ignore[union-attr]


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("period", "region", "starts", "ends"),
    [
        ("2026-11-01/2026-11-09", "DE", "2026-10-31T23:00", "2026-11-09T23:00"),
        ("2026-06-01 / 2026-06-01", "DE", "2026-05-31T22:00", "2026-06-01T22:00"),
        ("2026-11-01/2026-11-09", "US", "2026-11-01T04:00", "2026-11-10T05:00"),
        ("2026-11-01/2026-11-09", "JP", "2026-10-31T15:00", "2026-11-09T15:00"),
        ("2026-11-01/2026-11-09", None, "2026-11-01T00:00", "2026-11-10T00:00"),
        ("2026-11-01T08:00/2026-11-09T20:00", "DE", "2026-11-01T07:00", "2026-11-09T19:00"),
        ("2026-11-01T08:00Z/2026-11-09T20:00+0100", "DE", "2026-11-01T08:00", "2026-11-09T19:00"),
        ("2026-11-01T08:00/2026-11-09", "DE", "2026-11-01T07:00", "2026-11-09T23:00"),
    ],
)
def test_the_days_of_a_sale_are_those_of_the_feeds_country(
    tmp_path: Path, period: str, region: str | None, starts: str, ends: str
) -> None:
    cells = {"sale_price": "9.99 EUR", "sale_price_effective_date": period}
    sale = read_sale(tmp_path, cells, Defaults(Locale("de", None, region), "S"))

    assert sale == Sale(999, at(starts), at(ends))


def test_an_interval_without_a_beginning_or_an_end_has_none(tmp_path: Path) -> None:
    before = read_sale(tmp_path, {"sale_price": "9.99 EUR", "sale_price_effective_date": "/2026-11-09"})
    after = read_sale(tmp_path, {"sale_price": "9.99 EUR", "sale_price_effective_date": "2026-11-09/"})

    assert before == Sale(999, 0, at("2026-11-09T23:00"))
    assert after == Sale(999, at("2026-11-08T23:00"), FOR_EVER)


def test_in_our_own_form_a_date_is_a_whole_day_and_a_time_without_zone_is_utc(tmp_path: Path) -> None:
    sale = {"price_minor": 999, "from": "2026-11-01T00:00", "to": "2026-11-09"}
    record = {
        "listing_id": "L", "seller_id": "S", "locale": "de-DE", "title": "T", "price_minor": 1999, "currency": "EUR",
        "sale": sale,
    }  # fmt: skip
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps(record))
    ((_, listing),) = open_catalogue(path)

    assert isinstance(listing, Listing)
    assert listing.sale == Sale(999, at("2026-11-01T00:00"), at("2026-11-09T23:00"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("UK", "GB"), ("uk", "GB"), ("EL", "GR"), ("DE", "DE"), (" de ", "DE"), ("GBR", "GB"), ("XK", "XK"),
        ("Germany", None), ("XX", None), ("EU", None), ("ZZ", None), ("D", None), ("", None), ("ДЕ", None),
    ],
)  # fmt: skip
def test_a_countrys_code_is_read_in_the_spellings_of_shops(text: str, code: str | None) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize(("theirs", "ours"), [("UK", "GB"), ("EL", "GR"), ("gb", "GB")])
def test_a_shipping_row_and_the_country_of_dispatch_have_the_code_that_buyers_have(
    tmp_path: Path, theirs: str, ours: str
) -> None:
    listing, catalogue = read_feed(
        tmp_path, {"shipping": f"{theirs}:::4.95 GBP", "ships_from_country": theirs}, GERMANY
    )
    (template,) = catalogue.templates.values()

    assert isinstance(listing, Listing)
    assert listing.ships_from == ours
    assert [(row.country, row.cost_minor, row.currency) for row in template.rows] == [(ours, 495, "GBP")]


def test_a_locale_with_uk_or_el_is_of_gb_or_gr() -> None:
    assert str(Locale.parse("en-UK")) == "en-GB"
    assert str(Locale.parse("el_EL")) == "el-GR"
    assert str(Locale.parse("uk-UA")) == "uk-UA"


def test_an_unknown_country_is_rejected_by_name(tmp_path: Path) -> None:
    rejected, _ = read_feed(tmp_path, {"shipping": "XX:::4.95 GBP"})

    assert rejected == Rejected(1, "shipping.country", "XX", "is not an ISO 3166 country code such as DE")


@pytest.mark.parametrize("service", [
    "self pickup", "Pick-up in store", "pick up", "Click & Collect", "Collection from store", "Abholung",
    "Selbstabholer",
    "Retrait en magasin", "Recogida en tienda", "Ritiro in negozio", "Afhalen", "Hämta i butik", "Odbiór osobisty",
    "Osobní odběr", "Személyes átvétel", "Самовывоз", "Παραλαβή από κατάστημα", "איסוף עצמי", "استلام من المتجر",
    "店頭受取", "門市自取", "방문수령", "รับเองที่ร้าน", "Nhận tại cửa hàng", "Ambil di toko", "Mağazadan teslim",
    "In-store",
])  # fmt: skip
def test_a_service_of_collection_is_recognised_in_many_languages(service: str) -> None:
    assert is_pickup(service)


@pytest.mark.parametrize(
    "service", ["", "courier", "Standard", "Express", "DHL Paket", "Evri", "Chronopost", "GLS", "宅配"]
)
def test_a_service_that_delivers_is_no_collection(service: str) -> None:
    assert not is_pickup(service)


def test_collection_is_not_delivery_and_costs_nothing_less(tmp_path: Path) -> None:
    listing, catalogue = read_feed(tmp_path, {"shipping": "IL::courier:45.00 ILS,IL::self pickup:0.00 ILS"})
    (template,) = catalogue.templates.values()

    assert isinstance(listing, Listing)
    assert [(row.country, row.cost_minor) for row in template.rows] == [("IL", 4500)]


def test_an_item_with_collection_alone_has_the_default_delivery_and_a_note(tmp_path: Path) -> None:
    listing, catalogue = read_feed(tmp_path, {"shipping": "IL::self pickup:0.00 ILS"})

    assert isinstance(listing, Listing)
    assert (listing.shipping_template, catalogue.templates) == (None, {})
    assert catalogue.notes.counts == {("shipping", "is for collection in a shop only"): 1}


def test_shipping_costs_with_a_decimal_comma_are_not_divided_there(tmp_path: Path) -> None:
    _, catalogue = read_feed(tmp_path, {"shipping": "DE:::4,95 EUR,AT::Express:1.009,90 EUR"})
    (template,) = catalogue.templates.values()

    assert [(row.country, row.cost_minor) for row in template.rows] == [("AT", 100_990), ("DE", 495)]


def test_mapped_amounts_with_a_decimal_comma_are_read_and_others_refused(tmp_path: Path) -> None:
    mapping = parse_mapping(
        {
            "fields": {"listing_id": "id", "title": "name"},
            "price": {"field": "price", "unit": "major", "decimal": ",", "currency": "EUR"},
        }
    )
    prices = ["1.299,00", "1 299,00", "1'299,00", "9,99 €", "EUR 9,99", "9,999", "9.99", "9,99 $"]
    path = tmp_path / "a.jsonl"
    records = [{"id": str(number), "name": "T", "price": price} for number, price in enumerate(prices)]
    path.write_text("\n".join(map(json.dumps, records)), "utf-8")
    entries = [entry for _, entry in open_catalogue(path, mapping=mapping, defaults=Defaults(Locale("de"), "S"))]

    assert [entry.price_minor if isinstance(entry, Listing) else entry.reason for entry in entries] == [
        129_900, 129_900, 129_900, 999, 999,
        "has more digits than EUR (2 after the point)",
        "is not a number with ',' before the fraction",
        "may be in USD, CAD, AUD: write the code of its currency",
    ]  # fmt: skip
