"""`fondaco check`: what a shop must know of its catalogue, by value, without a build."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from rich.cells import cell_len

import fondaco
from indexer.build.build import build
from indexer.build.settings import BuildSettings, CatalogueSource
from indexer.catalogue.catalogue import open_catalogue
from indexer.catalogue.reference_files import ReferenceFiles
from indexer.check.broken_text import CONTROLS, DOUBLE_ENCODED, LOST, MARKUP, QUESTION_MARKS, broken_text
from indexer.check.count_generation import count_generation
from indexer.check.count_listings import CheckInput, count_listings
from indexer.check.problem import Problem
from indexer.check.summary import Summary, summarise
from indexer.check.tally import Tally
from indexer.command_check import check
from indexer.command_index import index
from indexer.encoders.hashing import HashingEncoder
from indexer.progress import no_progress
from indexer.snapshot.generations import generation_folder

NOW = 1_800_000_000  # January 2027
Run = Callable[..., tuple[int, str, str]]


def record(number: int, **fields: object) -> dict[str, object]:
    """A listing with nothing to complain about."""
    return {
        "listing_id": f"L{number}",
        "seller_id": f"S{number % 3}",
        "locale": "en",
        "title": f"Oak chair with a soft cushion, number {number}",
        "description": "A comfortable wooden chair for the kitchen and for the living room.",
        "price_minor": 4_999 + 100 * number,
        "currency": "EUR",
        "category": ["Furniture", "Chairs"],
        "image_url": f"https://example.com/{number}.jpg",
        "stock": 5,
        **fields,
    }


SHOP = [record(number) for number in range(40)]


def write(folder: Path, records: Sequence[dict[str, object] | bytes]) -> Path:
    path = folder / "catalogue.jsonl"
    lines = [line if isinstance(line, bytes) else orjson.dumps(line) for line in records]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def count(path: Path, files: ReferenceFiles | None = None) -> Tally:
    reference_data = (files or ReferenceFiles()).read()
    return count_listings(CheckInput(open_catalogue(path), reference_data, NOW), no_progress)


def summary_of(path: Path, files: ReferenceFiles | None = None) -> Summary:
    return summarise(count(path, files), (files or ReferenceFiles()).read())


def problems(folder: Path, records: Sequence[dict[str, object] | bytes], subject: str) -> list[Problem]:
    return [problem for problem in summary_of(write(folder, records)).problems if problem.subject == subject]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `fondaco` in this process; gives its exit code, output and errors."""

    def run_command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["fondaco", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            fondaco.main()
        printed = capsys.readouterr()
        return int(end.value.code or 0), printed.out, printed.err

    return run_command


def test_a_good_catalogue_has_nothing_to_mend(tmp_path: Path, run: Run) -> None:
    code, out, err = run("check", write(tmp_path, SHOP))

    assert (code, err) == (0, "")
    assert out.endswith("Nothing must be mended.\n")
    assert "records     40 read, 40 listings, 0 rejected (0%)" in out
    assert "locales     en 100%" in out
    assert "categories  1, at most 2 deep, largest Furniture > Chairs (40 listings)" in out
    assert "EUR                 40      49.99      49.99      68.99       88.99        88.99" in out


def test_exit_code_1_says_that_something_must_be_mended(tmp_path: Path, run: Run) -> None:
    code, out, _ = run("check", write(tmp_path, [*SHOP, {}]))

    assert code == 1
    assert "To mend (1)" in out
    assert "rejected: 1 record: price_minor is missing (such as record 41)." in out


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nothing.jsonl", None, "nothing.jsonl: does not exist"),
        ("page.html", b"hello", "page.html"),
        ("feed.tsv", b"id\ttitle\n1\tChair\n", "feed.tsv"),
    ],
)
def test_exit_code_2_says_that_the_file_cannot_be_read(
    tmp_path: Path, run: Run, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    code, out, err = run("check", tmp_path / name)

    assert (code, out) == (2, "")
    assert message in err


@pytest.mark.parametrize(
    ("records", "text"), [([], "the catalogue has no records"), ([{}], "no record became a listing")]
)
def test_a_catalogue_without_listings_must_be_mended(
    tmp_path: Path, records: list[dict[str, object]], text: str
) -> None:
    assert [problem.text for problem in problems(tmp_path, records, "records")] == [text]


def test_a_feed_is_checked_with_the_options_of_index(tmp_path: Path, run: Run) -> None:
    feed = tmp_path / "feed.tsv"
    feed.write_text("id\ttitle\tprice\tshipping\nA1\tHerrenschuh\t19.99 EUR\tDE:::4.95 EUR\nA2\tStiefel\t20 Taler\t\n")
    code, out, _ = run("check", feed, "--locale", "de-DE", "--seller-id", "meyer", "--json")
    found = orjson.loads(out)

    assert code == 1
    assert (found["listings"], found["rejected"], found["sellers"]) == (1, 1, 1)
    assert found["locales"] == {"de-DE": 1}
    assert "DE" not in found["unreached_markets"]
    assert "FR" in found["unreached_markets"]


def test_records_that_are_no_offers_are_counted_apart(tmp_path: Path, run: Run) -> None:
    export = tmp_path / "products.csv"
    export.write_text(
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src,Published\n"
        "mug,Mug,Size,S,M-S,9.99,https://example.com/1.jpg,true\n"
        "mug,,,L,M-L,12.99,,\n"
        "mug,,,,,,https://example.com/2.jpg,\n"
    )
    options = ("--form", "shopify", "--locale", "en", "--seller-id", "mugs", "--currency", "EUR")
    code, out, _ = run("check", export, *options)

    assert code == 0
    assert "records     3 read, 2 listings, 0 rejected (0%), 1 left out: 1 " in out


def test_check_has_the_options_of_index() -> None:
    """Those that say how a catalogue is read: a copied command line must mean the same."""
    not_read = {
        "out",
        "encoder",
        "engines",
        "max_rejected",
        "part_size",
        "max_loss",
        "force",
        "keep",
        "threads",
        "workers",
    }
    of_index = inspect.signature(index, eval_str=True).parameters
    of_check = inspect.signature(check, eval_str=True).parameters
    options = {name: parameter for name, parameter in of_index.items() if name not in not_read}

    assert options.keys() == of_check.keys() - {"json"}
    for name, parameter in options.items():
        (expected,), (found,) = parameter.annotation.__metadata__, of_check[name].annotation.__metadata__
        assert (found.help, of_check[name].default) == (expected.help, parameter.default)


def test_json_holds_what_the_screen_shows(tmp_path: Path, run: Run) -> None:
    path = write(tmp_path, [*SHOP, {}, {}])
    found = orjson.loads(run("check", path, "--json")[1])

    assert (found["catalogue"], found["is_fine"]) == (str(path), False)
    assert (found["records"], found["listings"], found["rejected"]) == (42, 40, 2)
    assert found["filled"]["image_url"] == 1.0
    assert found["filled"]["brand"] == 0.0
    assert found["prices"] == [
        {"currency": "EUR", "listings": 40, "minimum": 4999, "percentile_1": 4999, "median": 6899,
         "percentile_99": 8899, "maximum": 8899},
    ]  # fmt: skip
    assert found["problems"][0] == {
        "subject": "rejected",
        "text": "2 records: price_minor is missing",
        "mend": "fill price_minor in every record",
        "must_mend": True,
        "listings": 2,
        "example": "record 41",
    }


def test_rejections_are_those_of_the_build(tmp_path: Path) -> None:
    shipping = tmp_path / "shipping.jsonl"
    shipping.write_bytes(b'{"template_id": "dhl", "rows": []}\n')
    broken = [
        b"{", b"{ ", {}, record(3), record(500, currency="XTS"), record(501, currency="BTC"),
        record(502, shipping_template="nowhere"), record(503, shipping_template="dhl"), record(504, price_minor="9"),
    ]  # fmt: skip
    path = write(tmp_path, [*SHOP, *broken])
    files = ReferenceFiles(shipping=shipping)
    source = CatalogueSource(str(path), lambda skip: open_catalogue(path, skip=skip), files.read())
    build(source, tmp_path / "out", HashingEncoder(32), BuildSettings(encoder="hashing:32"))
    listed = (generation_folder(tmp_path / "out", 1) / "rejected.jsonl").read_bytes().splitlines()
    by_build = Counter(orjson.loads(line)["field"] for line in listed)
    by_check: Counter[str] = Counter()
    for (field, _), group in count(path, files).rejections.items():
        by_check[field] += group.count

    assert by_check == by_build
    assert by_check.total() == 8


def test_rejections_are_grouped_whatever_numbers_their_reasons_hold(tmp_path: Path) -> None:
    found = problems(tmp_path, [*SHOP, b'{"a": ', b'{"abc": ', b"{"], "rejected")

    assert [(problem.listings, problem.example[:9]) for problem in found] == [(3, "record 41")]


def test_amounts_in_cents_beside_units_must_be_mended(tmp_path: Path) -> None:
    wrong = [record(number, price_minor=100 * (4_999 + number)) for number in range(100, 108)]
    (found,) = problems(tmp_path, [*SHOP, *wrong], "amounts")

    assert found.must_mend
    assert found.text.startswith(
        "8 listings of category Furniture > Chairs cost about 100 times above the other 40: 5,0"
    )
    assert found.example.startswith("L10")


def test_a_locale_that_is_not_the_language_of_the_texts_must_be_mended(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, [record(number, locale="de") for number in range(30)], "languages")

    assert found.text == "30 of 30 sampled texts with locale de look like en"


def test_a_language_that_the_detector_does_not_know_is_not_doubted(tmp_path: Path) -> None:
    danish = {"locale": "da", "title": "En behagelig stol af egetræ til køkkenet og stuen", "description": None}

    assert problems(tmp_path, [record(number, **danish) for number in range(30)], "languages") == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("KÃ¼hltasche 35 Â°C", DOUBLE_ENCODED),
        ("Tisch â€“ Eiche", DOUBLE_ENCODED),
        ("ÐšÐ¾Ñ„Ðµ", DOUBLE_ENCODED),
        ("ã‚«ãƒ¼ãƒ‡ã‚£ã‚¬ãƒ³", DOUBLE_ENCODED),
        ("K\ufffdhltasche", LOST),
        ("K?hltasche", QUESTION_MARKS),
        ("Gr??e M", QUESTION_MARKS),
        ("K&uuml;hltasche", MARKUP),
        ("L&#39;eau", MARKUP),
        ("Salt &amp; pepper", MARKUP),
        ("Nice <b>oak</b> chair", MARKUP),
        ("Oak chair<br/>", MARKUP),
        ('<p class="x">Oak chair', MARKUP),
        ("Gr\x9a\xdfe", CONTROLS),
        ("Chair\x07", CONTROLS),
    ],
)
def test_broken_text_is_recognised(text: str, problem: str) -> None:
    assert broken_text(text) == problem


@pytest.mark.parametrize(
    "text",
    [
        "Kühltasche 35 °C", "PÃO DE AÇÚCAR", "Étui à crayons “L’Été”", "カーディガン", "Кофе в зёрнах", "Điện thoại",
        "Ångström – naïve", "İstanbul çantası", "Salt & pepper; mill", "What is it? A chair", "two\nlines\tand a tab",
        "https://example.com/a?b=c", "سماعات", "कुर्सी", "Größe: 39⅓", "100% cotton™ ®",
        "I <3 chairs", "size < 40 and > 30",
    ],
)  # fmt: skip
def test_good_text_is_not_called_broken(text: str) -> None:
    assert broken_text(text) is None


def test_broken_texts_are_counted_with_an_example(tmp_path: Path) -> None:
    broken = [record(100, title="KÃ¼hltasche"), record(101, description="Eine groÃŸe Tasche")]
    (found,) = problems(tmp_path, [*SHOP, *broken], "texts")

    assert (found.listings, found.example, found.must_mend) == (2, "L100", True)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"price_minor": 0}, "1 listing costs 0"),
        ({"sale": {"price_minor": 60_000}}, "1 listing: sale is not below the price"),
        ({"sale": {"price_minor": 8_899}, "price_minor": 8_899}, "1 listing: sale is not below the price"),
        ({"price_minor": 1_000, "sale": {"price_minor": 0}}, "1 listing: sale is free of charge"),
    ],
)
def test_a_price_or_sale_that_is_none_must_be_mended(tmp_path: Path, fields: dict[str, object], text: str) -> None:
    found = summary_of(write(tmp_path, [*SHOP, record(100, **fields)])).problems

    assert [problem.text for problem in found if problem.must_mend] == [text]


@pytest.mark.parametrize(
    ("minor", "text"),
    [
        (99_999_999, "the highest price is 999,999.99 EUR, 99 % cost at most about 147.99"),
        (1, "the lowest price is 0.01 EUR, 99 % cost at least about 49.99"),
    ],
)
def test_placeholder_prices_are_worth_a_look(tmp_path: Path, minor: int, text: str) -> None:
    shop = [record(n, price_minor=4_999 + 100 * (n % 100), category=[f"C{n}"]) for n in range(200)]
    found = problems(tmp_path, [*shop, record(500, price_minor=minor)], "prices")

    assert [(problem.text, problem.example, problem.must_mend) for problem in found] == [(text, "L500", False)]


def test_a_wrong_gtin_is_worth_a_look(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, [*SHOP, record(100, gtin="4006381333932")], "not used")

    assert (found.text, found.must_mend) == ("1 listing: gtin ends with a wrong check digit", False)


def test_a_sale_that_has_ended_for_all_is_worth_a_look(tmp_path: Path) -> None:
    ended = [record(n, sale={"price_minor": 100, "from": 1_000, "to": NOW}) for n in range(5)]
    (found,) = problems(tmp_path, ended, "sales")

    assert (found.text, found.must_mend) == ("5 listings have a sale that has ended: all of them", False)


def test_a_shop_without_any_stock_must_be_mended(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, [record(number, stock=0) for number in range(5)], "stock")

    assert (found.text, found.must_mend) == ("every listing is sold out", True)


def test_duplicates_are_counted(tmp_path: Path) -> None:
    repeated = [
        record(100, seller_id="S1", gtin="04006381333931"), record(101, seller_id="S2", gtin="4006381333931"),
        record(102, seller_id="S1", gtin="4006381333931"), record(103, seller_id="S1", title="OAK  chair"),
        record(104, seller_id="S1", title="Oak chair"), record(105, seller_id="S2", title="Oak chair"),
        record(106, seller_id="S1", title="Oak chair", group_id="g"),
    ]  # fmt: skip
    summary = summary_of(write(tmp_path, [*SHOP, *repeated]))
    found = [problem for problem in summary.problems if problem.subject == "duplicates"]

    assert summary.shared_gtins == 1
    assert [(problem.listings, problem.example, problem.must_mend) for problem in found] == [
        (1, "L102", False),  # the same GTIN of the same seller
        (1, "L104", False),  # the same title of the same seller, in no group
    ]


def test_missing_fields_and_categories_are_worth_a_look(tmp_path: Path) -> None:
    bare = record(100, image_url=None, category=[])
    summary = summary_of(write(tmp_path, [*SHOP, bare]))

    assert [problem.text for problem in summary.problems] == [
        "1 listing has no image", "1 listing has no category",
    ]  # fmt: skip
    assert summary.is_fine


def test_unknown_and_suspended_sellers_are_named(tmp_path: Path) -> None:
    sellers = tmp_path / "sellers.jsonl"
    sellers.write_bytes(b'{"seller_id": "S0", "name": "A"}\n{"seller_id": "S1", "name": "B", "active": false}\n')
    found = summary_of(write(tmp_path, SHOP), ReferenceFiles(sellers=sellers)).problems

    assert [(problem.text, problem.must_mend) for problem in found] == [
        ("1 seller of 13 listings is not in the sellers' file", True),
        ("13 listings are hidden: their sellers are suspended", False),
    ]


def test_countries_that_nobody_ships_to_are_named(tmp_path: Path) -> None:
    shipping, markets = tmp_path / "shipping.jsonl", tmp_path / "markets.toml"
    row: dict[str, Any] = {"country": "DE", "cost_minor": 495, "currency": "EUR", "days_min": 1, "days_max": 3}
    lines = [{"template_id": "dhl", "rows": [row]}, {"template_id": "unused", "rows": [{**row, "country": "FR"}]}]
    shipping.write_bytes(b"\n".join(orjson.dumps(line) for line in lines))
    markets.write_text("[DE]\n[FR]\n[IT]\n")
    files = ReferenceFiles(shipping=shipping, markets=markets)
    path = write(tmp_path, [record(number, shipping_template="dhl") for number in range(3)])
    summary = summary_of(path, files)

    assert summary.unreached_markets == ("FR", "IT")
    assert [problem.text for problem in summary.problems] == ["nobody ships to 2 of 3 markets: FR, IT"]


def test_no_line_is_wider_than_80_columns(tmp_path: Path, run: Run) -> None:
    category = ["家具・インテリア用品" * 6, "椅子" * 30]
    wide = [record(n, category=category, locale="ja", title="木製の椅子" * 4, image_url=None) for n in range(30)]
    _, out, _ = run("check", write(tmp_path, [*wide, {"title": "x" * 500}, record(0)]))

    assert max(cell_len(line) for line in out.splitlines() if str(tmp_path) not in line) <= 80


def test_names_of_a_catalogue_cannot_write_to_the_terminal(tmp_path: Path, run: Run) -> None:
    strange = record(100, category=["\x1b[2J" + "a\r\nb" * 300], seller_id="\x1b]0;x\x07", locale="en")
    _, out, _ = run("check", write(tmp_path, [*SHOP[:1], strange, strange, {"title": "\x1b[31m"}]))

    assert all(character.isprintable() or character == "\n" for character in out)


def test_the_same_catalogue_gives_the_same_summary(tmp_path: Path) -> None:
    path = write(tmp_path, [record(n, locale="de", price_minor=1 + n * n) for n in range(3_000)])

    assert summary_of(path) == summary_of(path)


def test_a_generation_is_counted_like_its_catalogue(tmp_path: Path) -> None:
    records = [record(n, price_minor=(n * 37) % 9_000, category=["A", f"B{n % 5}"]) for n in range(600)]
    records.append(record(700, sale={"price_minor": 1, "to": 1_000}))
    records.append(record(701, stock=None, image_url=None, title="KÃ¼hltasche"))
    path = write(tmp_path, [*records, *[record(n, price_minor=100 * (4_999 + n)) for n in range(800, 820)], {}])
    files = ReferenceFiles()
    source = CatalogueSource(str(path), lambda skip: open_catalogue(path, skip=skip), files.read())
    build(source, tmp_path / "out", HashingEncoder(32), BuildSettings(encoder="hashing:32", part_size=100))
    built = summarise(count_generation(generation_folder(tmp_path / "out", 1), NOW), files.read())
    read = summary_of(path)
    subjects = ("rejected", "amounts", "prices", "sales", "stock", "texts", "images")

    assert built.prices == read.prices
    assert built.locales == read.locales
    assert (built.categories, built.sellers, built.records) == (read.categories, read.sellers, read.records)
    assert (built.on_sale, built.in_stock, built.stock_unknown) == (read.on_sale, read.in_stock, read.stock_unknown)
    assert [problem for problem in built.problems if problem.subject in subjects] == [
        problem for problem in read.problems if problem.subject in subjects
    ]


def test_index_ends_with_the_summary(tmp_path: Path, run: Run) -> None:
    path = write(tmp_path, [*SHOP, {}])
    code, out, _ = run("index", path, "--out", tmp_path / "out", "--encoder", "hashing")

    assert code == 0
    assert "prices      EUR 49.99 to 88.99, median 68.99" in out
    assert "to mend     rejected: 1 record: price_minor is missing" in out
