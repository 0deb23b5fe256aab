"""`fondaco dictionary`: what the operator sees."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from dictionary_makers import write_dictd


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """A folder that looks published: the command needs no more of a snapshot."""
    folder = tmp_path / "snapshot"
    folder.mkdir()
    (folder / "CURRENT").write_text("1\n")
    return folder


def fondaco(*arguments: str | Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "fondaco", "dictionary", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_a_dictionary_is_added_listed_and_removed(tmp_path: Path, snapshot: Path) -> None:
    path = write_dictd(tmp_path, "words", {"tasse": "Tasse\ncup\n"})

    code, said = fondaco("add", path, "--snapshot", snapshot, "--from", "de", "--to", "en", "--licence", "ours")
    assert (code, said) == (0, "Added words: 1 senses, 2 terms in de, en.\nLicence: ours\n")

    code, said = fondaco("list", "--snapshot", snapshot)
    assert code == 0
    assert said.startswith(f"words  de, en  1 senses, 2 terms\n  from {path} (dictd), added 20")
    assert said.endswith("  licence: ours\n")

    assert fondaco("remove", "words", "--snapshot", snapshot) == (0, f"Removed words from {snapshot}.\n")
    assert fondaco("list", "--snapshot", snapshot)[1].startswith(f"{snapshot} has no dictionaries; add one with: fond")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ((), "its name has no languages such as deu-eng; give them as --from de --to en"),
        (("--from", "de", "--to", "x1"), "fondaco: --to 'x1' is no language tag such as de, pt-BR or deu"),
        (("--from", "de", "--to", "deu"), "not from de to de"),
        (("--from", "de", "--to", "en", "--name", "../x"), "'../x' is no name of a dictionary; give one of letters"),
        (("--from", "de", "--to", "en", "--name", "x.tmp"), "'x.tmp' is no name of a dictionary"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    tmp_path: Path, snapshot: Path, options: tuple[str, ...], complaint: str
) -> None:
    path = write_dictd(tmp_path, "words", {"tasse": "Tasse\ncup\n"})

    code, said = fondaco("add", path, "--snapshot", snapshot, *options)

    assert code == 2
    assert complaint in said
    assert said.count("\n") == 1
