"""``fondaco serve`` started as a command, in processes of its own, on the loopback address."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from search.command_serve import free_port

ROOT = Path(__file__).parents[2]
_COMMAND = (sys.executable, "-c", "from fondaco import main; main()", "serve")
_WAIT_S = 90  # for a start, on a machine that is busy


def refused(*arguments: str) -> str:
    """What the command says when it does not start; it must say it in one line and exit with 2."""
    done = subprocess.run((*_COMMAND, *arguments), capture_output=True, text=True, cwd=ROOT, timeout=_WAIT_S)

    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@contextmanager
def running(log: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The command, once it answers, and its address. Ended by its pid, whatever happens."""
    with log.open("wb") as out, subprocess.Popen((*_COMMAND, *arguments), stdout=out, stderr=out, cwd=ROOT) as process:
        try:
            yield process, _address(process, log)
        finally:
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    ends = time.monotonic() + _WAIT_S
    while time.monotonic() < ends and process.poll() is None:
        address = re.search(r"http://[\d.]+:\d+", log.read_text())
        if address and _ready(address.group()):
            return address.group()
        time.sleep(0.1)
    pytest.fail(f"it did not start:\n{log.read_text()}")


def _ready(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/readyz", timeout=5).status_code == 200
    except httpx2.TransportError:
        return False


def test_two_workers_give_the_same_answer_and_end_on_sigterm(small_snapshot: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    answers: list[list[str]] = []
    with running(log, "--snapshot", str(small_snapshot), "--port", "0", "--workers", "2") as (process, address):
        ends = time.monotonic() + _WAIT_S
        while len(_pids_that_answered(log)) < 2 and time.monotonic() < ends:
            answer = httpx2.post(f"{address}/v1/search", json={"query": "steel knife", "locale": "de-DE"}, timeout=30)
            page = answer.json()
            answers.append([result["listing_id"] for result in (*page["results"], *page["near"])])
        process.send_signal(signal.SIGTERM)
        code = process.wait(30)
    output = log.read_text()

    assert len(_pids_that_answered(log)) == 2, output
    assert len(answers[0]) == 20
    assert all(answer == answers[0] for answer in answers)
    assert code == 0
    assert "Traceback" not in output
    assert output.count("generation 1 answers, 2,000 listings") == 2
    assert not _ready(address)


def _pids_that_answered(log: Path) -> set[str]:
    """The workers' pids, by their lines in the log."""
    return set(re.findall(r" INFO (\d+) search\.http\.request_middleware: POST /v1/search 200 ", log.read_text()))


def test_one_worker_serves_from_the_process_that_was_started(small_snapshot: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running(log, "--snapshot", str(small_snapshot), "--port", "0") as (process, address):
        page = httpx2.post(f"{address}/v1/search", json={"query": "knife", "size": 1}, timeout=30).json()
        ends = time.monotonic() + _WAIT_S
        while not (pids := _pids_that_answered(log)) and time.monotonic() < ends:
            time.sleep(0.1)  # the line is written after the answer

    assert page["results"][0]["rank"] == 1
    assert pids == {str(process.pid)}


def test_a_missing_snapshot_is_reported_before_anything_starts(tmp_path: Path) -> None:
    message = refused("--snapshot", str(tmp_path / "none"), "--workers", "2")

    assert message.startswith(
        f"fondaco: --snapshot: no snapshot is published in {tmp_path / 'none'}; build one with: fondaco index"
    )


@pytest.mark.parametrize("workers", ["1", "2"])
def test_another_encoder_is_reported_before_any_worker_starts(small_snapshot: Path, workers: str) -> None:
    message = refused("--snapshot", str(small_snapshot), "--encoder", "hashing:64", "--workers", workers)

    assert "embedded by 'hashing-256-v1', queries are by 'hashing-64-v1'" in message


def test_a_port_in_use_is_reported(small_snapshot: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refused("--snapshot", str(small_snapshot), "--port", str(port))

    assert (
        message
        == f"fondaco: cannot listen at 127.0.0.1:{port}: Address already in use; give another --port or --host\n"
    )


def test_a_demo_looks_at_the_port_before_it_builds_anything() -> None:
    # these tests may run under make themselves, whose variables make an inner one print its folder
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        outcomes = [
            subprocess.run(
                ["make", "demo", f"PORT={port}"],
                cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60,
            )
            for port in (taken.getsockname()[1], "abc", 70_000)
        ]  # fmt: skip

    for outcome in outcomes:
        assert outcome.returncode == 2
        assert outcome.stdout == ""
        assert outcome.stderr.startswith("Port ")
        assert "Nothing was built.\nGive another one: make demo PORT=9000\n" in outcome.stderr


def test_a_taken_port_is_reported_before_the_snapshot_is_read(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text("1\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = refused("--snapshot", str(tmp_path), "--port", str(taken.getsockname()[1]))

    assert "Address already in use; give another --port or --host" in said


def test_port_0_is_a_free_one() -> None:
    port = free_port("127.0.0.1", 0)

    assert 0 < port < 65_536
    assert free_port("127.0.0.1", port) == port


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(OSError, match=r"cannot listen at 192\.0\.2\.1:8000: .*; give another --port or --host"):
        free_port("192.0.2.1", 8000)
