"""The progress display: bars on a terminal, lines in a log, nothing for brief work."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from indexer import progress as progress_module
from indexer.progress import Stage, progress_display, report_while, track


class Terminal(io.StringIO):
    """Standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def _terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Called within a test: pytest puts its own standard error back before each."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    return terminal


def test_tracking_yields_all_items_and_takes_each_one_only_when_needed() -> None:
    taken = []

    def items() -> Iterator[int]:
        for i in range(5):
            taken.append(i)
            yield i

    tracked = track(items(), 5, "count", "numbers")

    assert next(tracked) == 0
    assert taken == [0]
    assert list(tracked) == [1, 2, 3, 4]


def test_a_terminal_shows_a_bar_for_each_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    with progress_display("documents") as progress:
        progress("send words", 50, 200, 50)
        progress("unknown total", 7, 0, 7)

    assert "send words" in terminal.getvalue()
    assert "25%" in terminal.getvalue()
    assert "50 documents" in terminal.getvalue()
    assert "7 documents" in terminal.getvalue()


def test_brief_work_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    with progress_display(brief=True) as progress:
        progress("parts", 1, 2, 1)

    assert terminal.getvalue() == ""


def test_a_log_gets_a_line_every_ten_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = 0.0
    monkeypatch.setattr(progress_module, "time", SimpleNamespace(monotonic=lambda: seconds))
    with progress_display() as progress:
        for second in range(20):
            seconds = float(second)
            progress("parts", second, 40, 100 * (second + 1))

    assert capsys.readouterr().err == "parts: 25%, 1,100 listings, 100/s\n"


def test_one_long_call_is_reported_again_and_again_until_it_ends() -> None:
    reports = []

    def work() -> str:
        while len(reports) < 3:
            time.sleep(0.01)
        return "done"

    assert report_while(work, lambda: reports.append(1), every_s=0.01) == "done"


def test_an_error_in_a_long_call_is_raised() -> None:
    def work() -> None:
        raise TimeoutError("of the work itself")

    with pytest.raises(TimeoutError, match="of the work itself"):
        report_while(work, lambda: None, every_s=0.01)


def test_an_error_in_a_report_does_not_wait_for_the_call() -> None:
    def report() -> None:
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        report_while(lambda: time.sleep(30), report, every_s=0.01)

    assert time.monotonic() - started < 10


def test_a_stage_reports_its_parts_and_the_items_in_proportion() -> None:
    reports = []
    stage = Stage("texts", lambda *report: reports.append(report), 100)
    for _ in stage.track("ab", 4):
        pass
    stage.during(lambda: None)

    assert reports == [("texts", 1, 4, 25), ("texts", 2, 4, 50), ("texts", 2, 4, 50)]
