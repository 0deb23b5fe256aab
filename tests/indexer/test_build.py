"""A build: resumes where it was interrupted, embeds no text twice, publishes all or nothing."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from eval.sample.sample import sample_listings, sample_sellers, sample_shipping
from indexer.build.build import build
from indexer.build.settings import BuildReport, BuildSettings, CatalogueSource
from indexer.catalogue.catalogue import Catalogue, open_catalogue
from indexer.catalogue.records import listing_to_record
from indexer.catalogue.reference_data import read_markets, read_rates
from indexer.encoders.encoder import Vectors
from indexer.encoders.hashing import HashingEncoder
from indexer.errors import BuildRunning, SnapshotMismatch, SnapshotMissing, TooManyRejected
from indexer.listing import Listing
from indexer.market import ReferenceData
from indexer.open_snapshot import open_snapshot
from indexer.progress import ProgressCallback, no_progress
from indexer.roll_back import roll_back
from indexer.snapshot.audit import audit
from indexer.snapshot.generations import current_generation, generation_folder, generations, set_current
from indexer.stores.listing_text import to_passage

REFERENCE_DATA = ReferenceData(tuple(sample_sellers(50, 7)), tuple(sample_shipping()), read_markets(), read_rates())
SETTINGS = BuildSettings(part_size=100, encoder="hashing:64")
LISTINGS = tuple(sample_listings(450, 7))


class CountingEncoder(HashingEncoder):
    """Counts what it encodes."""

    encoded = 0

    def encode_listings(self, texts: Sequence[str]) -> Vectors:
        self.encoded += len(texts)
        return super().encode_listings(texts)


class PowerCut(Exception):
    """The moment a test cuts a build off."""


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder(64)


def lines(listings: Sequence[Listing]) -> list[bytes]:
    return [orjson.dumps(listing_to_record(listing)) for listing in listings]


def catalogue(folder: Path, records: Sequence[bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "catalogue.jsonl"
    path.write_bytes(b"\n".join(records) + b"\n")
    return path


def run(
    path: Path,
    out: Path,
    encoder: HashingEncoder,
    settings: BuildSettings = SETTINGS,
    progress: ProgressCallback = no_progress,
) -> BuildReport:
    def open_at(skip: int) -> Catalogue:
        return open_catalogue(path, skip=skip)

    source = CatalogueSource(f"{path}\n{path.stat().st_size}", open_at, REFERENCE_DATA)
    return build(source, out, encoder, settings, progress)


def problems(out: Path) -> list[str]:
    return [f"{finding.store}: {finding.problem}" for finding in audit(open_snapshot(out)) if finding.problem]


def rejected_records(out: Path) -> list[dict[str, Any]]:
    lines = (generation_folder(out, 1) / "rejected.jsonl").read_bytes().splitlines()
    return [orjson.loads(line) for line in lines]


def contents(out: Path) -> tuple[list[str], list[str], bytes]:
    """What a snapshot holds, by value: ids, titles, vectors."""
    snapshot = open_snapshot(out)
    texts = snapshot.texts.take(range(len(snapshot)))
    return [t.listing_id for t in texts], [t.title for t in texts], snapshot.vectors.tobytes()


def test_publishes_every_listing_in_order(tmp_path: Path, encoder: CountingEncoder) -> None:
    report = run(catalogue(tmp_path, lines(LISTINGS)), tmp_path / "out", encoder)

    assert (report.generation, report.listings, report.rejected) == (1, 450, 0)
    assert contents(tmp_path / "out")[0] == [listing.listing_id for listing in LISTINGS]
    assert problems(tmp_path / "out") == []
    assert not (tmp_path / "out" / "building").exists()


def test_facts_equal_those_of_the_listings(tmp_path: Path, encoder: CountingEncoder) -> None:
    run(catalogue(tmp_path, lines(LISTINGS)), tmp_path / "out", encoder)
    snapshot = open_snapshot(tmp_path / "out")
    tables, facts = snapshot.tables, snapshot.facts.take(np.arange(450))

    for row, listing in enumerate(LISTINGS):
        assert facts.price_minor[row] == listing.price_minor
        assert tables.currencies[facts.currency[row]] == listing.currency
        assert tables.sellers.ids[facts.seller[row]] == listing.seller_id
        assert tables.shipping.ids[facts.template[row]] == listing.shipping_template
        assert tables.categories[facts.category[row]] == listing.category
        assert facts.stock[row] == (-1 if listing.stock is None else listing.stock)
        assert facts.sale_price_minor[row] == (-1 if listing.sale is None else listing.sale.price_minor)
        assert np.isnan(facts.rating_mean[row]) == (listing.rating_mean is None)
        for name, value in listing.attributes.items():
            assert row in snapshot.facts.with_attribute(name, value.upper() if value.isascii() else value)


@pytest.mark.parametrize("stage", ["read and embed", "facts", "lexical"])
@pytest.mark.parametrize("after", [1, 3])
def test_an_interrupted_build_resumes_where_it_stopped(
    tmp_path: Path, encoder: CountingEncoder, stage: str, after: int
) -> None:
    path = catalogue(tmp_path, lines(LISTINGS))
    run(path, tmp_path / "whole", CountingEncoder(64))
    reports = 0

    def cut(reported_stage: str, *_: int) -> None:
        nonlocal reports
        reports += reported_stage == stage
        if reports == after:
            raise PowerCut

    with pytest.raises(PowerCut):
        run(path, tmp_path / "out", encoder, progress=cut)
    with pytest.raises(SnapshotMissing):
        open_snapshot(tmp_path / "out")
    report = run(path, tmp_path / "out", encoder)

    assert report.resumed == (100 * after if stage == "read and embed" else 450)
    assert encoder.encoded == report.embedded
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    assert problems(tmp_path / "out") == []


def test_a_kill_between_the_two_renames_of_a_publication_loses_nothing(
    tmp_path: Path, encoder: CountingEncoder
) -> None:
    path, out = catalogue(tmp_path, lines(LISTINGS)), tmp_path / "out"
    with pytest.raises(PowerCut):
        run(path, out, encoder, progress=_cut_at_assembly)
    shutil.copytree(out / "building", tmp_path / "building")
    run(path, out, encoder)
    shutil.copytree(tmp_path / "building", out / "building")  # as if the pointer had not been written yet
    (out / "CURRENT").unlink()
    report = run(path, out, encoder)

    assert report.generation == 1
    assert generations(out) == [1]
    assert problems(out) == []


def _cut_at_assembly(stage: str, *_: int) -> None:
    if stage == "facts":
        raise PowerCut


def test_only_texts_that_changed_are_embedded_again(tmp_path: Path, encoder: CountingEncoder) -> None:
    out = tmp_path / "out"
    run(catalogue(tmp_path, lines(LISTINGS)), out, encoder)
    before = encoder.encoded
    changed = [
        replace(listing, title=listing.title + " new")
        if number % 10 == 0
        else replace(listing, price_minor=listing.price_minor + 1)
        for number, listing in enumerate(LISTINGS)
    ]
    report = run(catalogue(tmp_path / "2", lines(changed)), out, encoder)

    assert report.generation == 2
    passages = [{to_passage(listing) for listing in some} for some in (LISTINGS, changed)]
    assert report.embedded == encoder.encoded - before == len(passages[1] - passages[0]) > 40
    assert open_snapshot(out).facts.column("price_minor")[1] == LISTINGS[1].price_minor + 1
    assert problems(out) == []


def test_vectors_of_another_encoder_are_not_reused(tmp_path: Path) -> None:
    path = catalogue(tmp_path, lines(LISTINGS))
    run(path, tmp_path / "out", CountingEncoder(64))
    other = CountingEncoder(32)
    report = run(path, tmp_path / "out", other, replace(SETTINGS, encoder="hashing:32"))

    assert report.embedded == other.encoded > 400
    assert open_snapshot(tmp_path / "out").vectors.shape == (450, 32)


def test_a_corrected_catalogue_reuses_the_vectors_of_an_interrupted_build(
    tmp_path: Path, encoder: CountingEncoder
) -> None:
    path, out = catalogue(tmp_path, lines(LISTINGS)), tmp_path / "out"
    with pytest.raises(PowerCut):
        run(path, out, encoder, progress=_cut_at_assembly)
    done = encoder.encoded
    corrected = catalogue(tmp_path, [*lines(LISTINGS[:200]), b"{}", *lines(LISTINGS[200:])])
    report = run(corrected, out, encoder)

    assert encoder.encoded == done
    assert (report.listings, report.rejected, report.resumed) == (450, 1, 0)
    assert sorted(p.name for p in out.iterdir()) == ["CURRENT", "build.lock", "generations"]


def test_bad_records_are_listed_with_number_field_value_and_reason(tmp_path: Path, encoder: CountingEncoder) -> None:
    good = lines(LISTINGS[:150])
    bad = [
        b"{broken", orjson.dumps({**orjson.loads(good[0]), "listing_id": "x1", "price_minor": -5}),
        orjson.dumps({**orjson.loads(good[0]), "listing_id": "x2", "currency": "XXX"}),
        orjson.dumps({**orjson.loads(good[0]), "listing_id": "x3", "shipping_template": "nowhere"}), good[3],
    ]  # fmt: skip
    report = run(catalogue(tmp_path, [*good, *bad]), tmp_path / "out", encoder)
    rejected = rejected_records(tmp_path / "out")

    assert (report.listings, report.rejected) == (150, 5)
    assert [line["record"] for line in rejected] == [151, 152, 153, 154, 155]
    assert [line["field"] for line in rejected[1:]] == ["price_minor", "currency", "shipping_template", "listing_id"]
    assert rejected[1]["value"] == "-5"
    assert "seen earlier" in rejected[4]["reason"]
    assert all(line["reason"] for line in rejected)


def test_an_id_can_be_a_duplicate_of_one_in_an_earlier_part(tmp_path: Path, encoder: CountingEncoder) -> None:
    report = run(catalogue(tmp_path, lines(LISTINGS) + lines(LISTINGS[:7])), tmp_path / "out", encoder)
    rejected = rejected_records(tmp_path / "out")

    assert (report.listings, report.rejected) == (450, 7)
    assert [line["record"] for line in rejected] == list(range(451, 458))
    assert [line["value"] for line in rejected] == [listing.listing_id for listing in LISTINGS[:7]]
    assert {line["field"] for line in rejected} == {"listing_id"}
    assert {line["reason"] for line in rejected} == {"was seen earlier in this catalogue; the first is kept"}


def test_too_many_bad_records_stop_the_build_and_publish_nothing(tmp_path: Path, encoder: CountingEncoder) -> None:
    path, out = catalogue(tmp_path, [*lines(LISTINGS), *[b"{"] * 5]), tmp_path / "out"
    with pytest.raises(TooManyRejected, match=r"5 records rejected, --max-rejected allows 4"):
        run(path, out, encoder, replace(SETTINGS, max_rejected=4))
    with pytest.raises(TooManyRejected):
        run(path, out, encoder, replace(SETTINGS, max_rejected=4))
    assert generations(out) == []
    report = run(path, out, encoder, replace(SETTINGS, max_rejected=5))

    assert (report.listings, report.rejected, report.resumed) == (450, 5, 450)


def test_an_empty_catalogue_gives_an_empty_snapshot_with_force(tmp_path: Path, encoder: CountingEncoder) -> None:
    report = run(catalogue(tmp_path, [b"{"]), tmp_path / "out", encoder, replace(SETTINGS, force=True))

    assert (report.listings, report.rejected) == (0, 1)
    assert problems(tmp_path / "out") == []


def test_a_second_build_is_refused_while_the_first_one_runs(tmp_path: Path, encoder: CountingEncoder) -> None:
    path, out = catalogue(tmp_path, lines(LISTINGS)), tmp_path / "out"
    refused = 0

    def meanwhile(*_: object) -> None:
        nonlocal refused
        with pytest.raises(BuildRunning):
            run(path, out, CountingEncoder(64))
        refused += 1

    first = run(path, out, encoder, progress=meanwhile)
    later = run(path, out, encoder)

    assert refused > 0
    assert (first.generation, first.listings, first.embedded) == (1, 450, encoder.encoded)
    assert (later.generation, later.listings) == (2, 450)
    assert problems(out) == []


def _killed_build(path: Path, out: Path, parts: int) -> None:
    """In a process of its own: build, and die by SIGKILL when so many parts are made."""
    import os
    import signal

    made = bytes_read = 0

    def die(stage: str, done: int, total: int, items: int) -> None:
        nonlocal made, bytes_read
        if stage == "read and embed" and done <= bytes_read:
            return  # a part that takes long is reported in between
        made, bytes_read = made + 1, done
        if made == parts:
            os.kill(os.getpid(), signal.SIGKILL)

    run(path, out, CountingEncoder(64), progress=die)


def test_a_build_killed_several_times_is_finished_by_the_next_run(tmp_path: Path, encoder: CountingEncoder) -> None:
    path, out = catalogue(tmp_path, lines(LISTINGS)), tmp_path / "out"
    run(path, tmp_path / "whole", CountingEncoder(64))
    for parts in (2, 2, 3):  # killed three times on the way
        process = multiprocessing.get_context("spawn").Process(target=_killed_build, args=(path, out, parts))
        process.start()
        process.join()
        assert process.exitcode == -9
    report = run(path, out, encoder)

    assert report.resumed == 450
    assert contents(out) == contents(tmp_path / "whole")
    assert problems(out) == []


def test_rolls_back_and_forward_and_keeps_three_generations(tmp_path: Path, encoder: CountingEncoder) -> None:
    out = tmp_path / "out"
    for number in range(1, 6):
        run(catalogue(tmp_path / str(number), lines(LISTINGS[: 100 + number])), out, encoder)
    assert generations(out) == [3, 4, 5]
    assert roll_back(out) == 4
    assert len(open_snapshot(out)) == 104
    assert roll_back(out) == 3
    with pytest.raises(SnapshotMissing, match="oldest"):
        roll_back(out)
    set_current(out, 5)

    assert current_generation(out) == 5
    with pytest.raises(SnapshotMissing):
        set_current(out, 1)


def test_an_audit_names_what_is_damaged(tmp_path: Path, encoder: CountingEncoder) -> None:
    out = tmp_path / "out"
    run(catalogue(tmp_path, lines(LISTINGS)), out, encoder)
    folder = generation_folder(out, 1)
    vectors = folder / "vectors" / "vectors.npy"
    damaged = bytearray(vectors.read_bytes())
    damaged[-60:] = b"\x7b" * 60
    vectors.write_bytes(damaged)
    (folder / "facts" / "stock.npy").write_bytes((folder / "facts" / "brand.npy").read_bytes())

    found = problems(out)
    assert any("vectors/vectors.npy" in f.promise for f in audit(open_snapshot(out)) if f.problem)
    assert any(problem.startswith("vectors: 1 are not") for problem in found)
    assert any("other content" in problem for problem in found)


def test_refuses_a_snapshot_of_another_format(tmp_path: Path, encoder: CountingEncoder) -> None:
    out = tmp_path / "out"
    run(catalogue(tmp_path, lines(LISTINGS[:10])), out, encoder)
    path = generation_folder(out, 1) / "manifest.json"
    path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), "format": 0}))

    with pytest.raises(SnapshotMismatch, match=r"format 0.*fondaco index"):
        open_snapshot(out)
