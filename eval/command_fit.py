"""``fondaco fit``: fit the relevance model to judged catalogues, and say how well it predicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from eval.fit.evidence import Evidence, JudgedTopic
    from eval.fit.judged_catalogue import JudgedCatalogue
    from eval.fit.record import FitRecord
    from eval.judgement import Judgement
    from search.engine import Engine


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"


def fit(
    snapshot: Annotated[Path | None, typer.Option(help="The snapshot that is judged.")] = None,
    topics: Annotated[Path | None, typer.Option(help="Its topics.")] = None,
    qrels: Annotated[Path | None, typer.Option(help="Their judgements: TREC qrels.")] = None,
    complete: Annotated[
        bool, typer.Option("--complete", help="Every relevant listing is judged: the others are not relevant.")
    ] = False,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only topics of this kind. Repeatable. Default: clean, if there are any.")
    ] = None,
    catalogues: Annotated[
        Path | None, typer.Option(help="A TOML file that lists several, instead of the options above.")
    ] = None,
    candidates: Annotated[int, typer.Option(min=1, help="Candidates of each topic, the best ones.")] = 100,
    relevant_from: Annotated[int, typer.Option(min=1, help="The lowest grade of a relevant listing.")] = 1,
    keep_order: Annotated[
        bool, typer.Option("--keep-order", help="Keep the ratio of vector to lexical: fit bias and scale alone.")
    ] = False,
    floor: Annotated[
        float | None, typer.Option(min=0, max=1, help="The relevance of an answer. Default: as it was.")
    ] = None,
    relevance: Annotated[
        Path | None, typer.Option(help="The model to start from and compare with. Default: Fondaco's own.")
    ] = None,
    country: Annotated[str | None, typer.Option(help="The buyer's country. Default: the market of the locale.")] = None,
    now: Annotated[
        str | None, typer.Option(help="Time of the searches, ISO 8601; UTC unless it has an offset. Default: now.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the folds.")] = 0,
    format_: Annotated[Format, typer.Option("--format", metavar="FORMAT", help="table or json.")] = Format.TABLE,
    out: Annotated[Path | None, typer.Option(help="Write the model here: a TOML file for --relevance.")] = None,
) -> None:
    """Fit the relevance model to judged candidates, and cross-validate it."""
    from eval.command_run import parse_now
    from eval.fit import render
    from eval.fit.evidence import joined
    from eval.fit.examples import Examples
    from eval.fit.record import write_relevance
    from eval.fit.report import fit_report
    from indexer.progress import progress_display
    from ranking.relevance_file import read_relevance, shipped_relevance

    listed = judged_catalogues(snapshot, topics, qrels, complete, kind or (), catalogues)
    now_s = parse_now(now)
    base = shipped_relevance() if relevance is None else read_relevance(relevance)
    base = base if floor is None else replace(base, floor=floor)
    evidence, engines = _gather_all(listed, relevance, now_s, candidates, country)
    with progress_display("fits", brief=True) as progress:
        report = fit_report(Examples(joined(evidence), relevant_from, keep_order), base, seed, progress)
    record = _record(listed, engines, candidates, relevant_from, keep_order, seed)
    if out is not None:
        write_relevance(out, report, record)
    typer.echo(render.as_json(report, record) if format_ is Format.JSON else render.terminal(report, record), nl=False)


def judged_catalogues(
    snapshot: Path | None,
    topics: Path | None,
    qrels: Path | None,
    complete: bool,
    kinds: Sequence[str],
    catalogues: Path | None,
) -> tuple[JudgedCatalogue, ...]:
    """The catalogues that the options name: one by itself, or those of a file.

    Raises:
        ValueError: an option is missing, or is given beside ``--catalogues``.
        InvalidFile, InvalidPath: as `read_catalogues`.
    """
    from eval.fit.judged_catalogue import JudgedCatalogue, read_catalogues

    paths = {"--snapshot": snapshot, "--topics": topics, "--qrels": qrels}
    if catalogues is not None:
        given = [option for option, value in {**paths, "--complete": complete, "--kind": kinds}.items() if value]
        if given:
            raise ValueError(f"{given[0]} is given beside --catalogues {catalogues}; write it in that file")
        return read_catalogues(catalogues)
    missing = [option for option, path in paths.items() if path is None]
    if snapshot is None or topics is None or qrels is None:
        raise ValueError(f"{missing[0]} is missing; give {', '.join(paths)}, or --catalogues with a file that has them")
    return (JudgedCatalogue(snapshot.resolve().name, snapshot, topics, qrels, complete, tuple(kinds)),)


def _gather_all(
    catalogues: Sequence[JudgedCatalogue], relevance: Path | None, now: int, depth: int, country: str | None
) -> tuple[list[Evidence], list[Engine]]:
    """The evidence of each catalogue, and the engines that found it.

    All files are read and all snapshots opened first: a mistake shows before the searches.
    """
    from eval.fit.evidence import gather, topics_of
    from indexer.progress import Stage, progress_display
    from search.bootstrap import open_engine

    read: list[tuple[tuple[JudgedTopic, ...], tuple[Judgement, ...]]] = [topics_of(one) for one in catalogues]
    engines = [open_engine(one.snapshot, relevance=relevance) for one in catalogues]
    evidence = []
    with progress_display("topics") as progress:
        for catalogue, engine, (topics, judgements) in zip(catalogues, engines, read, strict=True):
            tracked = Stage(catalogue.name, progress, len(topics)).track(topics, len(topics))
            evidence.append(gather(catalogue, engine, tracked, judgements, now, depth, country))
    return evidence, engines


def _record(
    catalogues: tuple[JudgedCatalogue, ...],
    engines: Sequence[Engine],
    candidates: int,
    relevant_from: int,
    keep_order: bool,
    seed: int,
) -> FitRecord:
    from datetime import UTC, datetime
    from importlib.metadata import version

    from eval.fit.record import FitRecord
    from eval.trec import file_digest

    manifests = [engine.snapshot.manifest for engine in engines]
    return FitRecord(
        fitted_on=datetime.now(UTC).date(),
        fondaco=version("fondaco"),
        candidates=candidates,
        relevant_from=relevant_from,
        keep_order=keep_order,
        seed=seed,
        catalogues=catalogues,
        generations=tuple(manifest.generation for manifest in manifests),
        encoders=tuple(manifest.encoder for manifest in manifests),
        digests={str(path): file_digest(path) for one in catalogues for path in (one.topics, one.qrels)},
    )
