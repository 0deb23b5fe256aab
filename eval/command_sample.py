"""``fondaco sample``: write a generated catalogue to try Fondaco with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from eval.sample.files import SampleFiles

_LISTINGS_PER_BROKEN_RECORD = 1_000
_SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst")


def sample(
    listings: Annotated[int, typer.Option(min=1, help="How many listings to write.")] = 20_000,
    out: Annotated[Path, typer.Option(help="The catalogue: .jsonl, .jsonl.gz or .jsonl.zst.")] = Path(
        "catalogue.jsonl"
    ),
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes, another seed another catalogue.")] = 7,
    broken: Annotated[
        int | None, typer.Option(min=0, help="Broken records at the end. Default: one for every thousand listings.")
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(help="Write topics, judgements and tables about listings and sellers into this folder."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that write. Default: one for each core. The bytes are the same."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")] = False,
) -> None:
    """Write a sample catalogue in 22 languages, with its sellers and shipping beside it."""
    from eval.sample.files import SampleFiles, write_sample
    from eval.sample.truth_files import TruthFiles, write_truth
    from indexer.threads import usable_cores

    if not out.name.endswith(_SUFFIXES):
        raise typer.BadParameter(f"{out} must end in {', '.join(_SUFFIXES)}", param_hint="--out")
    files = SampleFiles.beside(out)
    truth_files = None if truth is None else TruthFiles.inside(truth)
    _refuse_to_overwrite(files, [] if truth_files is None else truth_files.existing(), force)
    out.parent.mkdir(parents=True, exist_ok=True)
    broken_count = listings // _LISTINGS_PER_BROKEN_RECORD if broken is None else broken
    with _progress("writing listings", listings + broken_count) as on_written:
        write_sample(files, listings, seed, broken_count, on_written, workers or usable_cores())
    _report(files, listings, broken_count)
    if truth_files is not None:
        with _progress("judging listings", listings) as on_judged:
            counts = write_truth(truth_files, listings, seed, on_judged)
        typer.echo(f"wrote {counts.topics:,} topics and {counts.judgements:,} judgements to {truth}")


def _refuse_to_overwrite(files: SampleFiles, truth_files: list[Path], force: bool) -> None:
    if files.catalogue in (files.sellers, files.shipping):
        raise typer.BadParameter(f"{files.catalogue.name} is also written, beside the catalogue: choose another name",
                                 param_hint="--out")  # fmt: skip
    if not force and (existing := [*files.existing(), *truth_files]):
        names = ", ".join(str(path) for path in existing)
        raise ValueError(f"{names} would be overwritten: choose another --out, or add --force")


def _report(files: SampleFiles, listings: int, broken: int) -> None:
    tail = f" and {broken:,} broken records" if broken else ""
    typer.echo(f"wrote {listings:,} listings{tail} to {files.catalogue}, with {files.sellers} and {files.shipping}")
    typer.echo(f"next: fondaco index {files.catalogue} --out snapshot")


@contextmanager
def _progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A brief `progress_display`; its function is called with how many more are done."""
    from indexer.progress import progress_display

    done = 0
    with progress_display(brief=True) as progress:

        def advance(more: int) -> None:
            nonlocal done
            done += more
            progress(title, done, total, done)

        yield advance
