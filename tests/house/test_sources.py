"""The rooms' sources: documented, short, and without paths of one machine."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from rooms import ROOT, sources, tracked

LINES_MAX = 400
MACHINE = re.compile("|".join(rf"(?<![\w.])/{name}/\w" for name in ("home", "root", "work", "Users", "tmp")))
"""A path that is one machine's; spelled so that this file does not hold one."""

PLAIN = {
    "Cursor", "ShownSeller", "Tables", "Translation",
    "generation_folder", "read_manifest", "read_summary", "seller_id", "too_long",
}  # fmt: skip
"""Names without a docstring: their types say everything. Add one only with a reason."""


def test_every_public_function_and_class_has_a_docstring() -> None:
    """Subclasses are left out: the tree in `indexer.errors` describes the errors, and the fields of
    an enumeration or a wire model describe it.
    """
    silent = {
        node.name: f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not (isinstance(node, ast.ClassDef) and node.bases)
        and ast.get_docstring(node) is None
    }

    assert {name: place for name, place in silent.items() if name not in PLAIN} == {}


def test_every_file_has_a_docstring() -> None:
    silent = [path for path in sources() if ast.get_docstring(ast.parse(path.read_text("utf-8"))) is None]

    assert silent == []


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in sources()}

    assert {name: lines for name, lines in lengths.items() if lines > LINES_MAX} == {}


def test_no_file_contains_a_path_of_one_machine() -> None:
    found = [f"{path.relative_to(ROOT)}:{number}" for path, number, line in _lines() if MACHINE.search(line)]

    assert found == []


def test_the_page_of_dependencies_lists_exactly_the_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [line for extra in project["optional-dependencies"].values() for line in extra]
    wanted = {_name(line) for line in [*project["dependencies"], *extras]}
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")

    assert set(re.findall(r"^\| `([\w.-]+)`", page, re.MULTILINE)) == wanted


def test_every_dependency_is_pinned_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {_name(line) for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]}
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    pinned = [line.partition("==")[0] for line in lines]

    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines), "no local build (+cpu), no address"
    assert len(set(pinned)) == len(pinned)
    assert {name.lower() for name in wanted} <= set(pinned)


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement)[0]


def _lines() -> Iterator[tuple[Path, int, str]]:
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # pictures and the like
        for number, line in enumerate(text.splitlines(), start=1):
            yield path, number, line
