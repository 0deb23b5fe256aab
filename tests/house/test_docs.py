"""The documentation: its code runs; its commands, links, paths and names exist; its lines are
short.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from rooms import ROOMS, ROOT

from fondaco import COMMANDS, app

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "benchmarks").glob("*.md")])
PROSE_PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
INLINE = re.compile(r"`(fondaco [^`]+)`")
PATH = re.compile(
    r"`((?:languages|indexer|ranking|search|eval|tests|benchmarks|docs|deploy)/[\w./-]+\.(?:py|tsv|toml|md|yml))`"
)
DEFINED_IN = re.compile(r"`(\w+)` in `([\w/]+\.py)`")
PROSE_MAX = 100
LONE_LINK = re.compile(r"[\s(*-]*!?\[[^\]]+\]\([^)]+\)[),.;:]*")
END = {"|", "<", ">", "&&", "&", ";", "2>&1"}


def blocks(page: Path, *languages: str) -> list[str]:
    return blocks_of(page.read_text("utf-8"), *languages)


def blocks_of(text: str, *languages: str) -> list[str]:
    return [body for language, body in FENCE.findall(text) if language in languages]


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=named)
def test_python_runs(page: Path, tmp_path: Path, small_snapshot: Path, python: Callable[..., str]) -> None:
    """A page's blocks run as one program, beside a catalogue and a snapshot where `make demo` puts
    them.
    """
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
        command, name, arguments = _command(console, words)
        assert name in COMMANDS, where
        if arguments != ["--help"]:
            command.make_context(name, arguments)  # refuses what is unknown or missing


def test_commands_within_sentences_name_real_options() -> None:
    console: Any = typer.main.get_command(app)
    for page in PAGES:
        for line in INLINE.findall(page.read_text("utf-8")):
            words = line.split()[1:]
            if words[0] in ("--help", "--version"):
                continue
            command, _, words = _command(console, words)
            options = {option for parameter in command.params for option in parameter.opts}

            assert {word.partition("=")[0] for word in words if word.startswith("--")} <= {*options, "--help"}, line


def _command(console: Any, words: list[str]) -> tuple[Any, str, list[str]]:
    """The command that `words` begin with, its name of one word or two, and the other words."""
    command, count = console, 0
    while count < len(words) and words[count] in getattr(command, "commands", {}):
        command, count = command.commands[words[count]], count + 1
    return command, " ".join(words[:count]), words[count:]


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    assert [name for name in COMMANDS if f"| `fondaco {name.split()[0]}" not in readme] == []


def test_make_targets_in_the_documentation_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named_there = {name for page in PAGES for name in re.findall(r"`make ([a-z]+)", page.read_text("utf-8"))}

    assert named_there <= targets


def test_the_readme_quotes_what_make_demo_prints() -> None:
    """Each paragraph of the quoted output starts with a line that the Makefile prints."""
    readme = (ROOT / "README.md").read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8").replace("$(PORT)", "8000")
    headings = re.findall(r"^\t\$\(SAY\) '(.*)'$", makefile, re.MULTILINE)
    request = [shlex.split(line)[0] for line in re.findall(r"^\t@echo (\".*\")$", makefile, re.MULTILINE)][-2:]
    output = blocks_of(readme.partition("Its output, shortened:")[2], "text")[0].rstrip()
    quoted = re.split(r"\n(?:\.\.\.)?\n", output)  # "..." stands for lines left out

    assert len(quoted) >= 4
    assert [first for first in (part.splitlines()[0] for part in quoted) if first not in headings] == []
    assert quoted[-1].splitlines()[1:] == request


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


def prose(page: Path) -> Iterator[tuple[int, str]]:
    """A page's lines with their numbers; without tables, blocks of code, and lines that hold one
    link alone.
    """
    fenced = False
    for number, line in enumerate(page.read_text("utf-8").splitlines(), start=1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced and not line.lstrip().startswith("|") and not LONE_LINK.fullmatch(line):
            yield number, line


@pytest.mark.parametrize("page", PROSE_PAGES, ids=named)
def test_lines_of_prose_are_short(page: Path) -> None:
    long = [f"{named(page)}:{number}" for number, line in prose(page) if len(line) > PROSE_MAX]

    assert long == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_paths_in_the_documentation_exist(page: Path) -> None:
    paths = PATH.findall(page.read_text("utf-8"))

    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_contributing_answers_six_questions_by_file() -> None:
    """A stranger finds the file of each question by its name; a name beside a path is defined
    there.
    """
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    answers = [cells[1] for cells in table_rows(page, "### Where is what?") if cells[0].endswith("?")]

    assert len(answers) == 6
    assert [answer for answer in answers if not PATH.findall(answer)] == []
    definitions = DEFINED_IN.findall("\n".join(answers))

    assert len(definitions) >= 3
    for name, path in definitions:
        assert defines(ROOT / path, name), f"{name} in {path}"


def test_the_rooms_of_contributing_are_the_rooms() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    drawn = next(body for body in blocks_of(page, "text") if body.startswith("languages/"))
    rooms = set[str]()
    parents: list[str] = []  # of the line, the outermost first; two spaces deeper is one level
    for line in drawn.splitlines():
        if found := re.match(r"( *)(\w+)/ ", line):
            parents = [*parents[: len(found[1]) // 2], found[2]]
            rooms.add("/".join(parents))
    packages = {str(path.parent.relative_to(ROOT)) for room in ROOMS for path in (ROOT / room).rglob("__init__.py")}

    assert rooms == {*packages, "tests"}


def test_the_vocabulary_names_what_exists_where_it_lives() -> None:
    """A name in code is defined in the file of its row; every file exists."""
    page = (ROOT / "docs" / "vocabulary.md").read_text("utf-8")
    rows = [cells for cells in table_rows(page) if len(cells) == 4 and PATH.findall(cells[2])]

    assert len(rows) >= 40
    for word, _, place, _ in rows:
        (path,) = PATH.findall(place)
        for name in re.findall(r"`(\w+)`", word):
            assert defines(ROOT / path, name), f"{name} in {path}"


def table_rows(page: str, heading: str = "") -> list[list[str]]:
    """The cells of every row of the tables below a heading, up to the next; of the whole page
    without one.
    """
    section = page.partition(f"\n{heading}\n")[2].partition("\n## ")[0] if heading else page
    lines = re.findall(r"^\| (.*?) ?\|$", section, re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def defines(path: Path, name: str) -> bool:
    """Whether a module has a class, a function or a constant of this name."""
    return re.search(rf"^(?:class|def) {name}\b|^{name}\b.*?=", path.read_text("utf-8"), re.MULTILINE) is not None
