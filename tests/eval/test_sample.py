"""The sample catalogue: deterministic, valid, varied, and complete on disk."""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import orjson
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from eval.command_sample import sample
from eval.sample import files as sample_files
from eval.sample.broken import broken_lines
from eval.sample.edge_cases import make_edge_case
from eval.sample.files import SampleFiles, write_sample
from eval.sample.offer import sample_offer
from eval.sample.product_types import BESTSELLERS, GROUPS, product_types
from eval.sample.products import BRANDS, brands_of, check_digit
from eval.sample.sample import (
    NOW,
    sample_listing,
    sample_listings,
    sample_sellers,
    sample_shipping,
    sellers_for,
)
from eval.sample.seeded_random import SeededRandom
from eval.sample.sellers import is_fraudulent
from indexer.catalogue.records import listing_to_record, read_listing
from indexer.catalogue.reference_data import read_markets, read_rates, read_sellers, read_shipping
from indexer.listing import InvalidRecord, Listing
from languages.kinds import kinds
from languages.lexicon import group, lexicon
from languages.locale import LANGUAGES

SEED = 7
LISTINGS = tuple(sample_listings(12_000, SEED))
SELLERS = {seller.seller_id: seller for seller in sample_sellers(sellers_for(len(LISTINGS)), SEED)}
TEMPLATES = {template.template_id: template for template in sample_shipping()}
OFFERS = tuple(sample_offer(number, SEED) for number in range(len(LISTINGS)))
PLAIN = [(offer, listing) for offer, listing in zip(OFFERS, LISTINGS, strict=True) if not offer.edge_case]

app = typer.Typer()
app.command()(sample)
runner = CliRunner()


def share(count: int) -> float:
    return count / len(LISTINGS)


# Determinism


def catalogue_lines(listings: int, seed: int, broken: int = 0) -> Iterator[bytes]:
    """The lines that a sample's catalogue must have, without line ends; broken ones last."""
    records = [dict(listing_to_record(listing)) for listing in sample_listings(listings, seed)]
    yield from map(orjson.dumps, records)
    yield from broken_lines(broken, records, seed) if broken else ()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    once, again, other = (list(catalogue_lines(300, seed)) for seed in (SEED, SEED, SEED + 1))

    assert once == again
    assert once != other


@settings(max_examples=40, deadline=None)
@given(st.integers(0, len(LISTINGS)), st.integers(0, len(LISTINGS)))
def test_a_shorter_sample_is_the_start_of_a_longer_one(short: int, place: int) -> None:
    start = max(0, short - 5)

    assert tuple(islice(sample_listings(short, SEED), start, None)) == LISTINGS[start:short]
    assert place == len(LISTINGS) or sample_listing(place, SEED) == LISTINGS[place]


def test_a_seller_is_the_same_in_a_larger_sample() -> None:
    assert list(sample_sellers(20, SEED)) == list(sample_sellers(60, SEED))[:20]


@given(st.integers(), st.integers(1, 10_000))
def test_random_numbers_stay_below_their_bound(seed: int, bound: int) -> None:
    rng = SeededRandom(seed, "test", 1)

    assert all(0 <= rng.below(bound) < bound for _ in range(20))


def test_a_late_listing_costs_no_more_than_an_early_one(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = 0
    start = SeededRandom.__init__

    def counting(rng: SeededRandom, seed: int, purpose: str, number: int) -> None:
        nonlocal hashes
        hashes += 1
        start(rng, seed, purpose, number)

    def cost(first: int) -> int:
        """The hashes that five hundred listings take, none of them made before."""
        before = hashes
        for number in range(first, first + 500):
            listing = sample_listing(number, fresh_seed)

            assert listing.listing_id == f"L{number:08d}"
            assert int(listing.seller_id[1:]) < sellers_for(number)
        return hashes - before

    fresh_seed = SEED + 1_000
    monkeypatch.setattr(SeededRandom, "__init__", counting)

    assert 500 < cost(9_999_500) < 1.05 * cost(1_000)


# Listings


def test_every_listing_survives_a_record_and_back() -> None:
    for listing in LISTINGS[:500]:
        assert read_listing(json.loads(json.dumps(listing_to_record(listing)))) == listing


def test_sellers_templates_and_currencies_are_known() -> None:
    rates = read_rates()

    for _, listing in PLAIN:
        assert listing.seller_id in SELLERS
        assert listing.shipping_template in TEMPLATES
        assert rates.knows(listing.currency)


def test_ids_are_distinct_and_so_are_nearly_all_titles() -> None:
    assert len({listing.listing_id for listing in LISTINGS}) == len(LISTINGS)
    assert share(len({listing.title for listing in LISTINGS})) >= 0.97


def test_two_thousand_listings_are_in_every_language_a_third_english_and_chinese() -> None:
    languages = Counter(listing.locale.language for listing in LISTINGS[:2_000])

    assert set(languages) == set(LANGUAGES)
    assert 0.25 < (languages["en"] + languages["zh"]) / 2_000 < 0.35


def test_listings_are_written_for_regions_too() -> None:
    assert {"pt-BR", "pt-PT", "zh-Hans", "zh-Hant", "es", "es-MX", "en", "en-GB"} <= {
        str(listing.locale) for listing in LISTINGS
    }


def test_every_kind_has_a_product_type_and_the_bestsellers_sell_best() -> None:
    listings_by_kind = Counter(offer.product.product_type.kind_id for offer in OFFERS)

    assert [product_type.kind_id for product_type in product_types()] == list(kinds())
    assert set(BESTSELLERS) <= set(kinds())
    assert len(listings_by_kind) > 0.85 * len(kinds())  # in 12,000 listings
    assert {kind for kind, _ in listings_by_kind.most_common(5)} < set(BESTSELLERS)


def test_facets_are_entries_of_the_lexicon() -> None:
    for product_type in product_types():
        assert set(product_type.facets) <= set(GROUPS)
        for facet, values in product_type.facets.items():
            assert values
            assert set(values) <= set(group(facet, "en"))


def test_a_title_names_its_kind_in_its_language() -> None:
    def folded(text: str) -> str:
        return text.casefold().replace("i̇", "i").replace("ı", "i")  # a Turkish shout has İ for i and I for ı

    for offer, listing in PLAIN:
        entry = lexicon(offer.locale.language)[f"kind:{offer.product.product_type.kind_id}"]

        assert any(folded(name) in folded(listing.title) for name in entry.texts()), listing.title


def test_attributes_have_english_names_and_values_in_the_listings_language() -> None:
    for offer, listing in PLAIN:
        entries = lexicon(offer.locale.language)
        assert set(listing.attributes) == {
            *offer.product.facet_values,
            *(["size"] if offer.product.size is not None else []),
        }
        for facet, values in offer.product.facet_values.items():
            named = [entries[f"{facet}:{value}"].named(offer.locale) for value in values]
            assert listing.attributes[facet] == ", ".join(named)


def test_misplaced_listings_are_in_another_department_and_the_others_in_their_own() -> None:
    for offer, listing in PLAIN:
        assert (listing.category == offer.product.product_type.category) != offer.misplaced
        assert listing.category[0] != offer.product.product_type.category[0] or not offer.misplaced


def test_stuffed_titles_name_other_kinds() -> None:
    stuffed = [(offer, listing) for offer, listing in PLAIN if offer.stuffed]
    for offer, listing in stuffed:
        names = [kind.named(offer.locale) for kind in group("kind", offer.locale.language).values()]
        assert sum(name in listing.title for name in names) >= 3

    assert 0.02 < share(len(stuffed)) < 0.04


def test_bait_costs_a_fraction_and_fraudulent_sellers_set_most_of_it() -> None:
    bait = [offer for offer in OFFERS if offer.bait]
    rates = read_rates()
    for offer in bait:
        listing = LISTINGS[offer.number]
        dollars = listing.price_minor * rates.minor_to_minor(listing.currency, "USD") / 100
        assert offer.edge_case or dollars <= max(2.0, 0.25 * offer.product.usd)

    by_fraudulent = [offer for offer in OFFERS if is_fraudulent(offer.seller)]
    assert 0.004 < share(len(bait)) < 0.025
    assert by_fraudulent
    assert sum(offer.bait for offer in by_fraudulent) > 0.15 * len(by_fraudulent)


@pytest.mark.parametrize("way", range(1, 9))
def test_an_edge_case_is_still_a_valid_record(way: int) -> None:
    edge_case = make_edge_case(LISTINGS[0], way)

    assert edge_case != LISTINGS[0]
    read = read_listing(json.loads(json.dumps(listing_to_record(edge_case))))
    has_html = edge_case.title.startswith("<b>")
    assert (read.title if has_html else read) == (LISTINGS[0].title if has_html else edge_case)


def test_gtins_have_a_valid_check_digit_and_belong_to_one_product() -> None:
    products = defaultdict(set)
    for offer, listing in PLAIN:
        if listing.gtin is not None:
            products[listing.gtin].add((listing.brand, listing.model, offer.product.product_type.kind_id))

            assert len(listing.gtin) == 13
            assert listing.gtin.startswith("29")
            assert int(listing.gtin[-1]) == check_digit(listing.gtin[:12])
    assert {len(product) for product in products.values()} == {1}
    assert 0.65 < share(sum(listing.gtin is not None for listing in LISTINGS)) < 0.75


def test_check_digit_by_hand() -> None:
    # 4006381333931: 4 + 3·0 + 0 + 3·6 + 3 + 3·8 + 1 + 3·3 + 3 + 3·3 + 9 + 3·3 = 89, and 89 + 1 = 90
    assert check_digit("400638133393") == 1


def test_some_products_are_offered_by_several_sellers() -> None:
    sellers = defaultdict(set)
    for listing in LISTINGS:
        if listing.gtin is not None:
            sellers[listing.gtin].add(listing.seller_id)

    assert sum(len(offers) > 1 for offers in sellers.values()) > 50


def test_variants_share_brand_model_and_seller_and_differ_in_colour_or_size() -> None:
    groups: dict[str, list[Listing]] = defaultdict(list)
    for _, listing in PLAIN:
        if listing.group_id is not None:
            groups[listing.group_id].append(listing)

    assert groups
    for variants in groups.values():
        shared = {(variant.brand, variant.model, variant.seller_id, variant.locale) for variant in variants}
        varied = {(variant.attributes.get("color"), variant.attributes.get("size")) for variant in variants}
        assert len(shared) == 1
        assert len(varied) > 1


def test_prices_are_long_tailed_and_sales_are_lower_and_dated() -> None:
    honest = [listing for offer, listing in PLAIN if not offer.bait]
    dollars = sorted(listing.price_minor for listing in honest if listing.currency == "USD")
    sales = [listing.sale for listing in LISTINGS if listing.sale is not None]

    assert dollars[0] >= 29
    assert dollars[-1] > 20 * dollars[len(dollars) // 2]
    assert 0.35 < share(len(sales)) < 0.45
    assert all(listing.sale.price_minor < listing.price_minor for listing in honest if listing.sale is not None)
    singles_day = 1_794_355_200  # 2026-11-11T00:00Z
    assert share(sum(sale.starts <= singles_day < sale.ends for sale in sales)) > 0.3
    assert all(sale.starts >= NOW and sale.ends <= 1_796_083_200 for sale in sales)  # 2026-12-01T00:00Z


def test_new_listings_have_no_rating_and_times_are_in_order() -> None:
    for _, listing in PLAIN:
        assert listing.created_at is not None
        assert listing.updated_at is not None
        assert NOW - 3 * 365 * 86_400 <= listing.created_at <= listing.updated_at < NOW
        assert (listing.rating_mean is None) == (listing.rating_count == 0)
        assert listing.created_at < NOW - 45 * 86_400 or listing.rating_mean is None
    assert 0.01 < share(sum(listing.stock == 0 for listing in LISTINGS)) < 0.05


def test_descriptions_are_sentences_without_holes() -> None:
    described = [(listing, text) for _, listing in PLAIN if (text := listing.description) is not None]
    for listing, text in described:
        assert text[-1] in ".。।" or listing.locale.language == "th"
        assert not any(hole in text for hole in ("{", "None", "  ", ".."))

    assert 0.8 < len(described) / len(PLAIN) < 0.9


def test_there_are_two_hundred_brands() -> None:
    assert len(set(BRANDS)) == 200
    assert {len(set(brands_of(product_type.department))) for product_type in product_types()} == {40}


# Sellers and shipping


def test_one_seller_in_a_hundred_is_suspended_and_one_is_fraudulent() -> None:
    sellers = list(sample_sellers(500, SEED))

    assert sum(not seller.active for seller in sellers) == 7
    assert [number for number in range(500) if is_fraudulent(number)] == [61, 161, 261, 361, 461]
    assert [sellers[number].active for number in (61, 161, 261, 361, 461)] == [False, True, True, True, False]
    assert {"CN", "US", "DE", "BR", "JP"} <= {seller.country for seller in sellers}
    assert len({seller.seller_id for seller in sellers}) == 500


def test_templates_from_china_reach_every_country_and_faster_ones_cost_more() -> None:
    economy, standard, express = (TEMPLATES[f"cn-{speed}"] for speed in ("economy", "standard", "express"))
    for slower, faster in ((economy, standard), (standard, express)):
        assert {row.country for row in slower.rows} == set(read_markets())
        for slow, fast in zip(slower.rows, faster.rows, strict=True):
            assert slow.country == fast.country
            assert slow.days_max > fast.days_max
            assert slow.cost_minor < fast.cost_minor


@pytest.mark.parametrize("country", ["US", "DE", "BR", "JP"])
def test_a_local_warehouse_is_faster_than_the_express_from_china(country: str) -> None:
    rows = {name: row for name, template in TEMPLATES.items() for row in template.rows if row.country == country}
    local, express = rows[f"local-{country.lower()}"], rows["cn-express"]

    assert (local.days_min, local.days_max) < (express.days_min, express.days_max)
    assert local.days_max < express.days_max


def test_every_department_reaches_each_market_at_several_speeds() -> None:
    speeds = defaultdict(set)
    for _, listing in PLAIN:
        for row in TEMPLATES[str(listing.shipping_template)].rows:
            speeds[row.country, listing.category[0]].add(row.days_max)
    for market in read_markets():
        for product_type in product_types():
            assert len(speeds[market, product_type.category[0]]) >= 3


# Files


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_files_hold_the_sample_and_nothing_else_is_left(tmp_path: Path, suffix: str) -> None:
    files = SampleFiles.beside(tmp_path / f"catalogue{suffix}")
    write_sample(files, 250, SEED)
    content = files.catalogue.read_bytes()
    lines = (gzip.decompress(content) if suffix.endswith("gz") else content).splitlines()

    assert [read_listing(json.loads(line)) for line in lines] == list(LISTINGS[:250])
    assert list(read_sellers(files.sellers)) == list(sample_sellers(sellers_for(250), SEED))
    assert list(read_shipping(files.shipping)) == list(sample_shipping())
    assert len(list(tmp_path.iterdir())) == 3


def test_two_processes_write_the_same_bytes_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_files, "_MIN_LISTINGS_FOR_WORKERS", 0)
    monkeypatch.setattr(sample_files, "_BATCH", 100)
    contents = []
    progress: list[int] = []
    for workers in (1, 2):
        files = SampleFiles.beside(tmp_path / str(workers) / "catalogue.jsonl")
        files.catalogue.parent.mkdir()
        write_sample(files, 450, SEED, 5, progress.append, workers)
        contents.append(files.catalogue.read_bytes())

    assert contents[0] == contents[1]
    assert sum(progress) == 2 * 455


def test_zstd_is_read_back(tmp_path: Path) -> None:
    import pyarrow as pa

    files = SampleFiles.beside(tmp_path / "catalogue.jsonl.zst")
    write_sample(files, 100, SEED)
    with pa.CompressedInputStream(str(files.catalogue), "zstd") as stream:
        lines = stream.read().splitlines()

    assert lines == list(catalogue_lines(100, SEED))


def test_broken_records_come_last_and_cover_every_fault() -> None:
    lines = list(catalogue_lines(50, SEED, broken=6))
    cut, *others = lines[50:]
    faults = []
    for line in others[:-1]:
        with pytest.raises(InvalidRecord) as refused:
            read_listing(json.loads(line))
        faults.append(refused.value.field)

    assert lines[:50] == list(catalogue_lines(50, SEED))
    assert faults == ["listing_id", "price_minor", "currency", "title"]
    assert json.loads(others[-1])["listing_id"] in {listing.listing_id for listing in LISTINGS[:50]}
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut)


# The command


def test_the_command_writes_three_files_and_prints_the_next_command(tmp_path: Path) -> None:
    out = tmp_path / "new" / "catalogue.jsonl"
    result = runner.invoke(app, ["--listings", "120", "--out", str(out), "--broken", "3"])

    assert result.exit_code == 0, result.output
    assert "wrote 120 listings and 3 broken records" in result.output
    assert f"next: fondaco index {out} --out snapshot" in result.output
    assert len(out.read_bytes().splitlines()) == 123


def test_the_command_refuses_to_overwrite_unless_forced(tmp_path: Path) -> None:
    out = tmp_path / "catalogue.jsonl"
    out.write_text("mine")
    refused = runner.invoke(app, ["--listings", "5", "--out", str(out)])
    kept = out.read_text()
    forced = runner.invoke(app, ["--listings", "5", "--out", str(out), "--force"])

    assert isinstance(refused.exception, ValueError)
    assert "--force" in str(refused.exception)
    assert kept == "mine"
    assert forced.exit_code == 0
    assert len(out.read_bytes().splitlines()) == 5


@pytest.mark.parametrize("name", ["catalogue.csv", "sellers.jsonl"])
def test_the_command_refuses_a_name_it_cannot_write(tmp_path: Path, name: str) -> None:
    result = runner.invoke(app, ["--out", str(tmp_path / name)])

    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []
