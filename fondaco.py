"""The one console command. Each sub-command stands in the room whose work it starts."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="fondaco",
    help="Multilingual product search: build a snapshot from a catalogue, search it, serve it, measure it.",
    no_args_is_help=True,
    add_completion=False,
)


def main() -> None:
    app()
