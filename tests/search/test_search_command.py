"""`fondaco search`: a page at 80 columns, and what is said about wrong or empty requests."""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from conftest import published
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner

import fondaco
from eval.sample.sample import sample_shipping
from indexer.listing import Listing
from languages.locale import Locale
from ranking.query import Filters, Query
from search.bootstrap import open_engine
from search.empty_page import explain_empty
from search.engine import Engine
from search.result_table import heading, plain, print_page, wrap

NOW = 1_795_000_000


def printed(engine: Engine, query: Query, width: int = 80, explain: bool = False) -> list[str]:
    """The lines of a page in a terminal of some width."""
    out = StringIO()
    print_page(Console(file=out, width=width, highlight=False), engine.search(query), explain)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def query_for(text: str, filters: Filters | None = None, country: str = "US", locale: str = "en") -> Query:
    return Query(text, Locale.parse(locale), NOW, country, size=10, filters=filters or Filters())


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize(("text", "locale"), [("lamp", "en"), ("コーヒーメーカー", "ja"), ("เครื่องชงกาแฟ", "th")])
def test_a_page_fits_the_terminal_and_cuts_nothing(small_engine: Engine, width: int, text: str, locale: str) -> None:
    query = query_for(text, locale=locale)
    lines = printed(small_engine, query, width)
    page = small_engine.search(query)
    rows = "".join("".join(line.split()) for line in lines)

    assert max(map(cell_len, lines)) <= width
    assert "…" not in rows
    for result in page.results:
        assert any(result.listing_id in line.split() for line in lines)
        assert all(part[:12] in rows for part in result.text.title.split())


def test_locale_and_id_have_columns_of_their_own(small_engine: Engine) -> None:
    lines = printed(small_engine, query_for("lamp"))
    head = next(line for line in lines if line.lstrip().startswith("#"))

    assert head.split() == ["#", "listing", "locale", "id", "landed", "days", "seller", "score"]
    first = small_engine.search(query_for("lamp")).results[0]
    line = lines[lines.index(head) + 1]
    assert line[head.index("locale") :].split()[:2] == [first.text.locale, first.listing_id]


def test_an_explanation_is_below_its_row_and_fits(small_engine: Engine) -> None:
    lines = printed(small_engine, query_for("lamp"), explain=True)
    page = small_engine.search(query_for("lamp"))

    assert max(map(cell_len, lines)) <= 80
    assert sum(line.lstrip().startswith("#") for line in lines) == 1
    for term in page.results[0].explanation:
        assert any(f"{term.feature} {term.weight:.3f} x {term.utility:.3f}" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("Nuvadune コーヒーメーカー ステンレス", 20, ["Nuvadune", "コーヒーメーカー", "ステンレス"]),
        ("コーヒーメーカー全自動ミル付き", 16, ["コーヒーメーカー", "全自動ミル付き"]),
        ("red desk lamp", 8, ["red desk", "lamp"]),
        ("model AB-1234/5678", 8, ["model", "AB-1234/", "5678"]),
        ("Donaudampfschiff", 10, ["Donaudampf", "schiff"]),
        ("Shop (4.5, 8\u00a0y)", 11, ["Shop (4.5,", "8\u00a0y)"]),
        ("", 5, [""]),
    ],
)
def test_a_line_ends_between_words_and_east_asian_characters_take_two_cells(
    text: str, width: int, lines: list[str]
) -> None:
    assert wrap(text, width) == lines


def test_a_title_cannot_move_the_cursor() -> None:
    assert plain("a\x1b[2J\r\nb\tc\u2028d") == "a [2J b c d"


def test_a_query_in_brackets_is_printed_as_it_is(small_engine: Engine) -> None:
    assert printed(small_engine, query_for("[red] lamp [/x]"))[0].startswith("[red] lamp [/x]  (")


def test_a_query_that_nothing_answers_says_so_and_marks_what_is_near(small_engine: Engine) -> None:
    lines = printed(small_engine, query_for("wireless headphones zx98765 XY-12345Z"))
    at = {line: place for place, line in enumerate(lines)}
    rows = [line.split()[0] for line in lines if re.match(r" *~\d+ ", line)]

    assert max(map(cell_len, lines)) <= 80
    assert at["not found: zx98765, XY-12345Z"] < at["Nothing matches."] < at["Near:"]
    assert any(re.match(r"or: \d+ without “zx98765 XY-12345Z”", line) for line in lines)
    assert rows == [f"~{rank}" for rank in range(1, 11)]


def test_what_is_near_follows_the_answers_under_a_heading(small_engine: Engine) -> None:
    query = query_for("drill")
    page = small_engine.search(query)
    lines = printed(small_engine, query, explain=True)
    place = lines.index("These do not match and are near:")

    assert 3 <= page.found < 10
    assert sum(line.lstrip().startswith("~") for line in lines[:place]) == 0
    assert sum(line.lstrip().startswith("~") for line in lines[place:]) == 10 - page.found
    assert not [line for line in lines if line.startswith("or: ")]


def test_a_number_that_is_not_exact_is_said_to_be_a_lower_one(small_engine: Engine) -> None:
    page = replace(small_engine.search(query_for("lamp")), found=1_400, found_is_exact=False)

    assert "1,400 or more of " in heading(page).plain


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        (Filters(category=("Kitchn",)), "--category 'Kitchn': there is no such category. Near are: Kitchen."),
        (Filters(category=("Cookwares",)), "Near are: Kitchen > Cookware"),
        (Filters(category=("Zzzz",)), "--category 'Zzzz': there is no such category. There are: Adult; "),
        (Filters(seller_id="nobody at all"), "--seller 'nobody at all': there is no such seller id."),
        (Filters(attributes={"colr": "red"}), "--attribute colr=red: there is no such attribute. Near are: color."),
        (
            Filters(attributes={"color": "lilca"}),
            "there is no such value. Near are: color=lila; color=l",
        ),
        (Filters(price_min_minor=10_000_000), "meets --price-min 100000.00 USD."),
    ],
)
def test_an_empty_page_says_which_option_and_what_is_near(
    small_engine: Engine, filters: Filters, sentence: str
) -> None:
    said = explain_empty(small_engine, small_engine.search(query_for("lamp", filters)))

    assert len(said) == 1
    assert sentence in said[0]


def test_a_brand_or_a_sellers_name_that_is_misspelt_has_its_nearest(small_engine: Engine) -> None:
    tables = small_engine.snapshot.tables
    brand = next(brand for brand in tables.brands if len(brand) > 6)
    name, seller_id = tables.sellers.names[3], tables.sellers.ids[3]

    for filters, near in ((Filters(brand=brand[:-1]), brand), (Filters(seller_id=name), f"{seller_id} ({name})")):
        (said,) = explain_empty(small_engine, small_engine.search(query_for("lamp", filters)))

        assert near in said


def test_filters_that_no_listing_meets_together_are_counted_one_by_one(small_engine: Engine) -> None:
    filters = Filters(category=("Kitchen",), price_min_minor=10_000_000)
    market, kitchen, price = explain_empty(small_engine, small_engine.search(query_for("lamp", filters)))
    alone = small_engine.search(query_for("lamp", Filters(category=("Kitchen",)))).eligible

    assert market.startswith("No listing meets all filters. Of the ")
    assert kitchen == f"--category 'Kitchen': {alone:,}"
    assert price == "--price-min 100000.00 USD: 0"


def test_words_that_nothing_answers_need_no_other_reason(small_engine: Engine) -> None:
    assert explain_empty(small_engine, small_engine.search(query_for("zx98765"))) == []


def test_a_query_without_letters_or_digits_is_said_to_have_none(small_engine: Engine) -> None:
    (said,) = explain_empty(small_engine, small_engine.search(query_for("!?")))

    assert said == "The query has no letter and no digit to look for. Give some words."


def test_a_shop_that_is_sold_out_is_said_to_be(tmp_path: Path) -> None:
    country, elsewhere = next(
        (country, template.template_id)
        for template in sample_shipping()
        for country in ("US", "JP", "BR")
        if country not in {row.country for row in template.rows}
    )
    lamp = Listing("L1", "S1", Locale("en"), "Lamp", 1_000, "USD", stock=0)
    cup = replace(lamp, listing_id="L2", stock=5, shipping_template=elsewhere)
    engine = open_engine(published(tmp_path / "snapshot", [lamp, cup], "hashing"), threads=1)
    (said,) = explain_empty(engine, engine.search(query_for("lamp", country=country)))

    assert said == f"Every listing that ships to {country} is sold out. Add --out-of-stock to see the 1."


def command(*arguments: str) -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(fondaco.app, ["search", *arguments])
    return result.exit_code, result.stdout, result.exception


def test_words_need_no_quotes(small_snapshot: Path) -> None:
    code, shown, _ = command("desk", "lamp", "red", "--snapshot", str(small_snapshot), "--size", "1")

    assert code == 0
    assert shown.startswith("desk lamp red  (")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([""], "WORDS: there is nothing to look for"),
        (["  ", "\t"], "WORDS: there is nothing to look for"),
        (["x", "--price-min", "50", "--price-max", "10"], "--price-max 10 is below --price-min 50"),
        (["x", "--price-min", "inf"], "--price-min inf is not a price"),
        (["x", "--price-max", "1e300"], r"--price-max 1e\+300 is not a price"),
        (["x", "--sort", "prise"], "--sort 'prise' is not one of best, price, .*; price?"),
        (["x", "--sort", "cheap"], "--sort 'cheap' is not one of best, price, delivery, rating, newest$"),
        (["x", "--locale", "xx_1"], "--locale 'xx_1' is not a language tag"),
        (["x", "--country", "Germany"], r"--country 'Germany' is not the code of a market; near are DE \(Germany\)"),
        (["x", "--currency", "BTC"], "--currency 'BTC' has no exchange rate; known are AED, .*EUR"),
        (["x", "--cursor", "zz"], "--cursor is not one that this service gave"),
        (["x", "--attribute", "color"], "--attribute 'color' is not name=value"),
    ],
)
def test_an_error_names_the_option(small_snapshot: Path, arguments: list[str], message: str) -> None:
    code, shown, error = command(*arguments, "--snapshot", str(small_snapshot))

    assert (code, shown) == (1, "")
    assert isinstance(error, ValueError)
    with pytest.raises(ValueError, match=f"^{message}"):
        raise error


def test_the_united_kingdom_may_be_uk(small_snapshot: Path) -> None:
    _, shown, _ = command("lamp", "--snapshot", str(small_snapshot), "--country", "UK", "--size", "1")

    assert "; to GB, GBP)" in shown


def test_the_conditions_that_words_say_are_named_with_their_switch(small_engine: Engine) -> None:
    lines = " ".join(printed(small_engine, query_for("lamp under $1,000 -red"), width=140))

    assert "conditions: “under $1,000” (to $1,000.00), “-red” (not red); --no-constraints searches" in lines


def test_the_words_of_conditions_can_be_searched_for(small_snapshot: Path) -> None:
    options = ["search", "lamp under 20", "--snapshot", str(small_snapshot)]
    read = CliRunner().invoke(fondaco.app, options)
    plain_words = CliRunner().invoke(fondaco.app, [*options, "--no-constraints"])

    assert (read.exit_code, plain_words.exit_code) == (0, 0)
    assert "conditions: " in read.output
    assert "conditions: " not in plain_words.output
