"""Product feeds in XML as shops write them: a broken item costs one item, and no text is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.catalogue.catalogue import Catalogue, Defaults, open_catalogue
from indexer.listing import Listing, Rejected
from languages.locale import Locale

DEFAULTS = Defaults(Locale("de", None, "DE"), "S")
GOOGLE = "http://base.google.com/ns/1.0"


def opened(folder: Path, name: str, content: str | bytes) -> Catalogue:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_catalogue(path, defaults=DEFAULTS)


def entries(catalogue: Catalogue) -> list[str | Rejected]:
    return [entry.listing_id if isinstance(entry, Listing) else entry for _, entry in catalogue]


def item(id: str, inner: str = "") -> str:
    return f"<item><g:id>{id}</g:id><title>T</title><g:price>1 EUR</g:price>{inner}</item>"


def feed(*items: str, namespace: str = GOOGLE, head: str = '<?xml version="1.0"?>') -> str:
    return f'{head}<rss xmlns:g="{namespace}"><channel>{"".join(items)}</channel></rss>'


@pytest.mark.parametrize("description", [
    "Nice <b>oak</b> chair", "<![CDATA[Nice <b>oak</b>&nbsp;chair]]>", "Nice &lt;b&gt;oak&lt;/b&gt; chair",
    "Nice oak<br> chair", "Nice <B>oak</b> chair", "<p>Nice oak</p> <![CDATA[chair]]>", "Nice&nbsp;oak chair",
])  # fmt: skip
def test_markup_in_an_xml_description_is_text_however_it_is_written(tmp_path: Path, description: str) -> None:
    inner = f"<description>{description}</description><g:brand>Meyer</g:brand>"
    ((_, listing),) = opened(tmp_path, "feed.xml", feed(item("A1", inner)))

    assert isinstance(listing, Listing)
    assert (listing.description or "").split() == ["Nice", "oak", "chair"]
    assert listing.brand == "Meyer"


@pytest.mark.parametrize(
    ("inner", "brand"),
    [
        ("Salz & Pfeffer", "Salz & Pfeffer"), ("Salz \x0b Pfeffer", "Salz Pfeffer"),
        ("Salz &#11; Pfeffer", "Salz Pfeffer"),
        ("a < b", "a < b"), ("Caf&eacute;", "Café"), ("AT&T;", "AT&T;"), ("A&amp;B &#169;", "A&B ©"),
        ("<![CDATA[Salz & Pfeffer]]>", "Salz & Pfeffer"),
    ],
)  # fmt: skip
def test_what_xml_forbids_in_a_text_is_repaired_where_it_needs_no_guess(tmp_path: Path, inner: str, brand: str) -> None:
    first, second = (
        entry for _, entry in opened(tmp_path, "feed.xml", feed(item("A1", f"<g:brand>{inner}</g:brand>"), item("A2")))
    )

    assert isinstance(first, Listing)
    assert " ".join((first.brand or "").split()) == brand
    assert isinstance(second, Listing)


@pytest.mark.parametrize(
    "broken",
    [
        "<item><g:id>A3</g:id><g:price>1 EUR</item>",
        "<item><g:id>A3</g:id><title>never closed",
        "<item><g:id>A3</g:id><description><![CDATA[never closed</description></item>",
        "<item><g:id>A3</g:id><!-- never closed</item>",
        "<item><g:id>A3</g:id><title>a\x00b</title></item>",
        "<item><g:id>A3</g:id></g:title></item>",
        '<item a="1" a="2"><g:id>A3</g:id></item>',
        "<item>" + "<b>" * 200_000 + "</item>",
        "<item><g:id>A3</g:id>" + "x" * 2_000_000 + "</item>",
        "<item/>",
    ],
)
def test_a_broken_item_costs_one_item(tmp_path: Path, broken: str) -> None:
    cdata = "<description><![CDATA[<b>ok</b>]]></description>"
    items = [item(f"A{number}", cdata) for number in (1, 2, 4, 5)]
    catalogue = opened(tmp_path, "feed.xml", feed(items[0], items[1], broken, items[2], items[3]))
    first, second, rejected, fourth, fifth = entries(catalogue)

    assert (first, second, fourth, fifth) == ("A1", "A2", "A4", "A5")
    assert isinstance(rejected, Rejected)
    assert rejected.record == 3


def test_items_in_comments_and_tags_in_cdata_are_no_items(tmp_path: Path) -> None:
    hidden = f"<!-- {item('X')} -->"
    inner = "<description><![CDATA[<item> and </item>]]></description><!-- </item> -->"
    catalogue = opened(tmp_path, "feed.xml", feed(hidden, item("A1", inner), hidden, item("A2")))

    assert entries(catalogue) == ["A1", "A2"]


@pytest.mark.parametrize("mark", ["<!--", "<![CDATA["])
@pytest.mark.parametrize("closed", ["", "<!-- a comment -->", "x" * 1_500_000])
def test_a_comment_between_items_that_is_never_closed_hides_no_item(tmp_path: Path, mark: str, closed: str) -> None:
    items = [item(f"A{number}") for number in range(6)]
    catalogue = opened(tmp_path, "feed.xml", feed(mark, items[0], items[1], mark, *items[2:4], closed, *items[4:]))

    assert entries(catalogue) == [f"A{number}" for number in range(6)]


def test_a_feed_with_ten_broken_items_of_a_hundred_keeps_ninety(tmp_path: Path) -> None:
    items = [item(f"A{n}", "</b>" if n % 10 == 3 else "<g:brand>Salz & Pfeffer</g:brand>") for n in range(100)]
    read = entries(opened(tmp_path, "feed.xml", feed(*items)))

    assert len(read) == 100
    assert sum(isinstance(entry, Rejected) for entry in read) == 10


@pytest.mark.parametrize("namespace", [
    GOOGLE, "https://base.google.com/ns/1.0", "http://base.google.com/ns/1.0/", "HTTP://BASE.GOOGLE.COM/ns/1.0",
])  # fmt: skip
def test_googles_namespace_is_known_in_its_variants(tmp_path: Path, namespace: str) -> None:
    assert entries(opened(tmp_path, "feed.xml", feed(item("A1"), namespace=namespace))) == ["A1"]


@pytest.mark.parametrize("atom", ["http://www.w3.org/2005/Atom", "https://www.w3.org/2005/Atom", "urn:x"])
def test_elements_in_the_namespace_of_the_entry_itself_are_read(tmp_path: Path, atom: str) -> None:
    entry = "<entry><id>A1</id><title>T</title><g:price>1 EUR</g:price></entry>"
    content = f'<feed xmlns="{atom}" xmlns:g="{GOOGLE}">{entry}</feed>'

    assert entries(opened(tmp_path, "feed.xml", content)) == ["A1"]


def test_an_unknown_namespace_gives_one_message_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"prefix g is of the namespace 'http://example\.com/ns'; Google's is"):
        opened(tmp_path, "feed.xml", feed(item("A1"), namespace="http://example.com/ns"))


def test_a_prefix_that_is_declared_nowhere_costs_nothing(tmp_path: Path) -> None:
    assert entries(opened(tmp_path, "feed.xml", feed(item("A1", "<media:x y:z='1'>a</media:x>")))) == ["A1"]


@pytest.mark.parametrize("encoding", ["windows-1252", "ISO-8859-1", "ISO-8859-15", "UTF-16", "Shift_JIS", "utf-8"])
def test_xml_is_read_in_the_encoding_that_it_declares(tmp_path: Path, encoding: str) -> None:
    brand = "ソニー" if encoding == "Shift_JIS" else "Käthe Süß"
    content = feed(item("A1", f"<g:brand>{brand}</g:brand>"), head=f'<?xml version="1.0" encoding="{encoding}"?>')
    ((_, listing),) = opened(tmp_path, "feed.xml", content.encode(encoding))

    assert isinstance(listing, Listing)
    assert listing.brand == brand


def test_an_encoding_that_is_not_known_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="names the encoding 'klingon', which is not known: save the file as UTF-8"):
        opened(tmp_path, "feed.xml", feed(item("A1"), head='<?xml version="1.0" encoding="klingon"?>'))


def test_bytes_of_another_encoding_are_rejected_by_record_with_the_mend(tmp_path: Path) -> None:
    content = feed(item("A1"), item("A2", "<g:brand>Süß</g:brand>"), item("A3")).encode("cp1252")
    first, rejected, third = entries(opened(tmp_path, "feed.xml", content))

    assert (first, third) == ("A1", "A3")
    assert isinstance(rejected, Rejected)
    assert (rejected.value, rejected.reason.partition(":")[2]) == (
        "A2", ' name the file\'s encoding in its first line, such as <?xml encoding="windows-1252"?>',
    )  # fmt: skip


@pytest.mark.parametrize("inner", [
    "<g:shipping/>", "<g:shipping></g:shipping>", "<g:shipping><g:country/><g:price/></g:shipping>",
    "<g:shipping> <g:country> </g:country> </g:shipping>",
])  # fmt: skip
def test_an_empty_shipping_says_nothing(tmp_path: Path, inner: str) -> None:
    catalogue = opened(tmp_path, "feed.xml", feed(item("A1", inner)))

    assert entries(catalogue) == ["A1"]
    assert catalogue.templates == {}


@pytest.mark.parametrize("name", ["summary", "content"])
def test_the_summary_of_an_atom_entry_is_its_description(tmp_path: Path, name: str) -> None:
    text = f"<{name}>Two &lt;b&gt;words&lt;/b&gt;</{name}>"
    entry = f"<entry><g:id>A</g:id><title>T</title>{text}<g:price>1 EUR</g:price></entry>"
    content = f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="{GOOGLE}">{entry}</feed>'
    ((_, listing),) = opened(tmp_path, "feed.xml", content)

    assert isinstance(listing, Listing)
    assert listing.description == "Two words"


def test_the_byte_order_mark_counts_before_the_encoding_that_the_file_declares(tmp_path: Path) -> None:
    item = "<item><g:id>A</g:id><title>Ботинки</title><g:price>1 EUR</g:price></item>"
    content = f'\ufeff<?xml version="1.0" encoding="windows-1251"?><rss xmlns:g="{GOOGLE}">{item}</rss>'
    ((_, listing),) = opened(tmp_path, "feed.xml", content.encode())

    assert isinstance(listing, Listing)
    assert listing.title == "Ботинки"
