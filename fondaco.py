"""The console command. Each sub-command is defined in the room that does its work."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import typer

from eval.command_eval import eval_
from eval.command_run import run
from eval.command_sample import sample
from indexer.command_audit import audit, rollback
from indexer.command_check import check
from indexer.command_encode import encode
from indexer.command_facts import facts
from indexer.command_index import index
from languages.command_detect import detect
from search.command_search import search
from search.command_serve import serve

COMMANDS: dict[str, Callable[..., None]] = {
    "sample": sample,
    "check": check,
    "index": index,
    "facts": facts,
    "serve": serve,
    "search": search,
    "run": run,
    "eval": eval_,
    "encode": encode,
    "detect": detect,
    "audit": audit,
    "rollback": rollback,
}

app = typer.Typer(
    name="fondaco",
    help="Multilingual product search: build a snapshot from a catalogue, search it, serve it, measure it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for name, command in COMMANDS.items():
    app.command(name)(command)


def main() -> None:
    """Run a sub-command.

    An error that the operator can fix is one line and exit code 2; any other is a traceback.
    """
    from indexer.errors import FondacoError
    from indexer.logs import quiet_libraries

    quiet_libraries()
    try:
        app()
    except (FondacoError, ValueError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            os._exit(0)  # `fondaco ... | head`: the reader has closed the pipe
        if os.environ.get("FONDACO_TRACEBACK"):
            raise
        print(f"fondaco: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
