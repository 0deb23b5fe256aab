"""Product feeds by the public specification: what each attribute becomes, in TSV and in XML."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from indexer.catalogue.catalogue import Catalogue, Defaults, open_catalogue
from indexer.listing import Listing, Rejected, Sale
from indexer.market import ShippingRow, ShippingTemplate
from languages.locale import Locale

UTF_8 = (
    "is not valid UTF-8 at byte {}: save the file as UTF-8, as with iconv -f WINDOWS-1252 -t UTF-8 "
    "(Cyrillic: -f WINDOWS-1251)"
)
DEFAULTS = Defaults(Locale("de", None, "DE"), "SHOP")

TSV = (
    "id\ttitle\tdescription\tlink\timage link\tavailability\tprice\tsale price\tsale_price_effective_date\tbrand\t"
    "gtin\tmpn\tgoogle_product_category\tproduct_type\titem_group_id\tcolor\tsize\tcondition\t"
    "product_detail\tshipping(country:region:service:price)\tadult\tidentifier_exists\n"
    "A1\tHerrenschuh\tAus Leder\thttps://x.example/a1\thttps://x.example/a1.jpg\tin_stock\t19.99 EUR\t15.00 EUR\t"
    "2024-02-24T11:07+0100/2024-02-29T23:07+0100\tMeyer\t4006381333931\tMS-1\t187\tSchuhe > Herren\tG1\tbraun\t"
    "42\tnew\t"
    "Allgemein:Sohle:Gummi,Allgemein:Futter:Wolle\tDE:::4.95 EUR,AT::Express:9.90 EUR,AT:::7.90 EUR\tno\t\n"
    'A2\t"Monitor 24"" breit"\t\t\t\tout of stock\tEUR 5\t\t\t\t\t\t\t\t\t\t\t\t\t\t\tno\n'
    'A3\tMonitor 17"\t\t\t\tpreorder\t5.5 EUR\n'
)
XML = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>
<title>The shop</title><link>https://x.example</link>
<item>
  <title>not this one</title><g:title>Herrenschuh &amp; Sohn</g:title><g:id>A1</g:id>
  <description><![CDATA[<b>Aus</b> Leder]]></description>
  <g:price>1999 JPY</g:price><g:availability>in stock</g:availability><g:quantity>7</g:quantity>
  <g:external_seller_id>S9</g:external_seller_id><g:ships_from_country>JP</g:ships_from_country>
  <g:google_product_category>Apparel &amp; Accessories &gt; Shoes</g:google_product_category>
  <g:product_type>Schuhe</g:product_type><g:adult>yes</g:adult>
  <g:gtin>4006381333931</g:gtin><g:mpn>MS-1</g:mpn><g:identifier_exists>no</g:identifier_exists>
  <g:sale_price>1500 JPY</g:sale_price>
  <g:product_detail><g:section_name>A</g:section_name><g:attribute_name>Sohle</g:attribute_name>
    <g:attribute_value>Gummi: weich</g:attribute_value></g:product_detail>
  <g:shipping><g:country>JP</g:country><g:price>500 JPY</g:price>
    <g:min_handling_time>1</g:min_handling_time><g:max_handling_time>2</g:max_handling_time>
    <g:min_transit_time>3</g:min_transit_time><g:max_transit_time>5</g:max_transit_time></g:shipping>
  <media:title xmlns:media="http://search.yahoo.com/mrss/">nor this one</media:title>
</item>
<item><g:id>A2</g:id><title>Lampe</title><g:price>10.00 EUR</g:price></item>
</channel></rss>"""


def opened(folder: Path, name: str, content: str | bytes, defaults: Defaults = DEFAULTS, skip: int = 0) -> Catalogue:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_catalogue(path, defaults=defaults, skip=skip)


def item(inner: str, id: str = "A1") -> str:
    return f"<item><g:id>{id}</g:id><g:title>T</g:title><g:price>1 EUR</g:price>{inner}</item>"


def feed(*items: str, doctype: str = "") -> str:
    return f'<?xml version="1.0"?>{doctype}<rss xmlns:g="http://base.google.com/ns/1.0"><channel>{"".join(items)}</channel></rss>'


def found(catalogue: Catalogue) -> list[str | Rejected]:
    return [entry.listing_id if isinstance(entry, Listing) else entry for _, entry in catalogue]


def test_a_feed_in_tsv_becomes_listings(tmp_path: Path) -> None:
    catalogue = opened(tmp_path, "feed.txt", TSV)
    shoe, wide, monitor = (listing for _, listing in catalogue)

    assert isinstance(shoe, Listing)
    assert shoe == Listing(
        listing_id="A1",
        seller_id="SHOP",
        locale=Locale("de", None, "DE"),
        title="Herrenschuh",
        price_minor=1999,
        currency="EUR",
        description="Aus Leder",
        brand="Meyer",
        model="MS-1",
        gtin="04006381333931",
        category=("Schuhe", "Herren"),
        attributes={"color": "braun", "size": "42", "condition": "new", "Sohle": "Gummi", "Futter": "Wolle"},
        sale=Sale(1500, 1_708_769_220, 1_709_244_420),
        shipping_template=shoe.shipping_template,
        group_id="G1",
        image_url="https://x.example/a1.jpg",
    )
    assert catalogue.templates == {
        shoe.shipping_template: ShippingTemplate(
            str(shoe.shipping_template),
            (ShippingRow("AT", 790, "EUR", 2, 8), ShippingRow("DE", 495, "EUR", 2, 8)),
        )
    }
    assert wide == Listing("A2", "SHOP", Locale("de", None, "DE"), 'Monitor 24" breit', 500, "EUR", stock=0)
    assert monitor == Listing(
        "A3", "SHOP", Locale("de", None, "DE"), 'Monitor 17"', 550, "EUR",
        stock=0, attributes={"availability": "preorder"},
    )  # fmt: skip


def test_a_feed_in_xml_becomes_listings(tmp_path: Path) -> None:
    catalogue = opened(tmp_path, "feed.xml", XML)
    shoe, lamp = (listing for _, listing in catalogue)

    assert isinstance(shoe, Listing)
    assert shoe == Listing(
        listing_id="A1",
        seller_id="S9",
        locale=Locale("de", None, "DE"),
        title="Herrenschuh & Sohn",
        price_minor=1999,
        currency="JPY",
        description="Aus Leder",
        category=("Apparel & Accessories", "Shoes"),
        attributes={"Sohle": "Gummi: weich"},
        sale=Sale(1500, 0, 2**32 - 1),
        shipping_template=shoe.shipping_template,
        ships_from="JP",
        stock=7,
        adult=True,
    )
    assert [template.rows for template in catalogue.templates.values()] == [(ShippingRow("JP", 500, "JPY", 4, 7),)]
    assert lamp == Listing("A2", "SHOP", Locale("de", None, "DE"), "Lampe", 1000, "EUR")


def test_a_feed_in_atom_with_another_prefix_becomes_listings(tmp_path: Path) -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:c="http://base.google.com/ns/1.0"><title>Shop</title>'
        "<entry><title>Lampe</title><id>tag:x</id><c:id>A1</c:id><c:price>2 EUR</c:price>"
        "<author><name>Meyer</name></author></entry></feed>"
    )
    ((number, lamp),) = opened(tmp_path, "feed.xml", atom)

    assert (number, lamp) == (1, Listing("A1", "SHOP", Locale("de", None, "DE"), "Lampe", 200, "EUR"))


def test_equal_shipping_rows_share_one_template(tmp_path: Path) -> None:
    shipping = "<g:shipping><g:country>DE</g:country><g:price>{} EUR</g:price></g:shipping>"
    items = [item(shipping.format(number % 3), id=f"A{number}") for number in range(300)]
    catalogue = opened(tmp_path, "feed.xml", feed(*items))
    used = {listing.shipping_template for _, listing in catalogue if isinstance(listing, Listing)}

    assert len(used) == 3
    assert used == set(catalogue.templates)
    assert all(id.startswith("feed-") for id in catalogue.templates)


def test_a_shipping_row_for_the_whole_country_wins_over_a_regions_and_then_the_cheapest(tmp_path: Path) -> None:
    head = "id\ttitle\tprice\tshipping\n"
    rows = "US:CA::1.00 USD,US:::6.00 USD,US::Standard:5.00 USD,:::3.00 EUR,CA:QC::2.00 CAD"
    catalogue = opened(tmp_path, "feed.tsv", head + f"A1\tT\t1 EUR\t{rows}\n")

    assert found(catalogue) == ["A1"]
    assert [
        (row.country, row.cost_minor) for template in catalogue.templates.values() for row in template.rows
    ] == [("CA", 200), ("DE", 300), ("US", 500)]  # fmt: skip


def test_of_rows_for_regions_alone_the_dearest_counts(tmp_path: Path) -> None:
    rows = "US:CA::1.00 USD,US:HI::9.00 USD,US:NY::4.00 USD"
    catalogue = opened(tmp_path, "feed.tsv", f"id\ttitle\tprice\tshipping\nA1\tT\t1 USD\t{rows}\n")

    assert found(catalogue) == ["A1"]
    assert [(row.country, row.cost_minor) for one in catalogue.templates.values() for row in one.rows] == [("US", 900)]


def test_a_parcel_point_is_a_delivery_and_a_cost_is_in_the_prices_currency(tmp_path: Path) -> None:
    rows = "DE::DHL Pickup Point:3.90,AT::Pickup in store:0.00 EUR"
    catalogue = opened(tmp_path, "feed.tsv", f"id\ttitle\tprice\tshipping\nA1\tT\t1 EUR\t{rows}\n")

    assert found(catalogue) == ["A1"]
    assert [
        (row.country, row.cost_minor, row.currency) for one in catalogue.templates.values() for row in one.rows
    ] == [("DE", 390, "EUR")]  # fmt: skip


@pytest.mark.parametrize(("name", "content"), [("feed.tsv", TSV), ("feed.xml", XML), ("feed.xml.gz", XML)])
@pytest.mark.parametrize("skip", [0, 1, 2, 3, 9])
def test_a_resumed_feed_gives_the_same_tail_and_the_same_templates(
    tmp_path: Path, name: str, content: str, skip: int
) -> None:
    data = gzip.compress(content.encode()) if name.endswith(".gz") else content.encode()
    whole, resumed = opened(tmp_path, name, data), opened(tmp_path, name, data, skip=skip)

    assert list(resumed) == list(whole)[skip:]
    assert resumed.templates == whole.templates
    assert len(whole.templates) == 1


BAD = [
    ("<g:price>1.015 EUR</g:price>", "price", "1.015 EUR", "can mean 1015 or 1.015"),
    ("<g:price>from 1 EUR</g:price>", "price", "from 1 EUR", "is not a price such as '19.99 EUR'"),
    ("<g:price>1.50</g:price>", "price", "1.50", "names no currency"),
    ("<g:price>-1 EUR</g:price>", "price", "-1 EUR", "must not be negative"),
    ("<g:price>1.5 JPY</g:price>", "price", "1.5 JPY", "has more digits than JPY (0 after the point)"),
    ("<g:price>1.5 XQX</g:price>", "currency", "XQX", "is not an ISO 4217 code"),
    ("<g:price/>", "price", "", "is missing"),
    ("<g:title> </g:title>", "title", "", "is missing"),
    ("<g:sale_price>1 USD</g:sale_price>", "sale_price", "1 USD", "is not in the price's currency, EUR"),
    ("<g:adult>perhaps</g:adult>", "adult", "perhaps", "must be yes or no"),
    ("<g:shipping>free</g:shipping>", "shipping", "free", "must hold country and price"),
    (
        "<g:shipping><g:country>Germany</g:country></g:shipping>",
        "shipping.country", "Germany", "is not an ISO 3166 country code",
    ),
    (
        "<g:sale_price>1 EUR</g:sale_price><g:sale_price_effective_date>now</g:sale_price_effective_date>",
        "sale_price_effective_date", "now", "is not an interval",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("inner", "field", "value", "reason"), BAD, ids=[bad[2] + "-" + bad[1] for bad in BAD])
def test_a_bad_item_is_rejected_with_the_feeds_own_names(
    tmp_path: Path, inner: str, field: str, value: str, reason: str
) -> None:
    usual = {"price": "<g:price>1 EUR</g:price>", "title": "<g:title>T</g:title>"}
    own = "".join(text for name, text in usual.items() if f"<g:{name}" not in inner)
    bad = f"<item><g:id>A1</g:id>{own}{inner}</item>"
    rejected, good = found(opened(tmp_path, "feed.xml", feed(bad, item("", id="A2"))))

    assert good == "A2"
    assert isinstance(rejected, Rejected)
    assert (rejected.record, rejected.field, rejected.value) == (1, field, value)
    assert rejected.reason.startswith(reason)


def test_an_item_that_uses_an_entity_is_rejected_and_nothing_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("top secret")
    doctype = f'<!DOCTYPE rss SYSTEM "{secret.as_uri()}" [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY y "yes">]>'
    items = [
        item("<g:brand>&x;</g:brand>", "A1"),
        item("<g:brand>&y;</g:brand>", "A2"),
        item("<g:brand>Tom &nbsp; Jerry</g:brand>", "A3"),
        item("<g:brand>Tom &amp; &#74;erry</g:brand>", "A4"),
    ]
    entries = found(opened(tmp_path, "feed.xml", feed(*items, doctype=doctype)))

    assert entries == [
        Rejected(1, "record", "&x;", "uses an entity, which is not expanded"),
        Rejected(2, "record", "&y;", "uses an entity, which is not expanded"),
        "A3",
        "A4",
    ]


def test_a_billion_laughs_attack_costs_nothing(tmp_path: Path) -> None:
    declared = ['<!ENTITY l0 "lol">'] + [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 11)]
    bomb = feed(item("<g:brand>&l10;</g:brand>"), item("", "A2"), doctype=f"<!DOCTYPE rss [{''.join(declared)}]>")
    catalogue = opened(tmp_path, "feed.xml", bomb)
    tracemalloc.start()
    entries = found(catalogue)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert entries == [Rejected(1, "record", "&l10;", "uses an entity, which is not expanded"), "A2"]
    assert peak < 1_000_000


def test_laughs_inside_a_tag_cost_their_item(tmp_path: Path) -> None:
    declared = ['<!ENTITY l0 "lol">'] + [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 11)]
    items = [item("", "A0"), item('<g:brand a="&l10;"/>'), item("", "A2")]
    bomb = feed(*items, doctype=f"<!DOCTYPE rss [{''.join(declared)}]>")

    assert found(opened(tmp_path, "feed.xml", bomb)) == [
        "A0", Rejected(2, "record", "&l10;", "uses an entity, which is not expanded"), "A2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "broken",
    [b"<item><g:id>A3</g:id></wrong>", b"<item><g:id>A3", b"<item>", b"<!-- ", b""],
)
def test_broken_xml_keeps_the_items_before_it(tmp_path: Path, broken: bytes) -> None:
    whole = feed(item("", "A1"), item("", "A2")).encode()
    *kept, cut = found(opened(tmp_path, "feed.xml", whole.removesuffix(b"</channel></rss>") + broken))

    assert kept == ["A1", "A2"]
    assert isinstance(cut, Rejected)
    assert (cut.record, cut.field) == (3, "file")
    assert "the XML is cut or broken" in cut.reason


def test_a_cut_gzip_feed_keeps_the_items_before_the_cut(tmp_path: Path) -> None:
    whole = gzip.compress(feed(*(item("", f"A{number * 7919 % 10007}") for number in range(5000))).encode())
    *kept, cut = found(opened(tmp_path, "feed.xml.gz", whole[: len(whole) // 2]))

    assert len(kept) > 1500
    assert kept == [f"A{number * 7919 % 10007}" for number in range(len(kept))]
    assert isinstance(cut, Rejected)
    assert cut.reason.startswith("the gzip file is cut or damaged")


def test_an_item_of_ten_megabytes_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    long = item(f"<g:description>{'x' * 10_000_000}</g:description>")
    catalogue = opened(tmp_path, "feed.xml", feed(item("", "A0"), long, item("", "A2")))
    del long
    tracemalloc.start()
    entries = found(catalogue)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert entries == ["A0", Rejected(2, "record", "A1", "is longer than 1,048,576 bytes"), "A2"]
    assert peak < 6_000_000


def test_bad_lines_of_a_tsv_feed_are_rejected_and_the_next_read(tmp_path: Path) -> None:
    lines = [
        b"id\ttitle\tprice",
        b"A1\tT\t1 EUR",
        b"A2\t\xff\xfe\t1 EUR",
        b"A3\ta\ttab\t1 EUR",
        b"A4\t" + b"x" * 2_000_000 + b"\t1 EUR",
        b"A5\ta\x00b\t1 EUR",
        b"",
        b'A6\t"open\t1 EUR',
    ]
    a1, utf8, tab, long, nul, a6 = found(opened(tmp_path, "feed.tsv", b"\n".join(lines)))

    assert (a1, a6) == ("A1", "A6")
    assert utf8 == Rejected(2, "record", "A2\t\\xff\\xfe\t1 EUR", UTF_8.format(3))
    assert isinstance(tab, Rejected)
    assert tab.reason.startswith("has 4 cells where the header has 3")
    assert isinstance(long, Rejected)
    assert long.reason == "is longer than 1,048,576 bytes"
    assert nul == Rejected(5, "title", "a\\x00b", "holds a NUL character")


def test_a_feed_without_required_values_is_refused_when_it_is_opened(tmp_path: Path) -> None:
    only_locale = Defaults(locale=Locale("de"))

    with pytest.raises(ValueError, match="does not state its locale: add --locale de-DE"):
        opened(tmp_path, "feed.xml", XML, Defaults(seller_id="S"))
    with pytest.raises(ValueError, match="does not state its seller: add --seller-id MY-SHOP"):
        opened(tmp_path, "feed.tsv", TSV, only_locale)
    with pytest.raises(ValueError, match=r"its columns are id, title, .* To be a Google product feed it lacks 'price'"):
        opened(tmp_path, "feed.tsv", "id\ttitle\n", DEFAULTS)

    assert opened(tmp_path, "feed.xml", XML, only_locale).form == "google-xml"
