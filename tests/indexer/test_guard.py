"""The guard: a build publishes nothing that empties a shop, unless it is forced to."""

from __future__ import annotations

import gzip
import multiprocessing
import os
import shutil
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

import fondaco
from indexer.arrangement import Arrangement
from indexer.build.build import build
from indexer.build.settings import BuildReport, BuildSettings, CatalogueSource
from indexer.catalogue.catalogue import Catalogue, Defaults, open_catalogue
from indexer.catalogue.reference_data import read_markets, read_rates
from indexer.encoders.encoder import Vectors
from indexer.encoders.hashing import HashingEncoder
from indexer.errors import PublicationRefused
from indexer.market import ReferenceData, Seller, ShippingRow, ShippingTemplate
from indexer.open_snapshot import open_snapshot
from indexer.roll_back import roll_back
from indexer.snapshot.generations import current_generation, generation_folder, generations
from languages.locale import Locale

REFERENCE_DATA = ReferenceData((), (), read_markets(), read_rates())
SETTINGS = BuildSettings(part_size=10, encoder="hashing:32")
FORCED = replace(SETTINGS, force=True)


class CountingEncoder(HashingEncoder):
    encoded = 0

    def encode_listings(self, texts: Sequence[str]) -> Vectors:
        self.encoded += len(texts)
        return super().encode_listings(texts)


def record(number: int, **fields: object) -> dict[str, object]:
    """A listing: every fourth is a lamp of S2, the others are chairs of S1."""
    is_lamp = number % 4 == 0
    return {
        "listing_id": f"L{number}",
        "seller_id": "S2" if is_lamp else "S1",
        "locale": "en",
        "title": f"{'Lamp' if is_lamp else 'Chair'} number {number}",
        "price_minor": 1_000 + number,
        "currency": "EUR",
        "category": ["Lighting", "Lamps"] if is_lamp else ["Furniture", "Chairs"],
        **fields,
    }


SHOP = [record(number) for number in range(100)]
BROKEN: dict[str, object] = {"listing_id": "broken"}


def write(folder: Path, records: Sequence[dict[str, object]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "catalogue.jsonl"
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in records))
    return path


def publish(
    path: Path,
    out: Path,
    settings: BuildSettings = SETTINGS,
    encoder: HashingEncoder | None = None,
    reference_data: ReferenceData = REFERENCE_DATA,
    **options: Any,
) -> BuildReport:
    def open_at(skip: int) -> Catalogue:
        return open_catalogue(path, skip=skip)

    source = CatalogueSource(f"{path}\n{path.stat().st_size}", open_at, reference_data)
    return build(source, out, encoder or HashingEncoder(32), settings, **options)


def refusal(path: Path, out: Path, settings: BuildSettings = SETTINGS) -> str:
    with pytest.raises(PublicationRefused) as error:
        publish(path, out, settings)
    return str(error.value)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A snapshot that serves the 100 listings of SHOP as generation 1."""
    publish(write(tmp_path / "shop", SHOP), tmp_path / "out")
    return tmp_path / "out"


@pytest.mark.parametrize("records", [[], [BROKEN] * 3])
def test_a_first_build_without_listings_is_refused(tmp_path: Path, records: list[dict[str, object]]) -> None:
    message = refusal(write(tmp_path, records), tmp_path / "out")

    assert f"the catalogue gives no listing (records read: {len(records)}, rejected: {len(records)})" in message
    assert "--force" in message
    assert generations(tmp_path / "out") == []


def test_a_catalogue_of_drafts_alone_is_refused(tmp_path: Path) -> None:
    export = tmp_path / "products.csv"
    header = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src,Published,Status\n"
    export.write_text(header + "mug,Mug,Title,Default Title,M,9.99,,false,draft\n")
    defaults = Defaults(locale=Locale.parse("en"), seller_id="mugs", currency="EUR")

    def open_at(skip: int) -> Catalogue:
        return open_catalogue(export, form="shopify", defaults=defaults, skip=skip)

    with pytest.raises(PublicationRefused, match=r"no listing \(records read: 1, rejected: 0, no offers: 1\)"):
        build(CatalogueSource(str(export), open_at, REFERENCE_DATA), tmp_path / "out", HashingEncoder(32), SETTINGS)


@pytest.mark.parametrize("records", [[], [BROKEN] * 100])
def test_a_running_shop_is_not_emptied(tmp_path: Path, shop: Path, records: list[dict[str, object]]) -> None:
    message = refusal(write(tmp_path, records), shop)

    assert "generation 1 is still served, with 100 listings" in message
    assert current_generation(shop) == 1
    assert generations(shop) == [1]
    assert len(open_snapshot(shop)) == 100


def test_the_message_says_what_would_vanish_by_seller_and_category(tmp_path: Path, shop: Path) -> None:
    without_lamps = [line for line in SHOP if line["seller_id"] == "S1"]
    message = refusal(write(tmp_path, without_lamps), shop)

    assert message.splitlines() == [
        f"nothing was published in {shop}",
        "  25 of the 100 listings of generation 1 (25 %) would vanish, --max-loss allows 20 %",
        "  by seller: S2 25 of 25",
        "  by category: Lighting 25 of 25",
        "  generation 1 is still served, with 100 listings",
        "  to publish all the same, build again with --force; nothing is read or embedded twice",
    ]


def test_the_message_names_those_that_lose_most_first(tmp_path: Path, shop: Path) -> None:
    message = refusal(write(tmp_path, SHOP[:50]), shop)

    assert "by seller: S1 38 of 75, S2 12 of 25" in message
    assert "by category: Furniture 38 of 75, Lighting 12 of 25" in message


def test_only_five_sellers_are_named(tmp_path: Path) -> None:
    many = [record(number, seller_id=f"seller {number % 7}") for number in range(70)]
    publish(write(tmp_path, many), tmp_path / "out")
    message = refusal(write(tmp_path / "2", many[:7]), tmp_path / "out")

    assert "by seller: seller 0 9 of 10, seller 1 9 of 10, seller 2 9 of 10" in message
    assert "seller 4 9 of 10 and 2 more" in message


def test_strange_and_long_names_do_not_reach_the_terminal(tmp_path: Path) -> None:
    publish(write(tmp_path, [record(1, seller_id="\x1b[2J", category=["x" * 500])]), tmp_path / "out")
    message = refusal(write(tmp_path / "2", [record(2)]), tmp_path / "out")

    assert "\x1b" not in message
    assert f"by category: {'x' * 39}… 1 of 1\n" in message


def test_listings_are_compared_by_id_and_not_by_number(tmp_path: Path, shop: Path) -> None:
    renamed = [record(number, listing_id=f"new {number}") for number in range(100)]

    assert "100 of the 100 listings" in refusal(write(tmp_path, renamed), shop)


@pytest.mark.parametrize(("kept", "is_published"), [(80, True), (79, False)])
def test_a_loss_of_exactly_the_share_is_allowed(tmp_path: Path, shop: Path, kept: int, is_published: bool) -> None:
    path = write(tmp_path, SHOP[:kept])
    if is_published:
        assert publish(path, shop).listings == kept
    else:
        assert "21 of the 100" in refusal(path, shop)


@pytest.mark.parametrize(("max_loss", "is_published"), [(0.5, True), (0.49, False)])
def test_max_loss_moves_the_limit(tmp_path: Path, shop: Path, max_loss: float, is_published: bool) -> None:
    path, settings = write(tmp_path, SHOP[:50]), replace(SETTINGS, max_loss=max_loss)
    if is_published:
        assert publish(path, shop, settings).listings == 50
    else:
        assert "--max-loss allows 49 %" in refusal(path, shop, settings)


def test_an_invalid_share_is_refused() -> None:
    with pytest.raises(ValueError, match=r"max_loss 20 is not a share from 0 to 1, such as 0\.2 for 20 %"):
        BuildSettings(max_loss=20)


@pytest.mark.parametrize(("broken", "is_published"), [(100, True), (101, False)])
def test_a_feed_of_which_most_records_are_rejected_is_refused(
    tmp_path: Path, shop: Path, broken: int, is_published: bool
) -> None:
    path = write(tmp_path, SHOP + [BROKEN] * broken)
    if is_published:
        assert publish(path, shop).rejected == 100
    else:
        message = refusal(path, shop)
        assert "101 of 201 records were rejected" in message
        assert f"the reasons of 101 rejected records are in {shop / 'building' / 'rejected.jsonl'}" in message
        assert len((shop / "building" / "rejected.jsonl").read_bytes().splitlines()) == 101


HIDDEN = ReferenceData(
    (Seller("S1", "Meyer", active=False), Seller("S2", "Lamp shop", active=False)),
    (ShippingTemplate("nowhere", ()), ShippingTemplate("dhl", (ShippingRow("DE", 495, "EUR", 1, 3),))),
    read_markets(),
    read_rates(),
)


@pytest.mark.parametrize(
    ("fields", "reference_data", "reason"),
    [
        ({"stock": 0}, REFERENCE_DATA, "100 are sold out"),
        ({}, HIDDEN, "100 are of suspended sellers"),
        ({"shipping_template": "nowhere", "seller_id": "S9"}, HIDDEN, "100 ship to no country"),
    ],
)
def test_a_shop_in_which_nothing_is_shown_is_refused(
    tmp_path: Path, shop: Path, fields: dict[str, object], reference_data: ReferenceData, reason: str
) -> None:
    path = write(tmp_path, [record(number, **fields) for number in range(100)])
    with pytest.raises(PublicationRefused, match=rf"none of the 100 listings would be shown: {reason}\n"):
        publish(path, shop, reference_data=reference_data)

    assert current_generation(shop) == 1


@pytest.mark.parametrize(
    ("fields", "reference_data", "reason"),
    [({"stock": 0}, REFERENCE_DATA, "90 are sold out"), ({"seller_id": "S1"}, HIDDEN, "90 are of suspended sellers")],
)
def test_a_shop_of_which_less_than_half_as_much_can_be_bought_is_refused(
    tmp_path: Path, shop: Path, fields: dict[str, object], reference_data: ReferenceData, reason: str
) -> None:
    path = write(tmp_path, [record(number, seller_id="S3") | (fields if number % 10 else {}) for number in range(100)])
    message = f"10 of the 100 listings could be bought, generation 1 has 100 such: {reason}\n"
    with pytest.raises(PublicationRefused, match=message):
        publish(path, shop, reference_data=reference_data)
    report = publish(path, shop, replace(SETTINGS, max_loss=0.9), reference_data=reference_data)

    assert report.generation == 2


def test_a_shop_in_which_half_is_sold_out_is_published(tmp_path: Path, shop: Path) -> None:
    path = write(tmp_path, [record(number, stock=number % 2) for number in range(100)])

    assert publish(path, shop).generation == 2
    assert publish(write(tmp_path / "2", [record(n, stock=int(n % 4 == 1)) for n in range(100)]), shop).generation == 3


def test_a_shop_in_which_everything_is_free_is_refused(tmp_path: Path, shop: Path) -> None:
    free = [record(number, price_minor=0) for number in range(100)]

    assert "\n  all 100 listings cost 0\n" in refusal(write(tmp_path, free), shop)
    assert publish(write(tmp_path / "2", [*free[:99], record(99)]), shop).generation == 2


@pytest.mark.parametrize("number", [0, 55, 99])
def test_a_shop_in_which_one_listing_is_shown_is_published(tmp_path: Path, number: int) -> None:
    records = [record(n, stock=0, shipping_template="nowhere", seller_id="S1") for n in range(100)]
    records[number] = record(number, stock=1, shipping_template="dhl", seller_id="S3")

    assert publish(write(tmp_path, records), tmp_path / "out", reference_data=HIDDEN).listings == 100


def test_the_report_says_what_is_gone(tmp_path: Path, shop: Path) -> None:
    loss = publish(write(tmp_path, SHOP[:90]), shop).loss

    assert loss is not None
    assert (loss.lost, loss.served.generation) == (10, 1)
    assert loss.sellers == "S1 8 of 75, S2 2 of 25"


def test_a_first_build_has_lost_nothing(tmp_path: Path) -> None:
    assert publish(write(tmp_path, SHOP), tmp_path / "out").loss is None


def test_the_loss_is_measured_against_the_generation_that_is_served(tmp_path: Path, shop: Path) -> None:
    publish(write(tmp_path, SHOP[:10]), shop, FORCED)
    roll_back(shop)

    assert "90 of the 100 listings of generation 1" in refusal(write(tmp_path / "3", SHOP[:10]), shop)


def test_force_publishes_what_was_built_without_building_again(tmp_path: Path, shop: Path) -> None:
    path = write(tmp_path, [*SHOP[:10], record(500, title="A text that nobody embedded")])
    refusal(path, shop)
    encoder = CountingEncoder(32)
    path_read = 0

    def stages(stage: str, *_: int) -> None:
        nonlocal path_read
        path_read += stage == "read and embed"

    report = publish(path, shop, FORCED, encoder, progress=stages)

    assert (report.generation, report.listings, report.resumed) == (2, 11, 11)
    assert (encoder.encoded, path_read) == (0, 0)
    assert len(open_snapshot(shop)) == 11
    assert not (shop / "building").exists()


def test_a_corrected_catalogue_is_published_after_a_refusal(tmp_path: Path, shop: Path) -> None:
    refusal(write(tmp_path, SHOP[:10]), shop)

    assert publish(write(tmp_path, SHOP[:95]), shop).listings == 95
    assert sorted(path.name for path in shop.iterdir()) == ["CURRENT", "build.lock", "generations"]


def test_a_first_file_that_broke_off_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(orjson.dumps(record(number)) + b"\n" for number in range(20_000)))
    path = tmp_path / "catalogue.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    message = refusal(path, tmp_path / "out", replace(SETTINGS, part_size=5_000))

    assert "the file broke off at record" in message
    assert generations(tmp_path / "out") == []


def test_a_damaged_served_generation_does_not_stop_a_build(tmp_path: Path, shop: Path) -> None:
    shutil.rmtree(generation_folder(shop, 1) / "texts")

    assert "50 of the 100 listings" in refusal(write(tmp_path / "2", SHOP[:50]), shop)
    assert publish(write(tmp_path / "3", SHOP), shop).generation == 2


class SilentCluster:
    """A cluster that a refused build only asks for its version."""

    def check_version(self) -> None:
        pass


@pytest.mark.parametrize("engines", [Arrangement.MIXED, Arrangement.OPENSEARCH])
def test_nothing_is_sent_to_a_cluster_before_the_guard(tmp_path: Path, engines: Arrangement) -> None:
    cluster: Any = SilentCluster()  # any other call is an AttributeError

    with pytest.raises(PublicationRefused, match="no listing"):
        publish(write(tmp_path, [BROKEN]), tmp_path / "out", replace(SETTINGS, engines=engines), cluster=cluster)


def _killed_while_comparing(path: Path, out: Path) -> None:
    def die(stage: str, *_: int) -> None:
        if stage == "compare":
            os.kill(os.getpid(), signal.SIGKILL)

    publish(path, out, progress=die)


def test_a_build_that_is_killed_while_it_compares_loses_nothing(tmp_path: Path, shop: Path) -> None:
    path = write(tmp_path, SHOP[:50])
    process = multiprocessing.get_context("spawn").Process(target=_killed_while_comparing, args=(path, shop))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert current_generation(shop) == 1
    refusal(path, shop)

    assert publish(path, shop, FORCED).resumed == 50


def test_the_command_prints_itself_with_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = write(tmp_path / "a b", [BROKEN]), tmp_path / "out"
    command = ["index", str(path), "--out", str(out), "--encoder", "hashing"]
    monkeypatch.setattr("sys.argv", ["fondaco", *command])
    with pytest.raises(SystemExit) as end:
        fondaco.main()
    message = capsys.readouterr().err.strip().splitlines()

    assert end.value.code == 2
    assert message[0] == f"fondaco: nothing was published in {out}"
    assert message[-1] == f"  fondaco index '{path}' --out {out} --encoder hashing --force"
    monkeypatch.setattr("sys.argv", ["fondaco", *command, "--force"])
    with pytest.raises(SystemExit) as end:
        fondaco.main()

    assert end.value.code == 0
    assert current_generation(out) == 1
