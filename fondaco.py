"""The console command. Each sub-command is defined in the room that does its work."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from eval.command_eval import eval_
from eval.command_fit import fit
from eval.command_run import run
from eval.command_sample import sample
from indexer.command_audit import audit, rollback
from indexer.command_check import check
from indexer.command_dictionary import dictionary_add, dictionary_list, dictionary_remove
from indexer.command_encode import encode
from indexer.command_facts import facts
from indexer.command_index import index
from languages.command_detect import detect
from languages.command_synonyms import synonyms_check
from search.command_search import search
from search.command_serve import serve

GROUPS = {
    "dictionary": "Add bilingual dictionaries to a snapshot, list and remove them.",
    "synonyms": "Check a shop's files of synonyms.",
}
"""Commands of two words, by their first."""

COMMANDS: dict[str, Callable[..., None]] = {
    "sample": sample,
    "check": check,
    "index": index,
    "dictionary add": dictionary_add,
    "dictionary list": dictionary_list,
    "dictionary remove": dictionary_remove,
    "synonyms check": synonyms_check,
    "facts": facts,
    "serve": serve,
    "search": search,
    "run": run,
    "eval": eval_,
    "fit": fit,
    "encode": encode,
    "detect": detect,
    "audit": audit,
    "rollback": rollback,
}

app = typer.Typer(
    name="fondaco",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class CheckedCommand(TyperCommand):
    """A command whose paths are checked before it begins, and whose errors name its options."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # typer exports no wider type
        """Run the command.

        Raises:
            FondacoError: a path is not what its option expects.
            FondacoError, ValueError: an option is not valid: a message that begins with the field,
                ``locale 'xx' is ...`` or ``cursor is ...``, now begins with the option.
        """
        from indexer.errors import FondacoError
        from indexer.path_options import check_path

        for parameter in self.params:
            name = parameter.name or ""
            option = parameter.opts[0] if parameter.param_type_name == "option" else name.upper()
            value = ctx.params.get(name)
            for path in value if isinstance(value, list | tuple) else [value]:
                if isinstance(path, Path):
                    check_path(self.name or "", name, option, path)
        try:
            return super().invoke(ctx)
        except (ValueError, FondacoError) as error:
            field, _, message = str(error).partition(" ")
            options = {parameter.name: parameter.opts[0] for parameter in self.params}
            value = ctx.params.get(field)
            is_of_option = message.startswith((repr(value), f"{value} ", "is "))
            if value is None or not options[field].startswith("--") or not is_of_option:
                raise
            raise ValueError(f"{options[field]} {message}") from error


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"fondaco {version('fondaco')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Multilingual product search: build a snapshot, search it, serve it, measure it."""


apps = {"": app}
for group, description in GROUPS.items():
    apps[group] = typer.Typer(no_args_is_help=True, help=description)
    app.add_typer(apps[group], name=group)
for name, command in COMMANDS.items():
    group, _, verb = name.rpartition(" ")
    apps[group].command(verb, cls=CheckedCommand)(command)


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
        print(f"fondaco: {_message(error)}", file=sys.stderr)
        sys.exit(2)


def _message(error: Exception) -> str:
    """An error in words. The system's own name the file last and a number first."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{os.fsdecode(error.filename)}: {error.strerror.lower()}"
    return str(error)


if __name__ == "__main__":
    main()
