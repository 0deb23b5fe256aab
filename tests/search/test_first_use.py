"""What a new shopper types first, and the right answer.

A case that is not right yet is marked with the reason; once it is mended, its mark fails the test
and is removed.
"""

from __future__ import annotations

import pytest
from _pytest.mark import ParameterSet
from golden_rankings import NOW

from eval.sample.sample import NOW as SAMPLE_NOW
from languages.locale import Locale
from ranking.query import Filters, Query
from search.engine import Engine
from search.page import Page
from search.understanding.query_parts import PARTS_MAX


def listings(names: str) -> frozenset[str]:
    """Ids with spaces between."""
    return frozenset(names.split())


WALLETS = listings(
    "wallet-leather-brown wallet-leather-zip wallet-canvas wallet-plain geldboerse-leder portemonnaie-damen "
    "portefeuille-cuir cartera-piel carteira-couro portafoglio-pelle portemonnee-leer planbok-sv portfel-pl "
    "penezenka-cs koshelek-ru hamanets-uk L00003675 cuzdan-tr mahfaza-ar arnak-he batua-hi dompet-id vi-da-vi "
    "krapao-th jigap-ko saifu-ja qianbao-zh qianbao-hant"
)
KETTLES = listings(
    "kettle-steel kettle-glass wasserkocher-edelstahl wasserkocher-glas bouilloire-inox hervidor-es chaleira-pt "
    "bollitore-it waterkoker-nl vattenkokare-sv czajnik-pl konvice-cs chainik-ru chainyk-uk su-isitici-tr ghallaya-ar "
    "kumkum-he ketli-hi teko-id am-vi ka-th pot-ko kettle-ja shuihu-zh"
)
DRESSES = listings(
    "dress-red dress-red-evening dress-blue kleid-rot kleid-blau robe-rouge vestido-rojo vestido-vermelho "
    "vestito-rosso jurk-rood klanning-rod-sv sukienka-pl saty-cs plate-ru suknia-uk elbise-tr fustan-ar simla-he "
    "dres-hi gaun-id vay-vi dress-th dress-ko dress-ja qunzi-zh"
)
RED_OTHERS = listings(
    "notebook-red dining-table-red fishing-rod-red knife-red shoes-red notizbuch-rot portemonnaie-damen cahier-rouge "
    "cuaderno-rojo caderno-pt zapisnik-cs note-ko note-ja benzi-zh skohylla-sv phone-case-silicone canta-el-tr"
)

LONG = (
    "roter stabiler leichter schöner neuer großer kleiner dicker dünner langer kurzer breiter schmaler runder eckiger "
    "weicher harter warmer kalter heller dunkler teurer billiger alter junger kaffeemühlen"
)

MENTION = "what a title only mentions weighs nearly as much as what it is about"
COLOUR = "at the end of the list a colour weighs more than a thing in another language"
GUESS = "the hashing encoder has a certain guess for what means nothing"


def wrong(reason: str, *values: object) -> ParameterSet:
    """A case that today's ranking gets wrong, and why."""
    return pytest.param(*values, marks=pytest.mark.xfail(strict=True, reason=reason))


def search(engine: Engine, text: str, locale: str, size: int = 200) -> Page:
    return engine.search(Query(text, Locale.parse(locale), NOW, size=size))


def ids(page: Page) -> list[str]:
    """Of all results, answers first."""
    return [result.listing_id for result in (*page.results, *page.near)]


def answers(page: Page) -> list[str]:
    return [result.listing_id for result in page.results]


def come_before(order: list[str], first: frozenset[str], after: frozenset[str]) -> bool:
    """Whether all of `first` are in the order, before any of `after`."""
    last = max(order.index(listing_id) for listing_id in first)
    return after.isdisjoint(order[:last])


def test_leather_wallets_come_first(golden_engine: Engine) -> None:
    page = search(golden_engine, "leather wallet", "en-US")

    assert set(answers(page)[:2]) == {"wallet-leather-brown", "wallet-leather-zip"}


@pytest.mark.parametrize(
    ("text", "locale"),
    [wrong(MENTION, "leather wallet", "en-US"), wrong(MENTION, "cüzdan", "tr"), wrong(MENTION, "Portemonnaie", "de")],
)
def test_what_is_no_wallet_comes_after_all_that_are(golden_engine: Engine, text: str, locale: str) -> None:
    order = answers(search(golden_engine, text, locale))

    assert set(order[: len(WALLETS)]) == WALLETS


def test_a_bag_is_no_tent(golden_engine: Engine) -> None:
    page = search(golden_engine, "çanta", "tr")
    tents = [listing_id for listing_id in answers(page) if listing_id in ("cadir-tr", "tent-2p", "zelt-de", "tente-fr")]

    assert {"canta-tr", "canta-el-tr"} <= set(answers(page)[:4])
    assert tents == []


@pytest.mark.parametrize(
    ("text", "locale", "first"),
    [wrong(COLOUR, "red dress", "en-US", "dress-red"), wrong(COLOUR, "rotes kleid", "de", "kleid-rot")],
)
def test_a_dress_of_another_colour_comes_before_another_thing_of_the_colour(
    golden_engine: Engine, text: str, locale: str, first: str
) -> None:
    order = ids(search(golden_engine, text, locale))

    assert order[0] == first
    assert come_before(order, DRESSES, RED_OTHERS)


def test_shoes_of_another_colour_come_before_another_thing_of_the_colour(golden_engine: Engine) -> None:
    order = ids(search(golden_engine, "röda skor", "sv"))

    assert order[0] == "skor-roda-sv"
    assert come_before(order, listings("skor-roda-sv skor-bla-sv shoes-red"), RED_OTHERS - {"shoes-red"})


@pytest.mark.parametrize(
    ("text", "locale", "honest", "stuffed"),
    [
        ("trousers", "en-GB", listings("trousers-wide trousers-cargo"), ("stuffed-kitchen", "stuffed-fashion")),
        ("Tacker", "de", listings("tacker"), ("stuffed-office", "stuffed-kitchen")),
        ("Wasserkocher", "de", KETTLES, ("stuffed-office", "stuffed-kitchen", "stuffed-kueche", "stuffed-fr")),
    ],
)
def test_a_title_that_names_many_things_comes_after_the_honest_ones(
    golden_engine: Engine, text: str, locale: str, honest: frozenset[str], stuffed: tuple[str, ...]
) -> None:
    order = ids(search(golden_engine, text, locale))

    assert come_before(order, honest, frozenset(stuffed))


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("asdfqwerzxcv", "en"),
        ("zzyzxqlm", "fr"),
        wrong(GUESS, "qwrtplkjhg", "pt-BR"),
        wrong(GUESS, "ぬぁぽぐへぢゅ", "ja"),
        ("sony wh-1000xm5", "en-US"),
    ],
)
def test_what_is_not_sold_here_has_no_answer_and_something_near(golden_engine: Engine, text: str, locale: str) -> None:
    page = search(golden_engine, text, locale)

    assert page.found == 0
    assert page.results == ()
    assert page.near != ()


@pytest.mark.parametrize(
    "filters",
    [
        Filters(price_min_minor=2_000, price_max_minor=6_000),
        Filters(price_max_minor=5_000),
        Filters(category=("Electronics",)),
        Filters(brand="Moxtadune"),
        Filters(seller_id="s000001"),
        Filters(price_min_minor=10**9),
    ],
)
@pytest.mark.parametrize(
    ("text", "locale"), [("kabellose kopfhörer", "de"), ("red dress", "en-US"), ("財布", "ja"), ("asdfqwerzxcv", "en")]
)
def test_a_filter_can_only_lower_the_count(small_engine: Engine, text: str, locale: str, filters: Filters) -> None:
    everything = small_engine.search(Query(text, Locale.parse(locale), SAMPLE_NOW, size=200))
    filtered = small_engine.search(Query(text, Locale.parse(locale), SAMPLE_NOW, size=200, filters=filters))

    assert filtered.found <= everything.found
    assert set(answers(filtered)) <= set(answers(everything))


@pytest.mark.parametrize("text", ["cafetière", "cafetiere"])
def test_between_equals_the_buyers_language_comes_first(golden_engine: Engine, text: str) -> None:
    order = ids(search(golden_engine, text, "fr"))
    foreign = listings("cafeteira-pt cafetera-es coffee-maker-drip")

    assert come_before(order, listings("cafetiere-noire cafetiere-inox"), foreign)


def test_german_backpacks_come_before_equal_ones_of_another_language(golden_engine: Engine) -> None:
    order = ids(search(golden_engine, "Rucksack", "de"))
    foreign = listings("mochila-es mochila-pt rugzak-nl tas-sekolah-id backpack-40 L00000240")

    assert come_before(order, listings("rucksack-blau L00002025"), foreign)


@pytest.mark.parametrize(
    ("text", "locale", "own"),
    [
        ("billfold", "en-US", listings("wallet-leather-brown wallet-leather-zip wallet-canvas")),
        ("बटुआ", "hi", listings("batua-hi")),
        ("전기주전자", "ko", listings("pot-ko")),
    ],
)
def test_the_buyers_language_comes_first_for_a_synonym_too(
    golden_engine: Engine, text: str, locale: str, own: frozenset[str]
) -> None:
    order = ids(search(golden_engine, text, locale))

    assert come_before(order, own, (WALLETS | KETTLES) - own - {"wallet-plain"})


@pytest.mark.xfail(strict=True, reason="many words that no listing has leave nothing to the one that some have")
def test_the_last_word_of_a_long_query_is_read(golden_engine: Engine) -> None:
    page = search(golden_engine, LONG, "de")
    last = page.understood.parts[-1]

    assert last.text == "kaffeemühlen"
    assert last.importance > 0.0
    assert set(ids(page)[:2]) == {"kaffeemuehle", "kaffeemuehle-hand"}


def test_the_response_says_which_parts_of_a_pasted_text_were_not_read(golden_engine: Engine) -> None:
    words = [f"wort{chr(ord('a') + number // 8)}{chr(ord('a') + number % 8)}" for number in range(64)]
    page = search(golden_engine, " ".join([*words, "kaffeemühlen"]), "de")
    parts = page.understood.parts

    assert len(parts) == 65
    assert sum(part.importance > 0.0 for part in parts) == PARTS_MAX


@pytest.mark.parametrize("text", ["KTR.4410-07", "ktr441007", "KTR 4410 07", "4410-07", "ktr 441007"])
def test_a_model_number_is_found_in_the_title_and_in_its_field(golden_engine: Engine, text: str) -> None:
    page = search(golden_engine, text, "en-US")

    assert set(answers(page)[:2]) == {"model-title", "model-field"}


def test_a_model_number_finds_that_model_before_those_that_begin_like_it(golden_engine: Engine) -> None:
    order = ids(search(golden_engine, "zx200", "en-US"))
    exact = listings(
        "router-zx200-title laptop-14 laptop-de pc-portable portatil-es notebook-pt notebook-cs noutbuk-ru laptop-hi "
        "pc-ja diannao-zh"
    )

    assert come_before(order, exact, listings("router-zx200n-title laptop-15"))
    assert come_before(order, exact, listings("router-zx2000-title laptop-gaming"))


@pytest.mark.parametrize("locale", ["en-US", "es", "fr", "it", "ru", "tr"])
def test_a_brand_is_found_in_a_query_of_any_language(golden_engine: Engine, locale: str) -> None:
    page = search(golden_engine, "sonara", locale)

    assert page.found >= 20
    assert {result.text.brand for result in page.results} == {"Sonara"}


@pytest.mark.parametrize(
    ("text", "locale", "first", "after"),
    [
        ("Hülle für Laptop", "de", "huelle-laptop", ("ladegeraet-laptop", "laptopstaender", "laptop-de")),
        ("funda para portátil", "es", "funda-portatil", ("cargador-portatil", "portatil-es", "funda-movil-piel")),
        ("laptop sleeve", "en-US", "laptop-sleeve", ("laptop-charger", "laptop-stand", "laptop-14")),
        ("kettle", "en-US", "kettle-steel", ("kettle-descaler", "kettle-stand", "teapot-glass")),
    ],
)
def test_a_thing_comes_before_what_is_for_it(
    golden_engine: Engine, text: str, locale: str, first: str, after: tuple[str, ...]
) -> None:
    order = ids(search(golden_engine, text, locale))

    assert come_before(order, frozenset({first}), frozenset(after))
