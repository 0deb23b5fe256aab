"""The documentation: its code runs, its commands are real, its links lead somewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from rooms import ROOT

from fondaco import COMMANDS, app

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "benchmarks").glob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
INLINE = re.compile(r"`(fondaco [^`]+)`")
END = {"|", "<", ">", "&&", "&", ";", "2>&1"}


def blocks(page: Path, *languages: str) -> list[str]:
    return [body for language, body in FENCE.findall(page.read_text("utf-8")) if language in languages]


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=named)
def test_python_runs(page: Path, tmp_path: Path, small_snapshot: Path, python: Callable[..., str]) -> None:
    """A page's blocks run as one program, beside a catalogue and a snapshot where `make demo` puts them."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "snapshot").symlink_to(small_snapshot)
    (tmp_path / "demo" / "catalogue.jsonl").symlink_to(small_snapshot.with_name("catalogue.jsonl"))

    python("\n\n".join(blocks(page, "python")), cwd=tmp_path)


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every line that starts with `fondaco` in a block of commands: where it stands, its words."""
    for page in PAGES:
        for body in blocks(page, "", "sh", "bash", "console"):
            for line in body.replace("\\\n", " ").splitlines():
                words = _words(line.strip().removeprefix("$ "))
                if words[:1] == ["fondaco"] and "..." not in words:
                    yield f"{named(page)}: {line.strip()}", words[1:]


def _words(line: str) -> list[str]:
    if not line.startswith("fondaco "):
        return []
    words = shlex.split(line, comments=True)
    end = next((at for at, word in enumerate(words) if word in END), len(words))
    return words[:end]


def test_commands_are_real_with_real_options() -> None:
    console: Any = typer.main.get_command(app)
    found = list(commands())

    assert len(found) >= 8
    for where, words in found:
        assert words, where
        assert words[0] in COMMANDS, where
        if words[1:] != ["--help"]:
            console.commands[words[0]].make_context(words[0], words[1:])  # refuses what is unknown or missing


def test_commands_within_sentences_name_real_options() -> None:
    console: Any = typer.main.get_command(app)
    for page in PAGES:
        for line in INLINE.findall(page.read_text("utf-8")):
            name, *words = line.split()[1:]
            if name == "--help":
                continue
            options = {option for one in console.commands[name].params for option in one.opts}

            assert {word.partition("=")[0] for word in words if word.startswith("--")} <= {*options, "--help"}, line


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    assert [name for name in COMMANDS if f"| `fondaco {name}" not in readme] == []


def test_make_targets_in_the_documentation_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named_there = {name for page in PAGES for name in re.findall(r"`make ([a-z]+)", page.read_text("utf-8"))}

    assert named_there <= targets


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    lost = []
    for target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            lost.append(target)

    assert lost == []


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
