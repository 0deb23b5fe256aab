"""Paths on the command line: every error names the option, its value and what belongs there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest

import fondaco
from indexer.errors import FondacoError
from indexer.path_options import PATH_OPTIONS, check_path


def test_every_path_of_every_command_has_its_expectation() -> None:
    paths = {
        (name, parameter)
        for name, command in fondaco.COMMANDS.items()
        for parameter, annotation in get_type_hints(command).items()
        if "Path" in str(annotation)
    }

    assert {("search", "snapshot"), ("index", "catalogue"), ("eval", "run"), ("encode", "out")} <= paths
    assert [name for name in paths if name[1] not in PATH_OPTIONS and " ".join(name) not in PATH_OPTIONS] == []


@pytest.mark.parametrize(
    ("command", "parameter", "path", "complaint"),
    [
        ("search", "snapshot", "file", "--snapshot file: is a file, not a folder; give the folder that fondaco index"),
        ("search", "snapshot", "folder", "--snapshot: no snapshot is published in folder; build one with: fondaco"),
        ("search", "snapshot", "none", "--snapshot: no snapshot is published in none; build one with: fondaco"),
        ("index", "catalogue", "none", "--catalogue none: does not exist; give a catalogue file"),
        ("index", "catalogue", "folder", "--catalogue folder: is a folder, not a file; give a catalogue file"),
        ("index", "mapping", "none", "--mapping none: does not exist; give a TOML file"),
        ("index", "out", "file", "--out file: is a file, not a folder; give a folder for the snapshot"),
        ("run", "out", "folder", "--out folder: is a folder, not a file; give the name of a file to write"),
        ("run", "out", "file/below/x.run", "--out file/below/x.run: lies below .*file, which is a file"),
        ("eval", "baseline", "none", "--baseline none: does not exist; give a TREC run"),
        ("sample", "truth", "file", "--truth file: is a file, not a folder"),
    ],
)
def test_a_wrong_path_is_an_error_with_option_value_and_expectation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, parameter: str, path: str, complaint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("folder").mkdir()

    with pytest.raises(FondacoError, match=f"^{complaint}"):
        check_path(command, parameter, f"--{parameter}", Path(path))


def test_a_right_path_is_accepted(tmp_path: Path, small_snapshot: Path) -> None:
    (tmp_path / "file").touch()

    check_path("search", "snapshot", "--snapshot", small_snapshot)
    check_path("index", "catalogue", "CATALOGUE", tmp_path / "file")
    check_path("facts", "updates", "UPDATES", Path("-"))
    check_path("index", "out", "--out", tmp_path)
    check_path("index", "out", "--out", tmp_path / "new" / "snapshot")
    check_path("run", "out", "--out", tmp_path / "new" / "x.run")


def run(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run([sys.executable, "-m", "fondaco", *arguments], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_the_command_line_says_so_in_one_line() -> None:
    code, _, errors = run("search", "lamp", "--snapshot", "README.md")

    assert code == 2
    assert errors == (
        "fondaco: --snapshot README.md: is a file, not a folder; give the folder that fondaco index wrote\n"
    )


def test_an_error_about_a_field_names_its_option(tmp_path: Path) -> None:
    code, _, errors = run("detect", "--locale", "x y")

    assert (code, errors) == (
        2, "fondaco: --locale 'x y' is not a language tag such as 'de', 'pt-BR' or 'zh-Hant'\n"
    )  # fmt: skip


def test_an_argument_is_named_as_the_help_names_it(tmp_path: Path) -> None:
    code, _, errors = run("index", "nope.jsonl", "--out", str(tmp_path / "snapshot"))

    assert code == 2
    assert errors.startswith("fondaco: CATALOGUE nope.jsonl: does not exist; give a catalogue file")
    assert not (tmp_path / "snapshot").exists()


def test_the_version_is_printed() -> None:
    from importlib.metadata import version

    assert run("--version") == (0, f"fondaco {version('fondaco')}\n", "")


def test_a_folder_with_another_file_of_that_name_is_no_snapshot(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text("main\n")

    with pytest.raises(FondacoError, match="has no number of a generation"):
        check_path("search", "snapshot", "--snapshot", tmp_path)
