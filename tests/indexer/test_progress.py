"""The progress display: bars on a terminal, lines in a log, nothing for brief work."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from indexer import progress as progress_module
from indexer.progress import progress_display, track


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
