"""Imports each module of the rooms in a fork of its own, and prints what that did.

Run by test_imports.py.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
from pathlib import Path

ROOT, HEAVY, MODULES = Path(sys.argv[1]), sys.argv[2].split(","), sys.argv[3].split(",")
CODE = (".py", ".pyc", ".so")
touched: list[str] = []


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """Files of ours that are no code, connections and processes: what an import has no business
    with.
    """
    if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
        path = Path(os.fsdecode(arguments[0])).absolute()
        ours = path.is_relative_to(ROOT) and ".venv" not in path.parts
        # pydantic looks for plugins in what is installed, and an editable install keeps its list
        # beside the code
        ours = ours and path.parent.suffix != ".egg-info"
        writes = isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
        if (ours and not path.name.endswith(CODE) and path.suffix) or (writes and "__pycache__" not in path.parts):
            touched.append(f"opened {path}")
    elif event in ("socket.connect", "subprocess.Popen", "os.system"):
        touched.append(event)


def probe(module: str) -> dict[str, object]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        importlib.import_module(module)
    loaded = [name for name in HEAVY if name in sys.modules]
    return {"touched": touched, "said": said.getvalue(), "heavy": loaded, "loaded": sorted(sys.modules)}


def in_a_fork(module: str) -> dict[str, object]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            try:
                json.dump(probe(module), out)
            except BaseException as error:  # reported to the parent, which fails
                json.dump({"failed": repr(error)}, out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as report:
        answer: dict[str, object] = json.load(report)
    os.waitpid(child, 0)
    return answer


sys.dont_write_bytecode = True
import numpy  # noqa: E402, F401  # once for all forks: every module may have it
import typer  # noqa: E402, F401

sys.addaudithook(watch)
print(json.dumps({module: in_a_fork(module) for module in MODULES}))
