"""The engine pool follows the snapshot's pointer, on real generations of a small sample."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import published
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from eval.sample.sample import NOW, sample_listings
from indexer.encoders.encoder import Encoder
from indexer.encoders.hashing import HashingEncoder
from indexer.errors import SnapshotMismatch, SnapshotMissing
from indexer.roll_back import roll_back
from indexer.snapshot.generations import set_current
from languages.locale import Locale
from ranking.query import Query
from search import bootstrap, engine_pool
from search.cursor import ExpiredCursor, parse
from search.engine_pool import EnginePool
from search.http.app import create_app
from search.serve_settings import ServeSettings

QUERY = Query("home", Locale("en"), NOW, size=2)


@pytest.fixture(scope="module")
def three_generations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generations of 60, 80 and 100 listings; the first is current."""
    out = tmp_path_factory.mktemp("serving") / "snapshot"
    for count in (60, 80, 100):
        published(out, sample_listings(count, 7), "hashing")
    set_current(out, 1)
    return out


@pytest.fixture
def path(three_generations: Path, tmp_path: Path) -> Path:
    """A copy in which a test may move the pointer."""
    return shutil.copytree(three_generations, tmp_path / "snapshot")


@pytest.fixture
def engines(path: Path) -> EnginePool:
    opened = EnginePool(path, threads=1)
    opened.open()
    return opened


def served(engines: EnginePool) -> tuple[int, int]:
    """The generation that answers, and how many listings it has."""
    snapshot = engines.current().snapshot
    return snapshot.manifest.generation, len(snapshot)


def test_a_new_generation_is_served_after_the_pointer_is_read(engines: EnginePool, path: Path) -> None:
    before = served(engines)
    set_current(path, 2)
    unseen = served(engines)
    engines.refresh()

    assert (before, unseen, served(engines)) == ((1, 60), (1, 60), (2, 80))


def test_a_rolled_back_generation_is_served_without_opening_it_again(engines: EnginePool, path: Path) -> None:
    first = engines.current()
    set_current(path, 2)
    engines.refresh()
    roll_back(path)
    engines.refresh()

    assert served(engines) == (1, 60)
    assert engines.current() is first


def test_a_cursor_of_the_previous_generation_continues_its_own_list(engines: EnginePool, path: Path) -> None:
    first = engines.current().search(QUERY)
    whole = engines.current().search(replace(QUERY, size=4))
    assert first.next_cursor is not None
    more = replace(QUERY, cursor=first.next_cursor, now=NOW + 60)
    set_current(path, 2)
    engines.refresh()
    second = engines.engine_for(parse(first.next_cursor, more).generation).search(more)

    assert second.generation == 1
    assert first.results + second.results == whole.results


def test_only_two_generations_stay_open(engines: EnginePool, path: Path) -> None:
    for generation in (2, 3):
        set_current(path, generation)
        engines.refresh()

    assert engines.engine_for(3).snapshot.manifest.generation == 3
    assert engines.engine_for(2).snapshot.manifest.generation == 2
    with pytest.raises(ExpiredCursor, match="generation 1 is no longer open, the current one is 3; search again"):
        engines.engine_for(1)


def test_a_cursor_of_a_generation_not_yet_open_here_opens_it(engines: EnginePool, path: Path) -> None:
    set_current(path, 2)

    assert engines.engine_for(2).snapshot.manifest.generation == 2
    assert served(engines) == (2, 80)


def test_the_encoder_is_opened_once_for_all_generations(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def counting(setting: str, threads: int | None) -> Encoder:
        opened.append(setting)
        return HashingEncoder()

    monkeypatch.setattr(bootstrap, "open_encoder", counting)
    engines = EnginePool(path, threads=1)
    for generation in (1, 2, 3, 1):
        set_current(path, generation)
        engines.refresh()

    assert opened == ["hashing"]


def test_a_snapshot_of_another_encoder_is_refused_at_the_start(path: Path) -> None:
    with pytest.raises(SnapshotMismatch, match=r"hashing-256-v1.*hashing-64-v1"):
        EnginePool(path, encoder="hashing:64").open()


def test_without_a_snapshot_the_start_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(SnapshotMissing, match="fondaco index CATALOGUE --out"):
        EnginePool(tmp_path).open()


def test_an_incompatible_generation_is_refused_once_and_the_old_one_answers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = published(tmp_path / "snapshot", sample_listings(60, 7), "hashing")
    engines = EnginePool(path, encoder="hashing", threads=1)
    engines.open()
    published(path, sample_listings(90, 7), "hashing:64")
    with TestClient(create_app(engines)) as client:
        for _ in range(3):
            engines.refresh()
        ready = client.get("/readyz").json()
        page = client.post("/v1/search", json={"query": "knife"}).json()
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]

    assert served(engines) == (1, 60)
    assert page["generation"] == 1
    assert len(errors) == 1
    assert errors[0].startswith("generation 2 cannot be opened, 1 keeps answering: the snapshot was embedded by")
    assert ready["generation"] == 1
    assert ready["refused"] == {"generation": 2, "reason": "SnapshotMismatch"}


def test_a_generation_keeps_answering_after_its_files_are_removed(engines: EnginePool, path: Path) -> None:
    before = engines.current().search(QUERY)
    shutil.rmtree(path / "generations" / "000001")
    after = engines.current().search(QUERY)

    assert after.results == before.results
    assert engines.current().search(replace(QUERY, text="blue shirt")).near


def test_a_refusal_ends_when_the_pointer_goes_back(engines: EnginePool, path: Path) -> None:
    (path / "generations" / "000002" / "texts" / "texts.arrow").write_bytes(b"cut off")
    set_current(path, 2)
    engines.refresh()
    refused = engines.refusal
    set_current(path, 1)
    engines.refresh()

    assert refused is not None
    assert refused.generation == 2
    assert engines.refusal is None


def test_a_refused_generation_is_tried_again_after_a_while(
    engines: EnginePool, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = path / "generations" / "000002" / "texts" / "texts.arrow"
    whole = texts.read_bytes()
    texts.write_bytes(b"cut off")
    set_current(path, 2)
    engines.refresh()
    texts.write_bytes(whole)
    engines.refresh()
    soon = served(engines)
    monkeypatch.setattr(engine_pool, "RETRY_S", 0.0)
    texts.write_bytes(b"cut off")
    monkeypatch.setattr(engines, "_retry_at", 0.0)
    engines.refresh()
    texts.write_bytes(whole)
    engines.refresh()

    assert (soon, served(engines)) == ((1, 60), (2, 80))


def test_a_pointer_that_cannot_be_read_changes_nothing(engines: EnginePool, path: Path) -> None:
    (path / "CURRENT").unlink()
    engines.refresh()

    assert served(engines) == (1, 60)
    assert engines.refusal is not None
    assert engines.refusal.generation is None


def test_a_worker_started_without_a_snapshot_serves_the_first_one(path: Path) -> None:
    pointer = (path / "CURRENT").read_bytes()
    (path / "CURRENT").unlink()
    with TestClient(create_app(EnginePool(path, threads=1, poll_s=0.02))) as client:
        before = client.get("/readyz").status_code
        (path / "CURRENT").write_bytes(pointer)
        _until(lambda: client.get("/readyz").status_code == 200)

    assert before == 503


def test_every_query_is_answered_while_generations_swap(path: Path) -> None:
    engines = EnginePool(path, threads=1, poll_s=0.01)
    engines.start()
    seen: set[int] = set()

    def ask(number: int) -> bool:
        page = engines.current().search(replace(QUERY, text=f"knife {number}", size=5))
        seen.add(page.generation)
        return len(page.results) + len(page.near) == 5

    try:
        with ThreadPoolExecutor(3) as pool:
            for generation in (2, 3, 1):
                set_current(path, generation)
                answers = list(pool.map(ask, range(60)))
                _until(lambda generation=generation: served(engines)[0] == generation)
                assert all(answers)
    finally:
        engines.close()

    assert {1, 2} <= seen


def _until(holds: Callable[[], bool], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, f"not so after {seconds} s"
        time.sleep(0.01)


def test_a_closed_pool_has_ended_both_threads(path: Path) -> None:
    others = set(threading.enumerate())
    engines = EnginePool(path, threads=1, poll_s=0.01)
    engines.start()
    threads = [thread for thread in threading.enumerate() if thread not in others]
    alive_before = [thread.is_alive() for thread in threads]
    engines.close()
    set_current(path, 2)

    assert {thread.name for thread in threads} == {"fondaco-pointer", "fondaco-facts"}
    assert alive_before == [True, True]
    assert [thread.is_alive() for thread in threads] == [False, False]
    assert served(engines) == (1, 60)


@given(
    st.builds(
        ServeSettings,
        st.text("abc/", min_size=1).map(Path),
        st.none() | st.text("abc:/@", min_size=1),
        st.integers(1, 64),
        st.sampled_from(["debug", "info"]),
    )
)
def test_settings_reach_a_worker_unchanged(settings: ServeSettings) -> None:
    assert ServeSettings.from_environment(settings.to_environment()) == settings


def test_a_worker_without_settings_says_which_is_missing() -> None:
    with pytest.raises(ValueError, match="FONDACO_SNAPSHOT is not set"):
        ServeSettings.from_environment({})


@pytest.mark.parametrize("threads", ["0", "-1", "many", "1.5"])
def test_an_invalid_number_of_threads_is_refused(threads: str) -> None:
    with pytest.raises(ValueError, match="give a number of 1 or more"):
        ServeSettings.from_environment({"FONDACO_SNAPSHOT": "s", "FONDACO_THREADS": threads})
