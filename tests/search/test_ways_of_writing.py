"""A listing is found in every way of writing its name: whole searches of a small catalogue."""

from __future__ import annotations

import orjson
import pytest
from golden_rankings import NOW

from indexer.build.build import build
from indexer.build.settings import BuildSettings, CatalogueSource
from indexer.catalogue.catalogue import open_catalogue
from indexer.catalogue.records import listing_to_record
from indexer.catalogue.reference_data import read_markets, read_rates
from indexer.encoders.open_encoder import open_encoder
from indexer.listing import Listing
from indexer.market import ReferenceData, Seller
from languages.analyse import analyse
from languages.locale import Locale
from ranking.query import Filters, Query
from search.bootstrap import open_engine
from search.engine import Engine
from search.page import Page

TITLES = """
velmo-tm    de  Velmo™ Kaffeemühle
velmo-sm    de  Velmo℠ Standmixer
velmo-r     de  Velmo® Wasserkocher
other-mill  de  Brunnert Kaffeemühle
hose-mixed  de  Schlauch 1½ Zoll
hose-half   de  Schlauch 1/2 Zoll
hose-11     de  Schlauch 11 Zoll
can-joined  de  Kanister 2,5l
can-spaced  de  Kanister 2,5 l
can-point   en  Canister 2.5L
can-25      de  Kanister 25l
case-joined de  iPhone15 Hülle
case-spaced de  iPhone 15 Hülle
case-14     de  iPhone 14 Hülle
rug-ru      ru  Коврик 40×30 см
mat-en      en  Mat 40x30 cm
rug-60      ru  Коврик 60×40 см
rug-80      ru  Коврик 80×30 см
ktr         en  Control valve KTR.4410-07
ktr-other   en  Control valve KTR.4411-08
zx200       en  Router ZX200
zx200n      en  Router ZX200N
zx2000      en  Router ZX2000
ipeka       tr  Porselen fincan takımı
lumo        fr  Lampe de bureau en verre
sona        en  Portable speaker with handle
isik        tr  ışık zinciri
chatiment   fr  Le châtiment, roman
chat-food   fr  Croquettes pour chat
kursi       ar  كرسي مكتب
maktaba     ar  مكتبة خشب
shay        ar  شاي أخضر
zip         hi  ज़िप बैग
five-pack   hi  पाँच पैक
perfume     th  น้ำหอม
shelf-he    he  מדף 80 ס״מ
chips-he    he  צ׳יפס תפוחי אדמה
mouse-hant  zh-Hant 無線滑鼠
mouse-hans  zh  无线鼠标
olive       fr  Huile d’olive
sunflower   fr  Huile de tournesol
tarn        en  Tarn’s Jeans
tarn-lake   en  Tarn lake poster
book-cpp    de  Lehrbuch C++
book-csharp de  Lehrbuch C#
book-c      de  Lehrbuch C
r-and-m     de  R&M Regler
r-other     de  Regler für Heizung
computer-uk uk  Комп'ютерна миша
chair-uk    uk  Крісло офісне
puzzle-de   de  Puzzle 1.000 Teile
puzzle-100  de  Puzzle 100 Teile
paint       de  Wandfarbe 5 m²
paint-10    de  Wandfarbe 10 m²
monitor-27  en  Monitor 27"
monitor-24  en  Monitor 24"
boots-42    de  Stiefel Größe 42
boots-43    de  Stiefel Größe 43
"""
BRANDS = {"velmo-tm": "Velmo™", "ipeka": "İPEKA", "lumo": "Cafe\u0301 Lumo", "sona": "ＳＯＮＡ", "isik": "IŞIK"}
MODELS = {"ktr": "KTR.4410-07", "ktr-other": "KTR.4411-08"}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """An engine over `TITLES`, one price and seller."""
    rows = [line.split(maxsplit=2) for line in TITLES.strip().splitlines()]
    listings = [
        Listing(
            listing_id,
            "shop",
            Locale.parse(locale),
            title,
            price_minor=1000,
            currency="EUR",
            stock=5,
            brand=BRANDS.get(listing_id),
            model=MODELS.get(listing_id),
        )
        for listing_id, locale, title in rows
    ]
    folder = tmp_path_factory.mktemp("writing")
    path = folder / "catalogue.jsonl"
    path.write_bytes(b"".join(orjson.dumps(listing_to_record(listing)) + b"\n" for listing in listings))
    reference_data = ReferenceData((Seller("shop", "Shop"),), (), read_markets(), read_rates())
    source = CatalogueSource(str(path), lambda skip: open_catalogue(path, skip=skip), reference_data)
    build(source, folder / "snapshot", open_encoder("hashing"), BuildSettings(encoder="hashing", max_rejected=0))
    return open_engine(folder / "snapshot", threads=1)


def search(engine: Engine, text: str, locale: str, brand: str | None = None) -> Page:
    filters = Filters(brand=brand) if brand else Filters()
    return engine.search(Query(text, Locale.parse(locale), NOW, size=100, filters=filters))


def order(page: Page) -> list[str]:
    """The ids of all results, answers first."""
    return [result.listing_id for result in (*page.results, *page.near)]


@pytest.mark.parametrize(
    ("text", "locale", "first"),
    [
        ("velmo", "de", "velmo-r velmo-sm velmo-tm"),
        ("Velmo™", "de", "velmo-r velmo-sm velmo-tm"),
        ("velmo kaffeemühle", "de", "velmo-tm"),
        ("schlauch 1 1/2 zoll", "de", "hose-mixed"),
        ("schlauch 1,5 zoll", "de", "hose-mixed"),
        ("schlauch 1/2 zoll", "de", "hose-half"),
        ('schlauch ½"', "de", "hose-half"),
        ("kanister 2,5 l", "de", "can-spaced can-joined can-point"),
        ("kanister 2,5l", "de", "can-spaced can-joined can-point"),
        ("kanister 2.5 liter", "de", "can-spaced can-joined can-point"),
        ("kanister 25 l", "de", "can-25"),
        ("iphone 15 hülle", "de", "case-joined case-spaced"),
        ("iphone15", "de", "case-joined case-spaced"),
        ("40х30", "ru", "rug-ru mat-en"),
        ("40 x 30", "en", "rug-ru mat-en"),
        ("40*30", "en", "rug-ru mat-en"),
        ("40 × 30 cm", "en", "rug-ru mat-en"),
        ("коврик 40x30", "ru", "rug-ru"),
        ("ktr441007", "en", "ktr"),
        ("KTR 4410 07", "en", "ktr"),
        ("4410-07", "en", "ktr"),
        ("ktr 441007", "en", "ktr"),
        ("441007", "en", "ktr"),
        ("ışık", "tr", "isik"),
        ("IŞIK", "tr", "isik"),
        ("isik", "tr", "isik"),
        ("chat", "fr", "chat-food"),
        ("كرسى مكتب", "ar", "kursi"),
        ("مكتبه", "ar", "maktaba"),
        ("شـــاي اخضر", "ar", "shay"),
        ("जिप बैग", "hi", "zip"),
        ("पांच पैक", "hi", "five-pack"),
        ("นํ้าหอม", "th", "perfume"),
        ("น้ํา" + "หอม", "th", "perfume"),
        ("מדף 80 סמ", "he", "shelf-he"),
        ('מדף 80 ס"מ', "he", "shelf-he"),
        ("ציפס", "he", "chips-he"),
        ("l'huile d olive", "fr", "olive"),
        ("huile dolive", "fr", "olive"),
        ("tarns jeans", "en", "tarn"),
        ("tarn's", "en", "tarn"),
        ("tarns", "en", "tarn"),
        ("c++", "de", "book-cpp"),
        ("c#", "de", "book-csharp"),
        ("r&m", "de", "r-and-m"),
        ("R & M", "de", "r-and-m"),
        ("компютерна миша", "uk", "computer-uk"),
        ("комп’ютерна миша", "uk", "computer-uk"),
        ("puzzle 1000 teile", "de", "puzzle-de"),
        ("wandfarbe 5 qm", "de", "paint"),
        ("wandfarbe 5m2", "de", "paint"),
        ("monitor 27 zoll", "de", "monitor-27"),
        ("monitor 27 inch", "en", "monitor-27"),
        ("stiefel gr. 42", "de", "boots-42"),
    ],
)
def test_it_is_found_first(engine: Engine, text: str, locale: str, first: str) -> None:
    expected = first.split()

    assert set(order(search(engine, text, locale))[: len(expected)]) == set(expected)


def test_a_model_comes_before_its_variants_and_those_before_other_numbers(engine: Engine) -> None:
    for text in ("zx200", "ZX-200", "zx 200"):
        found = order(search(engine, text, "en"))

        assert found[0] == "zx200"
        assert "zx2000" not in found or found.index("zx200n") < found.index("zx2000")


def test_the_spelling_that_is_typed_comes_first(engine: Engine) -> None:
    assert order(search(engine, "无线鼠标", "zh"))[0] == "mouse-hans"
    assert order(search(engine, "無線滑鼠", "zh-Hant"))[0] == "mouse-hant"
    assert order(search(engine, "kanister 2,5l", "de"))[0] == "can-joined"


@pytest.mark.parametrize(
    ("text", "locale", "listing_id"),
    [
        ("1 1/2", "de", "hose-11"), ("2.5l", "de", "can-25"), ("chat", "fr", "chatiment"), ("c++", "de", "book-c"),
        ("c#", "de", "book-cpp"), ("c", "de", "book-cpp"), ("1000", "de", "puzzle-100"), ("zx200", "en", "zx2000"),
        ("r&m", "de", "r-other"),
    ],
)  # fmt: skip
def test_it_is_no_literal_match(text: str, locale: str, listing_id: str) -> None:
    titles = {row[0]: row[2] for row in (line.split(maxsplit=2) for line in TITLES.strip().splitlines())}
    lemmas = {token.lemma for token in analyse(titles[listing_id], locale).tokens if token.lemma}
    query = {token.lemma for token in analyse(text, locale).tokens if token.lemma}

    assert query.isdisjoint(lemmas - {"zx"})


@pytest.mark.parametrize(
    ("brand", "listing_id"),
    [
        ("velmo", "velmo-tm"), ("VELMO™", "velmo-tm"), ("ipeka", "ipeka"), ("IPEKA", "ipeka"), ("İPEKA", "ipeka"),
        ("Café Lumo", "lumo"), ("café lumo", "lumo"), ("sona", "sona"), ("ışık", "isik"), ("IŞIK", "isik"),
    ],
)  # fmt: skip
def test_a_brand_is_filtered_by_in_every_way_of_writing(engine: Engine, brand: str, listing_id: str) -> None:
    title = next(line.split(maxsplit=2)[2] for line in TITLES.splitlines() if line.startswith(f"{listing_id} "))

    assert order(search(engine, title, "de", brand=brand)) == [listing_id]


@pytest.mark.parametrize("text", ["+++", "🎁", "™", "!?", '"'])
def test_signs_alone_find_nothing_instead_of_everything(engine: Engine, text: str) -> None:
    assert order(search(engine, text, "de")) == []
