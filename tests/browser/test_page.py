"""The storefront in a real browser with a real service, as a visitor uses it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route
from shop import Visitor, chromium, ids, ready, running_browser, running_shop, texts

from indexer.listing import Listing
from search.storefront.storefront import FOLDER, read_words

WORDS = read_words(FOLDER / "words.tsv")
SCRIPTS = {"de": "DE", "ru": "RU", "ar": "SA", "hi": "IN", "zh": "CN"}
PHONE = {"width": 360, "height": 740}
CHROMIUM = chromium()

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; apt install chromium")


@pytest.fixture(scope="module")
def shop(small_snapshot: Path) -> Iterator[str]:
    with running_shop(small_snapshot) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM is not None
    with running_browser(CHROMIUM) as chromium_browser:
        yield chromium_browser


@pytest.fixture
def visitor(browser: Browser, shop: str) -> Iterator[Visitor]:
    """A visitor. After the test, the page must not have complained."""
    visitor = Visitor(browser, shop)
    yield visitor
    visitor.leave()

    assert visitor.complaints == []


@pytest.fixture(scope="module")
def titles(small_listings: tuple[Listing, ...]) -> dict[str, str]:
    """By language, the start of the title of a listing in stock; in English a word with more than
    two pages of answers.
    """
    by_language = {"en": "clothes"}
    for listing in small_listings:
        if listing.stock and listing.locale.script != "Hant":
            by_language.setdefault(listing.locale.language, " ".join(listing.title.split()[:3]))
    return by_language


def results(titles: dict[str, str], language: str = "en", more: str = "country=US") -> str:
    return f"/?q={quote(titles[language])}&locale={language}&{more}"


@pytest.mark.parametrize("language", SCRIPTS)
def test_a_search_finds_listings_in_the_script_it_is_typed_in(
    visitor: Visitor, titles: dict[str, str], language: str
) -> None:
    page = visitor.enter(f"/?locale={language}&country={SCRIPTS[language]}")
    page.locator("#q").fill(titles[language])
    page.locator("#q").press("Enter")
    ready(page)
    languages = page.locator("[data-listing]").evaluate_all("all => all.map(element => element.lang.slice(0, 2))")

    assert len(languages) == 24
    assert language in languages[:5]
    assert page.locator("h1").inner_text() == titles[language]
    assert parse_qs(urlsplit(page.url).query)["q"] == [titles[language]]
    assert page.locator("#status").inner_text().startswith(WORDS["results"][language].split("{")[0])
    assert all(text.strip() for text in texts(page, ".price strong").values())


def test_the_conditions_that_words_say_are_shown_and_can_be_undone(visitor: Visitor) -> None:
    page = visitor.enter(f"/?q={quote('lamp under $1000 -red')}&locale=en&country=US")
    chips = page.locator("#active a").all_inner_texts()
    page.locator("#active a").click()
    ready(page)

    assert chips == ["under $1000 · -red ✕"]
    assert page.locator("#active a").count() == 0
    assert "plain=1" in page.url


def test_another_country_has_another_currency_and_other_delivery_days(visitor: Visitor, titles: dict[str, str]) -> None:
    page = visitor.enter(results(titles))
    before, days_before = texts(page, ".price strong"), texts(page, ".days")
    page.locator("#country").select_option("JP")
    ready(page)
    after, days_after = texts(page, ".price strong"), texts(page, ".days")
    both = before.keys() & after.keys()

    assert all(text.startswith("$") for text in before.values())
    assert all("¥" in text and "." not in text for text in after.values())
    assert [listing for listing in both if days_before[listing] != days_after[listing]]
    assert "country=JP" in page.url


def test_another_language_formats_the_same_values(visitor: Visitor, titles: dict[str, str]) -> None:
    page = visitor.enter(results(titles))
    before, days_before = texts(page, ".price strong"), texts(page, ".days")
    page.locator("#locale").select_option("de")
    ready(page)
    after, days_after = texts(page, ".price strong"), texts(page, ".days")
    both = before.keys() & after.keys()

    assert page.locator("html").get_attribute("lang") == "de"
    assert page.locator("#country").input_value() == "US"
    assert both
    for listing in both:
        assert after[listing] == _german(before[listing])
        assert days_after[listing].replace("Lieferung", "Delivery").replace("Tage", "days") == days_before[listing]


def _german(dollars: str) -> str:
    """``$1,234.50`` in German format."""
    return dollars.removeprefix("$").translate(str.maketrans(",.", ".,")) + "\xa0$"


@pytest.mark.parametrize(
    ("browser_locale", "language", "country"),
    [("de-AT", "de", "AT"), ("pt-PT", "pt-PT", "PT"), ("zh-TW", "zh-Hant", "TW"), ("fi-FI", "en", None)],
)
def test_a_first_visit_is_in_the_browsers_language(
    visitor: Visitor, browser_locale: str, language: str, country: str | None
) -> None:
    page = visitor.enter("/", locale=browser_locale)

    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("#locale").input_value() == language
    assert country is None or page.locator("#country").input_value() == country
    assert page.locator("h1").inner_text() == WORDS["welcome"].get(language, WORDS["welcome"][language[:2]])


@pytest.mark.parametrize("language", ["ar", "he"])
def test_arabic_and_hebrew_are_laid_out_from_right_to_left(
    visitor: Visitor, titles: dict[str, str], language: str
) -> None:
    page = visitor.enter(results(titles, language, ""))
    left = {name: (page.locator(name).first.bounding_box() or {})["x"] for name in ("#filters", "#results", ".mark")}

    assert page.locator("html").get_attribute("dir") == "rtl"
    assert left["#results"] < left["#filters"]
    assert left["#results"] < left[".mark"]


def test_the_explanations_bars_sum_to_the_score(visitor: Visitor, titles: dict[str, str]) -> None:
    page = visitor.enter(results(titles))
    button = page.locator("button.why").nth(2)
    button.click()
    contributions = [
        float(text) for text in page.locator(".terms li").evaluate_all("a => a.map(b => b.dataset.contribution)")
    ]
    score = float(page.locator(".total").get_attribute("data-score") or "nan")
    shown = [Decimal(text) for text in page.locator(".terms .number").all_inner_texts()]
    whole = page.locator(".stack").bounding_box() or {}
    parts = page.locator(".stack span").evaluate_all("all => all.map(element => element.getBoundingClientRect().width)")

    assert sum(contributions) == score
    assert sum(shown) == Decimal(page.locator(".total strong").inner_text()) == round(Decimal(score), 3)
    assert sum(parts) / whole["width"] == pytest.approx(score, abs=0.02)
    page.keyboard.press("Escape")
    assert page.locator("#why").is_hidden()
    assert button.evaluate("element => element === document.activeElement")


def test_a_filter_narrows_and_can_be_removed(visitor: Visitor, titles: dict[str, str]) -> None:
    page = visitor.enter(results(titles))
    everything = _found(page)
    page.locator(".facet a").first.click()
    ready(page)
    fewer = _found(page)

    assert 0 < fewer < everything
    assert "category=" in page.url
    page.locator("#active a").click()
    assert _found(ready(page)) == everything
    assert "category=" not in page.url


def _found(page: Page) -> int:
    return int(re.sub(r"\D", "", page.locator(".head p").inner_text()))


def test_a_price_range_is_in_the_buyers_currency(visitor: Visitor, titles: dict[str, str]) -> None:
    page = visitor.enter(results(titles))
    page.locator("#max").fill("15")
    page.locator("#min").fill("60.5")  # minimum and maximum are swapped
    page.locator("#min").press("Enter")
    prices = [Decimal(re.sub(r"[$,]", "", text)) for text in texts(ready(page), ".price strong").values()]

    assert prices
    assert all(Decimal(15) <= price <= Decimal("60.5") for price in prices)
    assert "min=15&max=60.5" in page.url


def test_sold_out_listings_are_shown_on_request(visitor: Visitor, titles: dict[str, str]) -> None:
    page = visitor.enter(results(titles))
    everything = _found(page)
    page.locator("#stock").uncheck()
    ready(page)

    assert "stock=all" in page.url
    assert _found(page) >= everything
    assert page.locator("#stock").evaluate("element => element === document.activeElement")


def test_the_order_is_that_of_the_service(visitor: Visitor, titles: dict[str, str]) -> None:
    page = visitor.enter(results(titles))
    page.locator("#sort").select_option("delivery")
    ready(page)
    request = {"query": titles["en"], "locale": "en", "country": "US", "sort": "delivery", "size": 24}
    answer = page.request.post(f"{visitor.shop}/v1/search", data=request).json()

    assert ids(page) == [result["listing_id"] for result in answer["results"]]
    assert page.locator("#sort").input_value() == "delivery"


def test_more_results_continue_where_the_page_ends(visitor: Visitor, titles: dict[str, str]) -> None:
    page = visitor.enter(results(titles))
    before = ids(page)
    page.locator("#more").click()
    page.locator("#results > li").nth(47).wait_for()
    after = ids(page)

    assert after[:24] == before
    assert len(set(after)) == 48
    assert page.evaluate("document.activeElement.dataset.listing") == after[24]


def test_the_address_alone_restores_the_page(visitor: Visitor, titles: dict[str, str]) -> None:
    more = "country=DE&sort=price&stock=all&max=200&attr.color=black"
    page = visitor.enter(results(titles, "en", more))
    first = ids(page)

    assert page.locator("#country").input_value() == "DE"
    assert page.locator("#sort").input_value() == "price"
    assert not page.locator("#stock").is_checked()
    assert page.locator("#max").input_value() == "200"
    assert page.locator("#active a").all_inner_texts() == ["To 200 ✕", "black ✕"]
    page.reload()
    assert ids(ready(page)) == first


def test_a_listing_has_its_own_page_and_back_restores_the_results(visitor: Visitor, titles: dict[str, str]) -> None:
    page = visitor.enter(results(titles))
    page.locator("#more").click()
    page.locator("#results > li").nth(47).wait_for()
    link = page.locator("#results [data-listing]").nth(30)
    wanted, title = link.get_attribute("data-listing"), link.inner_text()
    link.click()
    ready(page)
    amounts = [Decimal(re.sub(r"[$,]", "", text).replace("Free", "0")) for text in _facts(page)]

    assert f"listing={wanted}" in page.url
    assert page.locator("h1").inner_text() == title
    assert page.locator("h1").evaluate("element => element === document.activeElement")
    assert sum(amounts[:-1]) == amounts[-1]
    assert page.locator("#similar > li").count() == 8
    assert wanted not in ids(page)
    page.go_back()
    page.locator("#results").wait_for()
    assert len(ids(page)) == 48
    assert page.evaluate("document.activeElement.dataset.listing") == wanted
    assert page.evaluate("scrollY") > 500
    page.go_forward()
    page.locator("#similar").wait_for()
    assert page.locator("h1").inner_text() == title


def _facts(page: Page) -> list[str]:
    return page.locator(".one > div > .facts").first.locator("dd").all_inner_texts()


def test_the_page_needs_no_mouse(visitor: Visitor, titles: dict[str, str]) -> None:
    page = visitor.enter("/?locale=en&country=US")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]  # None would fail as well
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.id") == "dark"
    for _ in range(4):
        page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type(titles["en"])
    page.keyboard.press("Enter")
    ready(page)
    _tab_to(page, "document.activeElement.className === 'why'")
    page.keyboard.press("Enter")
    assert page.locator("#why").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+Tab")
    wanted = page.evaluate("document.activeElement.dataset.listing")
    page.keyboard.press("Enter")
    ready(page)

    assert f"listing={wanted}" in page.url
    assert page.evaluate("document.activeElement.tagName") == "H1"


def _tab_to(page: Page, condition: str) -> None:
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate(condition):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid", "the focus must be seen"
            return
    pytest.fail(f"no Tab led to {condition}")


@pytest.mark.parametrize("language", ["de", "ru", "ar", "th"])
def test_a_narrow_phone_shows_everything_without_scrolling_sideways(
    visitor: Visitor, titles: dict[str, str], language: str
) -> None:
    page = visitor.enter(f"/?locale={language}", viewport=PHONE)
    first = _widest(page)
    page.goto(visitor.shop + results(titles, language, ""))
    second = _widest(ready(page))
    page.locator("#filters > summary").click()
    third = _widest(page)
    page.locator("[data-listing]").first.click()

    assert max(first, second, third, _widest(ready(page))) <= PHONE["width"]


def _widest(page: Page) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth")
    return width


def test_an_empty_page_offers_other_searches(visitor: Visitor, titles: dict[str, str]) -> None:
    page = visitor.enter(results(titles, "en", "country=US&min=999999&attr.color=black"))

    assert ids(page) == []
    assert page.locator(".nothing .chip").count() >= 6
    page.locator(".nothing a.accent").click()
    assert len(ids(ready(page))) == 24
    assert "min=" not in page.url


@pytest.mark.parametrize("language", ["en", "de", "ar", "ja"])
def test_a_query_that_nothing_answers_says_so_and_shows_what_is_near(visitor: Visitor, language: str) -> None:
    page = visitor.enter(f"/?q=zx98765&locale={language}&country=US")
    nothing = WORDS["nothing"][language].replace("{query}", "zx98765")
    heading, first = page.locator("#near"), page.locator(".card").first

    assert page.locator(".nothing .big").inner_text() == nothing
    assert page.locator("#status").inner_text() == f"{nothing} – {WORDS['near'][language]}: 24"
    assert heading.inner_text() == WORDS["near"][language]
    assert (heading.bounding_box() or {})["y"] < (first.bounding_box() or {})["y"]
    assert page.locator("#results, #more").count() == 0
    assert page.locator("h2#near + ol h3 [data-listing]").count() == len(ids(page)) == 24
    assert page.locator(".notice").inner_text() == WORDS["not_found"][language].replace("{words}", "zx98765")


def test_what_is_near_follows_the_last_answers_under_a_heading(visitor: Visitor) -> None:
    page = visitor.enter("/?q=lamp&locale=en&country=US")
    answers = page.locator("#results > li").count()

    assert 3 <= answers < 24
    assert page.locator("#near").inner_text() == WORDS["near_after"]["en"]
    assert _found(page) == answers
    assert len(ids(page)) == 24
    assert page.locator("#results ~ #near ~ ol > li").count() == 24 - answers
    assert page.locator("#relaxed").count() == 0


def test_words_that_can_be_left_out_are_links_with_the_number_they_find(visitor: Visitor) -> None:
    page = visitor.enter("/?q=wireless%20headphones%20zx98765&locale=en&country=US&max=500")
    link = page.locator("#relaxed a").first
    said = link.inner_text()
    link.click()
    ready(page)

    assert said == f"{_found(page)} without “zx98765”"
    assert page.locator("#q").input_value() == page.locator("h1").inner_text() == "wireless headphones"
    assert "max=500" in page.url
    assert page.locator("#relaxed").count() == 0
    page.go_back()
    assert ready(page).locator("h1").inner_text() == "wireless headphones zx98765"
    assert page.locator("#relaxed a").first.inner_text() == said


def test_a_number_that_is_not_exact_has_a_plus(visitor: Visitor) -> None:
    page = visitor.enter("/?locale=en&country=US")
    page.route("**/v1/search", at_least_400)
    page.locator("#q").fill("phone")
    page.locator("#q").press("Enter")
    page.locator("#results").wait_for()

    assert ready(page).locator(".head p").inner_text() == "Results: 400+"
    assert page.locator("#status").inner_text() == "Results: 400+"


def at_least_400(route: Route) -> None:
    """The service's real answer, as in a large catalogue."""
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), "found": 400, "found_is_exact": False})


def test_a_problem_is_shown_in_the_services_words(visitor: Visitor) -> None:
    page = visitor.enter("/?listing=nothing&locale=de")

    assert WORDS["problem"]["de"] in page.locator("#problem").inner_text()
    assert "no listing has the id in the path" in page.locator("#problem").inner_text()
    assert page.locator("#problem").get_attribute("role") == "alert"
    assert all("404" in complaint for complaint in visitor.complaints)  # the console logs every error response
    visitor.complaints.clear()


def degrade(route: Route) -> None:
    """The service's real answer, as with an unavailable index."""
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), "degraded": ["lexical"]})


def refuse(route: Route) -> None:
    """The service's answer when no index answers."""
    problem = {"type": "/problems/no-index", "title": "No index answers", "status": 503, "detail": "ask again"}
    route.fulfill(status=503, content_type="application/problem+json", json=problem)


@pytest.mark.parametrize("language", ["en", "ar", "zh-Hant"])
def test_a_degraded_page_has_a_notice_above_its_results(
    visitor: Visitor, titles: dict[str, str], language: str
) -> None:
    page = visitor.enter(f"/?locale={language}&country=US")
    page.route("**/v1/search", degrade)
    page.locator("#q").fill(titles["en"])
    page.locator("#q").press("Enter")
    page.locator(".notice").wait_for()
    notice, first = page.locator(".notice"), page.locator(".card").first
    box, below = notice.bounding_box() or {}, first.bounding_box() or {}
    of_text = "element => { const all = document.createRange(); all.selectNodeContents(element); const box = "
    gaps = notice.evaluate(
        of_text + "all.getBoundingClientRect(), own = element.getBoundingClientRect();"
        "return [box.left - own.left, own.right - box.right]; }"
    )

    assert notice.all_inner_texts() == [WORDS["degraded"][language]]
    assert box["y"] + box["height"] <= below["y"]
    assert (gaps[0] > gaps[1]) == (language == "ar")  # the text begins at the side where its readers start
    assert len(ids(page)) == 24
    assert page.locator("#problem").inner_text() == ""
    page.locator("#more").click()
    page.locator("#results > li").nth(47).wait_for()
    assert notice.count() == 1


def test_a_complete_page_has_no_notice(visitor: Visitor, titles: dict[str, str]) -> None:
    page = visitor.enter(results(titles))

    assert page.locator(".notice").count() == 0


def test_a_list_that_cannot_continue_keeps_its_place_and_continues_later(
    visitor: Visitor, titles: dict[str, str]
) -> None:
    page = visitor.enter(results(titles))
    before = ids(page)
    page.route("**/v1/search", refuse)
    for _ in range(2):
        page.locator("#more").click()
        page.locator(".notice").wait_for()
        page.locator("#more:enabled").wait_for()
    stayed, notices = ids(page), page.locator(".notice").all_inner_texts()
    page.unroute("**/v1/search")
    page.locator("#more").click()
    page.locator("#results > li").nth(47).wait_for()

    assert (stayed, notices) == (before, [WORDS["problem"]["en"]])
    assert ids(page)[:24] == before
    assert page.locator(".notice").count() == 0
    assert all("503" in complaint for complaint in visitor.complaints)
    visitor.complaints.clear()


def test_a_listing_is_shown_without_similar_ones_if_they_are_unavailable(
    visitor: Visitor, titles: dict[str, str]
) -> None:
    page = visitor.enter(results(titles, "de"))
    page.route("**/similar?*", refuse)
    link = page.locator("[data-listing]").first
    title = link.inner_text()
    link.click()
    page.locator(".one").wait_for()

    assert ready(page).locator("h1").inner_text() == title
    assert page.locator(".notice").all_inner_texts() == [WORDS["degraded"]["de"]]
    assert page.locator("#similar").count() == 0
    assert all("503" in complaint for complaint in visitor.complaints)
    visitor.complaints.clear()


def test_an_address_with_an_invalid_language_is_read_as_without_one(visitor: Visitor) -> None:
    page = visitor.enter("/?locale=no_language_at_all", locale="fr-FR")

    assert page.locator("html").get_attribute("lang") == "fr"
    assert page.locator("h1").inner_text() == WORDS["welcome"]["fr"]


def test_an_answer_that_arrives_too_late_is_not_shown(visitor: Visitor, titles: dict[str, str]) -> None:
    page = visitor.enter("/?locale=en&country=US")
    waiting: list[Route] = []
    page.route("**/v1/search", lambda route: route.continue_() if waiting else waiting.append(route))
    for query in (titles["de"], titles["en"]):
        page.locator("#q").fill(query)
        page.locator("#q").press("Enter")
    page.locator("#results").wait_for()

    assert len(waiting) == 1
    assert waiting[0].request.failure == "net::ERR_ABORTED"
    assert ready(page).locator("h1").inner_text() == titles["en"]


def test_html_in_a_query_is_shown_as_text(visitor: Visitor) -> None:
    html = "<img src=x onerror=alert(1)>"
    page = visitor.enter(f"/?q={quote(html)}&locale=en&country=US&attr.color={quote(html)}")

    assert page.locator("h1").inner_text() == html
    assert page.locator("main img").count() == 0


def test_the_choice_of_the_dark_theme_is_kept(visitor: Visitor) -> None:
    page = visitor.enter("/?locale=en", color_scheme="light")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("#dark").click()
    page.reload()
    ready(page)

    assert page.locator("#dark").get_attribute("aria-pressed") == "true"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_every_page_is_complete_in_every_language(visitor: Visitor, titles: dict[str, str]) -> None:
    page = visitor.enter("/?locale=en")
    for tag, name in WORDS["language"].items():
        page.locator("#locale").select_option(tag)
        page.locator("#q").fill(titles[tag[:2]])
        page.locator("#q").press("Enter")
        page.locator(".card").first.wait_for()
        list_text = ready(page).locator("body").inner_text()
        page.locator("[data-listing]").first.click()
        listing_text = ready(page).locator("body").inner_text()
        page.locator("#home").click()
        ready(page)

        assert page.locator("#locale option:checked").inner_text() == name
        assert not re.search(r"\b(?:undefined|NaN|null)\b|\{\w+\}|\b[a-z]+_[a-z]+\b", list_text + listing_text), tag


VIEWS = ("welcome", "results", "degraded", "listing", "why", "nothing", "near")


@pytest.mark.parametrize("way", ["light", "dark", "ar"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_no_serious_violation(visitor: Visitor, titles: dict[str, str], view: str, way: str) -> None:
    language = "ar" if way == "ar" else "en"
    more = "country=US&min=999999" if view == "nothing" else "country=US"
    path = f"/?locale={language}&country=US" if view == "welcome" else results(titles, language, more)
    if view == "near":
        path = f"/?q=zx98765%20{quote(titles[language])}&locale={language}&country=US"
    page = visitor.enter(path, color_scheme="dark" if way == "dark" else "light")
    if view == "degraded":
        page.route("**/v1/search", degrade)
        page.reload()
        page.locator(".notice").wait_for()
    if view == "listing":
        page.locator("[data-listing]").first.click()
    if view == "why":
        page.locator("button.why").first.click()
    violations = Axe().run(ready(page)).response["violations"]

    assert [
        f"{violation['id']}: {violation['nodes'][0]['html']}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
    ] == []
